"""Properties of machine-made connectivity."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurodeploy_brian2.machine.connectors import (
    AllButMe,
    AllToAll,
    Kernel,
    OneToOne,
    OneToOneOffset,
)
from neurodeploy_brian2.machine.distributions import Distribution
from neurodeploy_brian2.machine.expander import Edge, Expander, expand
from neurodeploy_brian2.machine.kiss64 import host_seed
from neurodeploy_brian2.machine.random_connectors import (
    FixedNumberPost,
    FixedNumberPre,
    FixedProbability,
    FixedTotalNumber,
    probability_bits,
)
from neurodeploy_brian2.machine.scaling import delay_ticks, landing, weights16

ONE = Distribution.constant(1.0)
DRAWN = Distribution.of("uniform", {"low": 0.5, "high": 1.5})


def make(connector, n_pre=12, n_post=12, slices=((0, 5), (5, 7)), seed=0, weight=ONE, **more):
    edge = Edge(connector, weight, ONE, (0, n_pre - 1), (0, n_post - 1), 4096.0, **more)
    rng = np.random.RandomState(seed)
    population = host_seed(rng)
    return expand([edge], slices, population, [host_seed(rng) for _ in slices])[0]


def pairs(synapses):
    return list(zip(synapses.pre.tolist(), synapses.post.tolist(), strict=True))


def test_connectors_without_chance():
    every = {(i, j) for i in range(12) for j in range(12)}
    assert set(pairs(make(AllToAll()))) == every
    assert set(pairs(make(AllToAll(False)))) == {(i, j) for i, j in every if i != j}
    assert pairs(make(OneToOne())) == [(i, i) for i in range(12)]
    assert set(pairs(make(OneToOneOffset(2, True, 12)))) == {(i, (i + 2) % 12) for i in range(12)}
    assert set(pairs(make(OneToOneOffset(2, False, 12)))) == {(i, i + 2) for i in range(10)}
    groups = {(i, j) for i, j in every if i // 4 == j // 4 and i != j}
    assert set(pairs(make(AllButMe(4)))) == groups


def test_a_kernel_joins_neighbours():
    weights = tuple(float(v) for v in range(1, 10))
    synapses = make(Kernel((3, 4), (3, 4), (3, 3), weights=weights))
    by_pair = dict(zip(pairs(synapses), synapses.weight16.tolist(), strict=True))
    assert by_pair[5, 5] == 5 * 4096
    assert by_pair[0, 5] == 1 * 4096
    assert by_pair[10, 5] == 9 * 4096
    assert (0, 2) not in by_pair


@pytest.mark.parametrize("weight", [ONE, DRAWN], ids=["constant", "drawn"])
@pytest.mark.parametrize("again", [True, False], ids=["with replacement", "without"])
@pytest.mark.parametrize("allow_self", [True, False], ids=["self", "no self"])
def test_fixed_numbers_are_met(weight, again, allow_self):
    into = make(FixedNumberPre(4, again, allow_self), weight=weight)
    assert set(Counter(into.post.tolist()).values()) == {4}
    out = make(FixedNumberPost(4, again, allow_self), weight=weight)
    assert set(Counter(out.pre.tolist()).values()) == {4}
    total = make(FixedTotalNumber(40, again, allow_self), weight=weight)
    assert total.pre.size == 40
    for synapses in (into, out, total):
        found = Counter(pairs(synapses))
        assert again or max(found.values()) == 1
        selves = {pair for pair in found if pair[0] == pair[1]}
        # Without replacement the core never tests the very first pair of a total number.
        assert allow_self or selves <= ({(0, 0)} if synapses is total and not again else set())


@given(st.integers(0, 2**32), st.integers(1, 11))
def test_what_the_population_draws_does_not_depend_on_the_partition(seed, cut):
    seed %= 2**32 - 1
    for connector in (FixedNumberPost(3), FixedTotalNumber(20, False)):
        whole = make(connector, slices=((0, 12),), seed=seed)
        parts = make(connector, slices=((0, cut), (cut, 12 - cut)), seed=seed)
        assert sorted(pairs(whole)) == sorted(pairs(parts))


def test_what_a_core_draws_depends_on_the_partition():
    connector = FixedProbability(probability_bits(0.5))
    whole, parts = make(connector, slices=((0, 12),)), make(connector)
    assert pairs(whole) != pairs(parts)


def test_probabilities():
    assert probability_bits(0.0) == 0
    assert probability_bits(0.5) == 2**31
    assert probability_bits(1.0) == 2**32 - 1
    assert make(FixedProbability(probability_bits(1.0))).pre.size == 144
    share = make(FixedProbability(probability_bits(0.3)), 400, 100, ((0, 100),)).pre.size / 40_000
    assert abs(share - 0.3) < 0.01


def test_edges_share_the_generators():
    edge = Edge(FixedProbability(2**31), ONE, ONE, (0, 9), (0, 9), 4096.0)
    seed = host_seed(np.random.RandomState(1))
    first, second = expand([edge, edge], [(0, 10)], seed, [seed])
    assert pairs(first) != pairs(second)


def test_full_rows_drop_later_connections():
    limited = make(FixedProbability(2**32 - 1), slices=((0, 12),), row_limits=(5, 0))
    assert pairs(limited) == [(i, j) for i in range(12) for j in range(5)]


def test_weights_are_rounded_to_16_bits():
    bits = np.array([163840, -163840, 1, 3, 2**31 - 1], np.int64)
    assert weights16(bits, 4096 << 32).tolist() == [20480, 20480, 0, 0, 0]
    assert weights16(np.array([4, 12]), 4096 << 32).tolist() == [1, 2]  # 0.5 and 1.5 round up
    big = np.array([2**31 - 1, 7], np.int64)
    exact = [(((b << 17) * (2**57) + 2**31 >> 32) + 2**31 >> 32) & 0xFFFF for b in big.tolist()]
    assert weights16(big, 2**57).tolist() == exact


@pytest.mark.parametrize(
    ("delay_ms", "ticks"),
    [(0.1, 1), (0.2, 2), (0.3, 2), (0.4, 3), (0.5, 5), (0.9, 8), (1.1, 11), (3.3, 32), (-1, 1)],
)
def test_delays_are_cut_to_ticks(delay_ms, ticks):
    edge = Edge(OneToOne(), ONE, ONE, (0, 0), (0, 0), 1.0, 10.0)
    assert delay_ticks(Distribution.constant(delay_ms).bits[0], edge) == ticks


def test_delays_end_with_the_stages():
    edge = Edge(OneToOne(), ONE, ONE, (0, 0), (0, 0), 1.0, 1.0, 16, 2)
    found = [delay_ticks(ms << 15, edge) for ms in (0, 1, 16, 17, 32, 33, 500)]
    assert found == [1, 1, 16, 17, 32, 32, 32]


def test_first_neurons_of_source_cores_land_elsewhere_with_two_delayed_stages():
    edge = Edge(OneToOne(), ONE, ONE, (0, 99), (0, 99), 1.0, 1.0, 16, 3, 10)
    pre = np.array([9, 10, 20, 20, 0])
    ticks = np.array([20, 20, 16, 40, 40])
    found = landing(pre, ticks, edge)
    assert found[0].tolist() == [9, 0, 20, 20, 0]
    assert found[1].tolist() == [20, 36, 16, 24, 40]


def test_all_cores_together_are_the_cores_one_by_one():
    edges = [
        Edge(connector, weight, ONE, (0, 19), (0, 29), 4096.0)
        for connector in (FixedNumberPost(3), FixedTotalNumber(50), FixedProbability(2**30))
        for weight in (ONE, DRAWN)
    ]
    rng, slices = np.random.RandomState(4), [(0, 10), (10, 10), (20, 10)]
    population, cores = host_seed(rng), [host_seed(rng) for _ in slices]
    together = expand(edges, slices, population, cores)
    expanders = [Expander(*s, population, core) for s, core in zip(slices, cores, strict=True)]
    for edge, found in zip(edges, together, strict=True):
        parts = [expander.connect(edge) for expander in expanders]
        for name in ("pre", "post", "weight16", "delay_ticks"):
            joined = np.concatenate([getattr(part, name) for part in parts])
            np.testing.assert_array_equal(getattr(found, name), joined)
