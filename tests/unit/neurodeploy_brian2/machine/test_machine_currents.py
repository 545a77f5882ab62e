"""Injected currents and the sine."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from neurodeploy_brian2.machine.current_sources import (
    Alternating,
    Direct,
    Noisy,
    Steps,
    Window,
    summed,
    ticks_of,
)
from neurodeploy_brian2.machine.kiss64 import host_seed
from neurodeploy_brian2.machine.sine import sink

SEED = host_seed(np.random.RandomState(2))
ONE = 1 << 15


def test_times_are_cut_to_ticks():
    assert [ticks_of(ms, 100) for ms in (0.0, 0.19, 5.0)] == [0, 1, 50]
    assert ticks_of(9.99, 1000) == 9


def test_direct_current_is_on_in_its_window_only():
    source = Direct(-0.5, Window(2, 4))
    assert source.wave(0, 6).tolist() == [0, 0, -16384, -16384, 0, 0]
    assert source.wave(3, 2).tolist() == [-16384, 0]
    assert not Direct(1.0, Window(0, 0)).wave(0, 5).any()  # the default stop is never


def test_alternating_current_counts_in_ticks():
    source = Alternating(2.0, 1.0, 10.0, 90.0, Window(5, 100))
    wave = source.wave(0, 110) / ONE
    assert not wave[:5].any()
    assert not wave[100:].any()
    true = 1 + 2 * np.sin(2 * math.pi * 10 / 1000 * np.arange(95) + math.pi / 2)
    assert np.abs(wave[5:100] - true).max() < 0.01


def test_steps_move_on_once_a_question():
    source = Steps((2, 3, 3, 6), (1.0, 2.0, 3.0, 4.0))
    assert (source.wave(0, 8)[:, 0] / ONE).tolist() == [0, 0, 1, 2, 3, 3, 4, 4]
    # After a pause the steps are gone through again, one a question.
    assert (source.wave(10, 3, 2) / ONE).tolist() == [[1, 2], [3, 4], [4, 4]]
    assert (source.wave(10, 2, 1, 2) / ONE).tolist() == [[1], [2], [3], [4]]
    assert not Steps((), ()).wave(0, 3).any()


def test_noise_is_drawn_in_the_window_and_starts_from_its_seed():
    source = Noisy(0.25, 0.5, SEED, Window(100, 900))
    wave = source.wave(0, 1000, 3)
    assert not wave[:100].any()
    assert not wave[900:].any()
    inside = wave[100:900] / ONE
    assert abs(inside.mean() - 0.25) < 0.05
    assert abs(inside.std() - 0.5) < 0.05
    np.testing.assert_array_equal(source.wave(100, 800, 3), wave[100:900])
    assert not np.array_equal(inside[:, 0], inside[:, 1])


def test_sums_wrap():
    high = np.full(2, 2**31 - 1, np.int32)
    assert summed([high, np.ones(2, np.int32)]).tolist() == [-(2**31)] * 2


@given(st.integers(-300_000, 300_000))
def test_sine_is_the_true_one_but_at_its_peaks(angle):
    found, true = int(sink(angle)) / ONE, math.sin(angle / ONE)
    assert abs(found - true) < 2e-4 or (found == -1 and true > 0.9999)


def test_sine_turns_over_just_before_its_peak():
    angles = np.arange(int(1.55 * ONE), int(1.58 * ONE))
    assert (sink(angles) == -ONE).any()
    assert (sink(angles) == ONE).any()


def test_sine_of_any_word_is_a_word():
    words = np.linspace(-(2**31), 2**31 - 1, 1001).astype(np.int64)
    assert np.abs(sink(words)).max() < 2**17
