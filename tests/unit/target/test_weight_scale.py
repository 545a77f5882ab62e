import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurodeploy.target.weight_scale import (
    IncomingProjection,
    choose_shift,
    count_wrapped,
    expected_summed_weight,
    quantise_weights,
    ring_buffer_shift,
    stored_weight_nA,
    summarise_connections,
    weight_scale,
)

ONE_SYNAPSE = IncomingProjection(1, 5.0, 0.0, 5.0, 0.0)


@pytest.mark.parametrize(
    ("summed", "shift"), [(0, 0), (-1, 0), (0.2, 0), (0.999, 0), (1, 1), (4, 3), (5, 3), (50, 6)]
)
def test_shift(summed, shift):
    assert ring_buffer_shift(summed) == shift


@given(st.floats(1e-6, 1e6))
def test_summed_weight_fits_with_a_bit_to_spare(summed):
    shift = ring_buffer_shift(summed)
    assert summed < 2**shift
    assert shift == 0 or 2 ** (shift - 1) <= summed


def test_the_worked_examples():
    assert choose_shift([ONE_SYNAPSE]) == 3
    assert int(quantise_weights(5.0, 3)) == 20480
    hundred = IncomingProjection(100, 0.5, 0.0, 0.5, 0.0)
    assert expected_summed_weight([hundred]) == 50.0
    assert choose_shift([hundred]) == 6
    assert stored_weight_nA(1, 6) == 1 / 512


def test_equal_delays_add_everything_up():
    other = IncomingProjection(7, 1.0, 0.5, 2.0, 0.0)
    assert expected_summed_weight([ONE_SYNAPSE, other]) == 5.0 + 14.0


def test_a_slow_clock_expects_several_spikes_a_tick():
    assert expected_summed_weight([ONE_SYNAPSE], timestep_ms=100.0) == 15.0


def test_an_override_replaces_the_estimate():
    assert choose_shift([ONE_SYNAPSE], max_expected_nA=0.9) == 0
    assert choose_shift([], max_expected_nA=1.0) == 1
    assert choose_shift([]) == 0


def test_rounding_is_half_to_even_on_the_magnitude():
    lsb = 1 / weight_scale(0)
    weights = np.array([0.5, 1.5, 2.5, -2.5, 3.49]) * lsb
    assert quantise_weights(weights, 0).tolist() == [0, 2, 2, 2, 3]
    assert quantise_weights(weights, 0).dtype == np.uint16


def test_too_large_a_weight_wraps_and_is_counted():
    weights = np.array([1.0, 2.0, -2.5, 65535 / 2**15])
    assert quantise_weights(weights, 0).tolist() == [32768, 0, 16384, 65535]
    assert count_wrapped(weights, 0) == 2
    assert count_wrapped(weights, 1) == 0


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=30))
def test_the_default_rule_never_wraps(weights):
    weight = np.array(weights)
    summary = summarise_connections(np.zeros(len(weight), int), weight, np.ones(len(weight)))
    shift = choose_shift([summary])
    assert count_wrapped(weight, shift) == 0
    stored = stored_weight_nA(quantise_weights(weight, shift), shift)
    assert np.abs(stored - np.abs(weight)).max() <= 0.5 / weight_scale(shift)


def test_summary_of_a_list():
    summary = summarise_connections(
        np.array([0, 1, 1, 1]), np.array([1.0, -2.0, 3.0, -4.0]), np.array([1.0, 1.0, 3.0, 3.0])
    )
    assert summary == IncomingProjection(3, 2.5, 1.25, 4.0, 1.0)
    empty = summarise_connections(np.zeros(0, int), np.zeros(0), np.zeros(0))
    assert choose_shift([empty]) == 0


def exact_bound(n, rate_hz, mean, variance, sigma):
    """The rule with the upper gamma function as an exact Poisson sum, in fractions."""
    x = Fraction(n) * Fraction(rate_hz) / 1000
    k = round(float(x) + 3 * math.sqrt(x))
    upper = sum(x**j / math.factorial(j) for j in range(k + 1))  # e**x * Q(1 + k, x)
    spread = math.exp(-x) * float(x) * variance * float(upper - x**k / math.factorial(k))
    return float(x) * mean + sigma * math.sqrt(float(x) * mean**2 + spread)


@pytest.mark.parametrize("n", [2, 40, 300, 2000])
def test_unequal_delays_expect_poisson_sums(n):
    spread = IncomingProjection(n, 0.3, 0.02, 1000.0, 2.0)
    # With one projection the pooled variance is that of its weights; 1000 nA lifts the cap.
    got = expected_summed_weight([replace(spread, spikes_per_tick=1e9, weight_max_nA=1e-6)])
    assert got == pytest.approx(min(1e-6 * n * 1e9, exact_bound(n, 30, 0.3, 0.02, 5)), rel=1e-12)


def test_unequal_delays_are_capped_by_the_total_and_lifted_by_the_biggest():
    few = IncomingProjection(2, 1.0, 0.0, 1.0, 3.0)
    assert expected_summed_weight([few]) == pytest.approx(0.06 + 5 * math.sqrt(0.06))
    rare = replace(few, weight_max_nA=30.0)
    assert expected_summed_weight([rare]) == 30.0
    assert expected_summed_weight([few], sigma=100.0) == 2.0


def test_pooling_is_order_free():
    a = IncomingProjection(40, 0.3, 0.02, 0.9, 2.0)
    b = IncomingProjection(7, 1.1, 0.5, 3.0, 0.5, rate_hz=100.0)
    one, two = expected_summed_weight([a, b]), expected_summed_weight([b, a])
    assert one == pytest.approx(two, rel=1e-12)
    assert one > expected_summed_weight([a])


def test_a_huge_fan_in_leaves_the_spread_out_as_sPyNNaker_does():
    huge = IncomingProjection(200_000, 0.001, 0.0001, 10.0, 1.0)
    rate = 200_000 * 0.03
    assert expected_summed_weight([huge]) == pytest.approx(
        max(rate * 0.001 + 5 * math.sqrt(rate * 0.001**2), 10.0)
    )
