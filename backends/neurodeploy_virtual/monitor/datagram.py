"""SpiNNaker datagrams: the header, a request inside, and UDP packets around them."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from enum import IntEnum

Coordinates = tuple[int, int]
Address = tuple[str, int]

HEADER_BYTES = 8
REQUEST_BYTES = 24
#: In the datagram's flags: a reply is wanted; do not route between chips.
REPLY_WANTED = 0x80
STAY = 0x20
CHECKSUM = 0x40
#: The port byte that means the Ethernet connection instead of a core.
TO_ETHERNET = 0xFF
ANY_CHIP = (255, 255)
_HEADER = struct.Struct("<8B")


class Code(IntEnum):
    """What came of a request."""

    OK = 0x80
    BAD_LENGTH = 0x81
    BAD_SUM = 0x82
    BAD_COMMAND = 0x83
    BAD_ARGUMENT = 0x84
    BAD_PORT = 0x85
    TIMEOUT = 0x86
    NO_ROUTE = 0x87
    BAD_CORE = 0x88
    DEAD = 0x89
    NO_BUFFER = 0x8A


class Refusal(Exception):  # noqa: N818 - it is an answer, not an error of this program
    """A request is answered with a code other than OK.

    Parameters
    ----------
    code : Code
        What is wrong.
    payload : bytes
        What follows the sequence number in the answer.
    """

    def __init__(self, code: Code, payload: bytes = b"") -> None:
        super().__init__(code.name)
        self.code, self.payload = code, payload


@dataclass(frozen=True)
class Sdp:
    """A datagram.

    Parameters
    ----------
    flags, tag : int
        Header bytes.
    to_port, from_port : int
        Port number (upper 3 bits) and core (lower 5), or 255 for the Ethernet connection.
    to_chip, from_chip : (x, y)
        Chips.
    payload : bytes
        All that follows the header.
    """

    flags: int
    tag: int
    to_port: int
    from_port: int
    to_chip: Coordinates
    from_chip: Coordinates
    payload: bytes

    @property
    def core(self) -> int:
        """Return the core it goes to."""
        return self.to_port & 31

    @property
    def port(self) -> int:
        """Return the port number it goes to."""
        return self.to_port >> 5

    def packed(self) -> bytes:
        """Return header and payload as bytes."""
        header = _HEADER.pack(
            self.flags,
            self.tag,
            self.to_port,
            self.from_port,
            self.to_chip[1],
            self.to_chip[0],
            self.from_chip[1],
            self.from_chip[0],
        )
        return header + self.payload

    @classmethod
    def parse(cls, data: bytes) -> Sdp:
        """Read a datagram of at least 8 bytes."""
        flags, tag, to_port, from_port, to_y, to_x, from_y, from_x = _HEADER.unpack_from(data)
        return cls(flags, tag, to_port, from_port, (to_x, to_y), (from_x, from_y), data[8:])

    def answer(self, payload: bytes) -> Sdp:
        """Return the datagram that goes back."""
        return replace(
            self,
            flags=self.flags & ~REPLY_WANTED,
            to_port=self.from_port,
            from_port=self.to_port,
            to_chip=self.from_chip,
            from_chip=self.to_chip,
            payload=payload,
        )


@dataclass(frozen=True)
class Request:
    """A command to a monitor.

    Parameters
    ----------
    command, sequence : int
        Which command, and the number its answer repeats.
    arguments : (int, int, int)
        Three words.
    data : bytes
        What follows them.
    tag : int
        The tag of the datagram it came in.
    """

    command: int
    sequence: int
    arguments: tuple[int, int, int]
    data: bytes
    tag: int

    @classmethod
    def parse(cls, message: Sdp) -> Request:
        """Read a request; Refusal if it is too short."""
        if len(message.payload) < REQUEST_BYTES - HEADER_BYTES:
            raise Refusal(Code.BAD_LENGTH)
        command, sequence, *arguments = struct.unpack_from("<HHIII", message.payload)
        return cls(
            command,
            sequence,
            (arguments[0], arguments[1], arguments[2]),
            message.payload[16:],
            message.tag,
        )


@dataclass(frozen=True)
class Packet:
    """A UDP packet from the machine to a host.

    Parameters
    ----------
    source, destination : (str, int)
        IPv4 address and port.
    payload : bytes
        Contents.
    """

    source: Address
    destination: Address
    payload: bytes


__all__ = [
    "ANY_CHIP",
    "CHECKSUM",
    "HEADER_BYTES",
    "REPLY_WANTED",
    "REQUEST_BYTES",
    "STAY",
    "TO_ETHERNET",
    "Address",
    "Code",
    "Coordinates",
    "Packet",
    "Refusal",
    "Request",
    "Sdp",
]
