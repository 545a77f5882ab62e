"""What is recorded: intervals, neurons, views, segments, files."""

import numpy as np
import pytest

from neurodeploy_brian2.errors import UnsupportedError
from neurodeploy_brian2.simulator import Simulator


@pytest.fixture
def sim():
    return Simulator()


def driven(sim, n=4):
    """Neurons that spike by themselves, each at another pace."""
    return sim.Population(n, sim.IF_curr_exp(i_offset=[2.0 + k for k in range(n)]), label="cells")


class TestIntervals:
    def test_signals_are_sampled(self, sim):
        pop, every = driven(sim), driven(sim)
        pop.record("v", sampling_interval=3.0)
        every.record("v")
        sim.run(10.0)
        v = every.spinnaker_get_data("v", as_matrix=True)
        np.testing.assert_array_equal(pop.spinnaker_get_data("v", as_matrix=True), v[::3])
        assert pop.spinnaker_get_data("v")[:4, 1].tolist() == [0.0, 3.0, 6.0, 9.0]
        signal = pop.get_data("v").segments[0].analogsignals[0]
        assert float(signal.sampling_period.rescale("ms")) == 3.0

    def test_every_run_starts_with_a_sample(self, sim):
        pop, every = driven(sim), driven(sim)
        pop.record("v", sampling_interval=3.0)
        every.record("v")
        sim.run(5.0)
        sim.run(5.0)
        v = every.spinnaker_get_data("v", as_matrix=True)
        want = v[[0, 3, 5, 8]]
        np.testing.assert_array_equal(pop.spinnaker_get_data("v", as_matrix=True), want)

    def test_spikes_between_samples_are_seen_in_the_next_and_once(self, sim):
        pop, every = driven(sim, 1), driven(sim, 1)
        pop.set(i_offset=40.0)
        every.set(i_offset=40.0)
        pop.record("spikes", sampling_interval=4.0)
        every.record("spikes")
        sim.run(11.0)
        times = every.spinnaker_get_data("spikes")[:, 1]
        want = sorted({4.0 * np.ceil(time / 4.0) for time in times if time <= 8.0})
        assert len(times) > len(want)
        assert pop.spinnaker_get_data("spikes")[:, 1].tolist() == want

    def test_a_second_interval_is_refused(self, sim):
        pop = driven(sim)
        pop.record("v", sampling_interval=2.0)
        with pytest.raises(ValueError, match="one sampling_interval"):
            pop[0:2].record("v", sampling_interval=3.0)
        with pytest.raises(ValueError, match="whole number of timesteps"):
            pop.record("spikes", sampling_interval=0.5)
        with pytest.raises(ValueError, match="turns recording off"):
            pop.record(None, sampling_interval=2.0)


class TestNeurons:
    def test_only_some_are_recorded(self, sim):
        pop = driven(sim)
        pop[1:3].record(["v", "spikes"])
        sim.run(20.0)
        assert pop.spinnaker_get_data("v", as_matrix=True).shape == (20, 2)
        assert set(pop.spinnaker_get_data("spikes")[:, 0]) == {1.0, 2.0}
        signal = pop.get_data().segments[0].analogsignals[0]
        assert signal.annotations["channel_names"].tolist() == [1, 2]
        assert len(pop.get_data("spikes").segments[0].spiketrains) == 4

    def test_views_read_their_share(self, sim, caplog):
        pop = driven(sim)
        pop.record("v")
        pop[0:2].record("spikes")
        sim.run(20.0)
        whole = pop.spinnaker_get_data("v", as_matrix=True)
        np.testing.assert_array_equal(
            pop[1:3].spinnaker_get_data("v", as_matrix=True), whole[:, 1:3]
        )
        assert set(pop[1:3].get_spike_counts()) == {1, 2}
        assert pop[1:3].get_spike_counts()[2] == 0
        assert "no spikes of neurons [2]" in caplog.text
        assert len(pop[1:3].get_data("spikes").segments[0].spiketrains) == 2

    def test_recording_is_turned_off(self, sim):
        pop = driven(sim)
        pop.record(["v", "spikes"])
        pop[0:1].record(None)
        assert pop.recorded["v"].indexes == (1, 2, 3)
        pop.record(None)
        assert not pop.recorded

    def test_a_source_is_recorded_whole(self, sim, caplog):
        pop = sim.Population(3, sim.SpikeSourceArray(spike_times=[1.0]))
        pop[0:1].record("spikes", sampling_interval=2.0)
        sim.run(3.0)
        assert len(pop.spinnaker_get_data("spikes")) == 3
        assert "recorded whole" in caplog.text

    def test_what_a_board_alone_has_is_refused_by_name(self, sim):
        pop = driven(sim)
        with pytest.raises(UnsupportedError, match="packets-per-timestep"):
            pop.record("packets-per-timestep")
        with pytest.raises(KeyError, match="cannot be recorded"):
            pop.record("u")


class TestSegments:
    def test_clear_forgets(self, sim):
        pop = driven(sim)
        pop.record(["v", "spikes"])
        sim.run(10.0)
        assert pop.get_data("v", clear=True).segments[0].analogsignals[0].shape == (10, 4)
        sim.run(5.0)
        segment = pop.get_data().segments[0]
        assert segment.analogsignals[0].shape == (5, 4)
        assert float(segment.analogsignals[0].t_start) == 10.0
        assert float(segment.spiketrains[0].t_start) == 0.0

    def test_after_a_reset_the_past_is_there(self, sim, caplog):
        pop = driven(sim)
        pop.record("v")
        sim.run(4.0)
        sim.reset()
        assert len(pop.get_data("v").segments) == 1
        assert "only the data before it" in caplog.text
        sim.run(2.0)
        block = pop.get_data("v", annotations={"trial": 7})
        assert [len(one.analogsignals[0]) for one in block.segments] == [4, 2]
        assert (block.annotations["trial"], block.annotations["size"]) == (7, 4)


class TestFiles:
    class Sink:
        def __init__(self):
            self.blocks = []

        def write(self, block):
            self.blocks.append(block)

    def test_a_neo_io_is_given_the_block(self, sim):
        pop, sink = driven(sim), self.Sink()
        pop.record("v")
        sim.run(2.0)
        pop.write_data(sink, "v")
        pop[0:1].write_data(sink, "v")
        assert [b.segments[0].analogsignals[0].shape for b in sink.blocks] == [(2, 4), (2, 1)]

    def test_to_file_is_written_at_the_end(self, sim):
        pop, sink = driven(sim), self.Sink()
        pop.record("v", to_file=sink)
        sim.run(2.0)
        assert not sink.blocks
        sim.end()
        assert len(sink.blocks) == 1

    def test_unknown_files_are_refused(self, sim):
        pop = driven(sim)
        pop.record("v")
        sim.run(1.0)
        with pytest.raises(ValueError, match="cannot write"):
            pop.write_data("data.odd")
