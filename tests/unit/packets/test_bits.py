import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurodeploy import packets
from neurodeploy.errors import InputError
from neurodeploy.packets import layout
from neurodeploy.packets.capture import Capture
from neurodeploy.packets.decode import decode

from . import frames


def set_names(frame, link_type=1, ports="service"):
    """Names of the input neurons that a frame sets."""
    row = encoded([decode(frame, link_type)], ports)[0]
    return {name for name, bit in zip(packets.feature_names(ports=ports), row, strict=True) if bit}


def encoded(some_packets, ports="service"):
    n = len(some_packets)
    capture = Capture("x", tuple(some_packets), np.zeros(n), np.zeros(n, int), np.zeros(n, bool))
    return packets.bits(capture, ports=ports)


def value(names, field, n_bits):
    return sum(1 << n_bits - 1 - bit for bit in range(n_bits) if f"{field}_{bit}" in names)


def test_shape_and_type(mixed):
    for ports in ("none", "service"):
        x = packets.bits(mixed, ports=ports)
        assert x.shape == (len(mixed), len(packets.feature_names(ports=ports)))
        assert x.dtype == np.uint8
        assert set(np.unique(x)) == {0, 1}


def test_every_block_is_whole_bytes():
    for block in {field.block for field in layout.fields()}:
        n_bits = sum(field.n_bits for field in layout.fields() if field.block == block)
        assert n_bits % 8 == 0, block


def test_names_are_unique_and_the_ports_are_the_last_16():
    names = packets.feature_names(ports="service")
    assert len(set(names)) == len(names)
    assert names[:-16] == packets.feature_names(ports="none")
    assert all(name.startswith("ports_service_") for name in names[-16:])


def test_fields_are_where_the_names_say():
    names = set_names(frames.ethernet(frames.ipv4(frames.tcp(payload=b"\x81"), 6)))
    assert value(names, "ipv4_total_length", 16) == 41
    assert value(names, "ipv4_protocol", 8) == 6
    assert value(names, "tcp_flags", 12) == 0x18
    assert value(names, "payload_byte", 384) >> 376 == 0x81
    assert value(names, "ports_service", 16) == 80
    assert {n for n in names if n.startswith("present")} == {
        "present_ipv4_0", "present_tcp_0", "present_ports_0", "present_payload_byte_0",
    }  # fmt: skip


def test_udp_icmp_and_ipv6_fields():
    names = set_names(frames.ethernet(frames.ipv6(frames.udp(payload=b"abc"), 17), 0x86DD))
    assert value(names, "ipv6_payload_length", 16) == value(names, "udp_length", 16) == 11
    assert value(names, "ipv6_next_header", 8) == 17
    names = set_names(frames.ethernet(frames.ipv4(frames.icmp(3, 4), 1)))
    assert (value(names, "icmp_type", 8), value(names, "icmp_code", 8)) == (3, 4)


@pytest.mark.parametrize(("sport", "dport"), [(40000, 53), (53, 40000), (53, 53)])
def test_the_service_port_is_the_lower_one_either_way(sport, dport):
    names = set_names(frames.ethernet(frames.ipv4(frames.udp(sport, dport), 17)))
    assert value(names, "ports_service", 16) == 53


def test_absent_is_not_zero():
    nothing = set_names(frames.ethernet(frames.ipv4(frames.udp(payload=b""), 17)))
    zeros = set_names(frames.ethernet(frames.ipv4(frames.udp(payload=bytes(3)), 17)))
    present = {f"present_payload_byte_{n}" for n in range(3)}
    assert present <= zeros
    assert not present & nothing


def test_what_is_not_ip_is_silent(mixed):
    x = packets.bits(mixed)
    assert np.array_equal(x.any(axis=1), mixed.is_ip)


@given(
    host=st.binary(min_size=4, max_size=4),
    ttl=st.integers(0, 255),
    ip_id=st.integers(0, 65535),
    sums=st.binary(min_size=2, max_size=2),
    numbers=st.binary(min_size=8, max_size=8),
    options=st.binary(min_size=8, max_size=8),
)
def test_nothing_of_the_hosts_is_seen(host, ttl, ip_id, sums, numbers, options):
    def frame(host, ttl, ip_id, sums, numbers, options):
        segment = bytearray(frames.tcp(payload=b"data", options=options))
        segment[4:12], segment[16:18] = numbers, sums
        data = bytearray(frames.ipv4(bytes(segment), 6, src=host, dst=host[::-1]))
        data[8], data[4:6], data[10:12] = ttl, ip_id.to_bytes(2, "big"), sums
        return bytes(data)

    other = frame(bytes(4), 0, 0, bytes(2), bytes(8), bytes(8))
    assert set_names(frame(host, ttl, ip_id, sums, numbers, options), 101) == set_names(other, 101)


@given(st.lists(st.binary(max_size=100), min_size=1, max_size=5))
def test_any_bytes_can_be_encoded(some):
    x = encoded([decode(data, 101) for data in some])
    assert x.shape == (len(some), len(packets.feature_names()))


def test_rows_do_not_depend_on_their_neighbours(mixed):
    x = packets.bits(mixed)
    for number, packet in enumerate(mixed.packets):
        assert np.array_equal(encoded([packet])[0], x[number])


@pytest.mark.parametrize("call", [packets.feature_names, lambda ports: encoded([], ports)])
def test_an_unknown_choice_of_ports(call):
    with pytest.raises(InputError, match="unknown choice .got 'both', expected none or service"):
        call(ports="both")
