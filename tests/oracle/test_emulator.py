"""The emulator gives the words of the shipped programs, kind by kind."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("unicorn", reason="not run: unicorn is not installed")
pytest.importorskip("spynnaker", reason="not run: sPyNNaker is not installed")

from neurodeploy_brian2 import cells, chance_cells
from neurodeploy_brian2.brian2_engine import execute
from neurodeploy_brian2.core_draws import reloaded
from neurodeploy_brian2.plan import Outcome, Plan
from neurodeploy_brian2.plan_parts import Cells, Wires

from .arithmetic import ONE
from .kinds import KINDS
from .neuron_core import Synapse
from .scenarios import Scenario, Words, draw_recurrent, draw_scenario, draw_wild, run_program

CELL_TYPES: dict[str, type[cells.NeuronType]] = {
    "IF_curr_exp": cells.IF_curr_exp,
    "IF_curr_delta": cells.IF_curr_delta,
    "IF_curr_alpha": cells.IF_curr_alpha,
    "IF_cond_exp": cells.IF_cond_exp,
    "IZK_curr_exp": cells.Izhikevich,
    "IZK_cond_exp": cells.Izhikevich_cond,
    "IZK_cond_exp_dual": cells.Izhikevich_cond_dual,
    "IF_curr_exp_ca2_adaptive": cells.IFCurrExpCa2Adaptive,
    "IF_curr_delta_ca2_adaptive": cells.IFCurrDeltaCa2Adaptive,
    "IF_curr_exp_dual": cells.IF_curr_dual_exp,
    "IF_trunc_delta": cells.IFTruncDelta,
    "IF_cond_exp_stoc": chance_cells.IFCondExpStoc,
    "IF_curr_delta_fixed_prob": chance_cells.IFCurrDeltaFixedProb,
    "IF_curr_exp_sEMD": chance_cells.IF_curr_exp_sEMD,
    "stoc_exp": chance_cells.StocExp,
    "stoc_exp_stable": chance_cells.StocExpStable,
    "stoc_sigma": chance_cells.StocSigma,
}


def make_cells(s: Scenario) -> Cells:
    """Make the emulator's cells from the words, by way of PyNN's units."""
    cell_type = CELL_TYPES[s.kind]
    known = cell_type.names()
    forms = {row.name: row.form for row in (*cell_type.rows, *cell_type.state_rows)}
    values = {n: np.array(words) / forms[n].scale for n, words in s.params.items() if n in known}
    made = cell_type(**values).cells("neurons", s.n_neurons, {}, s.dt_us / 1000, s.n_steps)
    shifts = {f"shift_{r}": np.full(s.n_neurons, shift) for r, shift in enumerate(s.shifts)}
    return replace(made, constants={**made.constants, **shifts})


def make_wires(rows: Sequence[Sequence[Synapse]]) -> Wires:
    """Make the emulator's synapses."""
    table = [
        (pre, y.post, y.weight, y.delay, y.receptor) for pre, row in enumerate(rows) for y in row
    ]
    return Wires(*np.array(table, np.int64).reshape(-1, 5).T)


def make_plan(s: Scenario) -> Plan:
    """Make the emulator's plan of a scenario."""
    events = sorted((t, source) for t, sources in s.spikes.items() for source in sources)
    table = np.array(events, np.int64).reshape(-1, 2)
    return Plan(
        groups=(make_cells(s),),
        n_sources=len(s.rows),
        from_sources=make_wires(s.rows),
        recurrent=make_wires(s.recurrent),
        spike_tick=table[:, 0],
        spike_source=table[:, 1],
        spike_times=np.ones(len(table), np.int64),
        n_ticks=s.n_ticks,
        sample_ticks=None,
        record_spikes=True,
        record={name: np.arange(s.n_neurons) for name in KINDS[s.kind].channels},
    )


def run_emulator(s: Scenario, pauses: Sequence[int] = ()) -> Words:
    """Run the emulator, in pieces that end at `pauses`."""
    pieces, state, start = [], None, 0
    for end in (*pauses, s.n_ticks):
        spikes = {t - start: sent for t, sent in s.spikes.items() if start <= t < end}
        plan = make_plan(replace(s, spikes=spikes, n_ticks=end - start))
        if state is not None:
            left = reloaded(state, plan)
            group = replace(plan.groups[0], state=left.groups[0])
            plan = replace(plan, groups=(group,), pending=left.pending)
        out = execute(replace(plan, keep_state=True))
        pieces.append(words_of(s, out, end - start))
        state, start = out.state, end
    return Words(*(np.concatenate([getattr(p, n) for p in pieces]) for n in ("records", "spikes")))


def words_of(s: Scenario, out: Outcome, n_ticks: int) -> Words:
    """Put what a run gave in the program's order."""
    spikes = np.zeros((n_ticks, s.n_neurons), np.int64)
    np.add.at(spikes, (out.spike_tick, out.spike_index), 1)
    records = [out.watched[name].astype(np.int64) for name in KINDS[s.kind].channels]
    return Words(np.stack(records, axis=2), spikes)


def assert_same(scenario: Scenario, pauses: Sequence[int] = ()) -> None:
    program, emulator = run_program(scenario, pauses), run_emulator(scenario, pauses)
    np.testing.assert_array_equal(emulator.records, program.records)
    np.testing.assert_array_equal(emulator.spikes > 0, program.spikes > 0)


@pytest.mark.parametrize(("dt_us", "n_steps"), [(1000, 1), (500, 2), (100, 1)])
@pytest.mark.parametrize("kind", CELL_TYPES)
def test_words_of_a_random_core(kind: str, dt_us: int, n_steps: int) -> None:
    assert_same(draw_scenario(kind, dt_us, n_steps, seed=7))


@pytest.mark.parametrize("n_steps", [1, 2])
@pytest.mark.parametrize("kind", CELL_TYPES)
def test_words_that_wrap(kind: str, n_steps: int) -> None:
    wild = draw_wild(kind, 1000, n_steps, seed=8)
    if kind.startswith("IZK"):  # the emulator's cells have PyNN's parameters: no threshold
        wild = replace(wild, params={**wild.params, "v_thresh": [30 * ONE] * wild.n_neurons})
    assert_same(wild)


@pytest.mark.parametrize("n_steps", [1, 2])
@pytest.mark.parametrize("kind", CELL_TYPES)
def test_words_of_neurons_that_drive_each_other(kind: str, n_steps: int) -> None:
    scenario = draw_recurrent(kind, 1000, n_steps, seed=9)
    if (
        "v_thresh" in scenario.params and not kind.startswith("IZK") and n_steps == 2
    ):  # then a neuron spikes in both steps
        scenario.params["v_reset"][0] = scenario.params["v_thresh"][0]
        scenario.params["i_offset"][0] = 20 * ONE
    assert_same(scenario)


@pytest.mark.parametrize("kind", CELL_TYPES)
def test_words_of_a_run_in_pieces(kind: str) -> None:
    assert_same(draw_recurrent(kind, 1000, 1, seed=11), pauses=(50, 51, 100))


@pytest.mark.parametrize("kind", ["stoc_exp", "stoc_exp_stable", "stoc_sigma"])
def test_input_of_the_tick_of_a_pause_is_lost(kind: str) -> None:
    scenario = draw_scenario(kind, 1000, 1, seed=12)
    whole = run_emulator(scenario)
    pause = int(np.flatnonzero(whole.records[:, :, 1:3].any(axis=(1, 2)))[5])
    pieces = run_emulator(scenario, (pause,))
    np.testing.assert_array_equal(pieces.records[:pause], whole.records[:pause])
    assert not pieces.records[pause, :, 1:3].any()


def test_seeds_are_made_valid_again_after_a_pause() -> None:
    scenario = draw_scenario("IF_curr_delta_fixed_prob", 1000, 1, seed=13)
    whole, pieces = run_emulator(scenario), run_emulator(scenario, (50,))
    assert (whole.records != pieces.records).any()


@pytest.mark.slow
@pytest.mark.parametrize("kind", CELL_TYPES)
def test_words_of_many_cores(kind: str) -> None:
    for dt_us in (1000, 500, 100):
        for n_steps in (1, 2):
            for seed in range(20, 23):
                assert_same(draw_scenario(kind, dt_us, n_steps, seed))
