"""The reference of plastic synapses gives the words of the shipped programs."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("unicorn", reason="not run: unicorn is not installed")
pytest.importorskip("spynnaker", reason="not run: sPyNNaker is not installed")

from .plastic_scenarios import (
    RULES,
    PlasticScenario,
    draw_plastic,
    run_plastic_program,
    run_plastic_reference,
)

OTHER_KINDS = {
    "IF_cond_exp": ("pair", "nearest"),
    "IF_curr_delta": ("pair", "nearest"),
    "IF_curr_alpha": ("pair",),
    "IZK_curr_exp": ("pair",),
    "IZK_cond_exp": ("pair",),
    "IZK_cond_exp_dual": ("pair",),
    "IF_curr_exp_ca2_adaptive": ("pair",),
}
"""Kinds with programs of their own, and their timing rules; all additive."""


def assert_same(s: PlasticScenario, pauses: tuple[int, ...] = ()) -> int:
    """Compare a scenario; return how many synapses were updated."""
    program, reference = run_plastic_program(s, pauses), run_plastic_reference(s)
    np.testing.assert_array_equal(reference.spikes, program.spikes)
    np.testing.assert_array_equal(reference.records, program.records)
    assert reference.weights == program.weights
    assert reference.pres == program.pres
    assert reference.weights != [[y.weight for y in row] for row in (*s.rows, *s.own)]
    return reference.n_updates


@pytest.mark.parametrize("dt_us", [1000, 100])
@pytest.mark.parametrize(("timing", "weight"), RULES)
def test_words_of_a_thousand_updates(timing: str, weight: str, dt_us: int) -> None:
    n_ticks = 220 if dt_us == 1000 else 600
    seeds = range(3 if dt_us == 1000 else 2)
    n_updates = sum(
        assert_same(draw_plastic(timing, weight, dt_us, seed, n_ticks=n_ticks)) for seed in seeds
    )
    assert n_updates >= 1000


@pytest.mark.parametrize(("timing", "weight"), RULES)
@pytest.mark.parametrize("backprop", [True, False])
def test_words_of_neurons_that_spike_twice_a_tick(timing: str, weight: str, backprop: bool) -> None:
    s = draw_plastic(timing, weight, 1000, 3, n_steps=2)
    s.plain.params["v_reset"][0] = s.plain.params["v_thresh"][0]
    assert_same(replace(s, rule=replace(s.rule, backprop=backprop)))


@pytest.mark.parametrize(("timing", "weight"), RULES)
def test_words_when_histories_are_full(timing: str, weight: str) -> None:
    s = draw_plastic(timing, weight, 1000, 4, rate=0.015)
    s.plain.params["v_reset"][:] = s.plain.params["v_thresh"]
    assert_same(s)


@pytest.mark.parametrize("timing", ["pair", "triplet"])
def test_words_of_a_run_in_pieces(timing: str) -> None:
    assert_same(draw_plastic(timing, "additive", 1000, 5), (41, 42, 90))


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_words_of_other_neurons(kind: str) -> None:
    for timing in OTHER_KINDS[kind]:
        assert_same(draw_plastic(timing, "additive", 1000, 6, kind=kind))


def test_synapses_with_the_longest_delay_of_a_full_ring_change_but_send_nothing() -> None:
    s = draw_plastic("pair", "additive", 1000, 7)
    for row in (*s.rows, *s.own):
        for y in row[::2]:
            y.delay = s.plain.max_delay  # stored as 0
    assert_same(s)
