"""Synapse cores: how many there are, what they are dealt, and what is refused."""

import numpy as np
import pytest

from neurodeploy.api import SessionOptions, TargetError
from neurodeploy_brian2 import kernel
from neurodeploy_brian2.fan_out import connections_of_one
from neurodeploy_brian2.plan_parts import MAX_RECEPTORS
from neurodeploy_brian2.simulator import Simulator
from neurodeploy_brian2.split_steps import SPLIT_STEPS
from neurodeploy_brian2.synapse_cores import n_synapse_cores


def simulator(timestep_ms=1.0):
    return Simulator(SessionOptions(timestep_ms))


def cores_of(sim, pre, post):
    """Return the synapse core of every synapse between two populations, by source."""
    plan, network = sim.plan, sim.network()
    wires = plan.from_sources if pre.is_source else plan.recurrent
    first, target = network.offsets(pre.is_source)[pre], network.offsets(False)[post]
    mine = (wires.pre >= first) & (wires.pre < first + pre.size)
    mine &= (wires.post >= target) & (wires.post < target + post.size)
    made = {}
    for source, core in zip(wires.pre[mine] - first, wires.receptor[mine] // MAX_RECEPTORS,
                            strict=True):  # fmt: skip
        made.setdefault(int(source), set()).add(int(core))
    assert all(len(cores) == 1 for cores in made.values())
    return [cores.pop() for _, cores in sorted(made.items())]


def joined(sim, pre, post, delay=1.0, receptor="excitatory"):
    synapse = sim.StaticSynapse(1.0, delay)
    sim.Projection(pre, post, sim.AllToAllConnector(), synapse, receptor_type=receptor)


class TestRoutes:
    """What sPyNNaker 7.4.1 does with these networks was read from its router."""

    def network(self):
        sim = simulator()
        source = sim.SpikeSourceArray(spike_times=[1.0])
        a = sim.Population(50, source, neurons_per_core=20)
        b = sim.Population(50, source, neurons_per_core=8)
        p, q = (
            sim.Population(20, sim.IF_curr_exp(), neurons_per_core=16, n_synapse_cores=3)
            for _ in range(2)
        )
        joined(sim, b, p, 700.0)
        joined(sim, a, p, 1200.0)
        joined(sim, b, q, 700.0)
        joined(sim, a, q)
        joined(sim, p, p, 3.0)
        joined(sim, a, p, 2.0, "inhibitory")
        return sim, a, b, p, q

    def test_cores_of_a_source_are_dealt_out_in_stretches(self):
        sim, a, b, p, q = self.network()
        sim.run(2.0)
        assert cores_of(sim, a, q) == [1] * 20 + [2] * 20 + [0] * 10
        assert cores_of(sim, p, p) == [2] * 16 + [0] * 4

    def test_delay_extensions_are_sources_of_their_own(self):
        sim, a, b, p, q = self.network()
        sim.run(2.0)
        # p has had b, a and itself, q has had b and a.
        assert cores_of(sim, b, p) == [0] * 32 + [1] * 18
        assert cores_of(sim, b, q) == [2] * 32 + [0] * 18

    def test_a_reset_keeps_them_and_a_change_goes_on(self):
        sim, a, b, p, q = self.network()
        sim.run(2.0)
        sim.reset()
        sim.run(2.0)
        assert cores_of(sim, a, q) == [1] * 20 + [2] * 20 + [0] * 10
        sim.reset()
        sim.Population(1, sim.IF_curr_exp())
        sim.run(2.0)
        # Three sources and an extension of q have moved it on by 3.
        assert cores_of(sim, a, q) == [1] * 20 + [2] * 20 + [0] * 10
        assert cores_of(sim, p, p) == [1] * 16 + [2] * 4

    def test_neurons_carry_to_the_second_of_two(self):
        sim, *_ = self.network()
        sim.run(1.0)
        one = [1, -1, 3, -1, 5, -1, 7, -1, 9, -1, 11, -1, 13, -1, 15, -1, 17, -1, 19, -1]
        carry = sim.plan.split.carry_to.tolist()
        assert carry[:20] == one
        assert carry[20:] == [-1 if n < 0 else n + 20 for n in one]
        assert sim.plan.split.n_cores == 3

    def test_the_last_of_an_odd_number_has_no_neighbour(self):
        sim = simulator()
        source = sim.Population(1, sim.SpikeSourceArray(spike_times=[0.0]))
        pop = sim.Population(5, sim.IF_curr_exp(), neurons_per_core=3, n_synapse_cores=2)
        other = sim.Population(4, sim.IF_curr_exp())
        joined(sim, source, pop)
        joined(sim, source, other)
        sim.run(1.0)
        assert sim.plan.split.carry_to.tolist() == [1, -1, -1, 4, -1, -1, -1, -1, -1]


class TestSums:
    def ring(self, weights, n_cores, n=2):
        """Let one spike of each source arrive in one tick; return what neurons get of it."""
        sim = simulator()
        sources = [sim.Population(1, sim.SpikeSourceArray(spike_times=[0.0])) for _ in weights]
        pop = sim.Population(
            n,
            sim.IF_curr_delta(v_thresh=1e4),
            n_synapse_cores=n_cores,
            max_expected_summed_weight=[0.9, 0.9],
        )
        for source, weight in zip(sources, weights, strict=True):
            rows = [(0, 0, weight / 32768, 1.0)]
            sim.Projection(source, pop, sim.FromListConnector(rows))
        pop.record("gsyn_exc")
        sim.run(2.0)
        outcome = sim._running._segment.pieces[-1].outcome
        values = pop.spinnaker_get_data("gsyn_exc", as_matrix=True)[1] * 32768
        return values.astype(int).tolist(), outcome

    def test_each_core_saturates_by_itself(self):
        values, outcome = self.ring([60000, 60000], 1)
        assert values == [65535, 0]
        values, outcome = self.ring([30000, 20000, 30000, 20000], 2)
        assert values == [100000 - 65536, 1]
        assert (outcome.saturated.sum(), outcome.spilt.tolist()) == (0, [1, 0])

    def test_a_carry_goes_to_the_next_neuron_or_is_lost(self):
        values, outcome = self.ring([60000, 60000, 60000], 3, n=3)
        assert values == [180000 % 65536, 180000 // 65536, 0]
        values, _ = self.ring([60000, 60000, 60000], 3, n=1)
        assert values == [180000 % 65536]

    def test_a_tick_with_two_full_cores_counts_once(self):
        values, outcome = self.ring([60000, 60000, 60000, 60000], 2)
        assert values == [(2 * 65535) % 65536, 1]
        assert outcome.saturated.tolist() == [[1, 0, 0, 0], [0, 0, 0, 0]]

    def test_a_carry_is_reported(self):
        sim = simulator()
        sources = [sim.Population(1, sim.SpikeSourceArray(spike_times=[0.0])) for _ in range(2)]
        pop = sim.Population(
            2,
            sim.IF_curr_exp(),
            n_synapse_cores=2,
            label="cells",
            max_expected_summed_weight=[0.9] * 2,
        )
        for source in sources:
            joined(sim, source, pop)
        sim.run(3.0)
        found = [one for one in sim.findings if one.kind == "carry"]
        assert [(one.who, one.count) for one in found] == [("cells", 2)]

    def test_steps_are_used(self):
        assert set(SPLIT_STEPS) == {"nd_saturated", "nd_spill", "nd_entry"}
        total = np.array([0, 65535, 65536, 200000])
        assert SPLIT_STEPS["nd_saturated"].python(total).tolist() == [0, 65535, 65535, 65535]
        assert SPLIT_STEPS["nd_spill"].python(total).tolist() == [0, 0, 1, 3]
        assert SPLIT_STEPS["nd_entry"].python(total, 2).tolist() == [2, 1, 2, 3394]


class TestNumbers:
    """How many synapse cores there are."""

    def needed(self, timestep_ms, n_pre, n_post, connector=None, synapse=None, **more):
        sim = simulator(timestep_ms)
        source = sim.Population(n_pre, sim.SpikeSourceArray(spike_times=[0.0]))
        pop = sim.Population(n_post, sim.IF_curr_exp(), **more)
        synapse = synapse(sim) if synapse else sim.StaticSynapse(1.0, 1.0)
        sim.Projection(source, pop, connector or sim.AllToAllConnector(), synapse)
        return n_synapse_cores(sim.network(), pop)

    def test_a_millisecond_needs_none(self):
        assert self.needed(1.0, 9000, 10) == 0

    def test_below_it_depends_on_the_connections(self):
        # 256 neurons a core, whether there are or not, and 30 Hz: 13 million synapses a second.
        assert self.needed(0.1, 10, 10) == 1
        assert self.needed(0.1, 1692, 10) == 1
        assert self.needed(0.1, 1693, 10) == 2
        assert self.needed(0.1, 1693, 10, neurons_per_core=128) == 1
        assert self.needed(0.1, 1693, 10, spikes_per_second=300.0) == 11
        assert self.needed(0.1, 9000, 10, spikes_per_second=300.0) == 15

    def test_plastic_synapses_need_more(self):
        def rule(sim):
            timing = sim.SpikePairRule(10.0, 10.0, 0.1, 0.1)
            return sim.STDPMechanism(timing, sim.AdditiveWeightDependence(0.0, 1.0), delay=1.0)

        assert self.needed(0.1, 182, 10, synapse=rule) == 1
        assert self.needed(0.1, 183, 10, synapse=rule) == 2

    def test_padded_rows_count_as_long_as_they_are(self):
        assert self.needed(0.1, 1693, 10, synapse=lambda sim: sim.StaticSynapse()) == 2
        for padding, cores in ((100, 1), (600, 3)):
            padded = self.needed(
                0.1, 1693, 10, synapse=lambda sim, n=padding: sim.StaticSynapse(pad_to_length=n)
            )
            assert padded == cores

    def test_what_is_asked_for_counts(self):
        assert self.needed(0.1, 9000, 10, n_synapse_cores=0) == 0
        assert self.needed(1.0, 10, 10, n_synapse_cores=4) == 4
        sim = simulator()
        sim.set_number_of_synapse_cores(sim.IF_curr_exp, 3)
        pop, other = sim.Population(1, sim.IF_curr_exp()), sim.Population(1, sim.IF_cond_exp())
        mine = sim.Population(1, sim.IF_curr_exp(), n_synapse_cores=1)
        network = sim.network()
        assert [n_synapse_cores(network, one) for one in (pop, other, mine)] == [3, 0, 1]

    @pytest.mark.parametrize(
        ("make", "want"),
        [
            (lambda sim: sim.AllToAllConnector(), 4),
            (lambda sim: sim.OneToOneConnector(), 1),
            (lambda sim: sim.extra_models.AllButMeConnector(), 4),
            (lambda sim: sim.extra_models.AllButMeConnector(3), 2),
            (lambda sim: sim.extra_models.OneToOneOffsetConnector(1, True), 1),
            (lambda sim: sim.FixedProbabilityConnector(0.01), 3),
            (lambda sim: sim.FixedNumberPostConnector(3), 3),
            (lambda sim: sim.FixedNumberPreConnector(2), 11),
            (lambda sim: sim.FixedTotalNumberConnector(6, with_replacement=True), 3),
            (lambda sim: sim.KernelConnector((3, 4), (3, 4), (3, 3)), 4),
            (lambda sim: sim.IndexBasedProbabilityConnector("0.1"), 4),
            (lambda sim: sim.FromListConnector([(0, 0), (0, 3), (0, 4), (1, 1)]), 2),
            (lambda sim: sim.FromListConnector(np.zeros((0, 2))), 0),
            (lambda sim: sim.ArrayConnector(np.eye(12) + np.eye(12, k=1)), 2),
        ],
    )
    def test_connections_of_one_source(self, make, want):
        """Figures of sPyNNaker's get_n_connections_from_pre_vertex_maximum."""
        sim = simulator()
        pre, post = (sim.Population(12, sim.IF_curr_exp(), neurons_per_core=4) for _ in range(2))
        projection = sim.Projection(pre, post, make(sim), sim.StaticSynapse(1.0, 1.0))
        assert connections_of_one(projection.connector, projection.ends, 4) == want


class TestDirect:
    def network(self, timestep_ms=1.0, delay=None, n=5, second=False, **more):
        sim = simulator(timestep_ms)
        noise = sim.Population(n, sim.SpikeSourcePoisson(rate=50.0), seed=1)
        pop = sim.Population(5, sim.IF_curr_exp(), neurons_per_core=2, **more)
        for _ in range(1 + second):
            synapse = sim.StaticSynapse(1.00002, delay)
            link = sim.Projection(noise, pop, sim.OneToOneConnector(), synapse)
        return sim, noise, pop, link

    def test_cores_are_those_of_the_neurons(self):
        sim, noise, pop, link = self.network(n_synapse_cores=1)
        assert noise.slices() == pop.slices()
        sim.run(1.0)
        assert sim.plan.split.n_cores == 2
        assert set(sim.plan.from_sources.receptor) == {MAX_RECEPTORS}

    def test_their_weights_are_rounded_by_the_host(self):
        weights = []
        for cores in (0, 1):
            sim, noise, pop, link = self.network(n_synapse_cores=cores)
            sim.run(1.0)
            weights.append(list(link.get("weight", "list", with_address=False))[0])
        assert weights[0] == pytest.approx(weights[1], abs=1e-3)

    @pytest.mark.parametrize(
        "other",
        [
            {"delay": 2.0, "n_synapse_cores": 1},
            {"n": 4, "n_synapse_cores": 1},
            {"second": True, "n_synapse_cores": 1},
            {"n_synapse_cores": 15},
            {"n_synapse_cores": 0},
            {},
        ],
    )
    def test_others_send_packets(self, other):
        sim, noise, pop, link = self.network(**other)
        assert len(noise.slices()) == 1
        sim.run(1.0)


class TestPlastic:
    def network(self, cell="IF_curr_exp", weight="Additive", timestep_ms=1.0, own=False, **more):
        sim = simulator(timestep_ms)
        source = sim.Population(3, sim.SpikeSourceArray(spike_times=[0.0, 0.0]))
        pop = sim.Population(3, getattr(sim, cell)(), **more)
        timing = sim.SpikePairRule(10.0, 10.0, 0.1, 0.1)
        dependence = getattr(sim, f"{weight}WeightDependence")(0.0, 5.0)
        rule = sim.STDPMechanism(timing, dependence, weight=1.0, delay=1.0)
        sim.Projection(source, pop, sim.AllToAllConnector(), rule)
        if own:
            sim.Projection(pop, pop, sim.AllToAllConnector(), sim.StaticSynapse(1.0, 1.0))
        return sim, pop

    @pytest.mark.parametrize(
        ("given", "ahead"),
        [
            ({}, False),
            ({"n_synapse_cores": 1}, True),
            ({"timestep_ms": 0.1}, True),
            ({"timestep_ms": 0.1, "n_synapse_cores": 0}, False),
            ({"cell": "IF_curr_alpha"}, False),
            ({"cell": "IF_curr_alpha", "weight": "Multiplicative"}, True),
        ],
    )
    def test_synapse_cores_read_ahead(self, given, ahead):
        sim, _ = self.network(**given)
        sim.run(1.0)
        assert [one.is_read_ahead for one in sim.plan.plastic] == [ahead]

    def test_of_two_spikes_in_a_tick_the_second_finds_what_the_first_did(self):
        traces = []
        for cores in (0, 1):
            sim, _ = self.network(n_synapse_cores=cores)
            sim.run(1.0)
            state = sim._running._state.plastic[0]
            traces.append(set(state.past.trace.tolist()))
        assert traces == [{4096}, {2048}]

    def test_rules_that_only_ship_for_split_cores(self):
        sim, pop = self.network("IF_curr_alpha", "Multiplicative", n_synapse_cores=0)
        with pytest.raises(ValueError, match="no binary for combined cores"):
            sim.run(1.0)
        sim, pop = self.network("IF_curr_alpha", "Multiplicative")
        assert n_synapse_cores(sim.network(), pop) == 1

    def test_neurons_that_drive_each_other_have_one(self):
        sim, _ = self.network(own=True, n_synapse_cores=1)
        sim.run(1.0)
        sim, _ = self.network(own=True, n_synapse_cores=2)
        with pytest.raises(TargetError, match="does not tell"):
            sim.run(1.0)


class TestRefusals:
    def test_types_without_neurons(self):
        sim = simulator()
        for wrong in (sim.SpikeSourceArray, sim.SpikeSourcePoisson, "IF_curr_exp"):
            with pytest.raises(AttributeError, match="set_number_of_synapse_cores"):
                sim.set_number_of_synapse_cores(wrong, 2)

    def test_after_a_population(self):
        sim = simulator()
        sim.Population(1, sim.IF_curr_exp())
        with pytest.raises(ValueError, match="n_synapse_cores"):
            sim.set_number_of_synapse_cores(sim.IF_curr_exp, 2)

    @pytest.mark.parametrize("wrong", [-1, 2.5, "two"])
    def test_numbers_that_are_none(self, wrong):
        sim = simulator()
        with pytest.raises((TargetError, TypeError)):
            sim.Population(1, sim.IF_curr_exp(), n_synapse_cores=wrong)

    def test_more_than_a_chip_has(self):
        sim = simulator()
        sim.Population(1, sim.IF_curr_exp(), n_synapse_cores=16)
        with pytest.raises(ValueError, match="15"):
            sim.run(1.0)

    @pytest.mark.parametrize("kind", ["StocExp", "IFTruncDelta", "IFCurrDeltaFixedProb"])
    def test_kinds_without_a_neuron_core(self, kind):
        sim = simulator()
        sim.Population(1, getattr(sim.extra_models, kind)(), n_synapse_cores=1)
        with pytest.raises(ValueError, match="no binary for split cores"):
            sim.run(1.0)

    def test_the_kernel(self):
        if not kernel.available():
            pytest.skip("not run: the kernel was not built")
        sim = Simulator(SessionOptions(1.0, None, "kernel"))
        source = sim.Population(1, sim.SpikeSourceArray(spike_times=[0.0]))
        pop = sim.Population(2, sim.IF_curr_exp(), n_synapse_cores=2)
        joined(sim, source, pop)
        with pytest.raises(TargetError, match="kernel"):
            sim.run(1.0)
