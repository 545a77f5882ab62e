"""From STDPMechanism to runs: what is mapped, what is refused, what weights are afterwards."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurodeploy.api import SessionOptions, TargetError
from neurodeploy_brian2.errors import ConfigurationError, RefusedError, UnsupportedError
from neurodeploy_brian2.plastic_mapping import make_rule
from neurodeploy_brian2.plastic_memory import exp_table
from neurodeploy_brian2.simulator import Simulator

ONE = 1 << 15
STRONG = 40.0
"""nA that make a neuron spike in the tick in which they arrive."""


def stdp(own, timing=None, weights=None, **more):
    timing = timing or own.SpikePairRule(20.0, 20.0, A_plus=0.5, A_minus=0.25)
    weights = weights or own.AdditiveWeightDependence(w_min=0.0, w_max=4.0)
    return own.STDPMechanism(timing, weights, **{"weight": 1.0, "delay": 1.0} | more)


def network(own, synapse, *, pre_ms=(10.0, 40.0), post_ms=(15.0,), cell="IF_curr_delta", far=9.0):
    """Join a source by one plastic synapse to a neuron that a second source makes spike."""
    source = own.Population(1, own.SpikeSourceArray(spike_times=list(pre_ms)))
    teacher = own.Population(1, own.SpikeSourceArray(spike_times=list(post_ms)))
    neuron = own.Population(1, getattr(own, cell)())
    neuron.record("spikes")
    own.Projection(teacher, neuron, own.OneToOneConnector(), own.StaticSynapse(STRONG, far))
    return own.Projection(source, neuron, own.OneToOneConnector(), synapse), neuron


def weight(projection):
    return float(projection.get("weight", "list")[0][2])


def moved(synapse, **times):
    own = Simulator()
    projection, neuron = network(own, synapse(own), **times)
    own.run(100.0)
    return weight(projection), neuron.spinnaker_get_data("spikes")[:, 1].tolist()


def test_a_pair_moves_a_weight_by_both_branches():
    # The neuron spikes at 24: 13 ms after the first spike arrives, 17 before the second does.
    got, spikes = moved(stdp)
    assert spikes == [24.0]
    up, down = 0.5 * np.exp(-15 / 20), 0.25 * np.exp(-15 / 20)
    assert got == pytest.approx(1.0 + up - down, abs=2e-3)


def test_a_weight_changes_only_when_its_source_spikes():
    assert moved(stdp, pre_ms=(10.0,))[0] == 1.0


def test_without_back_propagation_the_delay_does_not_count():
    late = moved(lambda own: stdp(own, delay=6.0, backprop_delay=False))[0]
    assert late == pytest.approx(1.0 + 0.5 * np.exp(-14 / 20) - 0.25 * np.exp(-16 / 20), abs=2e-3)
    with_it = moved(lambda own: stdp(own, delay=6.0))[0]
    assert with_it == pytest.approx(
        1.0 + 0.5 * np.exp(-20 / 20) - 0.25 * np.exp(-10 / 20), abs=2e-3
    )


def test_reset_restores_weights_and_repeats_the_run():
    own = Simulator()
    projection, _ = network(own, stdp(own))
    own.run(100.0)
    first = weight(projection)
    own.reset()
    assert weight(projection) == 1.0
    own.run(100.0)
    assert weight(projection) == first != 1.0


@given(cuts=st.lists(st.integers(1, 99), max_size=3, unique=True))
def test_pieces_end_with_the_same_weight(cuts):
    own = Simulator()
    projection, _ = network(own, stdp(own), pre_ms=(10.0, 40.0, 41.0, 80.0), post_ms=(15.0, 60.0))
    for end in (*sorted(cuts), 100):
        own.run_until(float(end))
    whole = Simulator()
    held, _ = network(whole, stdp(whole), pre_ms=(10.0, 40.0, 41.0, 80.0), post_ms=(15.0, 60.0))
    whole.run(100.0)
    assert weight(projection) == weight(held) != 1.0


def test_a_delay_that_fills_the_ring_is_reported_and_delivers_nothing():
    def spikes(delay, far):
        own = Simulator()
        synapse = stdp(own, weight=STRONG, delay=delay)
        _, neuron = network(own, synapse, post_ms=(90.0,), far=far)
        own.run(80.0)
        kinds = [finding.kind for finding in own.findings]
        return neuron.spinnaker_get_data("spikes")[:, 1].tolist(), kinds

    assert spikes(8.0, 8.0) == ([], ["undelivered", "silent"])
    # Longer rings deliver it, once: the neuron's own spike then takes the weight down to w_max.
    assert spikes(8.0, 9.0)[0] == [18.0]


def test_amplitudes_are_scaled_as_the_host_scales_them():
    own = Simulator()

    def numbers(synapse, factor=1.0):
        rule = make_rule(synapse, 1000, factor)
        return [rule.numbers[name] / ONE for name in ("w_max", "a_plus", "a_minus")]

    assert numbers(stdp(own), 1024.0) == [4096.0, 512.0, 256.0]
    multiplicative = own.MultiplicativeWeightDependence(w_max=4.0)
    assert numbers(stdp(own, weights=multiplicative), 1024.0) == [4096.0, 0.5, 0.25]
    extra = own.extra_models
    triplet = extra.PfisterSpikeTriplet(10.0, 20.0, 30.0, 40.0, A_plus=0.5, A_minus=0.25)
    weights = extra.WeightDependenceAdditiveTriplet(w_max=4.0)
    assert numbers(stdp(own, triplet, weights)) == [4.0, 2.0, 1.0]


@given(tau_ms=st.floats(0.2, 200.0), step_ms=st.sampled_from([1.0, 0.5, 0.1]))
def test_tables_fall_from_one_to_nothing(tau_ms, step_ms):
    table = exp_table(step_ms, tau_ms)
    assert table[0] == 2048
    assert (np.diff(table) <= 0).all()
    # What is past its end would be 0 anyway.
    assert len(table) % 2 == 0
    assert 2048 * np.exp(-len(table) * step_ms / tau_ms) <= 1 + 1e-9


@pytest.mark.parametrize(
    ("error", "synapse", "cell"),
    [
        (ConfigurationError, lambda own: stdp(own), "StocExp"),
        (
            ConfigurationError,
            lambda own: stdp(own, weights=own.MultiplicativeWeightDependence()),
            "IFTruncDelta",
        ),
        (
            RefusedError,
            lambda own: stdp(own, weights=own.extra_models.WeightDependenceAdditiveTriplet()),
            "IF_curr_exp",
        ),
        (
            UnsupportedError,
            lambda own: stdp(own, own.extra_models.RecurrentRule()),
            "IF_curr_exp",
        ),
        (
            ConfigurationError,
            lambda own: own.extra_models.WeightChangeable(0.0, 1.0, weight=1.0),
            "IF_cond_exp",
        ),
        (
            TargetError,
            lambda own: stdp(own, weights=own.AdditiveWeightDependence(w_max=70.0)),
            "IF_cond_exp",
        ),
    ],
)
def test_what_no_board_or_not_the_emulator_runs_is_refused_by_name(error, synapse, cell):
    own = Simulator()
    made = own.extra_models if not hasattr(own, cell) else own
    source = own.Population(1, own.SpikeSourceArray(spike_times=[1.0]))
    neuron = own.Population(1, getattr(made, cell)())
    projection = own.Projection(source, neuron, own.OneToOneConnector(), synapse(own))
    with pytest.raises(error) as refusal:
        own.run(1.0)
    assert projection.label in str(refusal.value) or "w_max" in str(refusal.value)


def test_samples_do_not_go_with_synapses_that_change():
    own = Simulator(SessionOptions(sample_ticks=10))
    network(own, stdp(own))
    with pytest.raises(TargetError, match="sample_ticks"):
        own.run(20.0)
