"""What a monitor does on each command: one table, one function a command.

Every function takes the node (a chip with its monitor) and the request and returns what
follows the sequence number in the answer; it raises Refusal for any code but OK.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

from neurodeploy_virtual.geometry import N_LINKS
from neurodeploy_virtual.monitor.allocating import allocate, routes
from neurodeploy_virtual.monitor.datagram import Code, Refusal, Request
from neurodeploy_virtual.monitor.heap import Heap
from neurodeploy_virtual.monitor.layout import MAX_DATA_BYTES, SV, Sv
from neurodeploy_virtual.monitor.memory import Memory
from neurodeploy_virtual.monitor.node import Command, Node, word
from neurodeploy_virtual.monitor.programs import (
    application_copy_run,
    application_run,
    application_start,
    flood_data,
    nearest_neighbour,
)
from neurodeploy_virtual.monitor.routes import Routes
from neurodeploy_virtual.monitor.tagging import ip_tag

_WORD_ACCESS = 2


def version(node: Node, _request: Request) -> bytes:
    """VER: which program answers, in which version, on which chip."""
    x, y = node.place.x, node.place.y
    head = bytes([0, 0, y, x]) + struct.pack("<HHI", MAX_DATA_BYTES, 0xFFFF, 0)
    return head + b"SC&MP/SpiNNaker\0" + b"4.0.0\0"


def _span(request: Request) -> tuple[int, int]:
    address, length, access = request.arguments
    if length > MAX_DATA_BYTES or access > _WORD_ACCESS:
        raise Refusal(Code.BAD_ARGUMENT)
    return address, length


def read(node: Node, request: Request) -> bytes:
    """READ: memory of the chip."""
    return node.memory.read(*_span(request))


def write(node: Node, request: Request) -> bytes:
    """WRITE: memory of the chip."""
    address, length = _span(request)
    if len(request.data) < length:
        raise Refusal(Code.BAD_LENGTH)
    node.memory.write(address, request.data[:length])
    return b""


def fill(node: Node, request: Request) -> bytes:
    """FILL: memory of the chip with one word."""
    address, value, length = request.arguments
    if address % 4 or length % 4:
        raise Refusal(Code.BAD_ARGUMENT)
    node.memory.fill(address, value, length)
    return b""


def _over_link(node: Node, request: Request) -> Memory:
    _, length, link = request.arguments
    if length > MAX_DATA_BYTES or link >= N_LINKS:
        raise Refusal(Code.BAD_ARGUMENT)
    end = node.place.links[link]
    if end is None:
        raise Refusal(Code.TIMEOUT)
    return node.peer(end).memory


def link_read(node: Node, request: Request) -> bytes:
    """LINK_READ: memory of a neighbouring chip."""
    return _over_link(node, request).read(request.arguments[0], request.arguments[1])


def link_write(node: Node, request: Request) -> bytes:
    """LINK_WRITE: memory of a neighbouring chip."""
    memory, length = _over_link(node, request), request.arguments[1]
    if len(request.data) < length:
        raise Refusal(Code.BAD_LENGTH)
    memory.write(request.arguments[0], request.data[:length])
    return b""


def count(node: Node, request: Request) -> bytes:
    """COUNT: cores of an application in a state, on the whole board."""
    app_id, state, _ = request.arguments
    board = node.layout.board(node.place.ethernet)
    total = sum(node.peer((p.x, p.y)).control.count(app_id, state) for p in board)
    return word(total)


def signal(node: Node, request: Request) -> bytes:
    """SIG: pass a signal to an application's cores, on all chips."""
    kind, data, _ = request.arguments
    if kind not in (0, 2):
        raise Refusal(Code.BAD_ARGUMENT)
    node.signal(data)
    return b""


def info(node: Node, _request: Request) -> bytes:
    """INFO: summary of the chip."""
    place, memory = node.place, node.memory
    flags = memory.byte(SV + Sv.N_CORES) & 31
    flags |= sum(1 << (8 + link) for link, end in enumerate(place.links) if end is not None)
    flags |= Routes(memory).largest() << 14
    flags |= ((place.x, place.y) == place.ethernet) << 25
    sdram = Heap(memory, memory.word(SV + Sv.SDRAM_HEAP)).largest_bytes()
    sysram = Heap(memory, memory.word(SV + Sv.SYSRAM_HEAP)).largest_bytes()
    parent = node.layout.hops_to((0, 0)).get((place.x, place.y), 7)
    return (
        struct.pack("<III", flags, sdram, sysram)
        + node.control.states()
        + memory.read(SV + Sv.ETHERNET_CHIP, 2)
        + memory.read(SV + Sv.IP_ADDRESS, 4)
        + struct.pack("<H", parent)
    )


def accept(_node: Node, _request: Request) -> bytes:
    """LED and SYNC: there is no lamp, and chips are never out of step."""
    return b""


COMMANDS: Mapping[int, Command] = {
    0: version,
    2: read,
    3: write,
    5: fill,
    15: count,
    17: link_read,
    18: link_write,
    19: application_run,
    20: nearest_neighbour,
    21: application_copy_run,
    22: signal,
    23: flood_data,
    24: application_start,
    25: accept,
    26: ip_tag,
    28: allocate,
    29: routes,
    31: info,
    32: accept,
}


def answer(node: Node, request: Request) -> bytes:
    """Do what a request asks and return what follows the sequence number."""
    command = COMMANDS.get(request.command)
    if command is None:
        raise Refusal(Code.BAD_COMMAND)
    return command(node, request)


__all__ = ["COMMANDS", "answer"]
