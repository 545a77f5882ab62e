"""The tags of one Ethernet connection: which host and port a datagram goes to.

Fixed tags are set by the host. Transient ones are made for a request that wants an answer
and are dropped when the answer has gone out.
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from neurodeploy_virtual.monitor.datagram import Address, Coordinates

N_FIXED = 8
N_POOL = 8
#: Transient tags that may wait at the same time; the oldest gives way to a further one.
_TRANSIENT = range(N_FIXED + N_POOL, 255)

VALID, TRANSIENT, USE_SENDER, REVERSE, STRIP = 0x8000, 0x4000, 0x0400, 0x0200, 0x0100
_ENTRY = struct.Struct("<4s6s3HIH3B3x")


@dataclass(frozen=True)
class Tag:
    """One tag.

    Parameters
    ----------
    flags : int
        VALID and what else holds.
    host : (str, int) or None
        Where datagrams with this tag go; None before a reverse tag has been used.
    listen_port : int
        UDP port of a reverse tag, from which packets go to a core.
    to_chip, to_port : (x, y), int
        Chip, and port and core, that packets of a reverse tag go to.
    count : int
        Packets sent.
    """

    flags: int
    host: Address | None = None
    listen_port: int = 0
    to_chip: Coordinates = (0, 0)
    to_port: int = 0
    count: int = 0

    @property
    def reverse(self) -> bool:
        """Return whether it takes packets in."""
        return bool(self.flags & REVERSE)

    @property
    def strip(self) -> bool:
        """Return whether packets go out without the datagram header."""
        return bool(self.flags & STRIP)

    def packed(self) -> bytes:
        """Return the 32 bytes by which a host is told of it."""
        host, port = self.host or ("0.0.0.0", 0)
        return _ENTRY.pack(
            bytes(int(part) for part in host.split(".")),
            bytes(6),
            port,
            0,
            self.flags,
            self.count,
            self.listen_port,
            self.to_chip[1],
            self.to_chip[0],
            self.to_port,
        )


@dataclass
class Tags:
    """All tags of one Ethernet connection."""

    fixed: dict[int, Tag] = field(default_factory=dict)
    transient: OrderedDict[int, Address] = field(default_factory=OrderedDict)

    def set(self, number: int, tag: Tag) -> None:
        """Set a tag that stays."""
        self.fixed[number] = tag

    def clear(self, number: int) -> None:
        """Drop a tag that stays."""
        self.fixed.pop(number, None)

    def get(self, number: int) -> Tag:
        """Return a tag; an unused one has no flags."""
        return self.fixed.get(number, Tag(0))

    def lend(self, host: Address) -> int:
        """Make a transient tag for an answer to `host`."""
        number = next((n for n in _TRANSIENT if n not in self.transient), None)
        if number is None:
            number, _ = self.transient.popitem(last=False)
        self.transient[number] = host
        return number

    def sender(self, number: int) -> Address | None:
        """Return the host behind a tag, transient or not."""
        return self.transient.get(number) or self.get(number).host

    def spend(self, number: int) -> Tag | None:
        """Return the tag of a datagram that goes out, counting it, or None if unused."""
        if number in self.transient:
            return Tag(VALID | TRANSIENT, self.transient.pop(number))
        tag = self.fixed.get(number)
        if tag is None or tag.host is None:
            return None
        self.fixed[number] = replace(tag, count=tag.count + 1)
        return tag

    def unused(self) -> int | None:
        """Return a free number of the pool."""
        pool = range(N_FIXED, N_FIXED + N_POOL)
        return next((n for n in pool if n not in self.fixed), None)

    def listening(self) -> Iterator[tuple[int, Tag]]:
        """Yield the reverse tags by number."""
        return ((n, tag) for n, tag in sorted(self.fixed.items()) if tag.reverse)


__all__ = [
    "N_FIXED",
    "N_POOL",
    "REVERSE",
    "STRIP",
    "TRANSIENT",
    "USE_SENDER",
    "VALID",
    "Tag",
    "Tags",
]
