import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurodeploy import packets

from . import frames


def test_both_directions_are_one_flow(mixed):
    flows = packets.flows(mixed)
    assert flows.flow_of.tolist() == [0, 0, 1, 2, 3, 4, -1]
    assert flows.table[0] == ("10.0.0.1", "40000", "10.0.0.2", "80", "tcp")
    assert flows.table[2].proto == "icmp"
    assert len(flows) == 5


@pytest.mark.parametrize(
    "other",
    [
        frames.ipv4(frames.tcp(40001, 80), 6),
        frames.ipv4(frames.tcp(80, 40000), 6),
        frames.ipv4(frames.udp(40000, 80), 17),
        frames.ipv4(frames.tcp(40000, 80), 6, dst=bytes(4)),
    ],
)
def test_each_of_the_five_matters(capture_of, other):
    flows = packets.flows(capture_of([frames.ipv4(frames.tcp(40000, 80), 6), other], 101))
    assert flows.flow_of.tolist() == [0, 1]


def test_a_fragment_without_ports_is_apart(capture_of):
    first = frames.ipv4(frames.udp(payload=bytes(8)), 17, more=True)
    later = frames.ipv4(bytes(8), 17, offset=2)
    assert packets.flows(capture_of([first, later, later], 101)).flow_of.tolist() == [0, 1, 1]


def test_vote_counts_ties_and_silence():
    flows = packets.Flows(np.array([0, 0, 0, 1, 1, 2, 2, 2, -1]), ("a", "b", "c"))
    predictions = [2, 1, 2, 3, 1, -1, -1, -1, 0]
    assert packets.vote(predictions, flows, 4).tolist() == [2, 1, -1]


def test_undecided_packets_do_not_vote():
    flows = packets.Flows(np.zeros(5, int), ("a",))
    assert packets.vote([-1, -1, -1, -1, 3], flows, 4).tolist() == [3]


def test_no_flow_at_all(capture_of):
    flows = packets.flows(capture_of([frames.ethernet(bytes(28), 0x0806)]))
    assert len(flows) == 0
    assert packets.vote([0], flows, 2).shape == (0,)


@given(
    st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 3)), max_size=40),
)
def test_majority_is_the_plain_definition(members):
    classes = [c for c, _ in members]
    groups = [g for _, g in members]
    result = packets.majority(classes, groups, 4, 5)
    for group in range(4):
        votes = [c for c, g in members if g == group and c >= 0]
        expected = min(votes, key=lambda c: (-votes.count(c), c)) if votes else -1
        assert result[group] == expected
