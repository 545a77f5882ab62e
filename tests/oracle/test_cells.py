"""Every neuron kind: the reference gives the words of the shipped program."""

from collections.abc import Callable

import numpy as np
import pytest

pytest.importorskip("unicorn", reason="not run: unicorn is not installed")
pytest.importorskip("spynnaker", reason="not run: sPyNNaker is not installed")

from .models import MODELS
from .scenarios import (
    Scenario,
    draw_recurrent,
    draw_scenario,
    draw_wild,
    run_program,
    run_reference,
)

STEPS_US = (1000, 500, 100)
PAUSES = (17, 18, 60)


def assert_same(scenario: Scenario, pauses: tuple[int, ...] = ()) -> None:
    program = run_program(scenario, pauses)
    reference = run_reference(scenario, pauses)
    np.testing.assert_array_equal(reference.records, program.records)
    np.testing.assert_array_equal(reference.spikes, program.spikes)


@pytest.mark.parametrize(("dt_us", "n_steps"), [(1000, 1), (1000, 2), (500, 2), (100, 1)])
@pytest.mark.parametrize("kind", MODELS)
def test_words_of_a_random_core(kind: str, dt_us: int, n_steps: int) -> None:
    assert_same(draw_scenario(kind, dt_us, n_steps, seed=0))


@pytest.mark.parametrize("n_steps", [1, 2])
@pytest.mark.parametrize("kind", MODELS)
def test_words_that_wrap(kind: str, n_steps: int) -> None:
    assert_same(draw_wild(kind, 1000, n_steps, seed=0))


@pytest.mark.parametrize("kind", MODELS)
def test_words_after_a_pause(kind: str) -> None:
    assert_same(draw_scenario(kind, 500, 2, seed=1), PAUSES)


@pytest.mark.parametrize("kind", MODELS)
def test_words_of_neurons_that_drive_each_other(kind: str) -> None:
    assert_same(draw_recurrent(kind, 1000, 2, seed=2))


@pytest.mark.slow
@pytest.mark.parametrize("draw", [draw_scenario, draw_wild, draw_recurrent])
@pytest.mark.parametrize("kind", MODELS)
def test_words_of_many_cores(kind: str, draw: Callable[..., Scenario]) -> None:
    for dt_us in STEPS_US:
        for n_steps in (1, 2, 3):
            for seed in range(1, 11):
                assert_same(draw(kind, dt_us, n_steps, seed))
