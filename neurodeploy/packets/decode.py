"""Take one packet apart down to its payload; whatever the bytes are, never an exception."""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

from dpkt import ethernet, ip, pcap

from neurodeploy.packets.layout import PAYLOAD_BYTES

_IPV4, _IPV6 = ethernet.ETH_TYPE_IP, ethernet.ETH_TYPE_IP6
_VLAN_TYPES = (ethernet.ETH_TYPE_8021Q, ethernet.ETH_TYPE_8021AD, 0x9100, 0x9200)
_MPLS_TYPES = (ethernet.ETH_TYPE_MPLS, ethernet.ETH_TYPE_MPLS_MCAST)
_PPPOE_SESSION = 0x8864
_PPP_TYPES = {0x0021: _IPV4, 0x0057: _IPV6}
_SNAP = b"\xaa\xaa\x03"
# Address families in a null or loopback header: IPv6 has another number on each system.
_FAMILIES = {2: _IPV4, 10: _IPV6, 24: _IPV6, 28: _IPV6, 30: _IPV6}
_EXTENSIONS = (0, 43, 44, 51, 60, 135, 139, 140)
_NO_NEXT_HEADER = 59


class Packet(NamedTuple):
    """One packet, taken apart; a part that is absent is empty, a number that is absent -1.

    Attributes
    ----------
    network : str
        "ipv4", "ipv6" or "" if it is not IP.
    transport : str
        "tcp", "udp", "icmp" (also ICMPv6), "other", or "" if there is none (no IP, a later
        fragment, a header that is cut).
    ip_header, transport_header : bytes
        The fixed headers: 20 or 40 bytes; TCP 20, UDP 8, ICMP 4 to 8, other none.
    payload : bytes
        The first bytes (at most 48) behind the headers, link padding left out.
    src, dst : bytes
        IP addresses, 4 or 16 bytes.
    protocol : int
        Number of the transport protocol.
    sport, dport : int
        TCP and UDP ports.
    fragment : bool
        Whether it is a part of a datagram.
    problem : str
        Why it is malformed; empty if it is not.
    """

    network: str = ""
    transport: str = ""
    ip_header: bytes = b""
    transport_header: bytes = b""
    payload: bytes = b""
    src: bytes = b""
    dst: bytes = b""
    protocol: int = -1
    sport: int = -1
    dport: int = -1
    fragment: bool = False
    problem: str = ""


class _MalformedError(Exception):
    """Ends the decoding of one packet; what was read of it stays."""


class _ShortError(_MalformedError):
    """The data ended: malformed, unless the snap length cut it."""


def decode(data: bytes, link_type: int, *, cut: bool = False) -> Packet:
    """Take one captured frame apart.

    Parameters
    ----------
    data : bytes
        The frame, from its link header on.
    link_type : int
        A key of `LINK_TYPES`.
    cut : bool
        Whether the snap length cut it: then a missing end is no malformation.

    Returns
    -------
    packet : Packet
        All that could be read; `problem` says what stopped it.
    """
    parts: dict[str, Any] = {}
    try:
        ether_type, at = LINK_TYPES[link_type](data)
        if ether_type == _IPV4:
            _ipv4(parts, data[at:], cut)
        elif ether_type == _IPV6:
            _ipv6(parts, data[at:], cut)
    except _MalformedError as err:
        excused = cut and isinstance(err, _ShortError)
        parts["problem"] = "" if excused else str(err)
    return Packet(**parts)


def _need(data: bytes, n_bytes: int, what: str) -> None:
    """Refuse data too short for a header."""
    if len(data) < n_bytes:
        raise _ShortError(f"{what} cut short")


# --- link layers: each returns (ether type or -1, offset of what follows) ------------------


def _ethernet(data: bytes) -> tuple[int, int]:
    _need(data, 14, "Ethernet header")
    return _ether_payload(data, struct.unpack_from(">H", data, 12)[0], 14)


def _cooked(data: bytes) -> tuple[int, int]:
    _need(data, 16, "Linux cooked header")
    return _ether_payload(data, struct.unpack_from(">H", data, 14)[0], 16)


def _cooked_v2(data: bytes) -> tuple[int, int]:
    _need(data, 20, "Linux cooked v2 header")
    return _ether_payload(data, struct.unpack_from(">H", data)[0], 20)


def _loopback(data: bytes) -> tuple[int, int]:
    _need(data, 4, "loopback header")
    family = min(struct.unpack("<I", data[:4])[0], struct.unpack(">I", data[:4])[0])
    return _FAMILIES.get(family, -1), 4


def _raw(data: bytes) -> tuple[int, int]:
    _need(data, 1, "IP header")
    return _by_version(data, 0)


def _by_version(data: bytes, at: int) -> tuple[int, int]:
    """Tell IPv4 from IPv6 by the first half byte."""
    version = data[at] >> 4 if at < len(data) else -1
    return {4: _IPV4, 6: _IPV6}.get(version, -1), at


def _ether_payload(data: bytes, ether_type: int, at: int) -> tuple[int, int]:
    """Walk over VLAN tags, then PPPoE, MPLS or an 802.2 header, to the network layer."""
    while ether_type in _VLAN_TYPES:
        _need(data, at + 4, "VLAN tag")
        ether_type = struct.unpack_from(">H", data, at + 2)[0]
        at += 4
    if ether_type == _PPPOE_SESSION:
        _need(data, at + 8, "PPPoE header")
        return _PPP_TYPES.get(struct.unpack_from(">H", data, at + 6)[0], -1), at + 8
    if ether_type in _MPLS_TYPES:
        return _by_version(data, _below_mpls(data, at))
    if ether_type <= 1500 and data[at : at + 3] == _SNAP:
        _need(data, at + 8, "SNAP header")
        return int(struct.unpack_from(">H", data, at + 6)[0]), at + 8
    return ether_type, at


def _below_mpls(data: bytes, at: int) -> int:
    """Offset behind the last MPLS label."""
    bottom = False
    while not bottom:
        _need(data, at + 4, "MPLS label")
        bottom = bool(data[at + 2] & 1)
        at += 4
    return at


LINK_TYPES = {
    pcap.DLT_NULL: _loopback,
    pcap.DLT_EN10MB: _ethernet,
    12: _raw,
    14: _raw,
    101: _raw,
    108: _loopback,
    pcap.DLT_LINUX_SLL: _cooked,
    pcap.DLT_IPV4: _raw,
    pcap.DLT_IPV6: _raw,
    pcap.DLT_LINUX_SLL2: _cooked_v2,
}
"""Link layers that can be read, by LINKTYPE_ or DLT_ number."""


# --- network layers ------------------------------------------------------------------------


def _ipv4(parts: dict[str, Any], data: bytes, cut: bool) -> None:
    """Read an IPv4 header and what it carries."""
    _need(data, 20, "IPv4 header")
    first, _, length, _, offset_flags, _, protocol = struct.unpack_from(">BBHHHBB", data)
    header_bytes = (first & 15) * 4
    if first >> 4 != 4:
        raise _MalformedError("IPv4 version is not 4")
    if header_bytes < 20:
        raise _MalformedError("IPv4 header length is under 20")
    parts.update(network="ipv4", ip_header=data[:20], src=data[12:16], dst=data[16:20])
    parts.update(protocol=protocol, fragment=bool(offset_flags & 0x3FFF))
    _need(data, header_bytes, "IPv4 options")
    # A length of 0 is what segmentation offload leaves in outgoing packets.
    length = length or len(data)
    if length < header_bytes:
        raise _MalformedError("IPv4 total length is under its header")
    late = bool(offset_flags & 0x1FFF)
    _carried(parts, data[header_bytes:length], protocol, late)
    if length > len(data) and not cut and not parts.get("problem"):
        parts["problem"] = "IPv4 total length is over the packet"


def _ipv6(parts: dict[str, Any], data: bytes, cut: bool) -> None:
    """Read an IPv6 header, its extension headers and what they carry."""
    _need(data, 40, "IPv6 header")
    if data[0] >> 4 != 6:
        raise _MalformedError("IPv6 version is not 6")
    length, protocol = struct.unpack_from(">HB", data, 4)
    parts.update(network="ipv6", ip_header=data[:40], src=data[8:24], dst=data[24:40])
    # A length of 0 is a jumbogram or segmentation offload, or there is nothing behind it.
    body = data[40 : 40 + length] if length else data[40:]
    late = False
    while protocol in _EXTENSIONS and not late:
        parts["protocol"] = protocol
        _need(body, 8, "IPv6 extension header")
        if protocol == ip.IP_PROTO_FRAGMENT:
            parts["fragment"], late = True, bool(body[2] or body[3] & 0xF8)
        size = _extension_bytes(protocol, body[1])
        _need(body, size, "IPv6 extension header")
        protocol, body = body[0], body[size:]
    parts["protocol"] = protocol
    _carried(parts, body, protocol, late)
    if 40 + length > len(data) and not cut and not parts.get("problem"):
        parts["problem"] = "IPv6 payload length is over the packet"


def _extension_bytes(protocol: int, length: int) -> int:
    """Size of an extension header: three rules for the one length byte."""
    if protocol == ip.IP_PROTO_FRAGMENT:
        return 8
    return (length + 2) * 4 if protocol == ip.IP_PROTO_AH else (length + 1) * 8


# --- transport layers ----------------------------------------------------------------------


def _carried(parts: dict[str, Any], data: bytes, protocol: int, late: bool) -> None:
    """Read what an IP header carries; a later fragment has no header of its own."""
    if late:
        parts["payload"] = data[:PAYLOAD_BYTES]
    elif protocol == ip.IP_PROTO_TCP:
        _tcp(parts, data)
    elif protocol == ip.IP_PROTO_UDP:
        _udp(parts, data)
    elif protocol in (ip.IP_PROTO_ICMP, ip.IP_PROTO_ICMP6):
        _need(data, 4, "ICMP header")
        parts.update(transport="icmp", transport_header=data[:8], payload=data[8:56])
    elif protocol != _NO_NEXT_HEADER:
        parts.update(transport="other", payload=data[:PAYLOAD_BYTES])


def _tcp(parts: dict[str, Any], data: bytes) -> None:
    """Read a TCP header; options are skipped."""
    _need(data, 20, "TCP header")
    header_bytes = (data[12] >> 4) * 4
    sport, dport = struct.unpack_from(">HH", data)
    parts.update(transport="tcp", transport_header=data[:20], sport=sport, dport=dport)
    if header_bytes < 20:
        raise _MalformedError("TCP header length is under 20")
    _need(data, header_bytes, "TCP options")
    parts["payload"] = data[header_bytes : header_bytes + PAYLOAD_BYTES]


def _udp(parts: dict[str, Any], data: bytes) -> None:
    """Read a UDP header; its length may end the payload before IP's does."""
    _need(data, 8, "UDP header")
    sport, dport, length = struct.unpack_from(">HHH", data)
    parts.update(transport="udp", transport_header=data[:8], sport=sport, dport=dport)
    if 0 < length < 8:
        raise _MalformedError("UDP length is under 8")
    end = min(length or len(data), 8 + PAYLOAD_BYTES)
    parts["payload"] = data[8:end]
