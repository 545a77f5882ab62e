"""The emulator gives the words of the shipped programs, kind by kind."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("unicorn", reason="not run: unicorn is not installed")
pytest.importorskip("spynnaker", reason="not run: sPyNNaker is not installed")

from neurodeploy_brian2 import cells
from neurodeploy_brian2.brian2_engine import execute
from neurodeploy_brian2.plan import WATCHED, Cells, Plan, Wires

from .arithmetic import ONE
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
}


def make_cells(s: Scenario) -> Cells:
    """Make the emulator's cells from the words, by way of PyNN's units."""
    cell_type = CELL_TYPES[s.kind]
    known = cell_type.names()
    values = {n: np.array(words) / ONE for n, words in s.params.items() if n in known}
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
        record={name: np.arange(s.n_neurons) for name in WATCHED},
    )


def run_emulator(s: Scenario) -> Words:
    """Run the emulator."""
    out = execute(make_plan(s))
    spikes = np.zeros((s.n_ticks, s.n_neurons), np.int64)
    np.add.at(spikes, (out.spike_tick, out.spike_index), 1)
    records = [out.watched[name].astype(np.int64) for name in WATCHED]
    return Words(np.stack(records, axis=2), spikes)


def assert_same(scenario: Scenario) -> None:
    program, emulator = run_program(scenario), run_emulator(scenario)
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
    if not kind.startswith("IZK") and n_steps == 2:  # then a neuron spikes in both steps
        scenario.params["v_reset"][0] = scenario.params["v_thresh"][0]
        scenario.params["i_offset"][0] = 20 * ONE
    assert_same(scenario)


@pytest.mark.slow
@pytest.mark.parametrize("kind", CELL_TYPES)
def test_words_of_many_cores(kind: str) -> None:
    for dt_us in (1000, 500, 100):
        for n_steps in (1, 2):
            for seed in range(20, 23):
                assert_same(draw_scenario(kind, dt_us, n_steps, seed))
