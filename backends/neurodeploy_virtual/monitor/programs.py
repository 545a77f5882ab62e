"""Commands that bring programs to cores."""

from __future__ import annotations

import struct

from neurodeploy_virtual.geometry import N_LINKS
from neurodeploy_virtual.monitor.datagram import Code, Coordinates, Refusal, Request
from neurodeploy_virtual.monitor.layout import MAX_DATA_BYTES, SYSTEM_SDRAM
from neurodeploy_virtual.monitor.node import Node, word

_SUM_BITS = 0x1FFFFFFF


def _refuse_monitor(cores: int) -> None:
    if cores & 1:
        raise Refusal(Code.BAD_ARGUMENT)


def application_run(node: Node, request: Request) -> bytes:
    """AR: start the loaded program."""
    _refuse_monitor(request.arguments[0])
    node.control.start(SYSTEM_SDRAM, request.arguments[0])
    return b""


def application_start(node: Node, request: Request) -> bytes:
    """AS: start the program at an address."""
    _refuse_monitor(request.arguments[1])
    node.control.start(request.arguments[0], request.arguments[1])
    return b""


def application_copy_run(node: Node, request: Request) -> bytes:
    """APP_COPY_RUN: copy the program from a neighbour and start it."""
    link, length, cores = request.arguments[0] & 7, request.arguments[1], request.arguments[2]
    _refuse_monitor(cores)
    if link >= N_LINKS or length % 4 or length > MAX_DATA_BYTES * 1024:
        raise Refusal(Code.BAD_ARGUMENT)
    end = node.place.links[link]
    if end is None:
        raise Refusal(Code.TIMEOUT)
    image = node.peer(end).memory.read(SYSTEM_SDRAM, length)
    node.memory.write(SYSTEM_SDRAM, image)
    total = sum(struct.unpack(f"<{length // 4}I", image)) & 0xFFFFFFFF
    expected = request.arguments[0] >> 3
    if expected and total & _SUM_BITS != expected:
        raise Refusal(Code.BAD_SUM, word(total))
    node.control.start(SYSTEM_SDRAM, cores)
    return b""


_FLOOD_START, _FLOOD_END = 6, 15
_IS_SIGNAL = 5


def nearest_neighbour(node: Node, request: Request) -> bytes:
    """NNP: a packet to all chips, which stops applications or sends a program out."""
    key, data, _ = request.arguments
    kind = key >> 24
    if kind == 0 and data >> 28 == _IS_SIGNAL:
        node.signal(data & 0x0FFFFFFF)
    elif kind == _FLOOD_START:
        node.flood().region = data
    elif kind == _FLOOD_END:
        _refuse_monitor(data)
        for xy in node.layout.places:
            if in_region(node.flood().region, xy):
                node.peer(xy).control.start(SYSTEM_SDRAM, data)
    else:
        raise Refusal(Code.BAD_ARGUMENT)
    return b""


def in_region(region: int, xy: Coordinates) -> bool:
    """Return whether a chip is meant: all, or bits for chips of a 4 x 4 square."""
    if region == 0xFFFF:
        return True
    x, y = xy
    if (region >> 24 & 0xFC, region >> 16 & 0xFC) != (x & 0xFC, y & 0xFC):
        return False
    return bool(region >> ((y & 3) * 4 + (x & 3)) & 1)


def flood_data(node: Node, request: Request) -> bytes:
    """FFD: a block of a program for all chips."""
    _, sizes, address = request.arguments
    length = 4 * ((sizes >> 8 & 0xFF) + 1)
    if length > MAX_DATA_BYTES or len(request.data) < length:
        raise Refusal(Code.BAD_LENGTH)
    for xy in node.layout.places:
        node.peer(xy).memory.write(address, request.data[:length])
    return b""


__all__ = [
    "application_copy_run",
    "application_run",
    "application_start",
    "flood_data",
    "nearest_neighbour",
]
