import struct

import dpkt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurodeploy.packets.decode import LINK_TYPES, Packet, decode

from . import frames

IPV4 = frames.ipv4(frames.tcp(payload=b"hello"), 6)
IPV6 = frames.ipv6(frames.udp(payload=b"hello"), 17)


def vlan(kind, body):
    return struct.pack(">HH", 5, kind) + body


LINKS = {
    "ethernet": (1, frames.ethernet(IPV4)),
    "vlan": (1, frames.ethernet(vlan(0x0800, IPV4), 0x8100)),
    "qinq": (1, frames.ethernet(vlan(0x8100, vlan(0x0800, IPV4)), 0x88A8)),
    "snap": (1, frames.ethernet(b"\xaa\xaa\x03\0\0\0\x08\0" + IPV4, 8 + len(IPV4))),
    "pppoe": (1, frames.ethernet(b"\x11\0\0\x01\0\x2d\0\x21" + IPV4, 0x8864)),
    "mpls": (1, frames.ethernet(b"\0\x01\x00\x40\0\x01\x01\x40" + IPV4, 0x8847)),
    "cooked": (113, bytes(14) + b"\x08\0" + IPV4),
    "cooked, vlan": (113, bytes(14) + b"\x81\0" + vlan(0x0800, IPV4)),
    "cooked v2": (276, b"\x08\0" + bytes(18) + IPV4),
    "raw": (101, IPV4),
    "raw bsd": (12, IPV4),
    "raw openbsd": (14, IPV4),
    "raw ipv4": (228, IPV4),
    "null": (0, b"\x02\0\0\0" + IPV4),
    "null, big endian": (0, b"\0\0\0\x02" + IPV4),
    "loop": (108, b"\0\0\0\x02" + IPV4),
}


@pytest.mark.parametrize("name", LINKS)
def test_every_link_layer_leads_to_the_same_packet(name):
    link_type, data = LINKS[name]
    assert decode(data, link_type) == Packet(
        network="ipv4",
        transport="tcp",
        ip_header=IPV4[:20],
        transport_header=IPV4[20:40],
        payload=b"hello",
        src=frames.SRC,
        dst=frames.DST,
        protocol=6,
        sport=40000,
        dport=80,
    )


@pytest.mark.parametrize(
    ("link_type", "data"),
    [
        (1, frames.ethernet(IPV6, 0x86DD)),
        (229, IPV6),
        (101, IPV6),
        *((0, bytes([family, 0, 0, 0]) + IPV6) for family in (10, 24, 28, 30)),
    ],
)
def test_ipv6(link_type, data):
    packet = decode(data, link_type)
    assert (packet.network, packet.transport, packet.payload) == ("ipv6", "udp", b"hello")
    assert (packet.src, packet.dst, packet.sport, packet.dport) == (
        frames.SRC6, frames.DST6, 40000, 53,
    )  # fmt: skip


def test_link_padding_is_no_payload():
    ack = frames.ethernet(frames.ipv4(frames.tcp(), 6))
    assert decode(ack + bytes(6), 1).payload == b""
    assert decode(ack + bytes(6), 1).problem == ""


def test_the_udp_length_ends_the_payload():
    body = struct.pack(">HHHH", 1, 2, 10, 0) + b"abcdef"
    assert decode(frames.ipv4(body, 17), 101).payload == b"ab"


def test_ip_and_tcp_options_are_skipped():
    data = frames.ipv4(frames.tcp(payload=b"x", options=b"\x01" * 8), 6, options=b"\x01" * 12)
    assert decode(data, 101).payload == b"x"


def test_a_total_length_of_zero_is_offload():
    packet = decode(frames.ipv4(frames.tcp(payload=b"xyz"), 6, length=0), 101)
    assert (packet.payload, packet.problem) == (b"xyz", "")


def test_ipv6_extension_headers_are_walked():
    hop = bytes([60, 0]) + bytes(6)
    destination = bytes([51, 1]) + bytes(14)
    authentication = bytes([6, 2]) + bytes(14)
    data = frames.ipv6(hop + destination + authentication + frames.tcp(payload=b"x"), 0)
    packet = decode(data, 229)
    assert (packet.transport, packet.protocol, packet.payload) == ("tcp", 6, b"x")


def test_fragments():
    first = decode(frames.ipv4(frames.udp(payload=b"abc"), 17, more=True), 101)
    later = decode(frames.ipv4(b"defg", 17, offset=5), 101)
    assert (first.transport, first.fragment, first.sport) == ("udp", True, 40000)
    assert (later.transport, later.fragment, later.sport, later.payload) == ("", True, -1, b"defg")


@pytest.mark.parametrize(("offset", "transport"), [(0, "udp"), (1, ""), (32, "")])
def test_ipv6_fragments(offset, transport):
    header = struct.pack(">BBHI", 17, 0, offset << 3 | 1, 9)
    packet = decode(frames.ipv6(header + frames.udp(payload=b"abc"), 44), 229)
    assert (packet.fragment, packet.transport, packet.protocol) == (True, transport, 17)


@pytest.mark.parametrize(("protocol", "transport"), [(1, "icmp"), (58, "icmp"), (2, "other")])
def test_other_protocols(protocol, transport):
    packet = decode(frames.ipv4(frames.icmp(payload=b"abc"), protocol), 101)
    assert (packet.transport, packet.protocol, packet.sport) == (transport, protocol, -1)
    assert packet.payload == (b"abc" if transport == "icmp" else frames.icmp(payload=b"abc"))


def test_no_next_header():
    packet = decode(frames.ipv6(b"", 59), 229)
    assert (packet.network, packet.transport, packet.problem) == ("ipv6", "", "")


def test_not_ip_is_not_malformed():
    for data in (frames.ethernet(bytes(28), 0x0806), frames.ethernet(bytes(50), 38)):
        assert decode(data, 1) == Packet()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (frames.MAC, "Ethernet header cut short"),
        (frames.ethernet(b"\0", 0x8100), "VLAN tag cut short"),
        (frames.ethernet(b"\0", 0x8847), "MPLS label cut short"),
        (frames.ethernet(b"\0", 0x8864), "PPPoE header cut short"),
        (frames.ethernet(b"\xaa\xaa\x03", 3), "SNAP header cut short"),
        (frames.ethernet(IPV4[:19]), "IPv4 header cut short"),
        (frames.ethernet(b"\x65" + IPV4[1:]), "IPv4 version is not 4"),
        (frames.ethernet(b"\x44" + IPV4[1:]), "IPv4 header length is under 20"),
        (frames.ethernet(b"\x4f" + IPV4[1:]), "IPv4 options cut short"),
        (frames.ethernet(frames.ipv4(b"", 6, length=19)), "IPv4 total length is under its header"),
        (frames.ethernet(IPV4[:-1]), "IPv4 total length is over the packet"),
        (frames.ethernet(frames.ipv4(b"abc", 6)), "TCP header cut short"),
        (frames.ethernet(frames.ipv4(bytes(20), 6)), "TCP header length is under 20"),
        (frames.ethernet(frames.ipv4(b"abc", 17)), "UDP header cut short"),
        (frames.ethernet(frames.ipv4(b"\0\1\0\2\0\7\0\0", 17)), "UDP length is under 8"),
        (frames.ethernet(frames.ipv4(b"abc", 1)), "ICMP header cut short"),
        (frames.ethernet(IPV6[:39], 0x86DD), "IPv6 header cut short"),
        (frames.ethernet(IPV4 + bytes(40), 0x86DD), "IPv6 version is not 6"),
        (frames.ethernet(frames.ipv6(b"\6\x09" + bytes(6), 0), 0x86DD),
         "IPv6 extension header cut short"),
        (frames.ethernet(IPV6[:-1], 0x86DD), "IPv6 payload length is over the packet"),
    ],
)  # fmt: skip
def test_malformed_packets_say_why(data, problem):
    assert decode(data, 1).problem == problem


def test_what_the_snap_length_cut_is_not_malformed():
    for end in range(1, len(IPV4)):
        packet = decode(IPV4[:end], 101, cut=True)
        assert packet.problem == ""
    assert decode(IPV4[:42], 101, cut=True).payload == b"he"


def test_what_was_read_before_the_fault_stays():
    packet = decode(frames.ipv4(b"abc", 6), 101)
    assert (packet.network, packet.transport, packet.protocol) == ("ipv4", "", 6)


@given(data=st.binary(max_size=120), link_type=st.sampled_from(sorted(LINK_TYPES)))
def test_random_bytes_never_raise(data, link_type):
    assert isinstance(decode(data, link_type), Packet)


@given(
    name=st.sampled_from(sorted(LINKS)),
    flips=st.lists(st.integers(0, 8 * 60), max_size=12),
    end=st.integers(0, 100),
    cut=st.booleans(),
)
def test_flipped_and_cut_packets_never_raise(name, flips, end, cut):
    link_type, data = LINKS[name]
    broken = bytearray(data)
    for bit in flips:
        broken[bit // 8 % len(broken)] ^= 1 << bit % 8
    packet = decode(bytes(broken[:end]), link_type, cut=cut)
    assert len(packet.payload) <= 48
    assert (packet.sport >= 0) == (packet.transport in ("tcp", "udp"))
    assert len(packet.src) == {"": 0, "ipv4": 4, "ipv6": 16}[packet.network]


@given(
    sport=st.integers(0, 65535),
    dport=st.integers(0, 65535),
    payload=st.binary(max_size=60),
    use_tcp=st.booleans(),
)
def test_agrees_with_dpkt(sport, dport, payload, use_tcp):
    body = (frames.tcp if use_tcp else frames.udp)(sport, dport, payload)
    data = frames.ethernet(frames.ipv4(body, 6 if use_tcp else 17))
    theirs = dpkt.ethernet.Ethernet(data).data
    ours = decode(data, 1)
    assert (ours.src, ours.dst, ours.protocol) == (theirs.src, theirs.dst, theirs.p)
    assert (ours.sport, ours.dport) == (theirs.data.sport, theirs.data.dport)
    assert ours.payload == bytes(theirs.data.data)[:48]
