"""Runs in pieces, resets, and changes between them."""

import numpy as np
import pytest

from neurodeploy.api import SessionOptions, TargetError
from neurodeploy_brian2 import pynn
from neurodeploy_brian2.simulator import Simulator


def build(engine=None, seed=11):
    """A network with everything that can be under way: delays, recurrence, Poisson input."""
    sim = Simulator(SessionOptions(1.0, None, engine))
    spikes = sim.Population(3, sim.SpikeSourceArray(spike_times=[[1.0, 7.0], [4.0], [5.0, 9.0]]))
    noise = sim.Population(5, sim.SpikeSourcePoisson(rate=200.0), seed=seed)
    first = sim.Population(4, sim.IF_curr_exp(tau_refrac=2.0), seed=seed, label="first")
    second = sim.Population(3, sim.Izhikevich(i_offset=4.0), seed=seed, label="second")
    strong, weak = sim.StaticSynapse(8.0, 6.0), sim.StaticSynapse(1.5, 3.0)
    sim.Projection(spikes, first, sim.AllToAllConnector(), strong)
    sim.Projection(noise, first, sim.FixedProbabilityConnector(0.5), weak)
    sim.Projection(first, second, sim.AllToAllConnector(), weak)
    sim.Projection(second, first, sim.OneToOneConnector(), weak, receptor_type="inhibitory")
    for pop in (first, second):
        pop.record("all")
    noise.record("spikes")
    return sim, (noise, first, second)


def facts(pops):
    """Return all recordings of a list of populations."""
    noise, *rest = pops
    return [noise.spinnaker_get_data("spikes").tolist()] + [
        pop.spinnaker_get_data(name, as_matrix=True).tolist()
        for pop in rest
        for name in ("v", "gsyn_exc", "gsyn_inh", "spikes")
    ]


class TestPieces:
    @pytest.mark.parametrize("cuts", [(20.0, 20.0), (4.0,) * 10, (7.0, 0.0, 1.0, 32.0)])
    def test_pieces_make_a_whole(self, cuts):
        whole, pops = build()
        whole.run(40.0)
        want = facts(pops)
        assert any(want[0])
        pieces, pops = build()
        for length in cuts:
            pieces.run(length)
        assert pieces.get_current_time() == 40.0
        assert facts(pops) == want

    def test_run_until_and_callbacks(self):
        sim, _ = build()
        seen = []

        def every_four(now):
            seen.append(now)
            return now + 4.0

        sim.run_until(10.0, [every_four])
        assert seen == [0.0, 4.0, 8.0, 10.0]
        with pytest.raises(ValueError, match="in the past"):
            sim.run_until(5.0)

    def test_times_already_sent_are_not_sent_again(self):
        sim = Simulator()
        pop = sim.Population(1, sim.SpikeSourceArray(spike_times=[1.0, 3.0]))
        pop.record("spikes")
        sim.run(2.0)
        pop.set(spike_times=[1.0, 4.0])
        sim.run(4.0)
        assert pop.spinnaker_get_data("spikes").tolist() == [[0.0, 1.0], [0.0, 4.0]]


class TestChanges:
    def free(self, **cell):
        sim = Simulator()
        pop = sim.Population(2, sim.IF_curr_exp(**{"v_thresh": 0.0, "tau_m": 10.0} | cell))
        pop.record("v")
        return sim, pop

    def voltages(self, pop):
        return pop.spinnaker_get_data("v", as_matrix=True)

    def test_a_parameter_counts_from_the_next_tick_on(self):
        sim, pop = self.free()
        sim.run(3.0)
        pop[1:2].set(i_offset=2.0)
        sim.run(3.0)
        v = self.voltages(pop)
        assert (v[:, 0] == -65.0).all()
        assert (v[:4, 1] == -65.0).all()
        # tau dV/dt = R I from rest, with R = tau / cm = 10 MOhm.
        assert v[5, 1] == pytest.approx(-65.0 + 20.0 * (1 - np.exp(-2 / 10.0)), abs=1e-2)

    def test_state_is_set_now_and_initial_values_at_reset(self, caplog):
        sim, pop = self.free()
        sim.run(2.0)
        pop.initialize(v=-50.0)
        assert "no effect" in caplog.text
        pop[0].set_state(v=-40.0)
        assert pop.current_values["v"] == [-40.0, -65.0]
        sim.run(1.0)
        assert self.voltages(pop)[2].tolist() == [-40.0, -65.0]
        sim.reset()
        sim.run(1.0)
        assert self.voltages(pop).tolist() == [[-50.0, -50.0]]

    def test_the_network_cannot_grow_between_runs(self):
        for change in (
            lambda sim, pop: sim.Population(1, sim.IF_curr_exp()),
            lambda sim, pop: sim.Projection(pop, pop, sim.OneToOneConnector()),
            lambda sim, pop: pop.record("spikes"),
        ):
            sim, pop = self.free()
            sim.run(1.0)
            change(sim, pop)
            with pytest.raises(NotImplementedError, match="cannot be changed between runs"):
                sim.run(1.0)
            sim.reset()
            assert sim.run(1.0) == 1.0

    def test_what_standalone_and_samples_cannot_do_is_said(self):
        sim, pop = self.free()
        sim.run(1.0)
        sim.engine = "cpp_standalone"
        for call in (lambda: sim.run(1.0), sim.reset, lambda: pop.set(tau_m=5.0)):
            with pytest.raises(TargetError, match="cpp_standalone runs a network once"):
                call()

    def test_after_the_end_nothing_can_be_set_but_data_be_read(self):
        sim, pop = self.free()
        sim.run(2.0)
        sim.end()
        for call in (lambda: sim.run(1.0), lambda: pop.set(tau_m=5.0), lambda: pop.record("v")):
            with pytest.raises(ValueError, match="has ended"):
                call()
        assert len(self.voltages(pop)) == 2


class TestReset:
    def test_a_reset_repeats_the_run(self):
        sim, pops = build()
        sim.run(30.0)
        want = facts(pops)
        sim.reset()
        assert sim.get_current_time() == 0.0
        sim.run(30.0)
        assert facts(pops) == want
        segments = pops[1].get_data("v").segments
        assert [segment.name for segment in segments] == ["segment0", "segment1"]

    def test_parameters_survive_and_what_was_drawn_too(self):
        sim = Simulator()
        cell = sim.IF_curr_exp(tau_m=sim.RandomDistribution("uniform", (10.0, 20.0)))
        pop = sim.Population(4, cell, seed=1)
        sim.run(1.0)
        drawn = list(pop.get("tau_m"))
        pop.set(v_rest=-60.0)
        sim.reset()
        sim.run(1.0)
        assert list(pop.get("tau_m")) == drawn
        assert list(pop.get("v_rest")) == [-60.0] * 4

    def test_a_reset_without_a_run_is_logged(self, caplog):
        sim, _ = build()
        sim.reset()
        assert "nothing has run yet" in caplog.text
        sim.run(1.0)
        sim.reset()
        sim.reset()
        assert "was just reset" in caplog.text


class TestPoisson:
    def run(self, rate, n=50, ticks=400.0, **more):
        sim = Simulator()
        pop = sim.Population(n, sim.SpikeSourcePoisson(rate=rate, **more), seed=5)
        pop.record("spikes")
        sim.run(ticks)
        return pop.spinnaker_get_data("spikes")

    @pytest.mark.parametrize("rate", [3.0, 50.0, 2000.0])
    def test_rates_are_met(self, rate):
        expected = rate * 50 * 0.4
        assert abs(len(self.run(rate)) - expected) < 6 * np.sqrt(expected)

    def test_start_and_duration(self):
        times = self.run(500.0, start=100.0, duration=50.0)[:, 1]
        assert times.min() >= 100.0
        assert times.max() < 150.0

    def test_a_rate_can_be_set_between_runs(self):
        sim = Simulator()
        pop = sim.Population(10, sim.SpikeSourcePoisson(rate=0.0), seed=5)
        pop.record("spikes")
        sim.run(50.0)
        pop.set(rate=500.0)
        assert list(pop.get("rate")) == [500.0] * 10
        sim.run(50.0)
        assert pop.spinnaker_get_data("spikes")[:, 1].min() >= 50.0

    def test_variable_rates_follow_each_other(self):
        sim = Simulator()
        source = sim.extra_models.SpikeSourcePoissonVariable(
            rates=[0.0, 500.0], starts=[0, 60], durations=[60, 40]
        )
        pop = sim.Population(10, source, seed=5)
        pop.record("spikes")
        sim.run(100.0)
        assert pop.spinnaker_get_data("spikes")[:, 1].min() >= 60.0
        with pytest.raises(KeyError, match="cannot be set"):
            pop.set(rates=[1.0, 2.0])

    @pytest.mark.parametrize("rate", [-1.0, float("nan"), float("inf")])
    def test_bad_rates_are_refused(self, rate):
        sim = Simulator()
        with pytest.raises(TargetError, match="rate is not"):
            sim.Population(1, sim.SpikeSourcePoisson(rate=rate))


class TestModule:
    def test_a_script_asks_for_classes(self):
        pynn.setup(1.0)
        pop = pynn.Population(2, pynn.IF_curr_exp())
        assert isinstance(pop, pynn.Population)
        assert isinstance(pop[0:1], pynn.PopulationView)
        assert isinstance(pop[0], pynn.IDMixin)
        projection = pynn.connect(pop, pop, weight=1.0, p=0.5)
        assert isinstance(projection, pynn.Projection)
        assert len(pynn.create(pynn.IF_curr_exp, n=3)) == 3
        assert pynn.list_standard_models()[-1] == "SpikeSourcePoisson"
        with pytest.raises(NotImplementedError, match="longest delay"):
            pynn.get_max_delay()
        pynn.end()
        pynn.end()

    def test_synapses_without_a_delay_have_the_shortest(self):
        sim = Simulator()
        sim.setup(1.0, min_delay=3.0)
        pop = sim.Population(1, sim.IF_curr_exp())
        projection = sim.Projection(pop, pop, sim.OneToOneConnector(), sim.StaticSynapse(1.0))
        assert projection.connections.delay_ms.tolist() == [3.0]
        assert sim.get_min_delay() == 3.0
