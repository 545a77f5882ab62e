import subprocess
import sys

import numpy as np
import pytest

from neurodeploy.api import (
    BackendUnavailable,
    InputError,
    NeurodeployError,
    SessionOptions,
    TargetError,
)
from neurodeploy_brian2 import BACKEND, pynn
from neurodeploy_brian2.simulator import Simulator
from neurodeploy_brian2.sources import source_spikes


@pytest.fixture
def sim():
    return Simulator()


def pair(sim, connector=None, synapse=None, receptor="excitatory", sizes=(3, 2)):
    """A source population and neurons, joined."""
    source = sim.Population(sizes[0], sim.SpikeSourceArray(spike_times=[1.0]), label="in")
    neurons = sim.Population(sizes[1], sim.IF_curr_exp, {"tau_m": 10.0}, label="out")
    connector = sim.AllToAllConnector() if connector is None else connector
    projection = sim.Projection(source, neurons, connector, synapse, receptor_type=receptor)
    return source, neurons, projection


def wires(sim):
    sim.run(0.0)
    part = sim.plan.from_sources
    return list(
        zip(
            part.pre.tolist(),
            part.post.tolist(),
            part.weight.tolist(),
            part.delay_ticks.tolist(),
            strict=True,
        )
    )


class TestConnectors:
    def test_list_of_four_columns(self, sim):
        pair(sim, sim.FromListConnector([(0, 1, 5.0, 2.4), (2, 0, 1.0, 0.2)]))
        assert wires(sim) == [(0, 1, 20480, 2), (2, 0, 4096, 1)]

    def test_list_of_two_columns_takes_the_synapse(self, sim):
        pair(sim, sim.FromListConnector([(0, 1)]), sim.StaticSynapse(weight=5.0, delay=3.0))
        assert wires(sim) == [(0, 1, 20480, 3)]

    def test_named_columns(self, sim):
        pair(sim, sim.FromListConnector([(0, 1, 4.0, 5.0)], column_names=["delay", "weight"]))
        assert wires(sim) == [(0, 1, 20480, 4)]

    def test_one_to_one_and_all_to_all(self, sim):
        synapse = sim.StaticSynapse(weight=-5.0)
        pair(sim, sim.OneToOneConnector(), synapse)
        assert [row[:2] for row in wires(sim)] == [(0, 0), (1, 1)]
        sim.setup(1.0)
        pair(sim, sim.AllToAllConnector(), synapse)
        rows = wires(sim)
        assert [row[:2] for row in rows] == [(i, j) for i in range(3) for j in range(2)]
        assert {row[2:] for row in rows} == {(10240, 1)}  # 15 nA in all: shift 4

    def test_the_machine_floors_delays_that_the_host_rounds(self, sim):
        sim.setup(0.1)
        synapse = sim.StaticSynapse(weight=1.0, delay=0.3)
        pair(sim, sim.OneToOneConnector(), synapse)
        assert [row[3] for row in wires(sim)] == [2, 2]
        sim.setup(0.1)
        pair(sim, sim.FromListConnector([(0, 0)]), synapse)
        assert [row[3] for row in wires(sim)] == [3]

    def test_the_machine_rounds_weights_half_up_from_S1615(self, sim):
        # 3.5 units of 2**-12 nA: the host would round to even as well, 2.5 tells them apart.
        synapse = sim.StaticSynapse(weight=2.5 / 4096)
        for connector, stored in (
            (sim.OneToOneConnector(), 3),
            (sim.FromListConnector([(0, 0)]), 2),
        ):
            sim.setup(1.0)
            _, neurons, _ = pair(sim, connector, synapse)
            neurons.planning["max_expected_summed_weight"] = [5.0, 5.0]
            assert wires(sim)[0][2] == stored

    def test_an_empty_list_connects_nothing(self, sim):
        pair(sim, sim.FromListConnector([]))
        assert wires(sim) == []

    @pytest.mark.parametrize(
        ("rows", "message"),
        [
            ([(3, 0, 1.0, 1.0)], "pre index is outside"),
            ([(0, 2, 1.0, 1.0)], "post index is outside"),
            ([(0, -1, 1.0, 1.0)], "post index is outside"),
            ([(0, 0.5, 1.0, 1.0)], "post index is outside"),
            ([(0, 0, float("nan"), 1.0)], "weight is not finite"),
            ([(0, 0, 1.0, float("inf"))], "delay is not finite"),
            ([(0, 0, 1.0, 1.0), (0, 1, -1.0, 1.0)], "mix signs"),
        ],
    )
    def test_bad_lists_are_refused(self, sim, rows, message):
        with pytest.raises(NeurodeployError, match=message):
            pair(sim, sim.FromListConnector(rows))

    @pytest.mark.parametrize("rows", [[(0,)], [(0, 0, 1.0)], [(0, 0), (1,)], [0, 1], "ab"])
    def test_what_is_no_table_is_refused(self, sim, rows):
        with pytest.raises(InputError, match="FromListConnector"):
            sim.FromListConnector(rows)

    def test_unsupported_connectors_and_synapses_are_named(self, sim):
        for connector, synapse in ((object(), None), (None, object())):
            with pytest.raises(TargetError, match="does not support its"):
                pair(sim, connector, synapse)
        with pytest.raises(InputError, match="receptor type"):
            pair(sim, receptor="sideways")


class TestSources:
    def test_microseconds_are_cut_and_ticks_rounded_up(self):
        ticks = source_spikes("in", [0.0, 0.9999, 1.0001, 1.002, 5.0], 1, 1000, 10).tick
        assert ticks.tolist() == [0, 1, 1, 2, 5]

    def test_one_list_is_shared(self):
        spikes = source_spikes("in", [2.0, 1.0], 2, 1000, 10)
        assert spikes.tick.tolist() == [1, 1, 2, 2]
        assert spikes.index.tolist() == [0, 1, 0, 1]

    @pytest.mark.parametrize("times", [None, [], [[], []], 20.0, [[-1.0], [10.0]]])
    def test_nothing_within_the_run(self, times):
        assert len(source_spikes("in", times, 2, 1000, 10).tick) == 0

    @pytest.mark.parametrize(
        "times", [[[1.0]], "soon", ["x"], [[1.0], ["x"]], [[float("nan")], []]]
    )
    def test_bad_times_are_refused(self, times):
        with pytest.raises(InputError, match="in.spike_times"):
            source_spikes("in", times, 2, 1000, 10)

    def test_set_replaces_the_times(self, sim):
        source, _, _ = pair(sim)
        source.set(spike_times=[[0.0], [], [4.0, 4.0]])
        source.record("spikes")
        sim.run(5.0)
        rows = source.spinnaker_get_data("spikes").tolist()
        assert rows == [[0.0, 0.0], [2.0, 4.0], [2.0, 4.0]]
        assert sim.plan.spike_times.tolist() == [1, 2]


class TestData:
    @pytest.fixture
    def done(self, sim):
        _, neurons, _ = pair(sim, synapse=sim.StaticSynapse(weight=8.0))
        neurons.record("all")
        sim.run(12.0)
        return neurons

    def test_spikes_are_sorted_by_neuron_then_time(self, done):
        rows = done.spinnaker_get_data("spikes")
        assert len(rows) >= 4
        assert rows.tolist() == sorted(rows.tolist())
        assert done.get_spike_counts() == {0: len(rows) // 2, 1: len(rows) // 2}

    def test_signals_have_three_columns_or_are_a_matrix(self, done):
        rows, matrix = done.spinnaker_get_data("v"), done.spinnaker_get_data("v", as_matrix=True)
        assert rows.shape == (24, 3)
        assert matrix.shape == (12, 2)
        np.testing.assert_array_equal(rows[:12, 1], np.arange(12.0))
        np.testing.assert_array_equal(rows[:, 0], np.repeat([0, 1], 12))
        np.testing.assert_array_equal(rows[12:, 2], matrix[:, 1])
        assert matrix[0, 0] == -65.0

    def test_neo(self, done):
        block = done.get_data()
        (segment,) = block.segments
        assert [signal.name for signal in segment.analogsignals] == ["v", "gsyn_exc", "gsyn_inh"]
        v = segment.analogsignals[0]
        assert (v.units.dimensionality.string, v.shape) == ("mV", (12, 2))
        assert float(v.sampling_period.rescale("ms")) == 1.0
        trains = [[float(t) for t in train.rescale("ms")] for train in segment.spiketrains]
        rows = done.spinnaker_get_data("spikes")
        assert trains == [rows[rows[:, 0] == i, 1].tolist() for i in range(2)]
        assert [int(train.annotations["source_index"]) for train in segment.spiketrains] == [0, 1]
        assert float(segment.spiketrains[0].t_stop) == 12.0
        only = done.get_data("spikes").segments[0]
        assert (len(only.analogsignals), len(only.spiketrains)) == (0, 2)

    def test_what_was_not_recorded_is_said(self, sim):
        source, neurons, _ = pair(sim)
        neurons.record(["v"])
        sim.run(2.0)
        with pytest.raises(InputError, match="spikes was not recorded"):
            neurons.spinnaker_get_data("spikes")
        with pytest.raises(InputError, match="spikes was not recorded"):
            source.spinnaker_get_data("spikes")
        with pytest.raises(InputError, match="cannot be recorded"):
            neurons.get_data(["spikes"])

    def test_saturations_are_counted_by_neuron_and_receptor(self, sim):
        _, neurons, _ = pair(
            sim, sim.FromListConnector([(0, 1, 1.0, 1.0)] * 3), receptor="inhibitory"
        )
        neurons.planning["max_expected_summed_weight"] = [1.0, 0.999]
        sim.run(5.0)
        assert neurons.saturated_ticks().tolist() == [[0, 0], [0, 1]]
        assert neurons.saturations == 1

    def test_too_small_a_ring_buffer_is_logged(self, sim, caplog):
        _, neurons, _ = pair(sim, sim.FromListConnector([(0, 1, 2.5, 1.0)]))
        neurons.planning["max_expected_summed_weight"] = [0.9, 0.9]
        assert wires(sim) == [(0, 1, 16384, 1)]
        assert "wrap around" in caplog.text


class TestRules:
    def test_a_session_of_samples_runs_once(self):
        sim = Simulator(SessionOptions(1.0, 2))
        _, neurons, _ = pair(sim)
        sim.run(4.0)
        for call in (lambda: sim.run(2.0), sim.reset, lambda: neurons.set(tau_m=1.0)):
            with pytest.raises(TargetError, match="runs a network once"):
                call()
        sim.setup(1.0)
        assert sim.populations == []

    def test_data_before_the_run_is_an_error(self, sim):
        _, neurons, _ = pair(sim)
        with pytest.raises(InputError, match=r"call run\(\) first"):
            neurons.get_data()

    @pytest.mark.parametrize(
        "name", ["external_devices", "HH_cond_exp", "TsodyksMarkramSynapse", "get_machine"]
    )
    def test_the_rest_of_PyNN_is_refused_by_name(self, sim, name):
        assert not hasattr(sim, name)
        for module in (sim, pynn):
            with pytest.raises(TargetError, match=name):
                getattr(module, name)

    def test_populations_refuse_by_name(self, sim):
        _, neurons, projection = pair(sim)
        for call, word in (
            (lambda: neurons.tset, "tset"),
            (lambda: projection.weightHistogram, "weightHistogram"),
            (lambda: neurons.record("w"), "cannot be recorded"),
            (lambda: neurons.initialize(w=1.0), "no state variable w"),
            (lambda: neurons.set(tau=1.0), "no parameter tau"),
            (lambda: sim.Population(1, "IF_curr_exp"), "cell type"),
            (lambda: sim.Population(0, sim.IF_curr_exp()), "size"),
            (lambda: sim.Population(1, sim.IF_curr_exp(), {"tau_m": 1.0}), "cellparams"),
            (lambda: sim.Population(1, sim.IF_curr_exp(), splitter=1), "splitter"),
            (
                lambda: sim.Population(1, sim.IF_curr_exp(), max_expected_summed_weight=[1.0]),
                "max_expected_summed_weight",
            ),
            (lambda: sim.Projection(neurons, projection.pre, sim.OneToOneConnector()), "a source"),
            (lambda: Simulator().Projection(neurons, neurons, 1), "not a population of this"),
        ):
            with pytest.raises(NeurodeployError, match=word):
                call()

    @pytest.mark.parametrize("timestep", [0.0, -1.0, float("nan"), "fast", None])
    def test_bad_timesteps_are_refused(self, sim, timestep):
        with pytest.raises(InputError, match="timestep"):
            sim.setup(timestep)

    def test_min_delay_must_be_whole_timesteps(self, sim):
        sim.setup(0.1, min_delay=0.3)
        sim.setup(1.0, "auto", 144.0, n_boards_required=1)
        with pytest.raises(InputError, match="min_delay"):
            sim.setup(1.0, 0.1)

    def test_times_round_up_but_not_for_a_float_hair(self, sim):
        sim.setup(0.1)
        assert sim.run(3 * 0.1) == pytest.approx(0.3)
        sim.setup(1.0)
        assert sim.run(2.5) == 3.0
        assert (sim.get_current_time(), sim.get_time_step(), sim.get_min_delay()) == (3.0, 1.0, 1.0)


class TestBackend:
    def test_session_sets_up(self):
        with BACKEND.session(SessionOptions(0.5, engine="numpy")) as sim:
            assert sim.get_time_step() == 0.5
            _, neurons, _ = pair(sim)
            neurons.record("spikes")
            sim.run(2.0)
        assert neurons.spinnaker_get_data("spikes").shape[1] == 2

    def test_target(self):
        target = BACKEND.target()
        assert (target.name, target.emulates) == ("emulator", "sPyNNaker 7.4.1")
        assert target.fixed_point
        assert target.restores_state
        assert target.engines[0] == "auto"
        assert BACKEND.missing() is None

    def test_unknown_engine(self):
        with (
            pytest.raises(InputError, match="fortran"),
            BACKEND.session(SessionOptions(engine="fortran")),
        ):
            pass

    def test_missing_software_is_an_instruction(self, monkeypatch):
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        assert "pip install brian2" in BACKEND.missing()
        with (
            pytest.raises(BackendUnavailable, match="pip install brian2"),
            BACKEND.session(SessionOptions()),
        ):
            pass

    def test_a_broken_pair_of_versions_is_named(self, monkeypatch):
        monkeypatch.setattr("importlib.metadata.version", {"brian2": "2.9.0", "numpy": "2.4.6"}.get)
        assert "numpy<2.4" in BACKEND.missing()

    def test_importing_imports_no_simulator(self):
        code = (
            "import sys, neurodeploy_brian2, neurodeploy_brian2.pynn as sim\n"
            "neurodeploy_brian2.BACKEND.missing(), neurodeploy_brian2.BACKEND.target()\n"
            "sys.exit(' '.join({'brian2', 'neo', 'matplotlib'} & set(sys.modules)) or 0)"
        )
        subprocess.run([sys.executable, "-c", code], check=True)

    def test_the_module_is_one_network(self, caplog):
        pynn._current.clear()
        with pytest.raises(InputError, match="setup"):
            pynn.run(1.0)
        pynn.setup()
        assert pynn.get_time_step() == 0.1
        assert "0.1 ms" in caplog.text
        pynn.setup("auto")
        pop = pynn.Population(1, pynn.IF_curr_exp(i_offset=2.0), label="cell")
        pop.record("spikes")
        assert pynn.run(20.0) == 20.0
        pynn.end()
        assert len(pop.spinnaker_get_data("spikes")) > 0
        assert (pop.label, pop.size, len(pop)) == ("cell", 1, 1)
