"""Plastic synapses on synapse cores: the emulator and the shipped programs."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("unicorn", reason="not run: unicorn is not installed")
pytest.importorskip("spynnaker", reason="not run: sPyNNaker is not installed")

from neurodeploy_brian2.brian2_engine import execute
from neurodeploy_brian2.plan_parts import MAX_RECEPTORS, Split

from .arithmetic import ONE
from .kinds import KINDS
from .neuron_core import SPIKE_KEY, Matrix
from .plastic_reference import pack_row, read_weights
from .plastic_scenarios import RULES, PlasticScenario, draw_plastic
from .regions import Fields, pack_static_row
from .split_core import NeuronsOnlyCore, SplitCores, SynapsesOnlyCore
from .test_emulator_plasticity import plan_of

N_CORES = 2


def draw(timing: str, weight: str, kind: str, seed: int) -> PlasticScenario:
    """Draw a core whose neurons do not drive each other."""
    s = draw_plastic(timing, weight, 1000, seed, kind=kind, rate=0.2)
    return replace(s, own=[[] for _ in s.own])


def run_program(s: PlasticScenario, n_cores: int = N_CORES):
    """Run the shipped programs; return records and the weights of every source's row."""
    plain, kind = s.plain, KINDS[s.plain.kind]
    fields = Fields(plain.n_neurons, kind.n_types, plain.max_delay)
    slots = np.zeros((plain.n_ticks + 2, n_cores, kind.n_types, 1 << fields.index_bits), "<u2")
    more = {"dt_us": plain.dt_us, "shifts": plain.shifts, "n_ticks": plain.n_ticks}
    neurons = NeuronsOnlyCore(
        plain.kind, plain.n_neurons, inputs=slots, params=plain.params, **more
    )
    own = [pack_row(s.rule, row, fields) for row in s.own]
    matrices = [Matrix(0x1000, rows_of(s, fields)), Matrix(SPIKE_KEY, own)]
    matrices = matrices[: 1 + any(s.own)]
    synapses = [
        SynapsesOnlyCore(
            plain.kind,
            plain.n_neurons,
            binary=f"synapses_stdp_mad_{RULES[s.rule.timing, s.rule.weight]}",
            own_key=True,
            matrices=matrices,
            max_delay=plain.max_delay,
            dynamics=s.rule.pack(kind.n_types),
            **more,
        )
        for _ in range(n_cores)
    ]
    # Packets of one source come one after the other, as those of a source in one tick do.
    arriving = {t: [(i % n_cores, i) for i in sorted(sent)] for t, sent in plain.spikes.items()}
    cores = SplitCores(neurons, synapses, 1 if any(s.own) else None)
    out = cores.run(plain.n_ticks, arriving)
    records = np.stack([out.records[name] for name in kind.channels], axis=2)
    weights = [
        read_weights(s.rule, synapses[i % n_cores].read_rows()[matrix][i], len(row))
        for matrix, rows in enumerate((s.rows, s.own)[: len(matrices)])
        for i, row in enumerate(rows)
    ]
    return records, [weight for row in weights for weight in row]


def rows_of(s: PlasticScenario, fields: Fields):
    """Pack rows with plastic synapses and static ones after them."""
    rows = []
    for plastic, static in zip(s.rows, s.plain.rows, strict=True):
        row, fixed = pack_row(s.rule, plastic, fields), pack_static_row(static, fields)
        at = row[0] + 1
        rows.append([*row[:at], fixed[1], row[at + 1], *fixed[3:], *row[at + 2 :]])
    return rows


def split_plan(s: PlasticScenario):
    """Return the emulator's plan."""
    plan = plan_of(s)
    place = np.arange(plan.n)
    carry_to = np.where((place % 2 == 0) & (place + 1 < plan.n), place + 1, -1)

    def routed(wires):
        return replace(wires, receptor=wires.receptor + MAX_RECEPTORS * (wires.pre % N_CORES))

    return replace(
        plan,
        from_sources=routed(plan.from_sources),
        plastic=tuple(
            replace(one, wires=routed(one.wires), is_read_ahead=True) for one in plan.plastic
        ),
        split=Split(N_CORES, carry_to),
    )


@pytest.mark.parametrize("kind", ["IF_curr_exp", "IF_cond_exp"])
@pytest.mark.parametrize(("timing", "weight"), list(RULES))
def test_words_and_weights(timing: str, weight: str, kind: str) -> None:
    s = draw(timing, weight, kind, 3)
    records, weights = run_program(s)
    out = execute(split_plan(s))
    ours = np.stack([out.watched[name] for name in KINDS[kind].channels], axis=2)
    np.testing.assert_array_equal(ours, records)
    assert out.weights[0].tolist() == weights
    assert out.spilt is not None
    assert out.spilt.any()


@pytest.mark.parametrize(("timing", "weight"), list(RULES))
def test_neurons_that_drive_each_other_have_one_synapse_core(timing: str, weight: str) -> None:
    s = draw_plastic(timing, weight, 1000, 4, rate=0.2)
    s = replace(s, rule=replace(s.rule, backprop=True))
    # A spike of tick 0 counts for the neuron's own synapses only if it comes before them.
    s.plain.params["v"][:] = [-90 * ONE] * s.plain.n_neurons
    records, weights = run_program(s, 1)
    plan = plan_of(s)
    out = execute(
        replace(plan, plastic=tuple(replace(one, is_read_ahead=True) for one in plan.plastic))
    )
    ours = np.stack([out.watched[name] for name in KINDS["IF_curr_exp"].channels], axis=2)
    np.testing.assert_array_equal(ours, records)
    assert np.concatenate(out.weights).tolist() == weights
