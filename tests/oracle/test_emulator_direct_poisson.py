"""Poisson sources that write to their neurons' memory: the emulator and the shipped programs."""

import numpy as np
import pytest

pytest.importorskip("unicorn", reason="not run: unicorn is not installed")
pytest.importorskip("spynnaker", reason="not run: sPyNNaker is not installed")

from neurodeploy.api import SessionOptions, TargetError
from neurodeploy_brian2.machine.kiss64 import host_seed
from neurodeploy_brian2.machine.rates import FOREVER, Phase
from neurodeploy_brian2.simulator import Simulator

from .arithmetic import ONE
from .machine_poisson import PoissonProgram
from .split_core import INPUT_ADDRESS, NeuronsOnlyCore

RATES = [3000.0, 900.0, 20.0, 5000.0, 700.0, 1500.0, 2500.0, 400.0]
SEED = 8
SUM_OF_INPUT = {"cm": ONE, "tau_m": ONE, "v_reset": -(1 << 31), "v_thresh": (1 << 31) - 1}


def network(n, receptor, weight, n_ticks, timestep_ms=1.0, **more):
    """Neurons with their sources; returns the simulator and what the neurons received."""
    sim = Simulator(SessionOptions(timestep_ms))
    noise = sim.Population(n, sim.SpikeSourcePoisson(rate=RATES[:n]), seed=SEED)
    pop = sim.Population(
        n,
        sim.IF_curr_delta(v_thresh=1e4, tau_m=1.0),
        max_expected_summed_weight=[7.9, 3.9],
        **more,
    )
    synapse = sim.StaticSynapse(weight, timestep_ms)
    sim.Projection(noise, pop, sim.OneToOneConnector(), synapse, receptor_type=receptor)
    pop.record(["gsyn_exc", "gsyn_inh"])
    sim.run(n_ticks * timestep_ms)
    names = ("gsyn_exc", "gsyn_inh")
    return sim, [pop.spinnaker_get_data(name, as_matrix=True) * ONE for name in names]


def shipped(sim, n, receptor, n_ticks, timestep_us=1000):
    """Run the programs of one core of sources and one of neurons."""
    wires = sim.plan.from_sources
    weight16 = int(wires.weight[0])
    phases = [[Phase(rate, 0.0, FOREVER)] for rate in RATES[:n]]
    weights = np.array([weight16] * (n + n % 2), "<u2").view("<u4").tolist()
    places = 1 << (n - 1).bit_length()
    first = n if receptor == "inhibitory" else 0
    edge = [INPUT_ADDRESS, 4 * places, first, *weights]
    seed = host_seed(np.random.RandomState(SEED))
    sent = PoissonProgram(phases, seed, timestep_us, edge).write(n_ticks, INPUT_ADDRESS, 4 * places)
    inputs = np.zeros((n_ticks + 1, 1, 2, places), "<u2")
    inputs[1:, 0] = sent.reshape(n_ticks, 2, places)
    core = NeuronsOnlyCore(
        "IF_curr_delta", n, inputs=inputs, params=SUM_OF_INPUT, shifts=(3, 2), dt_us=timestep_us
    )
    out = core.run(n_ticks)
    return [out.gsyn_exc, out.gsyn_inh]


@pytest.mark.parametrize(
    ("n", "receptor"),
    [(6, "excitatory"), (7, "excitatory"), (8, "inhibitory"), (7, "inhibitory"), (4, "inhibitory")],
)
def test_words_of_direct_sources(n, receptor):
    sim, ours = network(n, receptor, 3.3, 60, n_synapse_cores=1)
    theirs = shipped(sim, n, receptor, 60)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)
    assert (np.max(theirs) >> 2) >= 65535 * 0.9
    if receptor == "inhibitory" and n == 7:  # each weight is one neuron off, and one is lost
        assert not theirs[1][:, 6].any()
        assert theirs[1][:, 2].mean() > 3 * theirs[1][:, 1].mean()


def test_below_a_millisecond_sources_are_direct_by_default():
    sim, ours = network(5, "excitatory", 2.2, 60, timestep_ms=0.1)
    assert sim.plan.split is None  # without other input there are no synapse cores
    more = {"n_synapse_cores": 1}
    sim, ours = network(5, "excitatory", 2.2, 60, timestep_ms=0.1, **more)
    for one, other in zip(ours, shipped(sim, 5, "excitatory", 60, 100), strict=True):
        np.testing.assert_array_equal(one, other)


def test_input_past_the_last_neuron_is_refused():
    with pytest.raises(TargetError, match="past the last neuron"):
        network(6, "inhibitory", 3.3, 10, n_synapse_cores=1)
