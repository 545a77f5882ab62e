"""Lists of connections behind delay stages: where the host of sPyNNaker puts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurodeploy_brian2.delay_stages import delay_stages
from neurodeploy_brian2.delays import ring_slots
from neurodeploy_brian2.simulator import Simulator


def network(rows, n_pre=23, n_post=150, pre_per_core=5, post_per_core=64):
    sim = Simulator()
    pre = sim.Population(n_pre, sim.IF_curr_exp(), neurons_per_core=pre_per_core)
    post = sim.Population(n_post, sim.IF_curr_exp(), neurons_per_core=post_per_core)
    connector = sim.FromListConnector([(*pair, 1.0, delay) for *pair, delay in rows])
    return sim, sim.Projection(pre, post, connector), pre, post


def found(projection):
    made = projection.connections
    columns = made.pre, made.post, made.delay_ticks(1000)
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


ROWS = [(3, 2, 300), (7, 3, 300), (22, 4, 500), (1, 4, 140), (2, 2, 128)]
"""On slots of 128 ticks: two delayed stages, two, three, one and none."""


def test_rows_are_found_by_cores_of_the_source():
    sim, projection, pre, post = network(ROWS)
    assert (ring_slots(sim.network(), post), delay_stages(sim.network(), pre, post)) == (128, 3)
    # Row 64 + 3 of 69 is neuron 1 of the last core, in stage 3; the next ones are past the end.
    assert found(projection) == [(1, 4, 140), (2, 2, 128), (21, 2, 428)]
    sim.run(1.0)
    (one,) = [one for one in sim.findings if one.kind == "misplaced"]
    assert (one.count, one.of) == (3, 5)


def test_one_stage_is_right():
    rows = [row for row in ROWS if row[2] <= 256]
    sim, projection, _, _ = network(rows)
    assert found(projection) == sorted(rows)
    sim.run(1.0)
    assert not [one for one in sim.findings if one.kind == "misplaced"]


@given(
    st.lists(st.tuples(st.integers(0, 127), st.integers(0, 63), st.integers(1, 600)), min_size=1)
)
def test_full_cores_of_one_size_are_right(rows):
    _, projection, _, _ = network(rows, 128, 64, 64, 64)
    assert found(projection) == sorted(rows)


@pytest.mark.parametrize(("other", "want"), [(140.0, (7, 2, 200)), (600.0, (2, 2, 328))])
def test_the_longest_delay_of_the_source_decides(other, want):
    """Row 7 is neuron 7 in stage 1 if there is one stage, and of four neuron 2 in stage 2."""
    sim, projection, pre, _ = network([(7, 2, 200)])
    second = sim.Population(150, sim.IF_curr_exp(), neurons_per_core=64)
    sim.Projection(pre, second, sim.FromListConnector([(0, 0, 1.0, other)]))
    assert found(projection) == [want]
