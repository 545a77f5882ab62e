"""Samples on a network that runs: told by ticks that are late, shifted or spread."""

from dataclasses import replace

import numpy as np
import pytest
from strategies import Case, random_layer

from neurodeploy.ir.network import Population
from neurodeploy.runtime.live import Heard
from neurodeploy.runtime.presenter import PATIENCE_TICKS, Presenter
from neurodeploy.schedule import Schedule

STEPS, N = 3, 4
PLAN = Schedule(STEPS, {"input": 0, "n0": 2}, 9, flush_tick=6)


def network():
    """Return a network of four inputs and two neurons, with a flush."""
    rng = np.random.default_rng(0)
    net = Case((random_layer(rng, "lif", N, 2, biased=False),)).network()
    return replace(net, populations=(Population("flush", 1, kind="flush"), *net.populations))


class Board:
    """A session whose output repeats input 0 as spikes of neuron 1, two ticks later.

    What is sent arrives `late` ticks after it was sent, and is told `lag` ticks after that.
    """

    engine_used = "fake"
    tells = ("flush", "input", "n0")

    def __init__(self, late=0, lag=0, slack=0, spread=None):
        self.late, self.lag, self.slack_ticks, self.spread = late, lag, slack, spread
        self.tick, self.log, self.due, self.restored = 100, [], [], 0
        self.now = self.tick - lag

    def step(self, spikes, ticks=1):
        self.log.append((self.tick, {k: v.tolist() for k, v in spikes.items()}))
        for name, index in spikes.items():
            for k, neuron in enumerate(index.tolist()):
                late = self.late + (self.spread(name, k) if self.spread else 0)
                self.due.append((self.tick + late, name, neuron))
                if name == "input" and neuron == 0:
                    self.due.append((self.tick + late + 2, "n0", 1))
        self.tick += ticks
        until = self.now = self.tick - self.lag
        told = [one for one in self.due if one[0] < until]
        self.due = [one for one in self.due if one[0] >= until]
        found = {}
        for name in self.tells:
            mine = [(t, i) for t, n, i in told if n == name]
            found[name] = tuple(np.array(mine, dtype=np.int64).reshape(-1, 2).T)
        return Heard(until, found)

    def restore(self):
        self.restored += 1


RASTER = np.zeros((STEPS, N), dtype=np.uint8)
RASTER[0, [0, 2]] = 1
RASTER[2, 0] = 2


def shown_on(board, raster=RASTER, restored=False):
    presenter = Presenter(board, network(), PLAN, restored=restored)
    told = list(presenter.show(raster))
    return presenter, told[-1][0], [done for _, done in told]


@pytest.mark.parametrize("late", [0, 1, 5])
@pytest.mark.parametrize("lag", [0, 1, 3])
def test_late_answers_count_from_when_input_arrived(late, lag):
    presenter, shown, done = shown_on(Board(late, lag, slack=8))
    recording = presenter.recording(shown)
    assert presenter.is_exact(shown)
    assert recording.spikes["input"].step.tolist() == [0, 0, 2, 2]
    assert recording.spikes["n0"].step.tolist() == [0, 2, 2]
    assert recording.spikes["n0"].index.tolist() == [1, 1, 1]
    assert done[-1] == STEPS
    assert done == sorted(done)


def test_steps_are_over_when_all_their_ticks_are():
    _, _, done = shown_on(Board())
    # Then nobody looks before the flush, and before the end.
    assert done == [0, 0, 1, 2, 3, 3, 3]


def test_the_flush_comes_once_and_in_its_tick():
    board = Board()
    shown_on(board)
    assert [(t - 100, s) for t, s in board.log if "flush" in s] == [(6, {"flush": [0]})]


def test_the_flush_waits_for_late_input():
    board = Board(late=3, slack=4)
    presenter, shown, _ = shown_on(board)
    (flushed,) = [t - 100 for t, s in board.log if "flush" in s]
    # It counts from when the input has arrived.
    assert flushed == 3 + 6 + 4
    assert presenter.ticks(shown) == PLAN.sample_ticks + 8


def test_input_that_is_spread_is_noticed():
    presenter, shown, _ = shown_on(Board(slack=4, spread=lambda name, k: k))
    assert not presenter.is_exact(shown)
    assert shown.late_ticks == 1
    assert presenter.ticks(shown) == PLAN.sample_ticks + 2 * 4 + 1


def test_what_is_told_of_an_earlier_sample_is_not_this_ones():
    board = Board()
    board.due.append((97, "n0", 0))
    board.due.append((98, "input", 3))
    presenter, shown, _ = shown_on(board)
    assert presenter.is_exact(shown)
    assert presenter.recording(shown).spikes["n0"].index.tolist() == [1, 1, 1]


def test_input_that_is_lost_is_noticed():
    board = Board(slack=4, spread=lambda name, k: 10**6 if k == 1 else 0)
    presenter, shown, done = shown_on(board)
    assert not presenter.is_exact(shown)
    assert done[-1] == STEPS


def test_a_sample_that_is_lost_altogether_ends():
    presenter, shown, done = shown_on(Board(late=10**6))
    assert len(done) == PATIENCE_TICKS + 1
    assert not presenter.is_exact(shown)


def test_a_part_of_a_sample():
    presenter, shown, _ = shown_on(Board())
    part = presenter.recording(shown, 2)
    assert list(part.spikes) == ["n0"]
    assert part.spikes["n0"].step.tolist() == [0]


def test_a_sample_without_input_starts_at_once():
    presenter, shown, done = shown_on(Board(), np.zeros_like(RASTER))
    assert done[-1] == STEPS
    assert presenter.recording(shown).spikes["n0"].total == 0


def test_state_is_restored_only_where_it_can_be():
    assert shown_on(Board(), restored=True)[0]._session.restored == 1
    assert shown_on(Board())[0]._session.restored == 0


def test_a_sample_that_is_left_early_does_not_reach_into_the_next():
    board = Board()
    presenter = Presenter(board, network(), PLAN, restored=False)
    next(presenter.show(RASTER))
    told = list(presenter.show(RASTER))
    begun = told[-1][0].begun - 100
    # A tick, then all that keeps samples apart, with the flush where it belongs.
    assert begun == 1 + PLAN.sample_ticks + 1
    flushed = [tick - 100 for tick, sent in board.log if "flush" in sent]
    assert flushed == [1 + PLAN.flush_tick, begun + PLAN.flush_tick]
    assert presenter.is_exact(told[-1][0])


def test_a_sample_that_was_shown_whole_is_not_waited_for():
    board = Board()
    presenter = Presenter(board, network(), PLAN, restored=False)
    for _ in range(2):
        *_, (shown, _) = presenter.show(RASTER)
    assert shown.begun == 100 + PLAN.sample_ticks


def test_what_was_not_told_yet_is_not_over():
    class Ahead(Board):
        """A board whose clock goes on while somebody looks at what it told."""

        def step(self, spikes, ticks=1):
            heard = super().step(spikes, ticks)
            self.now += 2
            return heard

    presenter = Presenter(Ahead(), network(), PLAN, restored=False)
    found = []
    for shown, done in presenter.show(RASTER):
        found.append((done, presenter.recording(shown, done).spikes["n0"].step.tolist()))
    whole = presenter.recording(shown).spikes["n0"].step.tolist()
    assert found[-1] == (STEPS, whole)
    assert all(steps == [one for one in whole if one < done] for done, steps in found)
