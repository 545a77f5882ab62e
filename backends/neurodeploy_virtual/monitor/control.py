"""Start and stop applications on the cores of a chip, and pass signals on to them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from neurodeploy_virtual.geometry import N_CORES, Place
from neurodeploy_virtual.monitor.heap import Heap
from neurodeploy_virtual.monitor.layout import (
    APPLICATION_BYTES,
    SV,
    SYNC_CLEAR,
    SYNC_SET,
    VCPU,
    VCPU_BYTES,
    State,
    Sv,
    Vcpu,
    vcpu,
)
from neurodeploy_virtual.monitor.mailbox import Mailboxes
from neurodeploy_virtual.monitor.memory import Memory
from neurodeploy_virtual.monitor.routes import Routes

#: A program file fits into this: 32 kB of instructions, headers, and initial data.
_IMAGE_BYTES = 0x9000
_FAILED = (State.RUN_TIME_ERROR, State.WATCHDOG)
#: A core keeps these words of its block when it starts; only power-up clears them.
_KEPT_BYTES = 16
#: Programs whose timer only serves to send dropped packets again: none are dropped here, and
#: the timer would cost more than all else.
_TIMER_IDLES = (b"extra_monitor_s\0",)


class Signal(IntEnum):
    """What can be signalled to the cores of an application."""

    INITIALISE = 0
    POWER_DOWN = 1
    STOP = 2
    START = 3
    SYNC0 = 4
    SYNC1 = 5


@dataclass(frozen=True)
class Control:
    """Cores and applications of one chip.

    Parameters
    ----------
    memory : Memory
        The chip's memory.
    place : Place
        The chip.
    mailboxes : Mailboxes
        The mailboxes of its cores.
    """

    memory: Memory
    place: Place
    mailboxes: Mailboxes

    def _cores(self) -> list[int]:
        return sorted(self.place.cores - {0})

    def count(self, app_id: int, state: int) -> int:
        """Return how many cores of an application are in a state."""
        blocks = self.memory.read(VCPU, VCPU_BYTES * N_CORES)
        owners, states = blocks[Vcpu.APPLICATION :: VCPU_BYTES], blocks[Vcpu.STATE :: VCPU_BYTES]
        return sum(owners[p] == app_id and states[p] == state for p in self._cores())

    def states(self) -> bytes:
        """Return the states of all cores, the monitor first."""
        return self.memory.read(VCPU, VCPU_BYTES * N_CORES)[Vcpu.STATE :: VCPU_BYTES]

    def failed(self) -> list[int]:
        """Return the cores whose programs have ended in an error."""
        states = self.states()
        return [p for p in self._cores() if states[p] in _FAILED]

    def start(self, image_address: int, app_and_cores: int) -> None:
        """Start the program in memory on cores.

        Parameters
        ----------
        image_address : int
            Where in SDRAM the program is.
        app_and_cores : int
            Mask of cores (18 bits), flags (6 bits, bit 0 is to wait for the start signal) and
            application number (8 bits).
        """
        cores = [p for p in self._cores() if app_and_cores >> p & 1]
        if not cores:
            return
        app_id, flags = app_and_cores >> 24, app_and_cores >> 18 & 63
        mask = sum(1 << p for p in cores)
        self._enter(app_id, mask)
        self.memory.set_word(SYNC_SET, mask)
        image = self.memory.read(image_address, _IMAGE_BYTES)
        idles = any(name in image for name in _TIMER_IDLES)
        for p in cores:
            self._prepare(p, State.INITIALISING, app_id)
            self.memory.machine.start(self.place.x, self.place.y, p, image, app_id, bool(flags & 1))
            if idles:
                self.memory.machine.freeze_timers(self.place.x, self.place.y, p)

    def _enter(self, app_id: int, mask: int) -> None:
        record = self.memory.word(SV + Sv.APPLICATIONS) + APPLICATION_BYTES * app_id
        running, _, semaphore, lead = self.memory.read(record, 4)
        known = self.memory.word(record + 4)
        if running == 0:
            semaphore, known, lead = 0, 0, (mask & -mask).bit_length() - 1
        count = min(running + mask.bit_count(), 255)
        self.memory.write(record, bytes([count, 0, semaphore, lead]))
        self.memory.set_word(record + 4, known | mask)

    def _prepare(self, p: int, state: State, app_id: int) -> None:
        self.memory.set_byte(vcpu(p) + Vcpu.STATE, state)
        self.memory.set_byte(vcpu(p) + Vcpu.APPLICATION, app_id)
        self.memory.set_word(vcpu(p) + Vcpu.TIME, self.memory.word(SV + Sv.UNIX_TIME))

    def signal(self, signal: int, app_mask: int, app_id: int) -> None:
        """Pass a signal to the cores whose application number, masked, is `app_id`."""
        blocks = self.memory.read(VCPU, VCPU_BYTES * N_CORES)
        owners = blocks[Vcpu.APPLICATION :: VCPU_BYTES]
        cores = [p for p in self._cores() if owners[p] & app_mask == app_id]
        if signal in (Signal.INITIALISE, Signal.STOP):
            self._stop(cores)
            if signal == Signal.STOP:
                self._clean_matching(app_mask, app_id)
        elif signal == Signal.POWER_DOWN:
            self._halt(cores, State.POWERED_DOWN)
        elif signal in (Signal.SYNC0, Signal.SYNC1):
            self._release(cores, SYNC_CLEAR if signal == Signal.SYNC0 else SYNC_SET)
        else:
            for p in cores:
                self.mailboxes.signal(p, signal)

    def _release(self, cores: list[int], register: int) -> None:
        if cores:
            self.memory.set_word(register, sum(1 << p for p in cores))
        for p in cores:
            self.memory.machine.interrupt(self.place.x, self.place.y, p)

    def _stop(self, cores: list[int]) -> None:
        self._halt(cores, State.IDLE)
        for p in cores:
            self.memory.fill(vcpu(p), 0, VCPU_BYTES - _KEPT_BYTES)
            self.memory.set_byte(vcpu(p) + Vcpu.STATE, State.IDLE)
            self.memory.set_byte(vcpu(p) + Vcpu.PHYSICAL, p)

    def _halt(self, cores: list[int], state: State) -> None:
        for p in cores:
            self.memory.machine.stop(self.place.x, self.place.y, p)
            self._prepare(p, state, 0)

    def give_up(self, p: int) -> None:
        """Stop a core that does not answer; its application stays what it was."""
        self.memory.machine.stop(self.place.x, self.place.y, p)
        self.memory.set_byte(vcpu(p) + Vcpu.STATE, State.WATCHDOG)

    def _clean_matching(self, app_mask: int, app_id: int) -> None:
        candidate = app_id
        while candidate < 256 and candidate & app_mask == app_id:
            self.clean(candidate)
            candidate += 1

    def clean(self, app_id: int) -> None:
        """Give back all memory and router entries of an application."""
        record = self.memory.word(SV + Sv.APPLICATIONS) + APPLICATION_BYTES * app_id
        if self.memory.byte(record + 1):
            return
        for heap in (Sv.SDRAM_HEAP, Sv.SYSRAM_HEAP, Sv.SYSTEM_HEAP):
            if app_id or heap == Sv.SDRAM_HEAP:
                Heap(self.memory, self.memory.word(SV + heap)).free_application(app_id)
        Routes(self.memory).free_application(app_id, clear=True)
        self.memory.set_byte(record, 0)
        self.memory.set_byte(record + 1, 1)

    def use(self, app_id: int) -> None:
        """Note that an application holds memory or router entries."""
        record = self.memory.word(SV + Sv.APPLICATIONS) + APPLICATION_BYTES * app_id
        self.memory.set_byte(record + 1, 0)


__all__ = ["Control", "Signal"]
