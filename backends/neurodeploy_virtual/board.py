"""A virtual board: the emulated machine, its monitors and the way to them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from neurodeploy_virtual.core.machine import ChipSpec, Fault, Machine
from neurodeploy_virtual.errors import BoardFault, CoreState
from neurodeploy_virtual.geometry import Coordinates, Faults, Geometry, geometry
from neurodeploy_virtual.iobuf import describe, failed
from neurodeploy_virtual.monitor.memory import StopLike
from neurodeploy_virtual.monitor.monitor import Monitor
from neurodeploy_virtual.transport.hub import Hub

ADDRESS = "127.0.0.2"
_IN_WORDS = {
    "alignment": "data abort: misaligned",
    "undefined": "undefined instruction",
    "register": "a register that the board does not have",
    "dma": "a DMA transfer that cannot be done",
}


@dataclass(frozen=True)
class BoardOptions:
    """Which board to make and how it keeps time.

    Parameters
    ----------
    version : int
        3 (4 chips) or 5 (48 chips).
    triads : (int, int) or None
        Triads of 48-chip boards, across and up.
    wrap : bool
        Whether the edges of a machine of triads are joined.
    address : str
        IPv4 address of the first board. 127.0.0.1 means something else to the host software.
    pace : float or None
        Emulated seconds a second, at most; None decides by itself.
    limit_s : float or None
        Seconds on the wall after which a script is stopped.
    threads : int
        Threads that execute the chips; the outcome is the same for any number.
    faults : Faults
        Dead chips, cores and links.
    """

    version: int = 5
    triads: Coordinates | None = None
    wrap: bool = True
    address: str = ADDRESS
    pace: float | None = None
    limit_s: float | None = None
    threads: int = 1
    faults: Faults = Faults()


class Board:
    """A machine with monitors, for use in a `with` statement.

    Parameters
    ----------
    options : BoardOptions
        Which board.
    """

    def __init__(self, options: BoardOptions | None = None) -> None:
        self.options = options or BoardOptions()
        self.layout: Geometry = geometry(
            self.options.version,
            triads=self.options.triads,
            wrap=self.options.wrap,
            address=self.options.address,
            faults=self.options.faults,
        )
        self.machine = make_machine(self.layout, self.options.threads)
        self.monitor = Monitor(self.machine, self.layout)
        self.hub = Hub(self.monitor, pace=self.options.pace, limit_s=self.options.limit_s)
        self.monitor.on_stop = self._look_at
        self.monitor.before_end = self._note
        self._failed: dict[tuple[int, int, int], CoreState] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the machine's memory back."""
        self.hub.close()
        with self.hub.condition:
            self.machine.close()

    @contextlib.contextmanager
    def in_process(self) -> Iterator[Self]:
        """Let the host software of this process find the board, until the end."""
        from neurodeploy_virtual.transport.configuration import configured
        from neurodeploy_virtual.transport.inprocess import connected, vendor_imported

        address = self.layout.addresses[0, 0]
        vendor_imported()
        with configured(self.options.version, address), connected(self.hub):
            yield self

    def _look_at(self, stop: StopLike) -> None:
        """Note what made the machine stop; a register that is not emulated ends the run."""
        if stop.reason not in ("fault", "state", "idle"):
            return
        new = self._note_faults()
        fatal = tuple(state for state in new if state.reason == _IN_WORDS["register"])
        if fatal:
            raise BoardFault(fatal)

    def _note_faults(self) -> list[CoreState]:
        new = [self._describe(fault) for fault in self.machine.faults()]
        for state in new:
            self._failed.setdefault((state.x, state.y, state.p), state)
        return new

    def _note(self) -> None:
        """Note which cores have failed, while their state can be read."""
        self._note_faults()
        for xy, chip in self.monitor.chips.items():
            for p in chip.control.failed():
                if (*xy, p) not in self._failed:
                    self._failed[*xy, p] = failed(chip.memory, p)

    def _describe(self, fault: Fault) -> CoreState:
        memory = self.monitor.chips[fault.x, fault.y].memory
        state = describe(memory, fault.p, _IN_WORDS.get(fault.kind, fault.kind))
        address = None if fault.kind == "undefined" else fault.address
        return replace(state, address=address, pc=fault.pc, registers=fault.registers)

    def failures(self) -> tuple[CoreState, ...]:
        """Return the cores that have failed so far, those of ended applications included."""
        self._note()
        return tuple(self._failed.values())

    def check(self) -> None:
        """Raise BoardFault if a core has failed."""
        failures = self.failures()
        if failures:
            raise BoardFault(failures)


def make_machine(layout: Geometry, threads: int = 1) -> Machine:
    """Make the emulated machine for a geometry.

    Raises
    ------
    BackendUnavailable
        If the C extension has not been built.
    """
    chips = [ChipSpec(p.x, p.y, max(p.cores) + 1, p.links) for p in layout.places.values()]
    return Machine(chips, threads=threads)


__all__ = ["ADDRESS", "Board", "BoardOptions", "make_machine"]
