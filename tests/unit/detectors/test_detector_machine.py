import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from learning.recorded import UNIT_nA, experiments, numbers, summed_weights

from neurodeploy.detectors.machine import Detector, fires, shared_shifts
from neurodeploy.detectors.words import all_words, from_numbers
from neurodeploy.learning.homeostasis import search_all
from neurodeploy.learning.sessions import Place, detect


def foretold_factor(patterns, most=1000.0):
    one, zero = summed_weights(patterns)

    def fired(key, factor):
        return bool(fires(Detector(one, zero, factor), from_numbers([key], 10))[0])

    found = search_all(
        dict.fromkeys(patterns, 100.0), fired, lambda asked: [fired(*a) for a in asked], most
    )
    factors = [f for f in found.factors.values() if f is not None]
    return max(factors) if factors else None


def test_every_recorded_row_is_foretold(shared_data):
    for row in experiments(shared_data):
        factor = foretold_factor(row["patterns"])
        if row["factor"] is None:
            assert factor is None
            continue
        assert factor == pytest.approx(row["factor"], abs=1e-9), row["patterns"]
        detector = Detector(*summed_weights(row["patterns"]), factor)
        assert numbers(fires(detector, all_words(10))) == row["positives"], row["patterns"]


def test_overflow_of_the_published_outliers():
    """20 I - 65 leaves S16.15: a word of negative score fires by wrapping around."""
    assert foretold_factor([0, 0, 1023]) == pytest.approx(892.25532)
    assert foretold_factor([0, 0, 511], most=1e5) == pytest.approx(28268.93618, abs=1e-4)


@settings(max_examples=10)
@given(st.lists(st.integers(0, 63), min_size=1, max_size=3), st.floats(0.5, 5000.0))
def test_the_emulator_does_what_is_foretold(patterns, factor):
    detector = Detector(*summed_weights(patterns, 6), factor)
    found = detect(Place("emulator"), [detector], all_words(6))
    np.testing.assert_array_equal(found[:, 0], fires(detector, all_words(6)))


def test_shift_is_that_of_the_largest_sum():
    # 5 synapses of 1 nA and 5 of 2 nA: 15 nA need 4 bits, 16 nA a fifth.
    ones, zeros = np.repeat([[1.0, 0.0]], 5, axis=1), np.repeat([[0.0, 2.0]], 5, axis=1)
    assert shared_shifts(ones, zeros) == (4, 4)
    assert shared_shifts(ones * 16 / 15, zeros * 16 / 15) == (5, 5)
    assert Detector(ones[0], zeros[0]).shifts == (4, 4)


def test_detectors_that_share_ring_buffers_get_the_larger_shift():
    one, zero = summed_weights([992])
    weights = np.stack([one, 100 * one]), np.stack([zero, 100 * zero])
    assert shared_shifts(*weights)[0] > Detector(one, zero).shifts[0]


def test_lines_of_ones_then_of_zeros():
    detector = Detector(np.array([UNIT_nA, 0.0]), np.array([0.0, 2 * UNIT_nA]), 2.0)
    assert detector.excitatory.tolist() == [2 * UNIT_nA, 0, 0, 4 * UNIT_nA]
    assert detector.inhibitory.tolist() == [0, 4 * UNIT_nA, 2 * UNIT_nA, 0]
