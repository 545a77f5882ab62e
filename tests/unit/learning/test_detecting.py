import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learning.recorded import UNIT_nA, experiments, numbers, summed_weights
from neurodeploy.detectors.machine import fires
from neurodeploy.detectors.words import all_words, from_numbers
from neurodeploy.errors import InputError
from neurodeploy.learning import Detector, DetectorNetwork, Place, detect
from neurodeploy_brian2.simulator import Simulator


def test_copies_beside_each_other_as_published():
    """No state is restored: one word a copy, shown at 10 ms of 20."""
    detector = Detector(*summed_weights([992, 1008]), 2.32647)
    words = from_numbers([992, 1008, 993, 0, 1016], 10)
    sim = Simulator()
    network = DetectorNetwork(sim, [detector], words)
    assert network.length_ms == 20.0
    sim.run(network.length_ms)
    assert network.fired()[:, 0, 0].tolist() == [True, True, False, False, False]


def test_every_recorded_firing_set(shared_data):
    rows = [row for row in experiments(shared_data) if row["factor"] is not None]
    detectors = [Detector(*summed_weights(row["patterns"]), row["factor"]) for row in rows]
    found = detect(Place("emulator"), detectors, all_words(10))
    for k, row in enumerate(rows):
        assert numbers(found[:, k]) == row["positives"], row["patterns"]


@settings(max_examples=10)
@given(st.lists(st.tuples(st.integers(0, 31), st.floats(0.5, 20.0)), min_size=1, max_size=4),
       st.integers(4, 8))  # fmt: skip
def test_given_shifts_are_those_of_the_machine(chosen, shift):
    detectors = [Detector(*summed_weights([word], 5), factor) for word, factor in chosen]
    found = detect(Place("emulator"), detectors, all_words(5), (shift, shift))
    for k, detector in enumerate(detectors):
        np.testing.assert_array_equal(found[:, k], fires(detector, all_words(5), (shift, shift)))


def test_without_weights_nothing_fires():
    silent = Detector(np.zeros(3), np.zeros(3))
    other = Detector(*summed_weights([5], 3), 20.0)
    found = detect(Place("emulator"), [silent, other], all_words(3))
    assert not found[:, 0].any()
    assert numbers(found[:, 1]) == [5]


def test_ideal_is_the_closed_form():
    detector = Detector(np.array([UNIT_nA, 0.0]), np.array([0.0, UNIT_nA]), 21.0)
    assert detect(Place("ideal"), [detector], all_words(2))[:, 0].tolist() == [0, 0, 1, 0]


def test_nothing_to_detect():
    with pytest.raises(InputError, match="needs detectors and words"):
        detect(Place("emulator"), [], all_words(2))
    with pytest.raises(InputError, match="no words of bits"):
        DetectorNetwork(Simulator(), [], np.zeros((0, 3)))


def test_words_in_several_runs(monkeypatch):
    detector = Detector(*summed_weights([9], 5), 10.0)
    whole = detect(Place("emulator"), [detector], all_words(5))
    monkeypatch.setattr("neurodeploy.learning.sessions.ANSWERS", 7)
    np.testing.assert_array_equal(whole, detect(Place("emulator"), [detector], all_words(5)))


class Board:
    """A target that cannot restore its state: samples must be copies."""

    name = "board"

    def target(self):
        from neurodeploy.target.spec import TargetSpec

        return TargetSpec("board", "nothing", True, False, ("numpy",))

    def missing(self):
        return None

    def session(self, options):
        from neurodeploy_brian2 import BACKEND

        assert options.sample_ticks is None
        return BACKEND.session(options)


def test_a_target_that_does_not_restore_its_state(monkeypatch):
    monkeypatch.setattr("neurodeploy.learning.sessions.find", lambda name: Board())
    detectors = [Detector(*summed_weights([w], 6), 7.0) for w in (3, 60)]
    shown = []
    found = detect(Place("board", progress=shown.append), detectors, all_words(6))
    assert numbers(found[:, 0]) == [3]
    assert numbers(found[:, 1]) == [60]
    assert shown == [25 / 64, 50 / 64, 1.0]


@pytest.mark.parametrize("engine", ["numpy", "auto"])
def test_every_engine_says_the_same(engine):
    detectors = [Detector(*summed_weights(words), 7.0) for words in ([992, 1020], [0, 3, 61])]
    found = detect(Place("emulator", engine), detectors, all_words(10)[::7])
    for k, detector in enumerate(detectors):
        np.testing.assert_array_equal(found[:, k], fires(detector, all_words(10)[::7]))
