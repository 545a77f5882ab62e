"""A chip with its monitor, as the commands need it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Protocol

from neurodeploy_virtual.geometry import Geometry, Place
from neurodeploy_virtual.monitor.control import Control
from neurodeploy_virtual.monitor.datagram import Coordinates, Request
from neurodeploy_virtual.monitor.memory import Memory
from neurodeploy_virtual.monitor.tags import Tags


class Node(Protocol):
    """A chip, its monitor and the machine around it, as commands need them."""

    @property
    def memory(self) -> Memory: ...  # noqa: D102

    @property
    def place(self) -> Place: ...  # noqa: D102

    @property
    def layout(self) -> Geometry: ...  # noqa: D102

    @property
    def control(self) -> Control: ...  # noqa: D102

    @property
    def tags(self) -> Tags: ...  # noqa: D102

    def peer(self, xy: Coordinates) -> Node:
        """Return the node of another chip."""
        ...

    def signal(self, data: int) -> None:
        """Pass a signal to all chips."""
        ...

    def flood(self) -> Flood:
        """Return the state of the program that is being sent to all chips."""
        ...


Command = Callable[[Node, Request], bytes]


class Flood:
    """A program on its way to all chips: the chips meant by the last start packet."""

    def __init__(self) -> None:
        self.region = 0xFFFF


def word(value: int) -> bytes:
    """Return a 32-bit word as bytes."""
    return struct.pack("<I", value & 0xFFFFFFFF)


__all__ = ["Command", "Flood", "Node", "word"]
