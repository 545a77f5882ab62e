"""The emulator's plastic synapses against the scalar reference that equals the binaries."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("unicorn", reason="not run: unicorn is not installed")
pytest.importorskip("spynnaker", reason="not run: sPyNNaker is not installed")

from neurodeploy_brian2.brian2_engine import execute
from neurodeploy_brian2.plan_parts import Wires
from neurodeploy_brian2.plan_plastic import Past, Plastic
from neurodeploy_brian2.plastic_memory import Rule

from .plastic_scenarios import RULES, draw_plastic, run_plastic_reference
from .test_emulator import make_plan

RECORDED = ("v", "gsyn_exc", "gsyn_inh")


def plan_of(s):
    """Return a plan with the synapses of sources and of the neurons themselves."""
    sent = [(tick, i) for tick, sources in s.plain.spikes.items() for i in sources]
    spikes, times = np.unique(np.array(sent, np.int64).reshape(-1, 2), axis=0, return_counts=True)
    a = s.rule.amplitudes
    numbers = {
        "w_min": a.w_min,
        "w_max": a.w_max,
        "a_plus": a.plus,
        "a_minus": a.minus,
        "a3_plus": a.plus3,
        "a3_minus": a.minus3,
        "alpha": s.rule.alpha,
    }
    tables = {name: np.array(table) for name, table in s.rule.tables.items()}
    rule = Rule(s.rule.timing, s.rule.weight == "multiplicative", numbers, tables)
    return replace(
        make_plan(s.plain),
        spike_tick=spikes[:, 0],
        spike_source=spikes[:, 1],
        spike_times=times,
        plastic=tuple(_plastic(s, rows, rule, sources=rows is s.rows) for rows in (s.rows, s.own)),
    )


def _plastic(s, rows, rule, *, sources):
    table = [(i, y.post, y.weight, y.delay, y.receptor) for i, r in enumerate(rows) for y in r]
    wires = Wires(*np.array(table, np.int64).reshape(-1, 5).T.copy())
    shift = np.array(s.plain.shifts)[wires.receptor]
    lag = wires.delay_ticks * int(s.rule.backprop)
    at_once = np.zeros_like(lag)
    return Plastic(wires, sources, rule, shift, lag, at_once, Past.none(wires))


def between(plan, first, end):
    """Return the ticks [first, end) of a plan, as if nothing had been before."""
    kept = (plan.spike_tick >= first) & (plan.spike_tick < end)
    return replace(
        plan,
        n_ticks=end - first,
        first_tick=first,
        spike_tick=plan.spike_tick[kept] - first,
        spike_source=plan.spike_source[kept],
        spike_times=plan.spike_times[kept],
        keep_state=True,
    )


def assert_same(s, outcomes):
    want = run_plastic_reference(s)
    records = [np.stack([one.watched[name] for name in RECORDED], 2) for one in outcomes]
    np.testing.assert_array_equal(np.concatenate(records), want.records)
    weights = np.concatenate(outcomes[-1].weights)
    np.testing.assert_array_equal(weights, [w for row in want.weights for w in row])
    assert want.n_updates > 100


@pytest.mark.parametrize(("timing", "weight"), list(RULES))
@pytest.mark.parametrize("n_steps", [1, 2])
def test_words_and_weights_are_those_of_the_reference(timing, weight, n_steps):
    s = draw_plastic(timing, weight, 1000, 1, n_steps=n_steps)
    assert_same(s, [execute(plan_of(s))])


@pytest.mark.parametrize(("timing", "weight"), list(RULES))
def test_a_run_in_two_pieces(timing, weight):
    s = draw_plastic(timing, weight, 1000, 2)
    plan = plan_of(s)
    first = execute(between(plan, 0, 61))
    rest = between(plan, 61, plan.n_ticks)
    groups = zip(rest.groups, first.state.groups, strict=True)
    rest = replace(
        rest,
        groups=tuple(replace(group, state=state) for group, state in groups),
        pending=first.state.pending,
        plastic=first.state.plastic,
    )
    assert_same(s, [first, execute(rest)])


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["cython", "cpp_standalone"])
@pytest.mark.parametrize(("timing", "weight"), list(RULES))
def test_compiled_engines(engine, timing, weight):
    s = draw_plastic(timing, weight, 1000, 1)
    assert_same(s, [execute(plan_of(s), engine)])
