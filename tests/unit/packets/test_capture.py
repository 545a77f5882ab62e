import struct

import numpy as np
import pytest

from neurodeploy import packets
from neurodeploy.packets.capture import protocol_number

from . import frames


def test_counts(mixed):
    assert mixed.counts == {
        "packets": 7,
        "ipv4": 5,
        "ipv6": 1,
        "not_ip": 1,
        "tcp": 2,
        "udp": 1,
        "icmp": 2,
        "other": 1,
        "no_transport": 0,
        "fragments": 0,
        "with_payload": 5,
        "truncated": 0,
        "malformed": 0,
    }
    assert mixed.malformed == {}
    assert np.array_equal(mixed.lengths, [len(frame) for frame in frames.mixed()])
    assert np.allclose(np.diff(mixed.times_s), 1.0)


def test_malformed_packets_are_counted_by_reason_and_keep_their_place(capture_of):
    good = frames.ethernet(frames.ipv4(frames.tcp(), 6))
    bad = frames.ethernet(frames.ipv4(b"abc", 6))
    capture = capture_of([bad, good, bad, frames.MAC])
    assert capture.malformed == {"TCP header cut short": 2, "Ethernet header cut short": 1}
    assert capture.counts["malformed"] == 3
    assert [packet.transport for packet in capture.packets] == ["", "tcp", "", ""]


def test_snap_length_is_counted_and_is_not_malformed(write):
    frame = frames.ethernet(frames.ipv4(frames.tcp(payload=b"long" * 20), 6))
    content = frames.pcap_bytes([])
    for kept in (len(frame), 60, 30):
        content += struct.pack("<IIII", 0, 0, kept, len(frame)) + frame[:kept]
    capture = packets.read(write(content))
    assert capture.truncated.tolist() == [False, True, True]
    assert (capture.counts["truncated"], capture.counts["malformed"]) == (2, 0)
    assert capture.has_payload.tolist() == [True, True, False]


def test_tuples_as_text(mixed):
    assert mixed.tuples()[0] == ("10.0.0.1", "40000", "10.0.0.2", "80", "tcp")
    assert mixed.tuples()[4] == ("fd00::1", "", "fd00::2", "", "icmp6")
    assert mixed.tuples()[5] == ("10.0.0.1", "", "10.0.0.2", "", "igmp")
    assert mixed.tuples()[6] == ("", "", "", "", "")


def test_protocol_names_and_numbers_agree(capture_of):
    for number in range(256):
        capture = capture_of([frames.ipv4(bytes(20), number)], 101)
        assert protocol_number(capture.tuples()[0][4]) == number


@pytest.mark.parametrize("text", ["256", "-1", "tpc", ""])
def test_what_is_no_protocol(text):
    with pytest.raises(ValueError, match=text or "invalid literal"):
        protocol_number(text)
