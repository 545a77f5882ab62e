"""A capture, read and taken apart: what everything else of the front end starts from."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from neurodeploy.errors import InputError
from neurodeploy.packets.decode import LINK_TYPES, Packet, decode
from neurodeploy.packets.records import Record, read_records

_PROTOCOLS = {
    1: "icmp",
    2: "igmp",
    6: "tcp",
    17: "udp",
    47: "gre",
    50: "esp",
    58: "icmp6",
    89: "ospf",
    132: "sctp",
}


@dataclass(frozen=True, eq=False)
class Capture:
    """The packets of one file.

    Parameters
    ----------
    name : str
        The file, for messages.
    packets : tuple of Packet
        In the order of the file; a packet keeps its place whatever is wrong with it.
    times_s : (n_packets,) float array
        Seconds since 1970.
    lengths : (n_packets,) int array
        Bytes on the wire.
    truncated : (n_packets,) bool array
        Whether the snap length cut the packet.
    """

    name: str
    packets: tuple[Packet, ...]
    times_s: npt.NDArray[np.float64]
    lengths: npt.NDArray[np.int64]
    truncated: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.packets)

    @cached_property
    def is_ip(self) -> npt.NDArray[np.bool_]:
        """Whether each packet is IP, (n_packets,); others have no bits to decide by."""
        return np.array([packet.network != "" for packet in self.packets], dtype=bool)

    @cached_property
    def has_payload(self) -> npt.NDArray[np.bool_]:
        """Whether each packet carries anything behind its headers, (n_packets,)."""
        return np.array([len(packet.payload) > 0 for packet in self.packets], dtype=bool)

    @cached_property
    def malformed(self) -> dict[str, int]:
        """Number of malformed packets by reason, the most frequent first."""
        problems = Counter(packet.problem for packet in self.packets if packet.problem)
        return dict(problems.most_common())

    @cached_property
    def counts(self) -> dict[str, int]:
        """What is in the capture, as numbers of packets."""
        network = Counter(packet.network for packet in self.packets)
        transport = Counter(packet.transport for packet in self.packets if packet.network)
        return {
            "packets": len(self),
            "ipv4": network["ipv4"],
            "ipv6": network["ipv6"],
            "not_ip": network[""],
            **{name: transport[name] for name in ("tcp", "udp", "icmp", "other")},
            "no_transport": transport[""],
            "fragments": sum(packet.fragment for packet in self.packets),
            "with_payload": int(self.has_payload.sum()),
            "truncated": int(self.truncated.sum()),
            "malformed": sum(self.malformed.values()),
        }

    def tuples(self) -> list[tuple[str, str, str, str, str]]:
        """5-tuple of each packet as text, for tables.

        Returns
        -------
        tuples : list of (src, sport, dst, dport, proto)
            One a packet; what a packet does not have is empty.
        """
        return [endpoint_text(packet) for packet in self.packets]


def read(path: str | Path) -> Capture:
    """Read and take apart a pcap or pcapng file.

    Parameters
    ----------
    path : path
        The content says which format it is, not the suffix.

    Returns
    -------
    capture : Capture

    Raises
    ------
    InputError
        If the file cannot be read, is no capture, ends within a record, has no packets, or
        holds a link layer that is not known.
    """
    who = str(path)
    records = read_records(path)
    if not records:
        raise InputError(who, "the capture holds no packets", todo="capture again")
    return take_apart(who, records)


def take_apart(who: str, records: Sequence[Record]) -> Capture:
    """Take records apart.

    Parameters
    ----------
    who : str
        Where they come from, for messages.
    records : sequence of Record

    Raises
    ------
    InputError
        If they hold a link layer that is not known.
    """
    _check_links(who, records)
    kept = np.array([len(record.data) for record in records])
    lengths = np.array([record.length for record in records], dtype=np.int64)
    truncated = kept < lengths
    packets = tuple(
        decode(record.data, record.link_type, cut=bool(cut))
        for record, cut in zip(records, truncated, strict=True)
    )
    times_s = np.array([record.time_s for record in records])
    return Capture(who, packets, times_s, lengths, truncated)


def join(name: str, parts: Sequence[Capture]) -> Capture:
    """Return captures, one after the other, as one.

    Parameters
    ----------
    name : str
    parts : sequence of Capture
    """
    none = np.zeros(0)
    return Capture(
        name,
        tuple(packet for part in parts for packet in part.packets),
        np.concatenate([none, *(part.times_s for part in parts)]),
        np.concatenate([none.astype(np.int64), *(part.lengths for part in parts)]),
        np.concatenate([none.astype(bool), *(part.truncated for part in parts)]),
    )


def _check_links(who: str, records: Sequence[Record]) -> None:
    """Refuse link layers that `decode` does not know."""
    unknown = sorted({record.link_type for record in records} - set(LINK_TYPES))
    if unknown:
        raise InputError(
            who,
            "unknown link type",
            got=", ".join(map(str, unknown)),
            limit="Ethernet, Linux cooked, raw IP or loopback",
            todo="capture on such an interface",
        )


def endpoint_text(packet: Packet) -> tuple[str, str, str, str, str]:
    """Write the 5-tuple of a packet.

    Parameters
    ----------
    packet : Packet

    Returns
    -------
    texts : (src, sport, dst, dport, proto)
        What the packet does not have is empty; a protocol without a name is its number.
    """
    if not packet.network:
        return "", "", "", "", ""
    src, dst = (str(ipaddress.ip_address(address)) for address in (packet.src, packet.dst))
    sport, dport = (str(port) if port >= 0 else "" for port in (packet.sport, packet.dport))
    return src, sport, dst, dport, _PROTOCOLS.get(packet.protocol, str(packet.protocol))


def protocol_number(text: str) -> int:
    """Read a protocol by name or number.

    Parameters
    ----------
    text : str
        Such as "tcp", "icmp6", "icmpv6" or "47".

    Returns
    -------
    protocol : int

    Raises
    ------
    ValueError
        If it is neither a known name nor a number from 0 to 255.
    """
    names = {name: number for number, name in _PROTOCOLS.items()} | {"icmpv6": 58, "ipv6-icmp": 58}
    number = names[text.lower()] if text.lower() in names else int(text)
    if not 0 <= number <= 255:
        raise ValueError(text)
    return number
