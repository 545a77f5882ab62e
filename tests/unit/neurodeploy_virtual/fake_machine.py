"""A machine without cores, for the monitor's own tests: memories, and a list of what it did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

PAGE = 4096


@dataclass(frozen=True)
class FakeStop:
    reason: str
    x: int = 0
    y: int = 0


@dataclass
class FakeMachine:
    """Chips are made when they are first touched; addresses differ by alias bits only."""

    now_us: int = 0
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    reason: str = "time"
    mailbox: tuple[int, int] = (0, 0)
    on_interrupt: Callable[[int, int, int], None] = lambda _x, _y, _p: None
    shut: set[tuple[int, int, int]] = field(default_factory=set)
    _pages: dict[tuple[int, int, int], bytearray] = field(default_factory=dict)

    def _page(self, x: int, y: int, address: int) -> bytearray:
        if address >> 28 not in (0x6, 0x7, 0xE, 0xF):
            raise ValueError(f"unmapped address 0x{address:08x}")
        key = (x, y, (address & ~0x10000000) // PAGE)
        return self._pages.setdefault(key, bytearray(PAGE))

    def read(self, x: int, y: int, address: int, length: int) -> bytes:
        out = bytearray()
        while len(out) < length:
            here = address + len(out)
            start = here % PAGE
            out += self._page(x, y, here)[start : start + length - len(out)]
        return bytes(out)

    def write(self, x: int, y: int, address: int, data: bytes) -> None:
        if address >> 24 & 0x0F == 2 and address >> 28 >= 0xE:
            self.calls.append(("register", x, y, address, int.from_bytes(data, "little")))
        done = 0
        while done < len(data):
            start = (address + done) % PAGE
            piece = data[done : done + PAGE - start]
            self._page(x, y, address + done)[start : start + len(piece)] = piece
            done += len(piece)

    def fill(self, x: int, y: int, address: int, word: int, length: int) -> None:
        self.write(x, y, address, word.to_bytes(4, "little") * (length // 4))

    def read_core(self, x: int, y: int, p: int, address: int, length: int) -> bytes:
        return self.read(x, y, address, length)

    def write_core(self, x: int, y: int, p: int, address: int, data: bytes) -> None:
        self.write(x, y, address, data)

    def start(self, x: int, y: int, p: int, image: bytes, app_id: int, wait: bool) -> None:
        self.calls.append(("start", x, y, p, image[:4], app_id, wait))

    def stop(self, x: int, y: int, p: int) -> None:
        self.calls.append(("stop", x, y, p))

    def interrupt(self, x: int, y: int, p: int) -> None:
        self.calls.append(("interrupt", x, y, p))
        self.on_interrupt(x, y, p)

    def registers(self, x: int, y: int, p: int) -> tuple[int, ...]:
        return tuple(range(17))

    def was_open(self, x: int, y: int, p: int) -> bool:
        return (x, y, p) not in self.shut

    def freeze_timers(self, x: int, y: int, p: int) -> None:
        self.calls.append(("freeze", x, y, p))

    def load_routes(
        self, x: int, y: int, first: int, entries: Sequence[tuple[int, int, int]]
    ) -> None:
        self.calls.append(("routes", x, y, first, tuple(entries)))

    def clear_routes(self, x: int, y: int) -> None:
        self.calls.append(("clear", x, y))

    def run(self, us: int, attention: bool = True) -> FakeStop:
        self.now_us += us
        return FakeStop(self.reason, *self.mailbox)

    def quiesce(self, x: int, y: int) -> None:
        pass

    def faults(self) -> list[Any]:
        return []

    def close(self) -> None:
        self.calls.append(("close",))

    def done(self, kind: str) -> list[tuple[Any, ...]]:
        return [call[1:] for call in self.calls if call[0] == kind]
