"""The far end of a spalloc websocket: datagrams to and from boards, by numbered channels."""

import base64
import hashlib
import select
import socket
import struct
from contextlib import suppress

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
BINARY, CLOSED, PING, PONG = 2, 8, 9, 10
OPEN, CLOSE, MESSAGE = 0, 1, 2


def accept_key(key):
    """Return what a server answers to a client's key.

    >>> accept_key("dGhlIHNhbXBsZSBub25jZQ==")
    's3pPLMBiTxaQ9kYGzzhZRbK+xOo='
    """
    return base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest()).decode()


class Proxy:
    """Serves one websocket, whose handshake is done, until the client closes it.

    Parameters
    ----------
    sock : ssl.SSLSocket
    addresses : dict
        (x, y) of each board's chip to its address.
    """

    def __init__(self, sock, addresses):
        self.sock, self.addresses = sock, addresses
        self.channels = {}
        self.opened = 0

    def serve(self):
        try:
            while self._wait():
                opcode, data = self._frame()
                if opcode == CLOSED:
                    self._send(CLOSED, data)
                    return
                if opcode == PING:
                    self._send(PONG, data)
                elif opcode == BINARY:
                    self._take(data)
        finally:
            for channel in self.channels.values():
                channel.close()

    def _wait(self):
        """Pass datagrams on until the client says something."""
        numbers = {channel: number for number, channel in self.channels.items()}
        while not self.sock.pending():
            ready, _, _ = select.select([self.sock, *numbers], [], [])
            for channel in ready:
                if channel is not self.sock:
                    with suppress(ConnectionError):
                        data = channel.recv(2048)
                        self._send(BINARY, struct.pack("<II", MESSAGE, numbers[channel]) + data)
            if self.sock in ready:
                break
        return True

    def _take(self, data):
        code, number = struct.unpack_from("<II", data)
        if code == OPEN:
            x, y, port = struct.unpack_from("<III", data, 8)
            channel = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            channel.connect((self.addresses[x, y], port))
            self.opened += 1
            self.channels[self.opened] = channel
            self._send(BINARY, struct.pack("<III", OPEN, number, self.opened))
        elif code == CLOSE:
            (closed,) = struct.unpack_from("<I", data, 8)
            self.channels.pop(closed).close()
            self._send(BINARY, struct.pack("<III", CLOSE, number, closed))
        elif code == MESSAGE:
            with suppress(ConnectionError):
                self.channels[number].send(data[8:])

    def _frame(self):
        """Return the code and the data of one frame; clients mask theirs."""
        first, second = self._exactly(2)
        size = second & 0x7F
        if size >= 126:
            size = int.from_bytes(self._exactly(2 if size == 126 else 8), "big")
        mask = self._exactly(4)
        data = self._exactly(size)
        return first & 0x0F, bytes(b ^ mask[k % 4] for k, b in enumerate(data))

    def _exactly(self, size):
        found = b""
        while len(found) < size:
            part = self.sock.recv(size - len(found))
            if not part:
                raise ConnectionResetError("the client has gone")
            found += part
        return found

    def _send(self, opcode, data):
        size = len(data)
        head = bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big")
        self.sock.sendall(bytes([0x80 | opcode]) + head + data)
