"""Serve a board over UDP: commands on one port, reverse tags on theirs.

One thread does everything: it takes what has come, lets the board run for a short while,
sends what the board has to say, and waits for the network when the board does nothing.
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

from neurodeploy.errors import InputError
from neurodeploy_virtual.board import Board
from neurodeploy_virtual.errors import BoardFault
from neurodeploy_virtual.monitor.datagram import Coordinates
from neurodeploy_virtual.monitor.monitor import SCP_PORT

_LOG = logging.getLogger(__name__)
_MAX_BYTES = 2048
_SLICE_US = 1000
_IDLE_S = 0.2
#: Datagrams of one port taken in one go, so that a busy client stops neither others nor time.
_BATCH = 32
_BUFFER_BYTES = 1 << 20


class UdpServer:
    """Sockets of a board, for use in a `with` statement.

    Parameters
    ----------
    board : Board
        The board.
    port : int
        Command port; a client expects 17893.
    public : bool
        Whether addresses that are not loopback may be used.

    Raises
    ------
    InputError
        If an address is not loopback and `public` is false, or cannot be bound.
    """

    def __init__(self, board: Board, *, port: int = SCP_PORT, public: bool = False) -> None:
        self.board, self.port = board, port
        self._selector = selectors.DefaultSelector()
        self._commands: dict[Coordinates, socket.socket] = {}
        self._tagged: dict[tuple[Coordinates, int], socket.socket] = {}
        self._stopped = False
        for xy, address in board.layout.addresses.items():
            if not public and not ipaddress.ip_address(address).is_loopback:
                raise InputError(
                    "board address", "is not loopback", got=address, todo="add --public"
                )
            self._commands[xy] = self._open(address, port, (xy, 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for sock in (*self._commands.values(), *self._tagged.values()):
            sock.close()
        self._selector.close()

    def _open(self, address: str, port: int, key: tuple[Coordinates, int]) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        sock.setblocking(False)
        try:
            sock.bind((address, port))
        except OSError as err:
            sock.close()
            raise InputError(
                f"board address {address}:{port}", "cannot be used", got=err.strerror
            ) from err
        self._selector.register(sock, selectors.EVENT_READ, key)
        return sock

    def stop(self) -> None:
        """Let `serve` return soon."""
        self._stopped = True

    def serve(self, ready: Callable[[], None] | None = None) -> None:
        """Serve until `stop` is called.

        Parameters
        ----------
        ready : callable or None
            Called once when the sockets are open.
        """
        if ready is not None:
            ready()
        busy = False
        start_s, start_us = time.monotonic(), self.board.machine.now_us
        while not self._stopped:
            if self._take(0.0 if busy else _IDLE_S):
                if not busy:
                    start_s, start_us = time.monotonic(), self.board.machine.now_us
                busy = True
            if busy:
                busy = self._run()
                self._wait_for_pace(start_s, start_us)
            self._send()

    def _take(self, timeout_s: float) -> bool:
        """Hand the board what has come; return whether anything has."""
        taken = False
        for key, _ in self._selector.select(timeout_s):
            xy, port = key.data
            for _ in range(_BATCH):
                try:
                    data, sender = key.fileobj.recvfrom(_MAX_BYTES)  # type: ignore[union-attr]
                except (BlockingIOError, ConnectionError):
                    break
                taken = True
                with _faults_logged():
                    if port:
                        self.board.monitor.receive_tagged(xy, port, data, sender)
                    else:
                        self.board.monitor.receive(xy, data, sender)
                # A host may use a tag as soon as it has the answer.
                self._follow_tags()
                self._send()
        return taken

    def _run(self) -> bool:
        """Let the board run for one slice; return whether it does anything."""
        with _faults_logged():
            return self.board.monitor.run(_SLICE_US).reason != "idle"
        return True

    def _wait_for_pace(self, start_s: float, start_us: int) -> None:
        pace = self.board.options.pace
        if pace:
            due = start_s + (self.board.machine.now_us - start_us) * 1e-6 / pace
            time.sleep(max(0.0, due - time.monotonic()))

    def _send(self) -> None:
        for packet in self.board.monitor.take():
            xy = next(xy for xy, a in self.board.layout.addresses.items() if a == packet.source[0])
            sock = self._tagged.get((xy, packet.source[1]), self._commands[xy])
            with contextlib.suppress(OSError):
                sock.sendto(packet.payload, packet.destination)

    def _follow_tags(self) -> None:
        """Open a socket for every new reverse tag, close those whose tag has gone."""
        wanted = set(self.board.monitor.listening())
        for key in set(self._tagged) - wanted:
            sock = self._tagged.pop(key)
            self._selector.unregister(sock)
            sock.close()
        for xy, port in wanted - set(self._tagged):
            try:
                sock = self._open(self.board.layout.addresses[xy], port, (xy, port))
            except InputError as err:
                _LOG.error("%s", err)
                continue
            self._tagged[xy, port] = sock


@contextlib.contextmanager
def _faults_logged() -> Iterator[None]:
    """Log what ends a script in the same process: a served board goes on."""
    try:
        yield
    except BoardFault as fault:
        _LOG.error("%s", fault.report())


__all__ = ["UdpServer"]
