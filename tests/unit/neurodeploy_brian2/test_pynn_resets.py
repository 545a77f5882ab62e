"""What random parameters and state are after a reset: drawn again, by whom, or kept."""

import numpy as np
import pytest

from neurodeploy_brian2.simulator import Simulator


class Noting:
    """A generator that notes who asks it for how many numbers."""

    seed = None

    def __init__(self, name, value, asked):
        self.name, self.value, self.asked = name, value, asked

    def next(self, n=None, **_):
        self.asked.append((self.name, n))
        return np.full(n, self.value)


def network(rngs=(None, None)):
    """Neurons with a random time constant and voltage, which cores draw at first."""
    sim = Simulator()
    tau_m = sim.RandomDistribution("uniform", low=5.0, high=30.0, rng=rngs[0])
    pop = sim.Population(6, sim.IF_curr_exp(tau_m=tau_m), seed=3, neurons_per_core=4)
    pop.initialize(v=sim.RandomDistribution("uniform", low=-64.0, high=-60.0, rng=rngs[1]))
    return sim, pop


def started(sim):
    """Run for a tick and return leaks and first voltages."""
    sim.run(1.0)
    (cells,) = (group for group in sim.plan.groups if group.n >= 6)
    return cells.constants["leak"][:6].tolist(), cells.state["v"][:6].tolist()


def test_a_reset_alone_draws_again():
    sim, _ = network()
    leak, v = started(sim)
    sim.reset()
    other_leak, other_v = started(sim)
    assert other_leak != leak
    assert other_v != v


def test_the_host_draws_core_by_core_then():
    asked = []
    sim, _ = network((Noting("tau_m", 20.0, asked), Noting("v", -61.0, asked)))
    started(sim)
    assert asked == []
    sim.reset()
    _, v = started(sim)
    assert asked == [("v", 4), ("tau_m", 4), ("v", 2), ("tau_m", 2)]
    assert v == [-61 * 32768] * 6


@pytest.mark.parametrize("change", ["population", "recording", "plastic"])
def test_a_new_load_lets_the_cores_draw_the_same(change):
    sim, pop = network()
    if change == "plastic":
        source = sim.Population(1, sim.SpikeSourceArray(spike_times=[]))
        timing = sim.SpikePairRule(10.0, 10.0, 0.1, 0.1)
        rule = sim.STDPMechanism(timing, sim.AdditiveWeightDependence(0.0, 1.0), delay=1.0)
        sim.Projection(source, pop, sim.AllToAllConnector(), rule)
    first = started(sim)
    sim.reset()
    if change == "population":
        sim.Population(1, sim.IF_curr_exp())
    elif change == "recording":
        pop.record("v")
    assert started(sim) == first


def test_parameters_that_were_read_are_kept():
    sim, pop = network()
    leak, v = started(sim)
    assert len(pop.get("tau_m")) == 6
    sim.reset()
    other_leak, other_v = started(sim)
    assert other_leak == leak
    assert other_v != v


def test_state_that_was_read_is_kept():
    sim, pop = network()
    first = started(sim)
    assert len(pop.initial_values["v"]) == 6
    sim.reset()
    assert started(sim) == first


def test_who_asks_before_the_run_reads_when_it_starts():
    sim, pop = network()
    pop.get("cm")
    first = started(sim)
    sim.reset()
    assert started(sim) == first


def test_numbers_given_in_between_are_kept():
    sim, pop = network()
    leak, _ = started(sim)
    pop.set(i_offset=1.0)
    sim.reset()
    pop.initialize(v=-70.0)
    other_leak, v = started(sim)
    assert other_leak == leak
    assert v == [-70 * 32768] * 6


def test_part_of_the_neurons_can_be_given_numbers():
    sim, pop = network()
    _, v = started(sim)
    sim.reset()
    pop[:2].initialize(v=-70.0)
    _, other = started(sim)
    assert other[:2] == [-70 * 32768] * 2
    assert all(a != b for a, b in zip(v[2:], other[2:], strict=True))
