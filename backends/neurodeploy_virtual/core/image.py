"""Program images (APLX): what to write where before a core leaves reset."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from neurodeploy.errors import InputError

_COPY_ABSOLUTE, _COPY, _FILL, _RUN = 1, 2, 3, 4
_ENTRY = struct.Struct("<4I")
_LINE = 32
"""Bytes that the board's own loader moves at a time."""


@dataclass(frozen=True)
class Block:
    """Bytes for one address of a core.

    Attributes
    ----------
    address : int
    content : bytes
    """

    address: int
    content: bytes


def blocks(image: bytes, read: Callable[[int, int], bytes]) -> Iterator[Block]:
    """Yield what an image puts into memory, in order.

    Parameters
    ----------
    image : bytes
        The file; what follows its last entry does not matter.
    read : callable
        Given address and length, returns bytes of the chip's memory.

    Raises
    ------
    InputError
        If the image ends early or holds an unknown command.
    """
    at = 0
    while True:
        if at + _ENTRY.size > len(image):
            raise InputError("program image", "ends within its table", got=f"{len(image)} bytes")
        command, target, second, third = _ENTRY.unpack_from(image, at)
        if command == _RUN:
            return
        if command == _COPY:
            yield Block(target, _part(image, at + second, third))
        elif command == _COPY_ABSOLUTE:
            yield Block(target, read(second, _rounded(third)))
        elif command == _FILL:
            yield Block(target, third.to_bytes(4, "little") * (_rounded(second) // 4))
        else:
            raise InputError("program image", f"unknown command at byte {at}", got=command)
        at += _ENTRY.size


def _rounded(length: int) -> int:
    if length > 1 << 20:
        raise InputError("program image", "a block is longer than any memory", got=length)
    return -(-length // _LINE) * _LINE


def _part(image: bytes, first: int, length: int) -> bytes:
    if first + length > len(image):
        raise InputError("program image", "ends within a block", got=f"{len(image)} bytes")
    return image[first : first + _rounded(length)]


__all__ = ["Block", "blocks"]
