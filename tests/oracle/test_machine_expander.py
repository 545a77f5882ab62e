"""Machine-made connectivity against the synapse expander of the boards, word by word."""

from collections import Counter

import numpy as np
import pytest

pytest.importorskip("unicorn", reason="not run: unicorn is not installed")
pytest.importorskip("spynnaker", reason="not run: sPyNNaker is not installed")

from neurodeploy_brian2.machine.connectors import (
    AllButMe,
    AllToAll,
    Kernel,
    OneToOne,
    OneToOneOffset,
)
from neurodeploy_brian2.machine.distributions import Distribution
from neurodeploy_brian2.machine.expander import Edge, Expander, OverfullError, Synapses
from neurodeploy_brian2.machine.kiss64 import host_seed
from neurodeploy_brian2.machine.random_connectors import (
    FixedNumberPost,
    FixedNumberPre,
    FixedProbability,
    FixedTotalNumber,
    probability_bits,
)

from .core import CoreError
from .machine_expander import Placed, Written, run_synapse_expander

N_TRIALS = 60
SCALES = (4096.0, 256.0, 0.5, 65536.0, 131072.0, 2.0**20)


def draw_weight(rng):
    of = Distribution.of
    options = (
        Distribution.constant(float(rng.uniform(-5, 5))),
        of("uniform", {"low": 0.1, "high": 3.3}),
        of("uniform", {"low": 2.0, "high": -1.0}),
        of("uniform_int", {"low": 0, "high": 9}),
        of("normal", {"mu": 0.5, "sigma": 1.5}),
        of("normal_clipped", {"mu": 1, "sigma": 0.7, "low": 0, "high": 2}),
        of("normal_clipped_to_boundary", {"mu": 1, "sigma": 0.7, "low": 0.3, "high": 2}),
        of("exponential", {"beta": 0.8}),
        of("exponential_clipped", {"beta": 1.2, "low": 0, "high": 2}),
    )
    return options[rng.integers(len(options))]


def draw_delay(rng):
    of = Distribution.of
    options = (
        Distribution.constant(float(rng.integers(1, 12))),
        Distribution.constant(0.3),
        of("uniform", {"low": 0.1, "high": 20}),
        of("normal", {"mu": 3, "sigma": 6}),
        of("exponential", {"beta": 4}),
    )
    return options[rng.integers(len(options))]


def draw_connectors(rng, n_pre, n_post):
    """Connectors with their numbers and words as the host writes them."""
    flag, again = bool(rng.integers(2)), bool(rng.integers(2))
    n = int(rng.integers(1, min(n_pre, n_post) - 1))
    total = int(rng.integers(1, min(400, n_pre * n_post // 2)))
    group, bits = int(rng.choice([3, 4, 6])), probability_bits(float(rng.uniform(0, 1)))
    offset = int(rng.integers(1 - group, group))
    yield AllToAll(flag), 1, [int(flag)]
    yield OneToOne(), 0, []
    yield FixedProbability(bits, flag), 2, [int(flag), bits]
    yield FixedTotalNumber(total, again, flag), 3, [int(flag), int(again), total]
    yield FixedNumberPre(n, again, flag), 4, [int(flag), int(again), n]
    yield FixedNumberPost(n, again, flag), 5, [int(flag), int(again), n]
    if n_pre == n_post and n_pre % 12 == 0:
        yield OneToOneOffset(offset, flag, group), 8, [offset, int(flag), group]
        yield draw_all_but_me(rng, group)
    yield draw_kernel(rng, n_pre, n_post)


def draw_all_but_me(rng, group):
    if rng.integers(2):
        return AllButMe(group), 7, [group, 0]
    weights = rng.uniform(0, 4, group * (group - 1))
    bits = np.round(weights * 2**15).astype(int).tolist()
    return AllButMe(group, tuple(weights.tolist())), 7, [group, 1, *bits]


def draw_kernel(rng, n_pre, n_post):
    kernel = tuple(int(v) for v in rng.integers(1, 5, 2))
    pre_shape, post_shape = (n_pre // 4 + 1, 4), (n_post // 5 + 1, 5)
    pairs = [tuple(int(v) for v in rng.integers(0, 3, 2)) for _ in range(2)]
    steps = [tuple(int(v) for v in rng.integers(1, 4, 2)) for _ in range(2)]
    tables, words = [], []
    for _ in range(2):
        used = bool(rng.integers(2))
        table = tuple(rng.uniform(0.5, 9, kernel[0] * kernel[1]).tolist()) if used else None
        tables.append(table)
        words += [round(v * 2**15) for v in table or ()]
    order = (pre_shape, pre_shape, post_shape, pairs[0], pairs[1], steps[0], steps[1], kernel)
    flags = tables[0] is not None, tables[1] is not None
    head = [rows << 16 | columns for rows, columns in order] + [flags[1] << 16 | flags[0]]
    connector = Kernel(
        pre_shape, post_shape, kernel, pairs[0], steps[0], pairs[1], steps[1], *tables
    )
    return connector, 6, head + words


def draw_view(rng, n, narrow, first):
    ends = sorted(int(v) for v in rng.integers(0, n, 2))
    return (ends[0], ends[1]) if narrow else (first, n - 1)


def draw_edges(rng, n_pre, n_post):
    scale, per_stage = float(rng.choice(SCALES)), int(rng.choice([16, 32, 64]))
    steps_per_ms, n_stages = float(rng.choice([1, 2, 10])), int(rng.integers(1, 4))
    edges = []
    for connector, number, words in draw_connectors(rng, n_pre, n_post):
        counted = isinstance(connector, FixedNumberPre | FixedNumberPost | FixedTotalNumber)
        narrow = bool(rng.integers(2)) and not counted and number not in (7, 8)
        first = int(rng.integers(2)) if counted and getattr(connector, "n", 0) < n_pre - 2 else 0
        edge = Edge(
            connector,
            draw_weight(rng),
            draw_delay(rng),
            draw_view(rng, n_pre, narrow, first),
            draw_view(rng, n_post, narrow, first),
            scale,
            steps_per_ms,
            per_stage,
            n_stages,
            int(rng.integers(5, n_pre + 5)),
        )
        is_plastic = bool(rng.integers(2))
        edges.append(Written(edge, number, words, n_pre, is_plastic=is_plastic))
    return [edges[i] for i in rng.permutation(len(edges))]


def rows_of(synapses: Synapses, per_stage: int):
    rows = {}
    parts = (synapses.pre, synapses.post, synapses.weight16, synapses.delay_ticks)
    for pre, post, weight, delay in zip(*(p.tolist() for p in parts), strict=True):
        rows.setdefault((pre, (delay - 1) // per_stage), []).append(Placed(post, weight, delay))
    return rows


def test_every_connector_draws_what_the_core_draws():
    rng, seeds = np.random.default_rng(7), np.random.RandomState(11)
    compared = Counter()
    for trial in range(N_TRIALS):
        n_pre, n_post = (int(v) for v in rng.integers(8, 40, 2))
        if trial % 2:  # the connectors with groups want equal sizes
            n_pre = n_post = 12 * int(rng.integers(1, 4))
        edges = draw_edges(rng, n_pre, n_post)
        first = int(rng.integers(0, n_post - 3))
        count = int(rng.integers(2, n_post - first + 1))
        population, core = host_seed(seeds), host_seed(seeds)
        found = run_synapse_expander(edges, first, count, population, core)
        expander = Expander(first, count, population, core)
        for written, rows in zip(edges, found, strict=True):
            model = rows_of(expander.connect(written.edge), written.edge.max_delay_steps)
            assert model == rows, written
            compared[type(written.edge.connector).__name__] += sum(map(len, rows.values()))
    assert len(compared) == 9
    assert compared["FixedProbability"] > 1000
    assert compared["FixedTotalNumber"] > 1000
    assert compared["FixedNumberPre"] > 1000
    assert compared["FixedNumberPost"] > 1000


@pytest.mark.parametrize(
    ("connector", "number", "words"),
    [
        (FixedProbability(probability_bits(0.4)), 2, [1, probability_bits(0.4)]),
        (FixedNumberPre(6, True), 4, [1, 1, 6]),
        (FixedNumberPre(6), 4, [1, 0, 6]),
        (FixedTotalNumber(200), 3, [1, 1, 200]),
    ],
    ids=str,
)
@pytest.mark.parametrize("weight", [Distribution.constant(1.0), None], ids=["constant", "drawn"])
def test_full_rows_drop_or_retry_as_on_the_core(connector, number, words, weight):
    weight = weight or Distribution.of("normal", {"mu": 1.0, "sigma": 0.2})
    shape = ((0, 29), (0, 39), 4096.0, 1.0, 16, 1, 30, (9, 0))
    edge = Edge(connector, weight, Distribution.constant(2.0), *shape)
    seeds = np.random.RandomState(3)
    n_dropped = 0
    for _ in range(4):
        population, core = host_seed(seeds), host_seed(seeds)
        written = Written(edge, number, words, 30, row_words=9)
        (found,) = run_synapse_expander([written], 0, 40, population, core)
        model = Expander(0, 40, population, core).connect(edge)
        assert rows_of(model, 16) == found
        n_dropped += sum(len(row) == 9 for row in found.values())
    assert n_dropped > 10


def test_where_the_core_gives_up_the_model_raises():
    shape = ((0, 3), (0, 39), 4096.0, 1.0, 16, 1, 4, (5, 0))
    plain = Distribution.constant(1.0), Distribution.constant(1.0)
    edge = Edge(FixedTotalNumber(30), *plain, *shape)
    written = Written(edge, 3, [1, 1, 30], 4, row_words=5)
    seed = host_seed(np.random.RandomState(1))
    with pytest.raises(CoreError):
        run_synapse_expander([written], 0, 40, seed, seed)
    with pytest.raises(OverfullError):
        Expander(0, 40, seed, seed).connect(edge)


def test_fixed_number_post_loses_large_weight_scales():
    shape = ((0, 9), (0, 9), 2.0**18, 1.0, 16, 1, 10)
    edge = Edge(FixedNumberPost(3), Distribution.constant(0.1), Distribution.constant(1.0), *shape)
    seed = host_seed(np.random.RandomState(1))
    (found,) = run_synapse_expander([Written(edge, 5, [1, 0, 3], 10)], 0, 10, seed, seed)
    assert {p.weight16 for row in found.values() for p in row} == {0}
