"""The command that sets, shows and clears the tags of an Ethernet connection."""

from __future__ import annotations

import struct

from neurodeploy_virtual.monitor.datagram import Address, Code, Refusal, Request
from neurodeploy_virtual.monitor.node import Node, word
from neurodeploy_virtual.monitor.tags import N_FIXED, N_POOL, REVERSE, USE_SENDER, VALID, Tag


def _tag_set(node: Node, request: Request, number: int) -> bytes:
    first, second, third = request.arguments
    flags = (first >> 20 & 0x0F00) | VALID
    sender = node.tags.sender(request.tag)
    host: Address | None = None
    if third:
        host = (".".join(map(str, struct.pack("<I", third))), second & 0xFFFF)
    elif not flags & REVERSE and sender is not None:
        host = (sender[0], second & 0xFFFF)
    if flags & USE_SENDER and not flags & REVERSE and sender is not None:
        host = sender
    node.tags.set(
        number,
        Tag(
            flags=flags,
            host=host,
            listen_port=second & 0xFFFF if flags & REVERSE else 0,
            to_chip=(second >> 24, second >> 16 & 0xFF),
            to_port=first >> 8 & 0xFF,
        ),
    )
    return word(number)


def ip_tag(node: Node, request: Request) -> bytes:
    """IPTAG: make, set, show and clear tags, and the time-out of transient ones."""
    operation, number = request.arguments[0] >> 16 & 0xFF, request.arguments[0] & 0xFF
    if operation > 4 or number >= N_FIXED + N_POOL:
        raise Refusal(Code.BAD_ARGUMENT)
    if operation == 0:
        unused = node.tags.unused()
        return word(0xFF) if unused is None else _tag_set(node, request, unused)
    if operation == 1:
        return _tag_set(node, request, number)
    if operation == 2:
        if request.arguments[1] != 1:
            raise Refusal(Code.BAD_ARGUMENT)
        return node.tags.get(number).packed()
    if operation == 3:
        node.tags.clear(number)
        return b""
    return word(N_FIXED << 24 | N_POOL << 16 | 32 << 8 | request.arguments[1] & 15)


__all__ = ["ip_tag"]
