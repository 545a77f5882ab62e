"""Stand-ins for UDP sockets on the network inside the process."""

from __future__ import annotations

import errno
import os
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from neurodeploy_virtual.monitor.datagram import Address

if TYPE_CHECKING:
    from neurodeploy_virtual.transport.hub import Hub

_HOST = "127.0.0.1"
_ANY = "0.0.0.0"


class HubSocket:
    """What the vendor's UDP connection takes for its socket."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.queue: deque[tuple[bytes, Address]] = deque()
        self.port = 0
        self.host = _ANY
        self.remote: Address | None = None
        self.listener: threading.Thread | None = None
        self.waits = False
        self.refused = False
        self._closed = False
        self._timeout: float | None = None

    @property
    def on_board(self) -> bool:
        """Return whether it is connected to the board."""
        return self.remote is not None and self._hub.has_address(self.remote[0])

    @property
    def is_digested(self) -> bool:
        """Return whether its listener, if it has one, has dealt with all that came."""
        if self.listener is None or not self.listener.is_alive():
            return True
        return self.waits and not self.queue

    @property
    def closed(self) -> bool:
        """Return whether it has been closed."""
        return self._closed

    def setsockopt(self, *_args: Any) -> None:
        """Take an option, which means nothing here."""

    def settimeout(self, seconds: float | None) -> None:
        """Set how long `recv` waits."""
        self._timeout = seconds

    def bind(self, address: Address) -> None:
        """Take a port; 0 is any."""
        self.port = self._hub.register(self, address[1])

    def connect(self, address: Address) -> None:
        """Set where `send` goes."""
        self.remote, self.host = address, _HOST

    def getsockname(self) -> Address:
        """Return own address and port."""
        return self.host, self.port

    def send(self, data: bytes) -> int:
        """Send to the address it is connected to."""
        if self.remote is None:
            raise OSError("the socket is not connected")
        return self.sendto(data, self.remote)

    def sendto(self, data: bytes, address: Address) -> int:
        """Send to an address."""
        self.raise_refusal()
        self._hub.send(bytes(data), (_HOST, self.port), address)
        return len(data)

    def raise_refusal(self) -> None:
        """Raise ConnectionRefusedError, once, if nobody took what was sent before."""
        if self.refused:
            self.refused = False
            raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))

    def recv(self, _size: int) -> bytes:
        """Return the next datagram."""
        return self.recvfrom(_size)[0]

    def recvfrom(self, _size: int) -> tuple[bytes, Address]:
        """Return the next datagram and its sender."""
        return self._hub.receive(self, self._timeout)

    def shutdown(self, _how: int) -> None:
        """Do nothing: there is no connection to shut."""

    def close(self) -> None:
        """Give the port back and wake who waits."""
        self._hub.forget(self)
        self._closed = True


__all__ = ["HubSocket"]
