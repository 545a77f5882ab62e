"""Shipped programs on the board give the words that they give under the oracle."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

pytest.importorskip("unicorn", reason="not run: unicorn is not installed")
pytest.importorskip("spynnaker", reason="not run: sPyNNaker is not installed")

from board_core import CHIP, TO_CORE, TO_MONITOR, BoardCore
from oracle import neuron_core
from oracle.scenarios import draw_recurrent, draw_scenario, run_program

from neurodeploy_virtual.core.machine import available

pytestmark = pytest.mark.skipif(not available(), reason="not run: the C extension is not built")
KINDS = ("IF_curr_exp", "IF_curr_delta", "IF_cond_exp", "IZK_curr_exp", "IF_curr_alpha")


@pytest.fixture
def run_both(monkeypatch):
    def run(scenario, pauses=(), board_core=BoardCore):
        wanted = run_program(scenario, pauses)
        monkeypatch.setattr(neuron_core, "Core", board_core)
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


def scattered(seed):
    """Make a core whose packets come a few us apart, some for which it has no row."""
    rng = Random(seed)

    class Scattered(BoardCore):
        def receive(self, packets):
            self._send_to(TO_CORE)
            for packet in packets:
                self._pass(rng.choice([1, 1, 1, 2, 2, 3, 4, 5, 6, 8, 10, 15]))
                self.machine.send(*CHIP, packet.key, packet.payload)
                if rng.random() < 0.3:
                    self.machine.send(*CHIP, 0x7000 + rng.randrange(64), None)
            self._pass(self._period_us * 2 // 5)
            self._send_to(TO_MONITOR)
            return self._sent()

    return Scattered


@pytest.mark.parametrize("n_ticks", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_no_packet_waits_for_the_next_tick(n_ticks, run_both):
    """With the shortest delay, one that is served a tick late would be lost.

    Bursts meet the program's receive pipeline (packet, row by DMA, synapses, sleep) in all its
    states, into a core where every other source has no synapse.
    """
    rng = Random(7)
    drawn = draw_scenario("IF_curr_exp", 1000, 1, seed=5)
    rows = [[] if i % 2 else [replace(s, delay=1) for s in row] for i, row in enumerate(drawn.rows)]
    spikes = {
        tick: [rng.randrange(len(rows)) for _ in range(rng.choice([1, 2, 3, 3, 3, 4, 6]))]
        for tick in range(n_ticks)
    }
    scenario = replace(drawn, n_ticks=n_ticks, rows=rows, spikes=spikes)
    got, wanted = run_both(scenario, board_core=scattered(n_ticks))
    np.testing.assert_array_equal(wanted.records, got.records)
