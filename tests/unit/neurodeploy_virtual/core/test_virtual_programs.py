"""Shipped programs on the board give the words that they give under the oracle."""

import numpy as np
import pytest

pytest.importorskip("unicorn", reason="not run: unicorn is not installed")
pytest.importorskip("spynnaker", reason="not run: sPyNNaker is not installed")

from board_core import BoardCore
from oracle import neuron_core
from oracle.scenarios import draw_recurrent, draw_scenario, run_program

from neurodeploy_virtual.core.machine import available

pytestmark = pytest.mark.skipif(not available(), reason="not run: the C extension is not built")
KINDS = ("IF_curr_exp", "IF_curr_delta", "IF_cond_exp", "IZK_curr_exp", "IF_curr_alpha")


@pytest.fixture
def run_both(monkeypatch):
    def run(scenario, pauses=()):
        wanted = run_program(scenario, pauses)
        monkeypatch.setattr(neuron_core, "Core", BoardCore)
        got = run_program(scenario, pauses)
        monkeypatch.undo()
        return got, wanted

    return run


@pytest.mark.parametrize("draw", [draw_scenario, draw_recurrent])
@pytest.mark.parametrize("kind", KINDS)
def test_programs_give_the_same_words(kind, draw, run_both):
    got, wanted = run_both(draw(kind, 1000, 1, seed=5))
    np.testing.assert_array_equal(wanted.records, got.records)
    np.testing.assert_array_equal(wanted.spikes, got.spikes)
    assert wanted.spikes.any()


def test_programs_pause_and_go_on(run_both):
    got, wanted = run_both(draw_scenario("IF_curr_exp", 1000, 1, seed=6), (17, 18, 60))
    np.testing.assert_array_equal(wanted.records, got.records)
