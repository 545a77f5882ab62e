"""Poisson sources."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurodeploy_brian2.machine.kiss64 import host_seed
from neurodeploy_brian2.machine.poisson import PoissonCore, poisson_trains
from neurodeploy_brian2.machine.rates import Clock, Phase
from neurodeploy_brian2.machine.square_root import sqrt_u1616


def seeds(n, seed=0):
    rng = np.random.RandomState(seed)
    return [host_seed(rng) for _ in range(n)]


@pytest.mark.parametrize("rate_hz", [5.0, 50.0, 3000.0, 20_000.0])
def test_rates_are_met(rate_hz):
    ticks, indices = poisson_trains([[Phase(rate_hz)]] * 50, [(0, 50)], seeds(1), 1000, 1000)
    # A squared normal number with spread 1/2 brings a quarter of a spike a tick with it.
    expected = rate_hz * 50 + (0.25 * 50 * 1000 if rate_hz >= 10_000 else 0)
    assert abs(ticks.size - expected) < 5 * math.sqrt(expected)
    assert set(np.unique(indices)) <= set(range(50))
    assert ticks.max() < 1000
    assert (np.diff(ticks) >= 0).all()


def test_trains_depend_on_the_partition():
    sources = [[Phase(100.0)]] * 10
    one = poisson_trains(sources, [(0, 10)], seeds(1), 1000, 200)
    two = poisson_trains(sources, [(0, 5), (5, 5)], seeds(2), 1000, 200)
    first = one[1] < 5
    assert not np.array_equal(one[0][~first], two[0][two[1] >= 5])
    assert np.array_equal(two[1], two[1][np.lexsort((two[1], two[0]))])


def test_sources_keep_to_their_time():
    phase = Phase(500.0, 20.0, 30.0)
    ticks, _ = poisson_trains([[phase]], [(0, 1)], seeds(1), 1000, 100)
    assert ticks.min() >= 20
    assert ticks.max() < 50


def test_rates_follow_each_other():
    phases = [Phase(0.0), Phase(900.0, 50.0, 20.0), Phase(20_000.0, 80.0)]
    ticks, _ = poisson_trains([phases], [(0, 1)], seeds(1), 1000, 100)
    counts = np.bincount(ticks, minlength=100)
    assert counts[:50].sum() == counts[70:80].sum() == 0
    assert counts[50:70].sum() > 5
    assert counts[80:].min() > 0


def test_a_silent_slow_source_still_takes_words():
    seed = seeds(1)[0]
    with_silent = PoissonCore([[Phase(0.0)], [Phase(3000.0)]], seed, Clock(1000)).run(20)
    alone = PoissonCore([[Phase(3000.0)]], seed, Clock(1000)).run(20)
    assert with_silent.numbers != alone.numbers


def test_runs_join_and_a_reset_repeats():
    sources, seed = [[Phase(rate)] for rate in (3.0, 30.0, 3000.0, 30_000.0)], seeds(1)[0]
    whole, parts = (PoissonCore(sources, seed, Clock(1000)) for _ in range(2))
    expected = whole.run(60)
    first = parts.run(25)
    parts.resume()
    second = parts.run(35)
    assert expected.numbers == first.numbers + second.numbers
    assert expected.ticks == first.ticks + second.ticks
    parts.reset()
    assert parts.run(60).numbers == expected.numbers


def test_new_rates_hold_from_the_next_run():
    core = PoissonCore([[Phase(3000.0)]], seeds(1)[0], Clock(1000))
    assert core.run(20).numbers
    core.resume([[Phase(0.0)]])
    assert core.run(20).numbers == []


def test_a_clock_counts_to_the_nearest_tick():
    clock = Clock(100)
    assert [clock.ticks(round(ms * 2**32)) for ms in (0, 0.04, 0.06, 1.0)] == [0, 0, 1, 10]
    assert (clock.seconds_per_tick, clock.ticks_per_ms) == (429497, 655360)


@given(st.integers(0, 2**32 - 1))
def test_square_root_is_the_true_one_to_some_bits(value):
    true = math.sqrt((value & ~1) / 2**16)
    assert abs(sqrt_u1616(value) / 2**16 - true) < 2**-14
