"""Current sources: when they flow, into whom, and what happens between runs."""

import numpy as np
import pytest

from neurodeploy_brian2.simulator import Simulator
from neurodeploy_brian2.waves import make_waves


@pytest.fixture
def sim():
    return Simulator()


def waves(pop, n_ticks, first_tick=0, timestep_us=1000):
    """Return the current of each neuron in each tick, nA."""
    made = make_waves([pop], {pop: 0}, pop.size, timestep_us, first_tick, n_ticks)
    return np.zeros((n_ticks, pop.size)) if made is None else made.values[made.of, :, 0].T / 2**15


def test_nothing_is_injected(sim):
    pop = sim.Population(2, sim.IF_curr_exp())
    assert make_waves([pop], {pop: 0}, 2, 1000, 0, 5) is None


def test_a_direct_current_flows_from_start_to_stop(sim):
    pop = sim.Population(3, sim.IF_curr_exp())
    pop[0:2].inject(sim.DCSource(amplitude=1.5, start=2.0, stop=4.0))
    assert waves(pop, 5).T.tolist() == [[0, 0, 1.5, 1.5, 0]] * 2 + [[0] * 5]


def test_without_a_stop_it_never_flows(sim):
    pop = sim.Population(1, sim.IF_curr_exp())
    sim.DCSource(amplitude=1.5).inject_into(pop)
    assert not waves(pop, 5).any()


def test_times_set_later_count_in_ticks(sim):
    sim.setup(0.5)
    pop = sim.Population(1, sim.IF_curr_exp())
    source = sim.DCSource(amplitude=1.0, start=1.0, stop=2.0)
    source.inject_into([pop[0]])
    assert np.flatnonzero(waves(pop, 8, timestep_us=500)).tolist() == [2, 3]
    source.set_parameters(start=1, stop=2)
    assert np.flatnonzero(waves(pop, 8, timestep_us=500)).tolist() == [1]


def test_several_sources_add_up(sim):
    pop = sim.Population(2, sim.IF_curr_exp())
    for amplitude in (1.0, 0.25):
        pop.inject(sim.DCSource(amplitude=amplitude, stop=9.0))
    pop[1].inject(sim.StepCurrentSource(times=[1.0, 3.0], amplitudes=[0.5, -0.5]))
    assert waves(pop, 4).T.tolist() == [[1.25] * 4, [1.25, 1.75, 1.75, 0.75]]


def test_a_sine(sim):
    pop = sim.Population(1, sim.IF_curr_exp())
    pop.inject(sim.ACSource(stop=50.0, amplitude=2.0, offset=1.0, frequency=20.0, phase=90.0))
    want = 1.0 + 2.0 * np.cos(2 * np.pi * 20.0 * np.arange(1, 50) / 1000.0)
    np.testing.assert_allclose(waves(pop, 50)[1:, 0], want, atol=2e-2)


def test_noise_has_its_mean_and_spread(sim):
    pop = sim.Population(20, sim.IF_curr_exp())
    pop.inject(sim.NoisyCurrentSource(mean=1.0, stdev=0.5, stop=200.0, dt=1.0))
    values = waves(pop, 200)
    assert values.mean() == pytest.approx(1.0, abs=0.05)
    assert values.std() == pytest.approx(0.5, abs=0.05)


def test_steps_start_again_with_every_run(sim):
    pop = sim.Population(1, sim.IF_curr_exp())
    pop.inject(sim.StepCurrentSource(times=[0.0, 2.0], amplitudes=[1.0, 2.0]))
    assert waves(pop, 3, first_tick=5)[:, 0].tolist() == [1.0, 2.0, 2.0]


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda sim, pop: pop.inject(sim.DCSource(amplitude=70000.0)), "S16.15"),
        (lambda sim, pop: sim.DCSource(amplitude=float("nan")), "not finite"),
        (lambda sim, pop: sim.DCSource(amplitude="much"), "no number"),
        (lambda sim, pop: sim.DCSource().set_parameters(volume=1.0), "no parameter volume"),
        (lambda sim, pop: sim.StepCurrentSource([1.0], []), "as many times"),
        (lambda sim, pop: pop.inject(sim.NoisyCurrentSource(dt=0.5)), "dt must be the timestep"),
    ],
)
def test_bad_sources_are_refused(sim, call, word):
    with pytest.raises(ValueError, match=word):
        call(sim, sim.Population(1, sim.IF_curr_exp()))


def test_a_source_is_asked_in_every_update_of_a_tick(sim):
    pop = sim.Population(2, sim.IF_curr_exp(), n_steps_per_timestep=2)
    pop[0].inject(sim.StepCurrentSource(times=[0.0, 1.0, 2.0], amplitudes=[1.0, 2.0, 3.0]))
    pop[1].inject(sim.NoisyCurrentSource(stop=5.0, stdev=1.0))
    made = make_waves([pop], {pop: 0}, 2, 1000, 2, 3)
    assert (made.values[made.of[0]] / 2**15).tolist() == [[1, 2], [3, 3], [3, 3]]
    assert len(np.unique(made.values[made.of[1]])) == 6


def test_a_current_moves_the_membrane_as_an_offset_does(sim):
    pop = sim.Population(2, sim.IF_curr_exp())
    pop[0].inject(sim.DCSource(amplitude=1.0, stop=100.0))
    pop[1].set(i_offset=1.0)
    pop.record("v")
    sim.run(30.0)
    sim.run(10.0)
    v = pop.spinnaker_get_data("v", as_matrix=True)
    assert v.max() > -60.0
    np.testing.assert_array_equal(v[:, 0], v[:, 1])
