"""All engines of the emulator give the same integers: chance, split cores, plasticity, samples."""

from dataclasses import replace

import numpy as np
import pytest

from neurodeploy.api import SessionOptions
from neurodeploy_brian2 import brian2_device, brian2_engine
from neurodeploy_brian2.simulator import Simulator

CHANCE = {
    "IFCondExpStoc": {"i_offset": 0.7},
    "IF_curr_exp_sEMD": {"i_offset": 2.0},
    "IFCurrDeltaFixedProb": {"p_thresh": 0.4, "i_offset": 1.5, "seed": 3},
    "StocExp": {"tau": 4.0, "seed": 1},
    "StocExpStable": {"tau": 0.05, "bias": 0.2, "v_reset": -3.0, "seed": 2},
    "StocSigma": {"alpha": 0.8, "tau_refrac": 3.0, "seed": 4},
}
TICKS = 40


def by_chance(sim):
    """Every kind of neuron that spikes by chance, driven and driving each other."""
    source = sim.Population(4, sim.SpikeSourceArray(spike_times=spike_times(4)))
    pops = [sim.Population(5, getattr(sim.extra_models, kind)(**given))
            for kind, given in CHANCE.items()]  # fmt: skip
    for pop, follower in zip(pops, [*pops[1:], pops[0]], strict=True):
        weight = 1.5 if "Stoc" in type(pop.celltype).__name__ else 0.1
        for receptor in pop.celltype.receptors:
            synapse = sim.StaticSynapse(weight, 2.0)
            sim.Projection(source, pop, sim.AllToAllConnector(), synapse, receptor_type=receptor)
        sim.Projection(pop, follower, sim.OneToOneConnector(), sim.StaticSynapse(0.1, 1.0))
    return pops


def split(sim):
    """Neurons with one, two and three synapse cores and Poisson sources of their own."""
    sources = sim.Population(24, sim.SpikeSourceArray(spike_times=spike_times(24)),
                             neurons_per_core=5)  # fmt: skip
    noise = sim.Population(7, sim.SpikeSourcePoisson(rate=700.0), seed=5)
    pops = [
        sim.Population(
            7, cell, neurons_per_core=4, n_synapse_cores=n, max_expected_summed_weight=[4.0] * k
        )
        for n, k, cell in (
            (3, 2, sim.IF_curr_exp()),
            (2, 3, sim.extra_models.IF_curr_dual_exp()),
            (0, 2, sim.IF_curr_delta(tau_m=5.0)),
        )
    ]
    for pop in pops:
        for receptor in pop.celltype.receptors:
            synapse = sim.StaticSynapse(3.1, 2.0)
            sim.Projection(sources, pop, sim.AllToAllConnector(), synapse, receptor_type=receptor)
            for pre in pops:
                synapse = sim.StaticSynapse(1.9, 1.0)
                sim.Projection(pre, pop, sim.AllToAllConnector(), synapse, receptor_type=receptor)
    sim.Projection(noise, pops[0], sim.OneToOneConnector(), sim.StaticSynapse(3.3, 1.0))
    return pops


def split_and_plastic(sim):
    """Plastic synapses on two synapse cores, from sources that spike twice in a tick."""
    twice = [sorted([*times, *times[::2]]) for times in spike_times(12)]
    sources = sim.Population(12, sim.SpikeSourceArray(spike_times=twice), neurons_per_core=3)
    pop, other = (
        sim.Population(4, cell, n_synapse_cores=n, max_expected_summed_weight=[4.0, 4.0])
        for cell, n in ((sim.IF_curr_exp(), 2), (sim.IF_curr_alpha(tau_syn_E=2.0), None))
    )
    timing = sim.SpikePairRule(tau_plus=10.0, tau_minus=12.0, A_plus=0.5, A_minus=0.4)
    for target, weight in (
        (pop, sim.AdditiveWeightDependence(w_min=0.0, w_max=6.0)),
        (other, sim.MultiplicativeWeightDependence(w_min=0.0, w_max=6.0)),
    ):
        rule = sim.STDPMechanism(timing, weight, weight=3.0, delay=1.0)
        sim.Projection(sources, target, sim.AllToAllConnector(), rule)
    sim.Projection(pop, other, sim.AllToAllConnector(), sim.StaticSynapse(1.0, 3.0))
    return [pop, other]


def spike_times(n):
    rng = np.random.default_rng(n)
    return [sorted(rng.choice(TICKS, 12, replace=False) + 0.0) for _ in range(n)]


SCRIPTS = {"chance": by_chance, "split": split, "plastic": split_and_plastic}


def facts(script, engine, sample_ticks=None):
    """Run a script and return all that it can record."""
    sim = Simulator(SessionOptions(1.0, sample_ticks, engine))
    pops = SCRIPTS[script](sim)
    for pop in pops:
        pop.record("all")
    sim.run(float(TICKS))
    return [
        pop.spinnaker_get_data(name, as_matrix=True).tolist()
        for pop in pops
        for name in pop.celltype.recordable
    ], sim


def test_the_networks_do_what_they_are_for():
    _, sim = facts("split", "numpy")
    outcome = sim._running._segment.pieces[0].outcome
    assert (outcome.spilt > 5).sum() > 7
    assert (outcome.saturated > 5).sum() > 7
    assert len(np.unique(sim.plan.from_sources.receptor)) > 6
    _, sim = facts("plastic", "numpy")
    outcome = sim._running._segment.pieces[0].outcome
    assert outcome.spilt.sum() > 5
    assert all(one.is_read_ahead for one in sim.plan.plastic)
    assert all(len(np.unique(weights)) > 3 for weights in outcome.weights)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["cython", "cpp_standalone"])
@pytest.mark.parametrize("script", SCRIPTS)
def test_engines_agree(script, engine):
    if brian2_device.missing_compiler(engine):
        pytest.skip("not run: no C++ compiler")
    assert facts(script, engine)[0] == facts(script, "numpy")[0]


def test_lanes_do_not_matter():
    """Side by side, split neurons carry to the neighbours of their own sample."""
    _, sim = facts("split", "numpy", TICKS // 4)
    plan = replace(sim.plan, keep_state=False)
    one, four = (brian2_engine.execute(plan, n_lanes=n) for n in (1, 4))
    for name, values in one.watched.items():
        np.testing.assert_array_equal(values, four.watched[name], err_msg=name)
    for name in ("spike_tick", "spike_index", "saturated", "spilt"):
        np.testing.assert_array_equal(getattr(one, name), getattr(four, name), err_msg=name)
    assert one.spilt.sum() > 20
