"""A network inside the process, with the board at one end.

One lock covers the board and all queues. Emulated time passes only while a host thread
waits for the board: in `receive` on a socket connected to it, or in `sleep`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from neurodeploy_virtual.errors import past_limit
from neurodeploy_virtual.monitor.datagram import Address, Coordinates, Packet
from neurodeploy_virtual.monitor.monitor import SCP_PORT, Monitor
from neurodeploy_virtual.transport.sockets import HubSocket

_FIRST_PORT = 49152
#: Emulated time between two looks at other threads and at the clock on the wall.
_SLICE_US = 1000
#: A time-out for a caller that has none: nothing on the board takes as long.
_FOREVER_S = 600.0
#: How long the board stands still for a callback of the host, and for one that may come.
_CALLBACK_S = 5.0
_START_S = 0.05
#: A script that has not asked the board for so long waits for something else.
_ABSENT_S = 0.2
#: How much longer than in real time a host thread sleeps for a board that does not run.
_GRACE_S = 0.5


class Hub:
    """The network, the board's clock and the lock around both.

    Parameters
    ----------
    monitor : Monitor
        The board's monitors.
    pace : float or None
        Emulated seconds a second, at most; None is as fast as it goes, but 1 as soon as the
        script talks to something beside it, which lives in real time: a live connection
        is told that the simulation starts, or a packet goes to a reverse tag.
    limit_s : float or None
        Seconds on the wall after which the script is stopped.
    """

    def __init__(
        self, monitor: Monitor, *, pace: float | None = None, limit_s: float | None = None
    ) -> None:
        self.monitor = monitor
        self.condition = threading.Condition(threading.RLock())
        self.pace = pace
        self._boards: dict[str, Coordinates] = {
            address: xy for xy, address in monitor.layout.addresses.items()
        }
        self._sockets: list[HubSocket] = []
        self._next_port = _FIRST_PORT
        self._contenders = 0
        self._running = 0
        self._closed = False
        self._used = time.monotonic()
        self._told_somebody = False
        self._asleep: dict[threading.Thread, int] = {}
        self._woken: set[threading.Thread] = set()
        self._asking: list[threading.Thread] = []
        self._skipped_us = 0
        self._started = time.time()
        self._deadline = None if limit_s is None else (time.monotonic() + limit_s, limit_s)

    # Sockets

    def socket(self) -> HubSocket:
        """Make a socket."""
        return HubSocket(self)

    def has_address(self, host: str) -> bool:
        """Return whether an Ethernet chip of the machine has this address."""
        return host in self._boards

    def register(self, sock: HubSocket, port: int) -> int:
        """Enter a socket under a port and return the port."""
        with self.condition:
            taken = {s.port for s in self._sockets}
            if port == 0:
                while self._next_port in taken:
                    self._next_port += 1
                port, self._next_port = self._next_port, self._next_port + 1
            elif port in taken:
                raise OSError(f"port {port} is in use")
            self._sockets.append(sock)
            return port

    def forget(self, sock: HubSocket) -> None:
        """Remove a socket."""
        with self.condition:
            if sock in self._sockets:
                self._sockets.remove(sock)
            self.condition.notify_all()

    def send(self, data: bytes, sender: Address, address: Address) -> None:
        """Carry a datagram from a host's socket to the board or to another one."""
        self._contenders += 1
        with self.condition:
            self._contenders -= 1
            self._used = time.monotonic()
            ethernet = self._boards.get(address[0])
            if ethernet is None:
                self._send_beside(Packet(sender, address, data))
            elif address[1] == SCP_PORT:
                self.monitor.receive(ethernet, data, sender)
            else:
                self._live_on()
                self.monitor.receive_tagged(ethernet, address[1], data, sender)
            self._flush()

    def _send_beside(self, packet: Packet) -> None:
        """Carry a datagram from one of the host's sockets to another, if there is one."""
        if self._deliver(packet):
            self._live_on()
            self._told_somebody = True
        elif packet.destination[0] == "localhost" or packet.destination[0].startswith("127."):
            # As the system of a host says of a port of its own that nobody listens to.
            for sock in self._sockets:
                sock.refused |= sock.port == packet.source[1] and sock.remote is not None

    def _live_on(self) -> None:
        """Note that something beside the script takes part: it lives in real time."""
        if self.pace is None:
            self.pace = 1.0
            threading.Thread(target=self._drive, daemon=True, name="board").start()

    def close(self) -> None:
        """Let no more time pass."""
        with self.condition:
            self._closed = True
            self.condition.notify_all()

    def _drive(self) -> None:
        """Let time pass in a run without an end, while the script waits for something else."""
        with self.condition:
            while not self._closed:
                absent = not self._running and time.monotonic() - self._used > _ABSENT_S
                if not absent or self._run(_ABSENT_S, self._driver_must_end):
                    self.condition.wait(_ABSENT_S / 4)

    def _driver_must_end(self) -> bool:
        return self._closed or self._contenders > 0

    def _flush(self) -> None:
        for packet in self.monitor.take():
            self._deliver(packet)

    def _deliver(self, packet: Packet) -> bool:
        """Put a datagram into the queue of its socket; return whether there is one."""
        to = [sock for sock in self._sockets if sock.port == packet.destination[1]]
        for sock in to:
            sock.queue.append((packet.payload, packet.source))
        self.condition.notify_all()
        return bool(to)

    def receive(self, sock: HubSocket, timeout_s: float | None) -> tuple[bytes, Address]:
        """Return a socket's next datagram, letting the board run for it if it must."""
        with self.condition:
            if not sock.queue:
                if sock.on_board:
                    limit = _FOREVER_S if timeout_s is None else timeout_s
                    self._run(limit, lambda: bool(sock.queue))
                else:
                    self._wait(sock, timeout_s)
            self._used = time.monotonic()
            if not sock.queue:
                sock.raise_refusal()
                raise TimeoutError("nothing was received") from None
            return sock.queue.popleft()

    def _wait(self, sock: HubSocket, timeout_s: float | None) -> None:
        """Wait for a datagram from somebody else, in real time."""
        sock.waits = True
        self._woken.discard(threading.current_thread())
        self.condition.notify_all()
        self.condition.wait_for(lambda: sock.queue or sock.closed or sock.refused, timeout_s)
        sock.waits = False

    def select(
        self,
        readers: Sequence[HubSocket],
        _writers: Sequence[Any],
        _errors: Sequence[Any],
        timeout_s: float | None = None,
    ) -> tuple[list[HubSocket], list[Any], list[Any]]:
        """Stand in for select.select with one socket."""
        with self.condition:
            for sock in readers:
                if not sock.queue and timeout_s != 0:
                    sock.listener = threading.current_thread()
                    self._wait(sock, timeout_s)
            ready = [sock for sock in readers if sock.queue or sock.closed or sock.refused]
            return ready, [], []

    # Time

    def sleep(self, seconds: float) -> None:
        """Let so much emulated time pass; a board that does nothing is not waited for."""
        with self.condition:
            end = self._clock_us() + int(seconds * 1e6)
            self._run(seconds, lambda: False)
            self._used = time.monotonic()
            self._skip_to(end)

    def thread_sleep(self, seconds: float) -> None:
        """Stand in for time.sleep: on a thread beside the main one, sleep by the board's clock.

        What such a thread does next is done at that emulated moment: the board waits for it
        until it sleeps, listens or ends. If the board does not run, real time counts.
        """
        me = threading.current_thread()
        if me is threading.main_thread():
            self.sleep(seconds)
            return
        with self.condition:
            self._woken.discard(me)
            end = self._asleep[me] = self._clock_us() + int(seconds * 1e6)
            latest = time.monotonic() + seconds + _GRACE_S
            self.condition.notify_all()
            while self._clock_us() < end:
                if not self._running and time.monotonic() > latest:
                    break
                self.condition.wait(0.05)
            del self._asleep[me]
            self._woken.add(me)

    def time(self) -> float:
        """Return seconds since 1970 on a clock that runs with the board."""
        return self._started + self._clock_us() * 1e-6

    def _clock_us(self) -> int:
        """Return what the clock says by which threads sleep: a board that rests is skipped."""
        return self.monitor.machine.now_us + self._skipped_us

    def _skip_to(self, at_us: int) -> None:
        self._skipped_us += max(at_us - self._clock_us(), 0)

    def _run(self, seconds: float, ready: Callable[[], bool]) -> bool:
        """Let time pass until something is so; return whether the board had nothing to do."""
        begun, start = self._clock_us(), time.monotonic()
        end = begun + int(seconds * 1e6)

        def sent() -> bool:
            self._flush()
            return ready() or not self._digested()

        self._running += 1
        self._asking.append(threading.current_thread())
        try:
            self._let_others_in()
            while not ready() and self._clock_us() < end:
                self._check_limit()
                stop = self.monitor.run(self._slice_us(end), sent)
                self._flush()
                resting = stop.reason == "idle"
                if resting and self._asleep:
                    self._skip_to(min(end, *self._asleep.values()))
                self._let_others_in()
                if self.pace:
                    self._keep_pace((self._clock_us() - begun) * 1e-6 / self.pace + start)
                if resting and not self._asleep:
                    return True
            return False
        finally:
            self._running -= 1
            self._asking.remove(threading.current_thread())

    def _slice_us(self, end_us: int) -> int:
        """Return how long to run until something else may have to happen."""
        now = self._clock_us()
        wakes = [at - now for at in self._asleep.values()]
        return max(min([end_us - now, _SLICE_US, *wakes]), 1)

    def _let_others_in(self) -> None:
        """Let host threads send, and wait for those that have something to do now."""
        if self._told_somebody:
            self._told_somebody = False
            self.condition.wait(_START_S)
        if self._contenders:
            self.condition.wait_for(lambda: not self._contenders, 0.01)
        until = time.monotonic() + _CALLBACK_S
        while not self._digested() and time.monotonic() < until:
            self.condition.notify_all()
            self.condition.wait(0.01)

    def _digested(self) -> bool:
        """Return whether no callback has anything to do; one that asks the board waits itself."""
        self._woken = {thread for thread in self._woken if thread.is_alive()}
        now = self._clock_us()
        due = any(at <= now for at in self._asleep.values())
        works = not self._woken.issubset(self._asking)
        idle = (s.is_digested or s.listener in self._asking for s in self._sockets)
        return not due and not works and all(idle)

    def _keep_pace(self, due: float) -> None:
        early = due - time.monotonic()
        if early > 0:
            self.condition.wait(early)

    def _check_limit(self) -> None:
        if self._deadline is not None and time.monotonic() > self._deadline[0]:
            raise past_limit(self._deadline[1])


__all__ = ["Hub"]
