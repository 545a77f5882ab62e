"""Scripts with STDP on the emulator against the shipped programs, from PyNN's units on."""

import random
from dataclasses import dataclass

import numpy as np
import pytest

pytest.importorskip("unicorn", reason="not run: unicorn is not installed")
pytest.importorskip("spynnaker", reason="not run: sPyNNaker is not installed")

import neurodeploy_brian2.pynn as sim
from neurodeploy_brian2.mapping import ring_shifts

from .kinds import encode, to_words
from .plastic_reference import Amplitudes, PlasticSynapse, Rule, exp_table
from .plastic_scenarios import RULES, PlasticScenario, run_plastic_program
from .scenarios import Scenario

N, SOURCES, LONGEST = 5, 4, 7
BOUNDS = {"w_min": 0.25, "w_max": 3.5}
STEPS = {"A_plus": 0.31, "A_minus": 0.17}
TAUS = {"tau_plus": 11.0, "tau_minus": 17.5}
LIF = {
    "cm": 1.0,
    "tau_m": 12.0,
    "i_offset": [2.0, 2.5, 1.0, 0.0, 3.0],
    "v_reset": -70.0,
    "v_rest": -65.0,
    "v_thresh": -52.0,
    "tau_refrac": 2.0,
}
SYNAPTIC = {"tau_syn_E": 4.0, "tau_syn_I": 6.0}
REVERSAL = {"e_rev_E": 0.0, "e_rev_I": -80.0}
CELLS = {
    "IF_curr_exp": ("IF_curr_exp", {**LIF, **SYNAPTIC}),
    "IF_curr_delta": ("IF_curr_delta", LIF),
    "IF_cond_exp": ("IF_cond_exp", {**LIF, **SYNAPTIC, **REVERSAL}),
}


@dataclass
class Case:
    """One network: lists of (pre, post, weight, delay) by name."""

    timing: str
    weight: str
    cell: str
    dt_ms: float
    backprop: bool
    spikes: list
    lists: dict
    n_ticks: int = 240

    @property
    def factor(self):
        return 1024 if "cond" in self.cell else 1


def draw(timing, weight, cell="IF_curr_exp", dt_ms=1.0, seed=0):
    rng = random.Random(f"{timing} {weight} {cell} {dt_ms} {seed}")
    scale = 0.01 if "cond" in cell else 1.0
    lists = {
        name: [
            (i, j, round(rng.uniform(0.3, 3.0) * scale, 3), rng.randint(1, LONGEST) * dt_ms)
            for i in range(N if name == "own" else SOURCES)
            for j in range(N)
            if rng.random() < 0.8
        ]
        for name in ("excitatory", "inhibitory", "own")
    }
    spikes = [
        sorted(dt_ms * t for t in rng.sample(range(1, 200), rng.randint(8, 24)))
        for _ in range(SOURCES)
    ]
    return Case(timing, weight, cell, dt_ms, rng.random() < 0.7, spikes, lists)


def mechanism(case):
    extra = sim.extra_models
    scale = 0.01 if "cond" in case.cell else 1.0
    bounds = {name: value * scale for name, value in BOUNDS.items()}
    additive = case.weight == "additive"
    steps = {name: value * (scale if additive else 1.0) for name, value in STEPS.items()}
    if case.timing == "triplet":
        timing = extra.PfisterSpikeTriplet(**TAUS, tau_x=30.0, tau_y=42.0, **STEPS)
        weights = extra.WeightDependenceAdditiveTriplet(**bounds, A3_plus=0.05, A3_minus=0.07)
    else:
        rules = {"pair": sim.SpikePairRule, "nearest": extra.SpikeNearestPairRule}
        if case.timing == "vogels":
            timing = extra.Vogels2011Rule(alpha=0.2, tau=15.0, **steps)
        else:
            timing = rules[case.timing](**TAUS, **steps)
        kind = "AdditiveWeightDependence" if additive else "MultiplicativeWeightDependence"
        weights = getattr(sim, kind)(**bounds)
    return sim.STDPMechanism(timing, weights, backprop_delay=case.backprop)


def build(case):
    sim.setup(timestep=case.dt_ms)
    name, parameters = CELLS[case.cell]
    pre = sim.Population(SOURCES, sim.SpikeSourceArray(spike_times=case.spikes))
    post = sim.Population(N, getattr(sim, name)(**parameters), label="post")
    post.initialize(v=-65.0)
    post.record(["v", "spikes"])
    made = {
        receptor: sim.Projection(
            post if receptor == "own" else pre,
            post,
            sim.FromListConnector(rows),
            mechanism(case),
            receptor_type="excitatory" if receptor == "own" else receptor,
        )
        for receptor, rows in case.lists.items()
    }
    return post, made


def oracle_rule(case):
    """Return the words of the rule by the formulas of numerics, not by the emulator's code."""
    scale = 0.01 if "cond" in case.cell else 1.0
    low, high = (BOUNDS[name] * scale * case.factor for name in ("w_min", "w_max"))
    amplitude = scale * case.factor if case.weight == "additive" else 1.0
    third = 1.0
    if case.timing == "triplet":
        amplitude = third = high
    values = (low, high, *(STEPS[name] * amplitude for name in ("A_plus", "A_minus")))
    words = [encode(value, 15) for value in (*values, 0.05 * third, 0.07 * third)]
    taus = dict(zip(("plus", "minus"), TAUS.values(), strict=True))
    if case.timing == "vogels":
        taus = {"plus": 15.0, "minus": 15.0}
    tables = {name: exp_table(case.dt_ms, tau) for name, tau in taus.items()}
    tables |= {"x": exp_table(case.dt_ms, 30.0, 2), "y": exp_table(case.dt_ms, 42.0, 2)}
    return Rule(
        case.timing, case.weight, Amplitudes(*words), tables, case.backprop, round(0.2 * 2048)
    )


def scenario(case, shifts):
    dt_us = round(case.dt_ms * 1000)
    state = {"v": -65.0, "refract_timer": 0, "timestep": case.dt_ms}
    state |= {"isyn_exc": 0.0, "isyn_inh": 0.0}
    _, parameters = CELLS[case.cell]
    params = to_words(_kind(case), {**parameters, **state})
    params = {name: words * (N // len(words)) for name, words in params.items()}

    def row(name, source, receptor):
        return [
            PlasticSynapse(
                j,
                round(w * case.factor * 2 ** (15 - shifts[receptor])),
                round(d / case.dt_ms),
                receptor,
            )
            for i, j, w, d in case.lists[name]
            if i == source
        ]

    # One row a source and receptor, as each projection has a matrix of its own.
    rows = [row("excitatory", i, 0) for i in range(SOURCES)]
    rows += [row("inhibitory", i, 1) for i in range(SOURCES)]
    sent = {tick: [] for tick in range(case.n_ticks)}
    for k, times in enumerate(case.spikes):
        for time in times:
            sent[round(time / case.dt_ms)] += [k, SOURCES + k]
    plain = Scenario(
        case.cell, dt_us, 1, params, list(shifts), [[] for _ in rows], sent, case.n_ticks, 8
    )
    own = [row("own", i, 0) for i in range(N)]
    return PlasticScenario(plain, oracle_rule(case), rows, own)


def _kind(case):
    from .kinds import KINDS

    return KINDS[case.cell]


def weights_of(case, post, made, shifts):
    """Return stored weights per row, in the order of the scenario's rows."""
    found = []
    for name, receptor in (("excitatory", 0), ("inhibitory", 1), ("own", 0)):
        held = made[name].get("weight", "list")
        unit = case.factor * 2.0 ** (15 - shifts[receptor])
        for source in range(N if name == "own" else SOURCES):
            found.append([round(w * unit) for i, _, w in held if i == source])
    return found


def assert_same(case, pieces=(1.0,)):
    post, made = build(case)
    shifts = ring_shifts(sim.current().network(), post)
    for share in pieces:
        sim.run(share * case.n_ticks * case.dt_ms)
    program = run_plastic_program(scenario(case, shifts))
    bits = np.rint(post.spinnaker_get_data("v", as_matrix=True) * 32768).astype(np.int64)
    np.testing.assert_array_equal(bits, program.records[:, :, 0])
    assert weights_of(case, post, made, shifts) == program.weights
    given = [[y.weight for y in row] for row in scenario(case, shifts).rows]
    assert given != program.weights[: len(given)]
    sim.end()


@pytest.mark.parametrize(("timing", "weight"), list(RULES))
def test_every_rule(timing, weight):
    assert_same(draw(timing, weight))


@pytest.mark.parametrize("dt_ms", [0.5, 0.1])
@pytest.mark.parametrize("timing", ["pair", "triplet"])
def test_short_timesteps(timing, dt_ms):
    assert_same(draw(timing, "additive", dt_ms=dt_ms))


@pytest.mark.parametrize("timing", ["pair", "nearest"])
@pytest.mark.parametrize("cell", ["IF_cond_exp", "IF_curr_delta"])
def test_other_neurons(timing, cell):
    assert_same(draw(timing, "additive", cell))


@pytest.mark.parametrize("timing", ["pair", "vogels"])
def test_runs_in_pieces(timing):
    assert_same(draw(timing, "additive", seed=1), (0.25, 0.5, 0.25))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 8))
@pytest.mark.parametrize(("timing", "weight"), list(RULES))
def test_more_networks(timing, weight, seed):
    assert_same(draw(timing, weight, seed=seed))
