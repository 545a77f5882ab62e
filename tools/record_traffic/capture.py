"""Classic pcap files with true wire lengths, and the label file beside them.

dpkt's writer stores the captured length as the wire length, which would hide that a packet was
cut by the snap length; these few lines keep both.
"""

from __future__ import annotations

import csv
import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from neurodeploy.errors import InputError

MAGIC_MICROSECONDS = 0xA1B2C3D4
LINK_ETHERNET = 1
FILE_HEADER = struct.Struct("<IHHiIII")
PACKET_HEADER = struct.Struct("<IIII")


@dataclass(frozen=True)
class Packet:
    """One captured frame: time in microseconds, the bytes kept, the length on the wire in bytes."""

    time_us: int
    data: bytes
    wire_length: int


@dataclass(frozen=True)
class Recording:
    """The packets of one session and the protocol that was started for it."""

    label: str
    packets: tuple[Packet, ...]


def read_pcap(path: Path) -> tuple[Packet, ...]:
    """Return the packets of a little-endian, microsecond, Ethernet pcap file.

    Parameters
    ----------
    path : Path
        A file as tcpdump writes it here. A last packet cut off by a stopped writer is left out.

    Returns
    -------
    packets : (n,) tuple of Packet

    Raises
    ------
    InputError
        If the file is not of that kind.
    """
    content = path.read_bytes()
    if len(content) < FILE_HEADER.size:
        raise InputError(str(path), "not a pcap file", got=f"{len(content)} bytes")
    magic, *_, link = FILE_HEADER.unpack_from(content)
    if (magic, link) != (MAGIC_MICROSECONDS, LINK_ETHERNET):
        raise InputError(
            str(path),
            "not a pcap of the expected kind",
            got=f"magic {magic:#x}, link type {link}",
            limit=f"magic {MAGIC_MICROSECONDS:#x}, link type {LINK_ETHERNET} (Ethernet)",
        )
    return tuple(_packets(content))


def _packets(content: bytes) -> Iterator[Packet]:
    at = FILE_HEADER.size
    while at + PACKET_HEADER.size <= len(content):
        seconds, microseconds, kept, wire = PACKET_HEADER.unpack_from(content, at)
        at += PACKET_HEADER.size
        if at + kept > len(content):
            return
        yield Packet(seconds * 1_000_000 + microseconds, content[at : at + kept], wire)
        at += kept


def write_pcap(path: Path, packets: Iterable[Packet], *, snap_bytes: int) -> None:
    """Write packets as a classic pcap: Ethernet, microseconds, little-endian."""
    parts = [FILE_HEADER.pack(MAGIC_MICROSECONDS, 2, 4, 0, 0, snap_bytes, LINK_ETHERNET)]
    for packet in packets:
        seconds, microseconds = divmod(packet.time_us, 1_000_000)
        header = (seconds, microseconds, len(packet.data), packet.wire_length)
        parts += [PACKET_HEADER.pack(*header), packet.data]
    path.write_bytes(b"".join(parts))


def merge(recordings: Iterable[Recording]) -> list[tuple[str, Packet]]:
    """Return (label, packet) of all sessions in time order; equal times keep their order."""
    pairs = [(r.label, packet) for r in recordings for packet in r.packets]
    return sorted(pairs, key=lambda pair: pair[1].time_us)


def write_labels(path: Path, labels: Sequence[str]) -> None:
    """Write the label file: header ``pkt,label``, packets counted from 1 in file order."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(("pkt", "label"))
        rows.writerows(enumerate(labels, start=1))


def read_labels(path: Path) -> tuple[str, ...]:
    """Return the labels of a label file in packet order.

    Raises
    ------
    InputError
        If the header or the packet counts are not as ``write_labels`` writes them.
    """
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.reader(stream))
    if not rows or rows[0] != ["pkt", "label"]:
        raise InputError(str(path), "wrong header", got=rows[:1], limit="pkt,label")
    counts = [row[0] for row in rows[1:]]
    if counts != [str(n) for n in range(1, len(rows))]:
        raise InputError(str(path), "packet counts do not run from 1 without gaps")
    return tuple(row[1] for row in rows[1:])


def count_table(recordings: Sequence[Recording]) -> list[str]:
    """Return a Markdown table of sessions, packets and share for each protocol."""
    sessions = Counter(r.label for r in recordings)
    packets: Counter[str] = Counter()
    for recording in recordings:
        packets[recording.label] += len(recording.packets)
    total = max(1, packets.total())
    lines = ["| label | sessions | packets | share |", "|---|---|---|---|"]
    for label in sorted(sessions, key=str.lower):
        share = 100 * packets[label] / total
        lines.append(f"| {label} | {sessions[label]} | {packets[label]} | {share:.1f} % |")
    return [*lines, f"| all | {sessions.total()} | {packets.total()} | 100 % |"]
