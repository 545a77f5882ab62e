"""Order of events in a tick, ring buffers, refractory time: what the shipped program does."""

import numpy as np
import pytest

pytest.importorskip("unicorn", reason="not run: unicorn is not installed")
pytest.importorskip("spynnaker", reason="not run: sPyNNaker is not installed")

from .arithmetic import ONE
from .kinds import AS_THE_HOST_WRITES, KINDS, to_words
from .machine import Packet
from .neuron_core import Matrix, NeuronCore, Synapse, pack_static_row
from .regions import Fields
from .scenarios import draw_scenario, make_core, run_reference

REST, CONSTANT = -65.0, 2147483647
STILL = {
    "v": 0,
    "cm": ONE,
    "tau_m": ONE,
    "v_reset": -CONSTANT - 1,
    "v_thresh": CONSTANT,
}
LIF = {
    "v": REST,
    "v_rest": REST,
    "v_reset": REST,
    "v_thresh": -50.0,
    "cm": 1.0,
    "tau_m": 20.0,
    "tau_syn_E": 5.0,
    "tau_syn_I": 5.0,
}


def delta_core(rows: list[list[Synapse]], shifts: tuple[int, int] = (0, 0)) -> NeuronCore:
    """Make a core whose recorded inputs are what the ring buffers held."""
    fields = Fields(4, 2, 16)
    matrix = Matrix(0x1000, [pack_static_row(row, fields) for row in rows])
    return NeuronCore("IF_trunc_delta", 4, params=STILL, shifts=shifts, matrices=[matrix])


@pytest.mark.parametrize("delay", [1, 2, 15, 16])
def test_a_delay_of_d_ticks_is_input_of_the_tick_d_later(delay: int) -> None:
    out = delta_core([[Synapse(2, 7, delay)]]).run(40, {3: [0]})
    assert np.argwhere(out.gsyn_exc).tolist() == [[3 + delay, 2]]


def test_the_ring_goes_round_and_is_left_clean() -> None:
    sent = {t: [0] for t in range(100)}
    out = delta_core([[Synapse(0, 3, 16), Synapse(1, 5, 9)]]).run(150, sent)
    assert out.gsyn_exc[:, 0].tolist() == [0] * 16 + [3] * 100 + [0] * 34
    assert out.gsyn_exc[:, 1].tolist() == [0] * 9 + [5] * 100 + [0] * 41
    assert not out.ring.any()


def test_what_is_under_way_stays_in_the_ring() -> None:
    core = delta_core([[Synapse(3, 1000, 5, receptor=1)]])
    ring = core.run(10, {8: [0], 9: [0, 0]}).ring
    assert np.argwhere(ring).tolist() == [[13, 1, 3], [14, 1, 3]]
    assert ring[13, 1, 3] == 1000
    assert ring[14, 1, 3] == 2000
    assert core.run(10).gsyn_inh[:, 3].tolist() == [0, 0, 0, 1000, 2000, 0, 0, 0, 0, 0]


def test_coincident_weights_stop_at_65535_per_receptor() -> None:
    row = [Synapse(0, 40000), Synapse(0, 40000, receptor=1), Synapse(1, 30000)]
    out = delta_core([row], shifts=(2, 1)).run(3, {0: [0, 0]})
    assert out.gsyn_exc[1, :2].tolist() == [65535 << 2, 60000 << 2]
    assert out.gsyn_inh[1, :2].tolist() == [65535 << 1, 0]


def test_duplicate_packets_and_unknown_keys() -> None:
    core = delta_core([[Synapse(0, 1)], [Synapse(1, 10)]])
    core.core.start(3)
    core.core.tick()
    keys = [core.matrices.matrices[0].key_of(source, 0) for source in (0, 1, 0, 0)]
    core.core.receive([Packet(key) for key in [*keys, 0x999000]])
    ring = core.read_ring()
    assert ring[1, 0].tolist() == [3, 10, 0, 0]


@pytest.mark.parametrize(("late", "slots"), [(0, {2: 5, 3: 6}), (1, {1: 5, 2: 6}), (2, {1: 6})])
def test_a_late_packet_is_moved_back_or_left_out(late: int, slots: dict[int, int]) -> None:
    row = [Synapse(0, 5, 2), Synapse(0, 6, 3)]
    core = delta_core([row])
    core.core.start(30)
    for _tick in range(9):
        core.core.tick()
    core.core.receive([Packet(core.matrices.matrices[0].key_of(0, 8 - late))])
    ring = core.read_ring()
    assert {slot - 8: int(ring[slot, 0, 0]) for slot in np.flatnonzero(ring[:, 0, 0])} == slots


def test_two_steps_that_spike_send_two_packets_and_one_bit() -> None:
    params = to_words(KINDS["IF_curr_exp"], LIF | {"v_reset": -40.0, "tau_refrac": 3.0})
    core = NeuronCore("IF_curr_exp", 1, params=params | {"v": 0}, shifts=(0, 0), n_steps=2)
    out = core.run(4)
    assert out.sent == [[0, 0]] * 4
    assert out.spikes.all()


def test_a_voltage_at_the_threshold_spikes_and_is_recorded_before_the_update() -> None:
    params = dict(STILL, v=5 * ONE - 1, v_thresh=5 * ONE, i_offset=1, v_reset=0)
    out = NeuronCore("IF_trunc_delta", 1, params=params, shifts=(0, 0)).run(2)
    assert out.sent == [[0], []]
    assert out.v[:, 0].tolist() == [5 * ONE - 1, 0]


@pytest.mark.parametrize(
    ("dt_us", "tau_refrac_ms", "held"),
    [(1000, 0.0, 0), (1000, 0.1, 1), (1000, 1.0, 1), (1000, 1.0001, 2), (300, 3.0, 11)],
)
def test_refractory_time_is_rounded_up_to_steps(
    dt_us: int, tau_refrac_ms: float, held: int
) -> None:
    params = to_words(KINDS["IF_curr_exp"], LIF | {"tau_refrac": tau_refrac_ms})
    params |= {"v": [0], "i_offset": [-ONE]}
    out = NeuronCore("IF_curr_exp", 1, params=params, shifts=(0, 0), dt_us=dt_us).run(held + 3)
    assert out.sent[0] == [0]
    rest = params["v_reset"][0]
    assert (out.v[1 : held + 2, 0] == rest).all()
    assert out.v[held + 2, 0] != rest


def test_the_longest_row_runs_over_its_buffer_unharmed() -> None:
    n = 256
    fields = Fields(n, 2, 16)
    row = pack_static_row([Synapse(i, i + 1) for i in range(n)], fields)
    core = NeuronCore(
        "IF_trunc_delta", n, params=STILL, shifts=(0, 0), matrices=[Matrix(0x1000, [row])]
    )
    out = core.run(4, {0: [0], 1: [0], 2: [0]})
    np.testing.assert_array_equal(out.gsyn_exc, [[0] * n] + [list(range(1, n + 1))] * 3)


def test_recording_at_intervals() -> None:
    scenario = draw_scenario("IF_curr_exp", 1000, 1, seed=5)
    every = run_reference(scenario)
    core = make_core(scenario, rates={"v": 3, "gsyn_exc": 0, "gsyn_inh": 7, "spikes": 5})
    parts = [core.run(100, scenario.spikes), core.run(50, scenario.spikes)]
    ticks = {name: np.concatenate([p.ticks[name] for p in parts]) for name in parts[0].ticks}
    assert ticks["v"].tolist() == list(range(0, 150, 3))
    assert ticks["gsyn_inh"].tolist() == list(range(0, 150, 7))
    assert not len(ticks["gsyn_exc"])
    v = np.concatenate([p.v for p in parts])
    np.testing.assert_array_equal(v, every.records[::3, :, 0])
    merged = np.zeros((155, scenario.n_neurons), bool)
    for tick, neuron in np.argwhere(every.spikes):
        merged[-(-tick // 5) * 5, neuron] = True
    np.testing.assert_array_equal(np.concatenate([p.spikes for p in parts]), merged[:150])


def test_parameters_set_between_runs_leave_the_state() -> None:
    params = to_words(KINDS["IF_curr_exp"], LIF | {"i_offset": 0.3})
    core = NeuronCore("IF_curr_exp", 2, params=params, shifts=(0, 0))
    first = core.run(10)
    core.set_params({"i_offset": [0, ONE]})
    second = core.run(10)
    rising = np.diff(np.concatenate([first.v, second.v]).astype(np.int64), axis=0)
    assert (rising[:10] > 0).all()
    assert (rising[10:, 0] < 0).all()
    assert (rising[10:, 1] > 0).all()


@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize("dt_us", [1000, 500])
def test_what_a_board_makes_of_the_words_for_the_truncated_kind(dt_us: int, n: int) -> None:
    thresholds = [5 * ONE + i for i in range(n)]
    params = {"cm": [ONE], "tau_m": [ONE], "v_thresh": thresholds, "i_offset": [ONE // 4]}
    layout = AS_THE_HOST_WRITES["IF_trunc_delta"]
    out = NeuronCore(layout, n, params=params, shifts=(0, 0), dt_us=dt_us).run(8)
    inputs = np.array([*thresholds, *[0] * n]).reshape(n, 2)
    np.testing.assert_array_equal(out.gsyn_exc[0], inputs[:, 0])
    np.testing.assert_array_equal(out.gsyn_inh[0], inputs[:, 1])
    v = np.maximum(ONE // 4 + inputs[:, 0] - inputs[:, 1], 0)
    threshold = ONE * dt_us // 1000
    first = np.where(v >= threshold, 0, -(-(threshold - v) // (ONE // 4)))
    np.testing.assert_array_equal(np.argmax(out.spikes, axis=0), first)
