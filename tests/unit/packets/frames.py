"""Frames and capture files for the tests, written by dpkt or by hand."""

import io
import struct

import dpkt

MAC = b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02"
SRC, DST = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])
SRC6, DST6 = b"\xfd" + bytes(14) + b"\x01", b"\xfd" + bytes(14) + b"\x02"


def tcp(sport=40000, dport=80, payload=b"", flags=0x18, options=b""):
    return bytes(
        dpkt.tcp.TCP(
            sport=sport, dport=dport, seq=1, ack=2, flags=flags, opts=options, data=payload,
            off=5 + len(options) // 4,
        )
    )  # fmt: skip


def udp(sport=40000, dport=53, payload=b""):
    return struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload


def icmp(kind=8, code=0, rest=b"\0\x01\0\x02", payload=b""):
    return struct.pack(">BBH", kind, code, 0) + rest + payload


def ipv4(body, protocol, src=SRC, dst=DST, offset=0, more=False, options=b"", length=None):
    header_bytes = 20 + len(options)
    length = header_bytes + len(body) if length is None else length
    head = struct.pack(
        ">BBHHHBBH", 0x40 | header_bytes // 4, 0, length, 77, more << 13 | offset, 64, protocol, 0
    )
    return head + src + dst + options + body


def ipv6(body, protocol, src=SRC6, dst=DST6, length=None):
    length = len(body) if length is None else length
    return struct.pack(">IHBB", 6 << 28 | 0xABCDE, length, protocol, 64) + src + dst + body


def ethernet(body, kind=0x0800):
    return MAC + struct.pack(">H", kind) + body


def pcap_bytes(frames, link_type=1, nano=False):
    out = io.BytesIO()
    writer = dpkt.pcap.Writer(out, snaplen=65535, linktype=link_type, nano=nano)
    for number, frame in enumerate(frames):
        writer.writepkt(frame, ts=1000.5 + number)
    return out.getvalue()


def pcapng_bytes(frames, link_type=1):
    out = io.BytesIO()
    writer = dpkt.pcapng.Writer(out, snaplen=65535, linktype=link_type)
    for number, frame in enumerate(frames):
        writer.writepkt(frame, ts=1000.5 + number)
    return out.getvalue()


def mixed():
    """One frame of each kind that matters, Ethernet."""
    return [
        ethernet(ipv4(tcp(payload=b"GET / HTTP/1.1\r\n"), 6)),
        ethernet(ipv4(tcp(80, 40000, b"HTTP/1.1 200 OK\r\n"), 6, DST, SRC)),
        ethernet(ipv4(udp(payload=b"\x12\x34\x01\0"), 17)),
        ethernet(ipv4(icmp(payload=b"ping"), 1)),
        ethernet(ipv6(icmp(128), 58), 0x86DD),
        ethernet(ipv4(b"\x16\0\0\0\xe0\0\0\x05", 2)),
        ethernet(bytes(28), 0x0806),
    ]
