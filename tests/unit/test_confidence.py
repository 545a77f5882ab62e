"""What is certain is the decision of the whole sample, and is known as soon as it can be."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurodeploy.confidence import Confidence, can_be_overtaken, lead
from neurodeploy.errors import InputError
from neurodeploy.readout import READOUTS, decide
from neurodeploy.records import Recording, Spikes

SPIKES = ("spike_count", "first_spike")


@st.composite
def outputs(draw):
    """Draw what an output does: (steps, n_classes) of 0 and 1."""
    steps, n = draw(st.integers(1, 7)), draw(st.integers(1, 4))
    bits = draw(st.lists(st.integers(0, 1), min_size=steps * n, max_size=steps * n))
    return np.array(bits, dtype=np.int64).reshape(steps, n)


def scores(readout, output, steps):
    """Return the scores of the first rows of an output of so many steps, by `readout.py`."""
    step, index = np.nonzero(output)
    spikes = Spikes.sorted("out", np.zeros_like(step), step, index, 1.0)
    shape = (steps, output.shape[1])
    return READOUTS[readout](Recording(1, {"out": spikes}), "out", shape)[0]


def decided(readout, output):
    found = scores(readout, output, len(output))
    return int(decide(found[None], np.zeros_like(found)).predictions[0])


@given(outputs(), st.sampled_from(SPIKES))
def test_what_is_certain_stays(output, readout):
    steps, silent = len(output), np.zeros(output.shape[1])
    for done in range(1, steps + 1):
        found = scores(readout, output[:done], steps)
        if Confidence().reached(readout, found, silent, left=steps - done):
            assert int(decide(found[None], silent).predictions[0]) == decided(readout, output)


@given(outputs(), st.sampled_from(SPIKES))
def test_what_is_not_certain_can_still_change(output, readout):
    """Let each class in turn spike in all steps that are left: one of them must win."""
    steps, n = output.shape
    for done in range(1, steps):
        found = scores(readout, output[:done], steps)
        if not can_be_overtaken(readout, found, steps - done):
            continue
        now = int(decide(found[None], np.zeros(n)).predictions[0])
        endings = []
        for k in range(n):
            other = output.copy()
            other[done:] = 0
            endings.append(decided(readout, other))
            other[done:, k] = 1
            endings.append(decided(readout, other))
        assert set(endings) != {now} or now < 0


def test_a_membrane_is_never_certain_before_the_end():
    found, silent = np.array([100.0, 0.0]), np.zeros(2)
    for readout in ("membrane_sum", "membrane_last", "membrane_max"):
        assert not Confidence().reached(readout, found, silent, left=1)
        assert Confidence().reached(readout, found, silent, left=0)


@pytest.mark.parametrize(("margin", "enough"), [(1.9, True), (2.0, True), (2.1, False)])
def test_a_margin_is_reached(margin, enough):
    found, silent = np.array([1.0, 5.0, 3.0]), np.zeros(3)
    assert Confidence("margin", margin).reached("membrane_sum", found, silent, left=3) is enough


def test_a_margin_does_not_delay_what_is_certain():
    found = np.array([3.0, 0.0])
    assert Confidence("margin", 100.0).reached("spike_count", found, np.zeros(2), left=2)


def test_the_end_waits_for_all_steps():
    found, silent = np.array([9.0, 0.0]), np.zeros(2)
    assert not Confidence("end").reached("spike_count", found, silent, left=1)
    assert Confidence("end").reached("spike_count", found, silent, left=0)


def test_silence_decides_nothing_before_the_end():
    silent = np.array([4.0, 1.0])
    assert not Confidence("margin", 1.0).reached("membrane_sum", silent, silent, left=1)


def test_ties_go_to_the_lowest_class():
    # The last class can draw level with the first, which then wins; the first with the last.
    assert not can_be_overtaken("spike_count", np.array([3.0, 1.0]), 2)
    assert can_be_overtaken("spike_count", np.array([1.0, 3.0]), 2)


def test_lead():
    assert lead(np.array([1.0, 4.0, 2.5])) == 1.5
    assert lead(np.array([2.0, 2.0])) == 0.0
    assert lead(np.array([2.0])) == math.inf


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        ("certain", Confidence()),
        ("end", Confidence("end")),
        ("2.5", Confidence("margin", 2.5)),
    ],
)
def test_parse(text, confidence):
    assert Confidence.parse(text) == confidence


@pytest.mark.parametrize("text", ["", "0", "-1", "nan", "inf", "soon"])
def test_what_is_no_confidence_is_refused(text):
    with pytest.raises(InputError, match="--confidence: is not known"):
        Confidence.parse(text)


@pytest.mark.parametrize("wrong", [{"how": "soon"}, {"how": "margin", "margin": 0.0}])
def test_a_confidence_that_is_none_is_refused(wrong):
    with pytest.raises(InputError, match="confidence: is no"):
        Confidence(**wrong)
