"""Rules that dopamine modulates: what moves, what does not, and what is refused."""

import numpy as np
import pytest

from neurodeploy.api import SessionOptions
from neurodeploy_brian2.errors import (
    ConfigurationError,
    RefusedError,
    SynapseError,
    UnsupportedError,
)
from neurodeploy_brian2.simulator import Simulator

LEVEL = {"tau_c": 200.0, "tau_d": 40.0, "w_max": 6.0}
PRE, DOSES = [5.0, 20.0, 50.0, 90.0], [60.0, 61.0]


def learn(receptor="reward", amount=0.004, engine="numpy", doses_ms=DOSES, pieces=(120.0,)):
    """Return v, spikes and the weights after a few pairs and some dopamine."""
    sim = Simulator(SessionOptions(engine=engine))
    pre = sim.Population(3, sim.SpikeSourceArray(spike_times=[PRE, PRE[:3], []]))
    post = sim.Population(4, sim.IF_curr_exp(i_offset=[1.0, 1.2, 0.0, 1.4]))
    timing = sim.SpikePairRule(20.0, 20.0, A_plus=0.5, A_minus=0.0)
    rule = sim.STDPMechanism(timing, sim.AdditiveWeightDependence(w_max=5.0), weight=2.0, delay=1.0)
    made = sim.Projection(pre, post, sim.AllToAllConnector(), rule)
    giver = sim.Population(1, sim.SpikeSourceArray(spike_times=doses_ms))
    dopamine = sim.extra_models.Neuromodulation(weight=amount, **LEVEL)
    sim.Projection(giver, post, sim.AllToAllConnector(), dopamine, receptor_type=receptor)
    post.record(["v", "spikes"])
    for length_ms in pieces:
        sim.run(length_ms)
    return (
        post.spinnaker_get_data("v", as_matrix=True),
        post.spinnaker_get_data("spikes"),
        np.array(made.get("weight", "array")),
    )


def test_without_dopamine_nothing_is_learned():
    assert (learn(doses_ms=[])[2] == 2.0).all()


def test_reward_raises_and_punishment_lowers_what_was_eligible():
    up, down = learn()[2], learn("punishment")[2]
    # The first source spikes once more after the dopamine, with the first neuron before it.
    assert up[0, 0] > 2.0 > down[0, 0]
    assert up[0, 0] - 2.0 == pytest.approx(2.0 - down[0, 0], rel=0.1)
    # Its weights are written when the source spikes; this one does not spike again.
    assert (up[1:] == 2.0).all()


def test_weights_stay_within_the_bounds_of_the_dopamine():
    assert learn(amount=2.0)[2].max() == 6.0
    assert learn("punishment", amount=2.0)[2].min() == 0.0


def test_a_run_in_pieces_is_one_run():
    for ours, theirs in zip(learn(pieces=(55.0, 6.0, 59.0)), learn(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["cython", "cpp_standalone"])
def test_compiled_engines(engine):
    for ours, theirs in zip(learn(engine=engine), learn(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def network(connector, cell="IF_curr_exp", **additional):
    sim = Simulator()
    made = sim if hasattr(sim, cell) else sim.extra_models
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[1.0]))
    post = sim.Population(2, getattr(made, cell)(), additional_parameters=additional)
    weights = sim.AdditiveWeightDependence()
    synapse = sim.STDPMechanism(sim.SpikePairRule(), weights, weight=1.0)
    sim.Projection(source, post, sim.AllToAllConnector(), synapse)
    giver = sim.Population(2, sim.SpikeSourceArray(spike_times=[1.0]))
    dopamine = sim.extra_models.Neuromodulation(weight=0.1)
    sim.Projection(giver, post, connector(sim), dopamine, receptor_type="reward")
    return sim


def test_rows_of_dopamine_that_the_host_makes_are_refused():
    sim = network(lambda own: own.FromListConnector([(0, 1, 0.1, 1.0)]))
    with pytest.raises(RefusedError, match="FromListConnector"):
        sim.run(1.0)


def test_several_synapse_cores_are_refused():
    sim = network(lambda own: own.AllToAllConnector(), n_synapse_cores=2)
    with pytest.raises(UnsupportedError, match="2 synapse cores"):
        sim.run(1.0)


def test_synapses_are_on_a_core_of_their_own():
    sim = network(lambda own: own.AllToAllConnector(), "IF_curr_alpha")
    sim.run(1.0)
    assert [one.is_read_ahead for one in sim.plan.plastic] == [True]
    with pytest.raises(SynapseError, match="no binary for combined cores"):
        network(lambda own: own.AllToAllConnector(), n_synapse_cores=0).run(1.0)


def test_neurons_without_a_binary_are_refused():
    sim = network(lambda own: own.AllToAllConnector(), "IFTruncDelta")
    with pytest.raises(ConfigurationError, match="izhikevich_neuromodulation_pair_additive"):
        sim.run(1.0)


def test_dopamine_alone_is_refused():
    sim = Simulator()
    giver = sim.Population(1, sim.SpikeSourceArray(spike_times=[1.0]))
    post = sim.Population(1, sim.IF_curr_exp())
    dopamine = sim.extra_models.Neuromodulation(weight=0.1)
    with pytest.raises(SynapseError, match="STDP"):
        sim.Projection(giver, post, sim.AllToAllConnector(), dopamine, receptor_type="reward")
