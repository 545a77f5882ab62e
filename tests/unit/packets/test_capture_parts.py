"""Captures put together from single packets are the capture that a file gives."""

import numpy as np

from neurodeploy import packets
from neurodeploy.packets.records import read_records

from . import frames


def test_packets_one_by_one_give_the_whole(write):
    path = write(frames.pcap_bytes(frames.mixed()))
    whole = packets.read(path)
    parts = [packets.take_apart("parts", [record]) for record in read_records(path)]
    joined = packets.join(whole.name, parts)
    assert joined.packets == whole.packets
    for name in ("times_s", "lengths", "truncated", "is_ip", "has_payload"):
        np.testing.assert_array_equal(getattr(joined, name), getattr(whole, name), err_msg=name)
        assert getattr(joined, name).dtype == getattr(whole, name).dtype
    assert joined.counts == whole.counts


def test_nothing_joined_is_an_empty_capture():
    assert len(packets.join("none", [])) == 0
