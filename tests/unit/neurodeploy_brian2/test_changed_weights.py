"""Weights that the spikes of other populations change."""

import numpy as np
import pytest

from neurodeploy.api import SessionOptions
from neurodeploy_brian2.errors import ConfigurationError, SynapseError, UnsupportedError
from neurodeploy_brian2.simulator import Simulator


def network(pre_ms, changes, *, limits=(0.5, 3.0), engine="numpy", n_post=2):
    """Join two sources to neurons, all by weights of 1, which others change.

    `changes` are pairs: by how much, and when each of two other sources spikes.
    """
    sim = Simulator(SessionOptions(engine=engine))
    pre = sim.Population(2, sim.SpikeSourceArray(spike_times=pre_ms))
    post = sim.Population(n_post, sim.IF_curr_exp())
    open_ = sim.extra_models.WeightChangeable(*limits, weight=1.0, delay=3.0)
    made = sim.Projection(pre, post, sim.AllToAllConnector(), open_)
    for amount, times_ms in changes:
        other = sim.Population(2, sim.SpikeSourceArray(spike_times=times_ms))
        changer = sim.extra_models.WeightChanger(amount, made)
        sim.Projection(other, post, sim.AllToAllConnector(), changer)
    post.record("v")
    return sim, made, post


def weights(made):
    return np.array(made.get("weight", "array"))


def test_a_change_is_done_when_the_source_spikes_next():
    sim, made, _ = network([[5.0, 20.0], [5.0]], [(0.5, [[10.0], [10.0]])])
    sim.run(15.0)
    np.testing.assert_array_equal(weights(made), 1.0)
    sim.run(15.0)
    np.testing.assert_allclose(weights(made)[0], 1.5, atol=1e-3)
    np.testing.assert_array_equal(weights(made)[1], 1.0)


def test_the_changed_weight_is_the_one_that_is_delivered():
    changed = network([[20.0], []], [(1.0, [[10.0], []])])
    twice = network([[20.0, 20.0], []], [(1.0, [[], []])])
    for sim, _, _ in (changed, twice):
        sim.run(30.0)
    first, second = (post.spinnaker_get_data("v", as_matrix=True) for *_, post in (changed, twice))
    np.testing.assert_allclose(first, second, atol=1e-2)
    assert first.max() > -64.0


def test_changes_add_up_one_by_one_within_the_bounds():
    up, down = (5.0, [[10.0], []]), (-1.0, [[11.0], []])
    sim, made, _ = network([[20.0], []], [up, down])
    sim.run(30.0)
    # First to 3, then down to 2; and not 1 + 5 - 1, cut to 3.
    np.testing.assert_allclose(weights(made)[0], 2.0, atol=1e-2)
    sim, made, _ = network([[20.0], []], [(-4.0, [[10.0], []])])
    sim.run(30.0)
    np.testing.assert_allclose(weights(made)[0], 0.5, atol=1e-2)


def test_only_the_last_sixteen_changes_are_kept():
    changes = [(0.125, [[10.0 + k for k in range(20)], []])]
    sim, made, _ = network([[40.0], []], changes, limits=(0.0, 8.0))
    sim.run(50.0)
    np.testing.assert_allclose(weights(made)[0], 1.0 + 16 * 0.125, atol=1e-3)


CASE = ([[5.0, 20.0, 33.0], [8.0, 40.0]], [(0.7, [[10.0, 25.0], [9.0]]), (-0.2, [[22.0], [30.0]])])


def test_a_run_in_pieces_is_one_run():
    whole, parts = network(*CASE), network(*CASE)
    whole[0].run(50.0)
    for length_ms in (11.0, 10.0, 29.0):
        parts[0].run(length_ms)
    np.testing.assert_array_equal(weights(whole[1]), weights(parts[1]))
    views = (one.spinnaker_get_data("v", as_matrix=True) for one in (whole[2], parts[2]))
    np.testing.assert_array_equal(*views)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["cython", "cpp_standalone"])
def test_compiled_engines(engine):
    ours, theirs = network(*CASE, engine=engine), network(*CASE)
    for sim, _, _ in (ours, theirs):
        sim.run(50.0)
    np.testing.assert_array_equal(weights(ours[1]), weights(theirs[1]))


def test_connections_that_the_host_makes_are_refused():
    sim = Simulator()
    pre = sim.Population(2, sim.SpikeSourceArray(spike_times=[1.0]))
    post = sim.Population(2, sim.IF_curr_exp())
    open_ = sim.extra_models.WeightChangeable(0.0, 1.0, weight=0.5)
    with pytest.raises(SynapseError, match="FromListConnector"):
        sim.Projection(pre, post, sim.FromListConnector([(0, 0, 0.5, 1.0)]), open_)


def test_a_changer_has_the_ends_of_what_it_changes():
    sim, made, post = network([[1.0], [1.0]], [])
    three = sim.Population(3, sim.SpikeSourceArray(spike_times=[1.0]))
    changer = sim.extra_models.WeightChanger(0.1, made)
    with pytest.raises(SynapseError, match="source of another size"):
        sim.Projection(three, post, sim.AllToAllConnector(), changer)


def test_two_projections_whose_weights_change_are_refused():
    sim, made, post = network([[1.0], [1.0]], [])
    open_ = sim.extra_models.WeightChangeable(0.5, 3.0, weight=1.0)
    sim.Projection(made.pre, post, sim.OneToOneConnector(), open_)
    with pytest.raises(UnsupportedError, match="one WeightChangeable"):
        sim.run(1.0)


def test_lists_of_changes_are_refused():
    sim, made, post = network([[1.0], [1.0]], [])
    other = sim.Population(2, sim.SpikeSourceArray(spike_times=[1.0]))
    changer = sim.extra_models.WeightChanger(0.1, made)
    sim.Projection(other, post, sim.FromListConnector([(0, 0, 0.5, 1.0)]), changer)
    with pytest.raises(UnsupportedError, match="weight_change"):
        sim.run(1.0)


def test_other_neurons_have_no_binary():
    sim = Simulator()
    pre = sim.Population(1, sim.SpikeSourceArray(spike_times=[1.0]))
    post = sim.Population(1, sim.Izhikevich())
    open_ = sim.extra_models.WeightChangeable(0.0, 1.0, weight=0.5)
    sim.Projection(pre, post, sim.AllToAllConnector(), open_)
    with pytest.raises(ConfigurationError, match="Izhikevich"):
        sim.run(1.0)
