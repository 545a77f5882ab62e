"""Populations split into neuron cores and synapse cores: what the neuron cores compute."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("unicorn", reason="not run: unicorn is not installed")
pytest.importorskip("spynnaker", reason="not run: sPyNNaker is not installed")

from .aplx import find_folders
from .arithmetic import ONE
from .core import CoreError
from .kinds import KINDS
from .neuron_core import Matrix, pack_static_row
from .regions import Fields
from .scenarios import Ring, draw_scenario, run_reference
from .split_core import NeuronsOnlyCore, SynapsesOnlyCore, add_words

SUM_OF_INPUT = {
    "cm": ONE,
    "tau_m": ONE,
    "v_reset": -(1 << 31),
    "v_thresh": (1 << 31) - 1,
}
SPLIT_KINDS = [
    name
    for name, kind in KINDS.items()
    if any((folder / f"{kind.binary}_neuron.aplx").is_file() for folder in find_folders())
]


@pytest.mark.parametrize("kind", ["IF_curr_exp", "IF_curr_exp_dual"])
def test_synapse_cores_leave_the_next_slot(kind: str) -> None:
    drawn = draw_scenario(kind, 1000, 1, seed=4)
    crowded = {t: sources * (3 if t % 7 == 0 else 1) for t, sources in drawn.spikes.items()}
    s = replace(drawn, spikes=crowded)
    fields = Fields(s.n_neurons, len(s.shifts), s.max_delay)
    matrix = Matrix(0x1000, [pack_static_row(row, fields) for row in s.rows])
    core = SynapsesOnlyCore(kind, s.n_neurons, shifts=s.shifts, matrices=[matrix])
    left = core.send(100, s.spikes)
    assert left.max() == 65535
    np.testing.assert_array_equal(left, Ring(s).words[1:101].transpose(0, 2, 1))


def one_core(n_places: int, entries: dict[int, int]) -> NDArray[np.uint16]:
    slot = np.zeros((2, n_places), np.uint16)
    for place, value in entries.items():
        slot[0, place] = value
    return slot


@pytest.mark.parametrize(("dt_us", "n_steps"), [(1000, 1), (100, 2)])
@pytest.mark.parametrize("kind", SPLIT_KINDS)
def test_neuron_cores_compute_as_combined_cores_do(kind: str, dt_us: int, n_steps: int) -> None:
    s = draw_scenario(kind, dt_us, n_steps, seed=3)
    slots = Ring(s).words.transpose(0, 2, 1)[:, None]
    core = NeuronsOnlyCore(
        kind,
        s.n_neurons,
        inputs=slots.astype(np.uint16),
        params=s.params,
        shifts=s.shifts,
        dt_us=dt_us,
        n_steps=n_steps,
    )
    parts = [core.run(40), core.run(s.n_ticks - 40)]
    want = run_reference(s)
    for i, name in enumerate(KINDS[kind].channels):
        got = np.concatenate([part.records[name] for part in parts])
        np.testing.assert_array_equal(got, want.records[:, :, i])
    sent = [sorted(tick) for part in parts for tick in part.sent]
    assert sent == [np.repeat(np.arange(s.n_neurons), row).tolist() for row in want.spikes]


@pytest.mark.parametrize("n_cores", [1, 2, 5])
def test_sums_of_synapse_cores_carry_into_the_next_neuron(n_cores: int) -> None:
    rng = np.random.default_rng(n_cores)
    inputs = rng.integers(0, 65536, (20, n_cores, 2, 8)).astype(np.uint16)
    inputs[rng.random(inputs.shape) < 0.3] = 0
    more = {"params": SUM_OF_INPUT, "shifts": (3, 1)}
    core = NeuronsOnlyCore("IF_curr_delta", 8, inputs=inputs, **more)
    out = core.run(19)
    sums = np.array([add_words(list(slots)) for slots in inputs[:19]]).astype(np.int64)
    np.testing.assert_array_equal(out.gsyn_exc, sums[:, 0] << 3)
    np.testing.assert_array_equal(out.gsyn_inh, sums[:, 1] << 1)


def test_a_carry_out_of_the_last_neuron_is_lost() -> None:
    full = np.array([[one_core(8, {4: 40000}), one_core(8, {4: 40000})]] * 3)
    more = {"params": SUM_OF_INPUT, "shifts": (0, 0)}
    even = NeuronsOnlyCore("IF_curr_delta", 6, inputs=full, **more).run(2)
    assert even.gsyn_exc[0].tolist() == [0, 0, 0, 0, 80000 - 65536, 1]
    odd = NeuronsOnlyCore("IF_curr_delta", 5, inputs=full, **more).run(2)
    assert odd.gsyn_exc[0].tolist() == [0, 0, 0, 0, 80000 - 65536]


def test_input_for_a_neuron_that_is_not_there_stops_the_core() -> None:
    beyond = np.array([[one_core(8, {7: 1})]] * 3)
    core = NeuronsOnlyCore("IF_curr_delta", 6, inputs=beyond, params=SUM_OF_INPUT, shifts=(0, 0))
    with pytest.raises(CoreError, match="run time error 13"):
        core.run(2)
