"""Find cores that no longer answer: they keep their interrupts off for long.

The monitor of a real chip calls one core every 10 ms and gives up a core that three times in a
row has not taken the call. A call costs a core some cycles, so here it is only asked whether the
core could have taken one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from neurodeploy_virtual.monitor.control import Control
from neurodeploy_virtual.monitor.layout import SV, State, Sv, Vcpu, vcpu
from neurodeploy_virtual.monitor.memory import Memory

_STEP_US = 10_000


@dataclass
class Watch:
    """The watch over the cores of one chip.

    Parameters
    ----------
    memory : Memory
        The chip's memory.
    control : Control
        What stops a core.
    cores : tuple of int
        Looked at in turn.
    """

    memory: Memory
    control: Control
    cores: tuple[int, ...]
    _turn: int = field(default=0, init=False)
    _missed: dict[int, int] = field(default_factory=dict, init=False)

    def look(self) -> None:
        """Look at the next core; stop it if it has been deaf for too long."""
        most = self.memory.byte(SV + Sv.WATCHDOG)
        if not most or not self.cores:
            return
        self._turn = (self._turn + 1) % len(self.cores)
        p = self.cores[self._turn]
        answers = self.memory.machine.was_open(self.memory.x, self.memory.y, p)
        state = self.memory.byte(vcpu(p) + Vcpu.STATE)
        if answers or not State.INITIALISING <= state < State.IDLE:
            self._missed.pop(p, None)
            return
        self._missed[p] = self._missed.get(p, 0) + 1
        if self._missed[p] >= most:
            del self._missed[p]
            self.control.give_up(p)


class Watchdog:
    """The watches of all chips, each with its turn every 10 ms."""

    def __init__(self, watches: Iterable[Watch]) -> None:
        self._watches = tuple(watches)
        self._due_us = _STEP_US

    def look(self, now_us: int) -> None:
        """Look at one core of each chip if it is time to; time that was skipped does not count."""
        if now_us >= self._due_us:
            self._due_us = now_us + _STEP_US
            for watch in self._watches:
                watch.look()


__all__ = ["Watch", "Watchdog"]
