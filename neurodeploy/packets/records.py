"""Read the records of a pcap or pcapng file; which of the two, its content says."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from dpkt import pcap, pcapng

from neurodeploy.errors import InputError

# The upper bits of a link type hold the length of a frame check sequence, not the type.
_LINK_TYPE_MASK = 0x03FFFFFF
_NANO_MAGICS = (pcap.TCPDUMP_MAGIC_NANO, pcap.PMUDPCT_MAGIC_NANO)
_LITTLE_MAGICS = (pcap.PMUDPCT_MAGIC, pcap.PMUDPCT_MAGIC_NANO, pcap.PACPDOM_MAGIC)
_SHB_MAGIC = struct.pack(">I", pcapng.PCAPNG_BT_SHB)
_PACKET_BLOCKS = (pcapng.PCAPNG_BT_EPB, pcapng.PCAPNG_BT_PB)


class Record(NamedTuple):
    """One packet as it lies in the file.

    Attributes
    ----------
    time_s : float
        Seconds since 1970.
    link_type : int
        The LINKTYPE_ number of the interface it was taken from.
    length : int
        Bytes on the wire; more than `len(data)` if the snap length cut it.
    data : bytes
        What was captured.
    """

    time_s: float
    link_type: int
    length: int
    data: bytes


class _Interface(NamedTuple):
    """What a pcapng section says of one interface."""

    link_type: int
    snap_length: int
    ticks_per_s: float
    offset_s: int


def read_records(path: str | Path) -> list[Record]:
    """Read every packet record of a capture file.

    Parameters
    ----------
    path : path
        A pcap (micro- or nanoseconds, either byte order, modified) or pcapng file, of any
        suffix.

    Returns
    -------
    records : list of Record
        In the order of the file; may be empty.

    Raises
    ------
    InputError
        If the file cannot be read, is neither format, or ends within a record.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as err:
        reason = err.strerror or type(err).__name__
        raise InputError(
            str(path), f"cannot be read: {reason}", todo="give a pcap or pcapng file"
        ) from err
    return list(_records(str(path), content))


def _records(who: str, content: bytes) -> Iterator[Record]:
    """Choose the reader by the first bytes."""
    if not content:
        raise InputError(who, "the file is empty", todo="capture again")
    if content[:4] == _SHB_MAGIC:
        return _pcapng_records(who, content)
    if len(content) >= 4 and struct.unpack(">I", content[:4])[0] in pcap.MAGIC_TO_PKT_HDR:
        return _pcap_records(who, content)
    packed = "decompress it first" if content[:2] == b"\x1f\x8b" else "save it as pcap or pcapng"
    raise InputError(
        who, "is not a capture", got=f"first bytes {content[:4].hex()}", limit="pcap", todo=packed
    )


def _cut(who: str, n_whole: int) -> InputError:
    """Say that a file ends within a record."""
    return InputError(
        who,
        "the capture is cut in the middle of a record",
        got=f"{n_whole} whole packets before it",
        todo="copy the file again, or keep the whole packets with: editcap IN OUT",
    )


def _pcap_records(who: str, content: bytes) -> Iterator[Record]:
    """Read the records of a pcap file."""
    if len(content) < pcap.FileHdr.__hdr_len__:
        raise _cut(who, 0)
    (magic,) = struct.unpack(">I", content[:4])
    header_type = pcap.LEFileHdr if magic in _LITTLE_MAGICS else pcap.FileHdr
    header = header_type(content[: pcap.FileHdr.__hdr_len__])
    link_type = int(header.linktype) & _LINK_TYPE_MASK
    ticks_per_s = 1e9 if magic in _NANO_MAGICS else 1e6
    record_type = pcap.MAGIC_TO_PKT_HDR[magic]
    at, n_read = len(header), 0
    while at < len(content):
        start = at + record_type.__hdr_len__
        if start > len(content):
            raise _cut(who, n_read)
        head = record_type(content[at:start])
        at = start + head.caplen
        if at > len(content):
            raise _cut(who, n_read)
        time_s = head.tv_sec + head.tv_usec / ticks_per_s
        yield Record(time_s, link_type, max(head.len, head.caplen), content[start:at])
        n_read += 1


def _pcapng_records(who: str, content: bytes) -> Iterator[Record]:
    """Read the packet blocks of a pcapng file, each with its own interface."""
    order, at, n_read = "<", 0, 0
    interfaces: list[_Interface] = []
    while at < len(content):
        if at + 12 > len(content):
            raise _cut(who, n_read)
        if content[at : at + 4] == _SHB_MAGIC:
            order, interfaces = _byte_order(who, content, at), []
        kind, length = struct.unpack_from(order + "II", content, at)
        if length < 12 or length % 4:
            raise InputError(who, f"block at byte {at} is broken", got=f"a length of {length}")
        if at + length > len(content):
            raise _cut(who, n_read)
        body = content[at + 8 : at + length - 4]
        try:
            if kind == pcapng.PCAPNG_BT_IDB:
                interfaces.append(_interface(body, order))
            record = _packet_block(kind, body, order, interfaces)
        except (struct.error, IndexError) as err:
            raise InputError(who, f"block at byte {at} is broken", todo="capture again") from err
        if record is not None:
            yield record
            n_read += 1
        at += length


def _byte_order(who: str, content: bytes, at: int) -> str:
    """Byte order of the section that starts here."""
    for order in "<>":
        if struct.unpack_from(order + "I", content, at + 8)[0] == pcapng.BYTE_ORDER_MAGIC:
            return order
    raise InputError(who, f"section at byte {at} has no byte-order mark", todo="capture again")


def _interface(body: bytes, order: str) -> _Interface:
    """Read an interface description and the two options that shift its clock."""
    link_type, _, snap_length = struct.unpack_from(order + "HHI", body)
    ticks_per_s, offset_s, at = 1e6, 0, 8
    while at + 4 <= len(body):
        code, length = struct.unpack_from(order + "HH", body, at)
        value = body[at + 4 : at + 4 + length]
        if code == pcapng.PCAPNG_OPT_IF_TSRESOL and value:
            base = 2.0 if value[0] & 0x80 else 10.0
            ticks_per_s = base ** (value[0] & 0x7F)
        elif code == pcapng.PCAPNG_OPT_IF_TSOFFSET and length == 8:
            (offset_s,) = struct.unpack_from(order + "q", value)
        at += 4 + length + -length % 4
    return _Interface(link_type, snap_length, ticks_per_s, offset_s)


def _packet_block(
    kind: int, body: bytes, order: str, interfaces: list[_Interface]
) -> Record | None:
    """Read one block if it holds a packet; a missing interface is an IndexError."""
    if kind == pcapng.PCAPNG_BT_SPB:
        (length,) = struct.unpack_from(order + "I", body)
        source = interfaces[0]
        kept = min(length, source.snap_length or length, len(body) - 4)
        return Record(0.0, source.link_type, length, body[4 : 4 + kept])
    if kind not in _PACKET_BLOCKS:
        return None
    number, high, low, kept, length = struct.unpack_from(order + "IIIII", body)
    if kind == pcapng.PCAPNG_BT_PB:
        # The old block holds a 16-bit interface number and a count of drops.
        (number,) = struct.unpack_from(order + "H", body)
    source = interfaces[number]
    if kept > len(body) - 20:
        raise IndexError(kept)
    time_s = (high << 32 | low) / source.ticks_per_s + source.offset_s
    return Record(time_s, source.link_type, max(length, kept), body[20 : 20 + kept])
