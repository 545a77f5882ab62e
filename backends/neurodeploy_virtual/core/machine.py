"""The Python face of the machine: memory, cores, packets and time of a whole board."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from neurodeploy.errors import BackendFailure, InputError
from neurodeploy_virtual.core.image import blocks
from neurodeploy_virtual.core.library import available, load
from neurodeploy_virtual.core.records import ChipSpec, Fault, Stop

_ITCM_BYTES, _DTCM, _DTCM_BYTES = 0x8000, 0x400000, 0x10000
_REASONS = ("time", "fault", "mailbox", "state", "idle")
_KINDS = ("data abort", "alignment", "prefetch abort", "undefined", "register", "dma")
_PAYLOAD = 0x00020000
_FIXED_ROUTE = 0x00C00000
_MOST = 1024
_LONGEST_LOCK_US = 100_000
CYCLES_PER_US = 200


class Machine:
    """Chips that run ARM programs; `close` gives the memory back.

    Any thread may call any method, one call at a time: `run` keeps the others waiting.

    Parameters
    ----------
    chips : sequence of ChipSpec
    threads : int, optional
        Threads that share the chips out; the outcome is the same on any number.

    Raises
    ------
    BackendUnavailable
        If the C extension was not built.
    InputError
        If the chips do not fit together.
    """

    def __init__(self, chips: Sequence[ChipSpec], threads: int = 1) -> None:
        self._ffi, self._lib = load()
        self._lock = threading.RLock()
        self._places = tuple((chip.x, chip.y) for chip in chips)
        self._index = {place: i for i, place in enumerate(self._places)}
        specs = self._ffi.new("vb_chip_spec[]", [self._spec(chip) for chip in chips])
        made = self._lib.vb_new(len(chips), specs)
        if made == self._ffi.NULL:
            limit = "1 or more chips of 1 to 18 cores"
            raise InputError(
                "virtual board", "cannot be made", got=f"{len(chips)} chips", limit=limit
            )
        self._machine: Any = self._ffi.gc(made, self._lib.vb_free)
        code = self._lib.vb_set_threads(made, threads)
        self._done(code, "virtual board", f"cannot run on {threads} threads")

    def _spec(self, chip: ChipSpec) -> dict[str, Any]:
        links = [-1 if link is None else self._chip(*link) for link in chip.links]
        return {"x": chip.x, "y": chip.y, "cores": chip.cores, "links": links}

    def _chip(self, x: int, y: int) -> int:
        try:
            return self._index[x, y]
        except KeyError:
            raise InputError(f"chip {x},{y}", "is not on this board") from None

    def _done(self, code: int, who: str, what: str) -> None:
        if code:
            raise InputError(who, what)

    # Memory

    def read(self, x: int, y: int, address: int, length: int) -> bytes:
        """Return shared memory or registers (whole words) of a chip.

        Raises
        ------
        InputError
            If nothing is there.
        """
        return self._read(x, y, -1, address, length)

    def write(self, x: int, y: int, address: int, data: bytes) -> None:
        """Write shared memory or registers (whole words) of a chip."""
        self._write(x, y, -1, address, data)

    def fill(self, x: int, y: int, address: int, word: int, length: int) -> None:
        """Repeat a word over `length` bytes of shared memory."""
        who, place = f"chip {x},{y}", f"0x{address:08x}"
        _check_range(who, address, length)
        with self._lock:
            code = self._lib.vb_fill(self._here, self._chip(x, y), -1, address, length, word)
        self._done(code, who, f"{length} bytes at {place} cannot be filled")

    def read_core(self, x: int, y: int, p: int, address: int, length: int) -> bytes:
        """Return memory as a core sees it: its own, or the shared one."""
        self._check_core(x, y, p)
        return self._read(x, y, p, address, length)

    def write_core(self, x: int, y: int, p: int, address: int, data: bytes) -> None:
        """Write memory as a core sees it: its own, or the shared one."""
        self._check_core(x, y, p)
        self._write(x, y, p, address, data)

    def _check_core(self, x: int, y: int, p: int) -> None:
        if p < 1:
            raise InputError(f"core {x},{y},{p}", "is the monitor, which has no memory of its own")

    def _read(self, x: int, y: int, core: int, address: int, length: int) -> bytes:
        who = f"chip {x},{y}"
        _check_range(who, address, length)
        to = self._ffi.new("uint8_t[]", length)
        with self._lock:
            code = self._lib.vb_read(self._here, self._chip(x, y), core, address, length, to)
        self._done(code, who, f"no {length} bytes to read at 0x{address:08x}")
        return bytes(self._ffi.buffer(to, length))

    def _write(self, x: int, y: int, core: int, address: int, data: bytes) -> None:
        who = f"chip {x},{y}"
        _check_range(who, address, len(data))
        source = self._ffi.from_buffer("uint8_t[]", data)
        with self._lock:
            code = self._lib.vb_write(
                self._here, self._chip(x, y), core, address, len(data), source
            )
        self._done(code, who, f"no {len(data)} bytes to write at 0x{address:08x}")

    # Cores

    def start(self, x: int, y: int, p: int, image: bytes, app_id: int, wait: bool) -> None:
        """Reset a core, load a program image and let it go.

        Parameters
        ----------
        x, y, p : int
            Chip and core.
        image : bytes
            Content of an `.aplx` file; anything may follow it.
        app_id : int
            Application number, 0 to 255.
        wait : bool
            Whether the program waits for the start signal.
        """
        with self._lock:
            self.reset(x, y, p)
            for block in blocks(image, lambda at, length: self.read(x, y, at, length)):
                self.write_core(x, y, p, block.address, _cut(block.address, block.content))
            self.release(x, y, p, app_id & 0xFF | (0x100 if wait else 0))

    def reset(self, x: int, y: int, p: int) -> None:
        """Put a core in reset, with empty memories."""
        self._call("vb_reset", x, y, p)

    def release(self, x: int, y: int, p: int, r0: int = 0) -> None:
        """Let a core go from reset, at address 0."""
        self._call("vb_release", x, y, p, r0)

    def stop(self, x: int, y: int, p: int) -> None:
        """Stop a core for good."""
        self._call("vb_stop_core", x, y, p)

    def interrupt(self, x: int, y: int, p: int) -> None:
        """Call a core as the monitor does."""
        self._call("vb_interrupt", x, y, p)

    def freeze_timers(self, x: int, y: int, p: int) -> None:
        """Let the timers of a core stand still until it is started again."""
        self._call("vb_freeze_timers", x, y, p)

    def was_open(self, x: int, y: int, p: int) -> bool:
        """Return whether a core slept or could be interrupted since this was last asked."""
        with self._lock:
            return bool(self._lib.vb_was_open(self._here, self._chip(x, y), p))

    def registers(self, x: int, y: int, p: int) -> tuple[int, ...]:
        """Return r0 to r15 and the cpsr of a core; r15 is where it goes on."""
        to = self._ffi.new("uint32_t[17]")
        self._call("vb_get_registers", x, y, p, to)
        return tuple(to)

    def set_registers(self, x: int, y: int, p: int, values: Sequence[int]) -> None:
        """Set r0 to r15 and the cpsr of a core."""
        if len(values) != 17:
            raise InputError(f"core {x},{y},{p}", "registers", got=len(values), limit=17)
        self._call("vb_set_registers", x, y, p, self._ffi.new("uint32_t[17]", list(values)))

    def step(self, x: int, y: int, p: int, count: int = 1) -> None:
        """Execute so many instructions of one core, without interrupts."""
        self._call("vb_step", x, y, p, count)

    def _call(self, name: str, x: int, y: int, p: int, *rest: Any) -> None:
        with self._lock:
            code = getattr(self._lib, name)(self._here, self._chip(x, y), p, *rest)
        self._done(code, f"core {x},{y},{p}", "cannot be used so")

    # Packets

    def send(
        self,
        x: int,
        y: int,
        key: int,
        payload: int | None,
        link: int = -1,
        *,
        fixed_route: bool = False,
    ) -> None:
        """Send a packet as the monitor of a chip would; it travels when time goes on.

        Parameters
        ----------
        x, y : int
            Chip.
        key : int
        payload : int or None
        link : int, optional
            Link that it takes whatever its key is.
        fixed_route : bool, optional
            A fixed-route packet rather than a multicast one.
        """
        control = (0 if payload is None else _PAYLOAD) | (_FIXED_ROUTE if fixed_route else 0)
        with self._lock:
            code = self._lib.vb_send(self._here, self._chip(x, y), control, key, payload or 0, link)
        self._done(code, f"chip {x},{y}", f"packet 0x{key:08x} cannot be sent")

    def take_packets(self, x: int, y: int) -> list[tuple[int, int | None]]:
        """Return and remove the packets (key, payload) routed to the monitor of a chip."""
        taken: list[tuple[int, int | None]] = []
        to = self._ffi.new("uint32_t[]", 3 * _MOST)
        n = _MOST
        with self._lock:
            while n == _MOST:
                n = self._lib.vb_take_packets(self._here, self._chip(x, y), _MOST, to)
                for i in range(n):
                    key, payload, control = to[3 * i : 3 * i + 3]
                    taken.append((key, payload if control & _PAYLOAD else None))
        return taken

    def load_routes(
        self, x: int, y: int, first: int, entries: Sequence[tuple[int, int, int]]
    ) -> None:
        """Write multicast routes (key, mask, route) from entry `first` on."""
        flat = self._ffi.new("uint32_t[]", [word for entry in entries for word in entry])
        with self._lock:
            code = self._lib.vb_load_routes(self._here, self._chip(x, y), first, len(entries), flat)
        self._done(code, f"chip {x},{y}", f"has no {len(entries)} routes from {first} on")

    def clear_routes(self, x: int, y: int) -> None:
        """Remove all multicast routes of a chip."""
        with self._lock:
            self._lib.vb_clear_routes(self._here, self._chip(x, y))

    # Time

    def run(self, us: int, attention: bool = True) -> Stop:
        """Let time pass.

        Parameters
        ----------
        us : int
            At most so many microseconds.
        attention : bool, optional
            Stop early, after at least 1 us, if a core has a message for the monitor or a new
            state. A fault stops in any case.
        """
        stop = self._ffi.new("vb_stop *")
        with self._lock:
            code = self._lib.vb_run(self._here, us, int(attention), stop)
        self._done(code, "virtual board", f"cannot run for {us} us")
        x, y = self._places[stop.chip] if stop.chip >= 0 else (-1, -1)
        return Stop(_REASONS[stop.reason], x, y, stop.core, stop.cycles // CYCLES_PER_US)

    def quiesce(self, x: int, y: int) -> None:
        """Run until no core of a chip holds a hardware lock.

        Raises
        ------
        BackendFailure
            If one still does after 100 ms.
        """
        with self._lock:
            code = self._lib.vb_quiesce(self._here, self._chip(x, y), _LONGEST_LOCK_US)
        if code:
            raise BackendFailure(f"chip {x},{y}", "a core does not give a hardware lock back")

    @property
    def now_us(self) -> int:
        """Time since the machine was made, in microseconds."""
        with self._lock:
            return int(self._lib.vb_now_us(self._here))

    # Looking

    def faults(self) -> list[Fault]:
        """Return the faults since this was last asked."""
        to = self._ffi.new("vb_fault[]", _MOST)
        with self._lock:
            n = self._lib.vb_take_faults(self._here, _MOST, to)
        return [self._fault(to[i]) for i in range(n)]

    def _fault(self, fault: Any) -> Fault:
        x, y = self._places[fault.chip]
        kind, registers = _KINDS[fault.kind], tuple(fault.registers)
        return Fault(x, y, fault.core, kind, fault.address, fault.pc, registers)

    def stats(self) -> dict[str, int]:
        """Return counts since the machine was made.

        Returns
        -------
        dict of str to int
            "instructions" executed, packets "sent", "delivered" (per core), "dropped" and
            "default_routed" (per chip passed), "blocked_quanta" in which some packet waited.
        """
        to = self._ffi.new("vb_stats *")
        with self._lock:
            self._lib.vb_get_stats(self._here, to)
        names = ("instructions", "sent", "delivered", "dropped", "default_routed", "blocked_quanta")
        return {name: int(getattr(to, name)) for name in names}

    @property
    def _here(self) -> Any:
        if self._machine is None:
            raise BackendFailure("virtual board", "is closed")
        return self._machine

    def close(self) -> None:
        """Give all memory back; the machine cannot be used any more."""
        with self._lock:
            if self._machine is not None:
                self._ffi.release(self._machine)
            self._machine = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _check_range(who: str, address: int, length: int) -> None:
    if min(address, length) < 0 or address + length > 1 << 32:
        raise InputError(who, f"{length} bytes at {address:#x} are outside all memory")


def _cut(address: int, content: bytes) -> bytes:
    """Leave out what rounding put beyond the end of a core's memory."""
    for start, size in ((0, _ITCM_BYTES), (_DTCM, _DTCM_BYTES)):
        if start <= address < start + size:
            return content[: start + size - address]
    return content


__all__ = ["CYCLES_PER_US", "ChipSpec", "Fault", "Machine", "Stop", "available"]
