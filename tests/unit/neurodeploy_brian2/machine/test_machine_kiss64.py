"""The generator, its seeds and its variates."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurodeploy_brian2.machine.kiss64 import Kiss64, block, host_seed, step
from neurodeploy_brian2.machine.variates import exponential, normal, normal_table

WORD = st.integers(0, 2**32 - 1)
SEEDS = st.tuples(WORD, st.integers(1, 2**32 - 1), WORD, st.integers(1, 698769068))


def one_by_one(state, n):
    words = []
    for _ in range(n):
        state, word = step(state)
        words.append(word)
    return words, state


def test_seeds_are_those_of_the_host():
    rng = np.random.RandomState(42)
    assert host_seed(rng) == (1608637542, 3421126067, 4083286876, 89077347)
    assert host_seed(rng) == (3143890026, 3348747335, 2571218620, 467144721)


def test_a_zero_shift_register_is_replaced():
    class Zeros:
        def randint(self, low, high):
            return low

    assert host_seed(Zeros()) == (0, 13031301, 0, 1)


def test_first_words_follow_the_published_recurrence():
    x, y, z, c = 123456789, 987654321, 43219876, 6543217
    words, _ = one_by_one((x, y, z, c), 2)
    expected = []
    for _ in range(2):
        x = (314527869 * x + 1234567) % 2**32
        y ^= y << 5 & 0xFFFFFFFF
        y ^= y >> 7
        y ^= y << 22 & 0xFFFFFFFF
        c, z = divmod(4294584393 * z + c, 2**32)
        expected.append((x + y + z) % 2**32)
    assert words == expected


@given(SEEDS, st.integers(0, 3000))
def test_lanes_give_the_words_in_order(seed, n):
    words, end = block(seed, n)
    assert (words.tolist(), end) == one_by_one(seed, n)


@given(SEEDS, st.lists(st.integers(0, 20_000), max_size=4))
def test_single_and_many_words_are_one_stream(seed, sizes):
    rng, drawn = Kiss64(seed), []
    for n in sizes:
        drawn += [rng.word(), *rng.words(n).tolist()]
    words, end = block(seed, len(drawn))
    assert drawn == words.tolist()
    assert rng.state == end


def test_normal_table_is_odd_rising_and_close_to_the_true_quantile():
    table = np.roll(normal_table().astype(np.int64), 1 << 15)  # from -32768 to 32767
    assert table[0] == -7 * 2**15
    assert table[1 << 15] == 0
    np.testing.assert_array_equal(table[1:], -table[:0:-1])
    assert (np.diff(table) >= -8).all()  # the pieces of the approximation do not join exactly
    statistics = pytest.importorskip("scipy.stats", reason="not run: scipy is not installed")
    middle = np.arange(40, 65_500)
    true = statistics.norm.ppf(middle / 65536) * 2**15
    assert np.abs(table[middle] - true).max() < 30


def test_variates_have_the_right_mean_and_spread():
    rng = Kiss64(host_seed(np.random.RandomState(0)))
    normals = np.array([normal(rng) for _ in range(20_000)]) / 2**15
    exponentials = np.array([exponential(rng) for _ in range(20_000)]) / 2**15
    assert abs(normals.mean()) < 0.03
    assert abs(normals.std() - 1) < 0.03
    assert abs(exponentials.mean() - 1) < 0.03
    assert abs(exponentials.std() - 1) < 0.05
    assert exponentials.min() >= 0
