"""Synapse types: what they take, and what a population's synapses can be together."""

import numpy as np
import pytest

from neurodeploy.api import TargetError
from neurodeploy_brian2.errors import SynapseError, UnsupportedError
from neurodeploy_brian2.mapping import ring_shifts
from neurodeploy_brian2.simulator import Simulator

sim = Simulator()
extra = sim.extra_models


def stdp(**more):
    timing = more.pop("timing", None) or sim.SpikePairRule(A_plus=0.1, A_minus=0.2)
    weights = more.pop("weights", None) or sim.AdditiveWeightDependence(w_max=more.pop("top", 1.0))
    return sim.STDPMechanism(timing, weights, **more)


def structural(f_rew=10.0):
    return sim.StructuralMechanismStatic(
        sim.RandomSelection(), sim.DistanceDependentFormation(), sim.RandomByWeightElimination(0.5),
        f_rew=f_rew,
    )  # fmt: skip


class TestValues:
    @pytest.mark.parametrize("value", [float("nan"), float("inf"), [1.0, float("nan")]])
    def test_numbers_are_finite(self, value):
        for name in ("weight", "delay"):
            with pytest.raises(TargetError, match="not finite"):
                sim.StaticSynapse(**{name: value})

    @pytest.mark.parametrize("value", [{"a": 1}, object(), [[1.0]], ["x"]])
    def test_what_is_no_number_is_a_type_error(self, value):
        with pytest.raises(TypeError, match="weight"):
            sim.StaticSynapse(weight=value)

    def test_amplitudes_go_to_the_weight_rule(self):
        rule = stdp()
        assert rule.parameters()["A_minus"] == 0.2

    @pytest.mark.parametrize("rule", [
        lambda: sim.SpikePairRule(tau_plus=0.0),
        lambda: sim.SpikePairRule(A_plus=float("nan")),
        lambda: extra.PfisterSpikeTriplet(1.0, 1.0, -1.0, 1.0, 0.1, 0.1),
        lambda: sim.AdditiveWeightDependence(w_max=float("inf")),
    ])  # fmt: skip
    def test_rules_are_of_sound_numbers(self, rule):
        with pytest.raises(TargetError):
            rule()

    def test_triplets_need_an_additive_rule(self):
        timing = extra.PfisterSpikeTriplet(1.0, 1.0, 1.0, 1.0, 0.1, 0.1)
        with pytest.raises(NotImplementedError, match="triplets"):
            stdp(timing=timing, weights=sim.MultiplicativeWeightDependence())
        with pytest.raises(TypeError, match="TimingRule"):
            sim.STDPMechanism(sim.AdditiveWeightDependence(), sim.SpikePairRule())

    def test_a_rounded_delay_is_logged_and_at_least_one_tick(self, caplog):
        own = Simulator()
        pop = own.Population(1, own.IF_curr_exp())
        made = own.Projection(pop, pop, own.OneToOneConnector(), own.StaticSynapse(1.0, 0.2))
        assert "delay 0.2 ms is taken as 0.0 ms" in caplog.text
        assert made.connections.delay_ticks(1000).tolist() == [1]


class TestTogether:
    def merged(self, *synapses):
        own = Simulator()
        pre, post = own.Population(2, own.SpikeSourceArray()), own.Population(2, own.IF_curr_exp())
        for synapse in synapses:
            receptor = "reward" if isinstance(synapse, extra.Neuromodulation) else "excitatory"
            own.Projection(pre, post, own.AllToAllConnector(), synapse, receptor_type=receptor)
        return post.synapse_dynamics

    def test_what_goes_together(self):
        one = stdp()
        assert self.merged(sim.StaticSynapse(), one, stdp(), sim.StaticSynapse()).changes
        assert isinstance(self.merged(stdp(), structural()), sim.StructuralMechanismSTDP)
        assert isinstance(self.merged(structural(), stdp()), sim.StructuralMechanismSTDP)
        assert self.merged(stdp(), extra.Neuromodulation()).neuromodulation is not None
        assert self.merged(extra.WeightChangeable(0.0, 1.0)).changes

    @pytest.mark.parametrize("synapses", [
        lambda: (stdp(), stdp(top=2.0)),
        lambda: (stdp(), stdp(timing=extra.SpikeNearestPairRule(A_plus=0.1, A_minus=0.2))),
        lambda: (structural(), structural(f_rew=9.0)),
        lambda: (extra.Neuromodulation(),),
        lambda: (sim.StaticSynapse(), extra.Neuromodulation()),
        lambda: (stdp(), extra.Neuromodulation(), extra.Neuromodulation(tau_c=1.0)),
        lambda: (stdp(), extra.WeightChangeable(0.0, 1.0)),
        lambda: (extra.WeightChangeable(0.0, 1.0), extra.WeightChangeable(0.0, 2.0)),
        lambda: (extra.WeightChangeable(0.0, 1.0), stdp()),
    ])  # fmt: skip
    def test_what_does_not(self, synapses):
        with pytest.raises(SynapseError):
            self.merged(*synapses())

    def test_a_refused_projection_leaves_no_trace(self):
        own = Simulator()
        pre, post = own.Population(2, own.SpikeSourceArray()), own.Population(2, own.IF_curr_exp())
        with pytest.raises(ValueError, match="outside"):
            own.Projection(pre, post, own.FromListConnector([(5, 0, 1.0, 1.0)]), stdp())
        assert not post.synapse_dynamics.changes
        assert own.projections == []


class TestShifts:
    def shifts(self, synapse, n=3):
        own = Simulator()
        pre, post = own.Population(n, own.SpikeSourceArray()), own.Population(1, own.IF_curr_exp())
        own.Projection(pre, post, own.AllToAllConnector(), synapse)
        return ring_shifts(own.network(), post)[0]

    def test_plastic_weights_count_as_their_bound(self):
        assert self.shifts(sim.StaticSynapse(1.0)) == 2
        assert self.shifts(stdp(top=3.0, weight=1.0)) == 4
        assert self.shifts(stdp(top=0.5, weight=1.0)) == 2
        assert self.shifts(extra.WeightChangeable(0.0, 20.0, weight=1.0)) == 6

    def test_a_spread_of_weights_may_cost_bits(self):
        # In all 300 x 1 nA, but at 30 Hz no more than about 25 nA a tick if delays differ.
        own = sim.RandomDistribution("uniform", (0.5, 1.5))
        apart = sim.RandomDistribution("uniform", (1.0, 9.0))
        assert self.shifts(sim.StaticSynapse(1.0), 300) == 9
        assert self.shifts(sim.StaticSynapse(own, apart), 300) == 5

    def test_runs_with_rewiring_are_refused_by_name(self):
        own = Simulator()
        pop = own.Population(1, own.IF_curr_exp())
        projection = own.Projection(pop, pop, own.OneToOneConnector(), structural())
        with pytest.raises(UnsupportedError, match=projection.label):
            own.run(1.0)


def test_matrices_have_gaps():
    own = Simulator()
    pop = own.Population(2, own.IF_curr_exp())
    projection = own.Projection(pop, pop, own.FromListConnector([(0, 1, 0.5, 2.0)]))
    with pytest.raises(NotImplementedError, match="once the network has run"):
        len(projection.get("weight", "list"))
    held = projection.get("weight", "array")
    own.run(1.0)
    np.testing.assert_array_equal(np.array(held), [[np.nan, 0.5], [np.nan, np.nan]])
    for wrong in (
        lambda: projection.get("weight", "table"),
        lambda: projection.get("weight", "list", multiple_synapses="sum"),
        lambda: projection.get("colour", "list"),
    ):
        with pytest.raises(ValueError, match="multiple_synapses|format|attribute"):
            wrong()
