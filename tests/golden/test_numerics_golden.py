"""Values recorded from the shipped ARM code of sPyNNaker 7.4.1, dt = 1 ms, default cells."""

import numpy as np
import pytest

from neurodeploy.target.fixed_point import expk, expulr
from neurodeploy_brian2.cells import IF_curr_exp
from neurodeploy_brian2.mapping import Network, ring_shifts, stored_weights
from neurodeploy_brian2.simulator import Simulator

EXPK = {
    0: 32768,
    -1: 32766,
    -163: 32605,
    -327: 32442,
    -1638: 31170,
    -3276: 29650,
    -32768: 12054,
    32768: 89072,
}
EXPULR = {
    -1: 0xFFFDEB83,
    -163: 0xFEBAD24E,
    -1638: 0xF3847504,
    -6553: 0xD1996247,
    -32768: 0x5E2D58D9,
    0: 0,
}


@pytest.mark.parametrize(("n", "bits"), EXPK.items())
def test_expk(n, bits):
    assert expk(n) == bits


@pytest.mark.parametrize(("n", "bits"), EXPULR.items())
def test_expulr(n, bits):
    assert expulr(n) == bits


def test_constants_of_a_default_cell():
    cells = IF_curr_exp().cells("x", 1, {}, 1.0).constants
    names = ("resistance", "leak", "refractory_ticks", "decay_0", "init_0")
    assert [int(cells[name][0]) for name in names] == [655360, 31170, 1, 3516490311, 3892384920]


def bits(population, name):
    return (population.spinnaker_get_data(name, as_matrix=True)[:, 0] * 2**15).astype(int).tolist()


def test_constant_current():
    sim = Simulator()
    neuron = sim.Population(1, sim.IF_curr_exp(i_offset=1.0))
    neuron.record(["v", "spikes"])
    sim.run(60.0)
    want = [-2129920, -2097960, -2067558, -2038639, -2011130, -1984963]
    want += [-1960072, -1936394, -1913871, -1892447, -1872067, -1852681]
    assert bits(neuron, "v")[:12] == want
    assert neuron.spinnaker_get_data("spikes")[:, 1].tolist() == [27.0, 56.0]


def one_synapse():
    """A weight of 5 nA that arrives in tick 1."""
    sim = Simulator()
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[0.0]))
    neuron = sim.Population(1, sim.IF_curr_exp())
    neuron.record("all")
    projection = sim.Projection(source, neuron, sim.FromListConnector([(0, 0, 5.0, 1.0)]))
    return sim, neuron, projection


def test_one_synaptic_event():
    sim, neuron, _ = one_synapse()
    sim.run(12.0)
    want = [-2129920, -2129920, -1985099, -1873590, -1789010, -1726151]
    want += [-1680764, -1649387, -2129920, -2129920, -2100678, -2078163]
    assert bits(neuron, "v") == want
    gsyn = [0, 148482, 121569, 99534, 81493, 66722, 54628, 44726, 36619]
    assert bits(neuron, "gsyn_exc")[:9] == gsyn
    assert neuron.spinnaker_get_data("spikes").tolist() == [[0.0, 7.0]]


def test_its_weight_and_shift():
    sim, neuron, projection = one_synapse()
    net = Network(tuple(sim.populations), tuple(sim.projections), sim.timestep_us)
    assert ring_shifts(net, neuron) == (3, 0)
    np.testing.assert_array_equal(stored_weights(projection, 3), [20480])
