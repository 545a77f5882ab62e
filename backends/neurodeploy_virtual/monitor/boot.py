"""Lay out a chip's memories as a freshly booted monitor leaves them."""

from __future__ import annotations

import struct

from neurodeploy_virtual.geometry import N_CORES, Geometry, Place
from neurodeploy_virtual.monitor.heap import Heap, make_heap
from neurodeploy_virtual.monitor.layout import (
    APPLICATION_BYTES,
    CLOCK_MHZ,
    IMAGE_WORDS,
    IOBUF_BYTES,
    MESSAGE_BYTES,
    N_APPLICATIONS,
    N_MESSAGES,
    N_ROUTER_ENTRIES,
    ROUTER_P2P,
    SDRAM,
    SDRAM_BYTES,
    SOFTWARE_VERSION,
    SV,
    SV_BYTES,
    SYSRAM_USER,
    SYSRAM_USER_WORDS,
    SYSTEM_BUFFER_WORDS,
    SYSTEM_SDRAM,
    VCPU,
    VCPU_BYTES,
    State,
    Sv,
    Vcpu,
    vcpu,
)
from neurodeploy_virtual.monitor.memory import Memory
from neurodeploy_virtual.monitor.routes import ENTRY_BYTES, Routes

_HOPS = 65536
_BOOTED = 0xFF
#: Calls that a core may miss before it is given up.
_MOST_MISSED = 3
_NOWHERE, _HERE = 6, 7
_MONITOR_NAME = b"scamp-3"
_SDRAM_MHZ = 130


def boot(memory: Memory, layout: Geometry, place: Place) -> None:
    """Write all structures of one chip: heaps, message buffers, variables, core blocks."""
    memory.fill(SV, 0, SV_BYTES)
    memory.fill(VCPU, 0, VCPU_BYTES * N_CORES)
    _describe_chip(memory, layout, place)
    _describe_cores(memory, place)
    _make_sysram(memory)
    _make_sdram(memory)
    Routes(memory).reset()
    _write_paths(memory, layout, place)


def _describe_chip(memory: Memory, layout: Geometry, place: Place) -> None:
    eth_x, eth_y = place.ethernet
    has_ethernet = place.ethernet == (place.x, place.y)
    memory.write(SV + Sv.P2P_ADDRESS, bytes([place.y, place.x, layout.height, layout.width]))
    memory.set_byte(SV + Sv.P2P_UP, 1)
    memory.write(SV + Sv.ETHERNET_CHIP, bytes([eth_y, eth_x, layout.version, has_ethernet]))
    memory.set_half(SV + Sv.CPU_MHZ, CLOCK_MHZ)
    memory.set_half(SV + Sv.SDRAM_MHZ, _SDRAM_MHZ)
    memory.set_byte(SV + Sv.PHASE, _BOOTED)
    memory.set_byte(SV + Sv.ROOT_CHIP, (place.x, place.y) == (0, 0))
    links = sum(1 << i for i, end in enumerate(place.links) if end is not None)
    memory.set_byte(SV + Sv.LINKS, links)
    memory.set_half(SV + Sv.P2P_ACTIVE, len(layout.places))
    memory.set_byte(SV + Sv.WATCHDOG, _MOST_MISSED)
    memory.set_word(SV + Sv.SOFTWARE, SOFTWARE_VERSION)
    if has_ethernet:
        address = bytes(int(part) for part in layout.addresses[place.ethernet].split("."))
        memory.write(SV + Sv.IP_ADDRESS, address)


def _describe_cores(memory: Memory, place: Place) -> None:
    count = max(place.cores) + 1
    identity = bytes(p if p < count else 255 for p in range(20))
    memory.write(SV + Sv.PHYSICAL_TO_VIRTUAL, identity)
    memory.write(SV + Sv.VIRTUAL_TO_PHYSICAL, identity)
    memory.write(SV + Sv.N_CORES, bytes([count, count]))
    memory.set_word(SV + Sv.VCPU_BASE, VCPU)
    for p in range(count):
        state = State.RUNNING if p == 0 else State.IDLE
        memory.set_byte(vcpu(p) + Vcpu.STATE, state if p in place.cores else State.DEAD)
        memory.set_byte(vcpu(p) + Vcpu.PHYSICAL, p)
        memory.set_word(vcpu(p) + Vcpu.SOFTWARE, SOFTWARE_VERSION)
    memory.write(vcpu(0) + Vcpu.NAME, _MONITOR_NAME)


def _make_sysram(memory: Memory) -> None:
    memory.set_word(SV + Sv.SYSRAM_BASE, SYSRAM_USER)
    heap = Heap(memory, make_heap(memory, SYSRAM_USER + 4 * SYSRAM_USER_WORDS, VCPU))
    memory.set_word(SV + Sv.SYSRAM_HEAP, heap.base)
    buffers = heap.allocate(N_MESSAGES * MESSAGE_BYTES)
    for i in range(N_MESSAGES):
        last = i == N_MESSAGES - 1
        address = buffers + i * MESSAGE_BYTES
        memory.set_word(address, 0 if last else address + MESSAGE_BYTES)
    memory.set_byte(SV + Sv.N_MESSAGES, N_MESSAGES)
    memory.set_word(SV + Sv.MESSAGES, buffers)
    memory.set_word(SV + Sv.MESSAGE_FREE, buffers)


def _make_sdram(memory: Memory) -> None:
    base = SDRAM + 4 * N_CORES * SYSTEM_BUFFER_WORDS
    memory.set_word(SV + Sv.IOBUF_BYTES, IOBUF_BYTES)
    memory.set_word(SV + Sv.SDRAM_BUFFERS, SDRAM)
    memory.set_word(SV + Sv.BUFFER_WORDS, SYSTEM_BUFFER_WORDS)
    memory.set_word(SV + Sv.SDRAM_BASE, base)
    memory.set_word(SV + Sv.SDRAM_HEAP, make_heap(memory, base, SYSTEM_SDRAM))
    memory.set_word(SV + Sv.SDRAM_SYSTEM, SYSTEM_SDRAM)
    start = SYSTEM_SDRAM + 4 * IMAGE_WORDS
    system = Heap(memory, make_heap(memory, start, SDRAM + SDRAM_BYTES))
    memory.set_word(SV + Sv.SYSTEM_HEAP, system.base)
    for variable, size in (
        (Sv.HOP_TABLE, 4 * _HOPS),
        (Sv.ROUTER_COPY, ENTRY_BYTES * (N_ROUTER_ENTRIES + 1)),
        (Sv.ALLOCATED_TAGS, 4 * 256 * N_APPLICATIONS),
        (Sv.APPLICATIONS, APPLICATION_BYTES * N_APPLICATIONS),
    ):
        memory.set_word(SV + variable, system.allocate(size))


def _write_paths(memory: Memory, layout: Geometry, place: Place) -> None:
    """Fill the table that says over which link a chip reaches every other one."""
    here = (place.x, place.y)
    for x in range(layout.width):
        links = [_NOWHERE] * (-(-layout.height // 8) * 8)
        for y in range(layout.height):
            if (x, y) == here:
                links[y] = _HERE
            elif (x, y) in layout.places:
                links[y] = layout.hops_to((x, y)).get(here, _NOWHERE)
        words = [
            sum(link << (3 * i) for i, link in enumerate(links[n : n + 8]))
            for n in range(0, len(links), 8)
        ]
        memory.write(ROUTER_P2P + 128 * x, struct.pack(f"<{len(words)}I", *words))


__all__ = ["boot"]
