"""Memory of a served board by plain commands, one at a time."""

import socket
import struct

PORT = 17893
READ, WRITE, ROUTER = 2, 3, 29
OK = 0x80
BLOCK_BYTES = 256
CLEAR_COUNTERS, FILTERS = 0xF100002C, 0xE1000200
#: Chips of a board of 48, by the first and last x of each row.
ROWS = ((0, 4), (0, 5), (0, 6), (0, 7), (1, 7), (2, 7), (3, 7), (4, 7))
CHIPS = [(x, y) for y, (first, last) in enumerate(ROWS) for x in range(first, last + 1)]
_HEADER = struct.Struct("<2x8B2H")
_ARGUMENTS = struct.Struct("<3I")


class Memory:
    """The chips of a board at an address."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(10.0)
        self.socket.connect((address, PORT))

    def close(self):
        self.socket.close()

    def command(self, x, y, code, *arguments, data=b""):
        """Send one command and return the data of its answer."""
        asked = _HEADER.pack(0x87, 0xFF, 0, 0xFF, y, x, 0, 0, code, 0)
        self.socket.send(asked + _ARGUMENTS.pack(*arguments) + data)
        answer = self.socket.recv(1024)
        *_, result, _ = _HEADER.unpack_from(answer)
        if result != OK:
            raise OSError(f"command {code} on chip {x}, {y}: result {result:#x}")
        return answer[_HEADER.size :]

    def read(self, x, y, address, size):
        found = b""
        for at, n, unit in _blocks(address, size):
            found += self.command(x, y, READ, at, n, unit)[:n]
        return found

    def write(self, x, y, address, data):
        for at, n, unit in _blocks(address, len(data)):
            part = data[at - address : at - address + n]
            self.command(x, y, WRITE, at, n, unit, data=part)

    def reset_routing(self, filters):
        """Clear routes and counters of every chip and set filters, a word for each position."""
        for x, y in CHIPS:
            self.write(x, y, CLEAR_COUNTERS, b"\xff" * 4)
            self.command(x, y, ROUTER, 0, 0, 0)
            for position, word in filters.items():
                self.write(x, y, FILTERS + 4 * position, struct.pack("<I", word))


def _blocks(address, size):
    """Give the address, size and unit (0 bytes, 2 words) of each command for a range."""
    for at in range(address, address + size, BLOCK_BYTES):
        n = min(BLOCK_BYTES, address + size - at)
        yield at, n, 0 if at % 4 or n % 4 else 2
