"""One chip's memories as the monitor sees them, and the machine it asks for them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Protocol


class StopLike(Protocol):
    """Why a machine came back from running."""

    @property
    def reason(self) -> str:
        """Return time, mailbox, state, fault or idle."""
        ...

    @property
    def x(self) -> int:
        """Return the chip, or -1."""
        ...

    @property
    def y(self) -> int:
        """Return the chip, or -1."""
        ...


class MachineLike(Protocol):
    """What the monitor needs of the emulated machine."""

    @property
    def now_us(self) -> int:
        """Return the emulated time since the machine was made."""
        ...

    def read(self, x: int, y: int, address: int, length: int) -> bytes:
        """Return memory or registers that all cores of a chip share."""
        ...

    def write(self, x: int, y: int, address: int, data: bytes) -> None:
        """Write memory or registers that all cores of a chip share."""
        ...

    def fill(self, x: int, y: int, address: int, word: int, length: int) -> None:
        """Repeat one word over `length` bytes."""
        ...

    def read_core(self, x: int, y: int, p: int, address: int, length: int) -> bytes:
        """Return memory as core p sees it."""
        ...

    def write_core(self, x: int, y: int, p: int, address: int, data: bytes) -> None:
        """Write memory as core p sees it."""
        ...

    def start(self, x: int, y: int, p: int, image: bytes, app_id: int, wait: bool) -> None:
        """Reset a core and start it with a program."""
        ...

    def stop(self, x: int, y: int, p: int) -> None:
        """Let a core execute nothing more."""
        ...

    def interrupt(self, x: int, y: int, p: int) -> None:
        """Raise the interrupt by which the monitor calls a core."""
        ...

    def registers(self, x: int, y: int, p: int) -> tuple[int, ...]:
        """Return r0 to r15 and the cpsr of a core."""
        ...

    def was_open(self, x: int, y: int, p: int) -> bool:
        """Return whether a core slept or could be interrupted since this was last asked."""
        ...

    def freeze_timers(self, x: int, y: int, p: int) -> None:
        """Let the timers of a core raise no interrupts."""
        ...

    def load_routes(
        self, x: int, y: int, first: int, entries: Sequence[tuple[int, int, int]]
    ) -> None:
        """Write (key, mask, route) entries to the multicast router."""
        ...

    def clear_routes(self, x: int, y: int) -> None:
        """Make all entries of the multicast router unused."""
        ...

    def run(self, us: int, attention: bool = True) -> StopLike:
        """Run for so many microseconds, or until something needs the monitor."""
        ...

    def quiesce(self, x: int, y: int) -> None:
        """Run until no core of the chip holds a hardware lock."""
        ...


class Memory:
    """The shared memory of chip (x, y), by words."""

    def __init__(self, machine: MachineLike, x: int, y: int) -> None:
        self.machine, self.x, self.y = machine, x, y

    def read(self, address: int, length: int) -> bytes:
        """Return `length` bytes."""
        return self.machine.read(self.x, self.y, address, length)

    def write(self, address: int, data: bytes) -> None:
        """Write bytes."""
        self.machine.write(self.x, self.y, address, data)

    def fill(self, address: int, word: int, length: int) -> None:
        """Repeat a word over `length` bytes."""
        self.machine.fill(self.x, self.y, address, word & 0xFFFFFFFF, length)

    def word(self, address: int) -> int:
        """Return a 32-bit word."""
        return int.from_bytes(self.read(address, 4), "little")

    def half(self, address: int) -> int:
        """Return a 16-bit word."""
        return int.from_bytes(self.read(address, 2), "little")

    def byte(self, address: int) -> int:
        """Return a byte."""
        return self.read(address, 1)[0]

    def set_word(self, address: int, value: int) -> None:
        """Write a 32-bit word."""
        self.write(address, (value & 0xFFFFFFFF).to_bytes(4, "little"))

    def set_half(self, address: int, value: int) -> None:
        """Write a 16-bit word."""
        self.write(address, (value & 0xFFFF).to_bytes(2, "little"))

    def set_byte(self, address: int, value: int) -> None:
        """Write a byte."""
        self.write(address, bytes([value & 0xFF]))

    def words(self, address: int, count: int) -> tuple[int, ...]:
        """Return consecutive 32-bit words."""
        return struct.unpack(f"<{count}I", self.read(address, 4 * count))


__all__ = ["MachineLike", "Memory", "StopLike"]
