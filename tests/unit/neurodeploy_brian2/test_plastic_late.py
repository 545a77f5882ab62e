"""Plastic synapses behind a delay extension: as if the source spiked whole rings later."""

import numpy as np
import pytest

from neurodeploy.api import SessionOptions
from neurodeploy_brian2.simulator import Simulator

N = 200  # of which a core has 32 ring slots
TIMES = [3.0, 9.0, 10.0, 17.0, 30.0, 31.0, 44.0]


def stdp(sim, **given):
    rule = sim.SpikePairRule(tau_plus=15.0, tau_minus=18.0, A_plus=0.3, A_minus=0.2)
    return sim.STDPMechanism(rule, sim.AdditiveWeightDependence(w_max=9.0), **given)


def told(sim, cells, made, pieces):
    """Run in pieces and return voltages, spikes and weights."""
    cells.record(["v", "spikes"])
    for length_ms in pieces:
        sim.run(length_ms)
    return (
        cells.spinnaker_get_data("v", as_matrix=True),
        cells.spinnaker_get_data("spikes"),
        np.array([weight for _, _, weight in made.get("weight", "list")]),
    )


def learn(later_ms, delay_ms, pieces=(160.0,), engine="numpy"):
    """Return v, spikes and weights of neurons that one source teaches."""
    sim = Simulator(SessionOptions(engine=engine))
    # Twice in one tick, too.
    times = [time + later_ms for time in (*TIMES, TIMES[2])]
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=sorted(times)))
    cells = sim.Population(N, sim.IF_curr_exp(i_offset=(np.arange(N) / 100).tolist()))
    synapse = stdp(sim, weight=5.0, delay=delay_ms)
    made = sim.Projection(source, cells, sim.AllToAllConnector(), synapse)
    return told(sim, cells, made, pieces)


def assert_same(one, other):
    for ours, theirs in zip(one, other, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("stage", [1, 2, 3])
def test_spikes_are_held_for_whole_rings(stage):
    late = learn(0.0, 32.0 * stage + 7)
    assert_same(late, learn(32.0 * stage, 7.0))
    assert (late[2] != learn(0.0, 7.0)[2]).any()


@pytest.mark.parametrize("cut", [(45.0, 115.0), (3.0, 1.0, 60.0, 96.0)])
def test_a_run_in_pieces_keeps_what_is_held(cut):
    assert_same(learn(0.0, 71.0, cut), learn(0.0, 71.0))


def relay(pieces, engine="numpy"):
    """Return what neurons do that a source and they themselves teach over 39 ms and more."""
    sim = Simulator(SessionOptions(engine=engine))
    cells = sim.Population(N, sim.IF_curr_exp(i_offset=(np.arange(N) / 70).tolist()))
    rows = [(i, (3 * i + 1) % N, 3.0, 39.0) for i in range(90, N)]
    made = sim.Projection(cells, cells, sim.FromListConnector(rows), stdp(sim))
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[5.0, 30.0]))
    synapse = stdp(sim, weight=5.0, delay=44.0)
    sim.Projection(source, cells, sim.AllToAllConnector(), synapse)
    return told(sim, cells, made, pieces)


def test_neurons_teach_each_other_in_one_run_or_many():
    whole = relay((150.0,))
    assert (whole[2] != 3.0).any()
    assert_same(relay((61.0, 20.0, 69.0)), whole)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["cython", "cpp_standalone"])
def test_compiled_engines(engine):
    assert_same(relay((150.0,), engine), relay((150.0,)))


def test_a_delay_of_whole_rings_is_read_as_one_ring_less():
    sim = Simulator()
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[1.0]))
    cells = sim.Population(N, sim.IF_curr_exp())
    rows = [(0, 0, 1.0, 32.0), (0, 1, 1.0, 64.0), (0, 2, 1.0, 50.0)]
    made = sim.Projection(source, cells, sim.FromListConnector(rows), sim.StaticSynapse())
    sim.run(1.0)
    assert [delay for _, _, delay in made.get("delay", "list")] == [32.0, 32.0, 50.0]
