"""The emulator gives the words of split populations: neuron cores with their synapse cores."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

pytest.importorskip("unicorn", reason="not run: unicorn is not installed")
pytest.importorskip("spynnaker", reason="not run: sPyNNaker is not installed")

from neurodeploy_brian2.brian2_engine import execute
from neurodeploy_brian2.core_draws import reloaded
from neurodeploy_brian2.plan import Outcome, Plan
from neurodeploy_brian2.plan_parts import MAX_RECEPTORS, Split, Wires

from .arithmetic import ONE
from .kinds import KINDS
from .neuron_core import SPIKE_KEY, Matrix, Synapse, pack_static_row
from .regions import Fields
from .scenarios import Scenario, Words, draw_recurrent, draw_wild
from .split_core import NeuronsOnlyCore, SplitCores, SynapsesOnlyCore
from .test_emulator import CELL_TYPES, make_plan, words_of
from .test_split import SPLIT_KINDS

KINDS_HERE = [kind for kind in SPLIT_KINDS if kind in CELL_TYPES]


@dataclass(frozen=True)
class SplitScenario:
    """A scenario and the synapse core of each source; the neurons' own are on the last."""

    plain: Scenario
    n_cores: int
    core_of: list[int]


def draw_split(kind: str, dt_us: int, seed: int, n_steps: int = 1) -> SplitScenario:
    """Draw neurons with so much input that ring buffers and their sums are often full."""
    draw = draw_wild if seed % 2 else draw_recurrent
    plain = draw(kind, dt_us, n_steps, seed)
    rng = random.Random(f"split {kind} {dt_us} {seed}")
    n_cores = rng.randint(2, 4)
    spikes = {
        tick: [source for source in range(6) for _ in range(rng.choice((0, 0, 1, 4)))]
        for tick in range(plain.n_ticks)
    }
    n = plain.n_neurons - seed // 2 % 2  # the last of an odd number has no neighbour
    params = {name: words[:n] for name, words in plain.params.items()}
    if kind.startswith("IZK"):  # the emulator's cells have PyNN's parameters: no threshold
        params["v_thresh"] = [30 * ONE] * n
    rows = [_few(row, n, lambda weight: rng.choice((40000, weight))) for row in plain.rows]
    own = tuple(_few(row, n, int) for row in plain.recurrent[:n])
    fewer = replace(plain, params=params, rows=rows, recurrent=own, spikes=spikes)
    return SplitScenario(fewer, n_cores, rng.sample([i % n_cores for i in range(6)], 6))


def _few(row: list[Synapse], n: int, weight: Callable[[int], int]) -> list[Synapse]:
    """Leave out neurons; what the last of an odd number would carry breaks the program's heap."""
    return [
        replace(y, weight=weight(y.weight) if y.post % 2 or y.post + 1 < n else y.weight % 100)
        for y in row
        if y.post < n
    ]


def run_program(s: SplitScenario, pauses: tuple[int, ...] = ()) -> Words:
    """Run the shipped programs."""
    plain, kind = s.plain, KINDS[s.plain.kind]
    fields = Fields(plain.n_neurons, kind.n_types, plain.max_delay)
    slots = np.zeros((plain.n_ticks + 2, s.n_cores, kind.n_types, 1 << fields.index_bits), "<u2")
    neurons = NeuronsOnlyCore(
        plain.kind,
        plain.n_neurons,
        inputs=slots,
        params=plain.params,
        shifts=plain.shifts,
        dt_us=plain.dt_us,
        n_steps=plain.n_steps,
        n_ticks=plain.n_ticks,
    )
    synapses = [
        SynapsesOnlyCore(
            plain.kind,
            plain.n_neurons,
            shifts=plain.shifts,
            matrices=_matrices(s, core, fields),
            max_delay=plain.max_delay,
            dt_us=plain.dt_us,
        )
        for core in range(s.n_cores)
    ]
    cores = SplitCores(neurons, synapses, 1 if plain.recurrent else None)
    arriving = {t: [(s.core_of[row], row) for row in rows] for t, rows in plain.spikes.items()}
    outs = []
    for end in (*pauses, plain.n_ticks):
        outs.append(cores.run(end - neurons.time, arriving))
    sent = [[tick.count(i) for i in range(plain.n_neurons)] for out in outs for tick in out.sent]
    records = [np.concatenate([out.records[name] for out in outs]) for name in kind.channels]
    return Words(np.stack(records, axis=2).astype(np.int64), np.array(sent, np.int64))


def _matrices(s: SplitScenario, core: int, fields: Fields) -> list[Matrix]:
    """Every core holds all rows; packets reach only the one they are routed to."""
    plain = s.plain
    made = [Matrix(0x1000, [pack_static_row(row, fields) for row in plain.rows])]
    if plain.recurrent and core == s.n_cores - 1:
        made.append(Matrix(SPIKE_KEY, [pack_static_row(row, fields) for row in plain.recurrent]))
    return made


def split_plan(s: SplitScenario) -> Plan:
    """Return the emulator's plan."""
    plan = make_plan(s.plain)
    place = np.arange(plan.n)
    carry_to = np.where((place % 2 == 0) & (place + 1 < plan.n), place + 1, -1)
    return replace(
        _merged(plan),
        from_sources=_routed(plan.from_sources, np.array(s.core_of)[plan.from_sources.pre]),
        recurrent=_routed(plan.recurrent, np.full(plan.recurrent.n, s.n_cores - 1)),
        split=Split(s.n_cores, carry_to),
    )


def _routed(wires: Wires, core: NDArray[np.int64]) -> Wires:
    return replace(wires, receptor=wires.receptor + MAX_RECEPTORS * core)


def _merged(plan: Plan) -> Plan:
    """Put spikes of one source in one tick together."""
    keys, times = np.unique(
        np.stack([plan.spike_tick, plan.spike_source]), axis=1, return_counts=True
    )
    return replace(
        plan, spike_tick=keys[0], spike_source=keys[1], spike_times=times.astype(np.int64)
    )


def run_emulator(s: SplitScenario, pauses: tuple[int, ...] = ()) -> tuple[Words, list[Outcome]]:
    """Run the emulator, in pieces that end at `pauses`."""
    outs: list[Outcome] = []
    pieces, start = [], 0
    for end in (*pauses, s.plain.n_ticks):
        spikes = {t - start: sent for t, sent in s.plain.spikes.items() if start <= t < end}
        plan = split_plan(replace(s, plain=replace(s.plain, spikes=spikes, n_ticks=end - start)))
        if outs and outs[-1].state is not None:
            left = reloaded(outs[-1].state, plan)
            group = replace(plan.groups[0], state=left.groups[0])
            plan = replace(plan, groups=(group,), pending=left.pending)
        outs.append(execute(replace(plan, keep_state=True)))
        pieces.append(words_of(s.plain, outs[-1], end - start))
        start = end
    records = np.concatenate([piece.records for piece in pieces])
    return Words(records, np.concatenate([piece.spikes for piece in pieces])), outs


def assert_same(s: SplitScenario, pauses: tuple[int, ...] = ()) -> int:
    """Compare, and return how many sums did not fit 16 bits."""
    program, (emulator, outs) = run_program(s, pauses), run_emulator(s, pauses)
    np.testing.assert_array_equal(emulator.records, program.records)
    np.testing.assert_array_equal(emulator.spikes > 0, program.spikes > 0)
    return sum(int(out.spilt.sum()) for out in outs if out.spilt is not None)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("kind", KINDS_HERE)
def test_words_of_a_split_population(kind: str, seed: int) -> None:
    assert assert_same(draw_split(kind, 1000, seed)) > 20


@settings(derandomize=True, max_examples=8, deadline=None, database=None)
@given(
    st.sampled_from(KINDS_HERE),
    st.sampled_from([1000, 500, 100]),
    st.integers(0, 2**31),
    st.integers(1, 2),
)
def test_words_of_any_split_population(kind: str, dt_us: int, seed: int, n_steps: int) -> None:
    assert_same(draw_split(kind, dt_us, seed, n_steps))


@pytest.mark.parametrize("kind", ["IF_curr_exp", "IF_curr_exp_dual"])
def test_words_of_a_run_in_pieces(kind: str) -> None:
    assert assert_same(draw_split(kind, 1000, 4), pauses=(50, 51, 100)) > 20


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS_HERE)
def test_words_of_many_split_populations(kind: str) -> None:
    for dt_us in (1000, 500, 100):
        for seed in range(10, 18):
            assert_same(draw_split(kind, dt_us, seed, 1 + seed % 2))
