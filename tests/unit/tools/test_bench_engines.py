"""The compared networks are what they say, and engines that promise it give the same spikes."""

import numpy as np
import pytest

from neurodeploy_brian2 import brian2_device, kernel
from tools.bench import engines
from tools.bench.contenders.dense import dense
from tools.bench.contenders.ready import NotRun, checksum
from tools.bench.networks import (
    conv_network,
    dense_network,
    flat,
    pool_link,
    recurrent_network,
)
from tools.bench.table import ENGINES

SMALL = {
    "A": lambda: dense_network(3, n_hidden=60, sample_ticks=30, spread_nA=1.0),
    "B": lambda: conv_network(2, sample_ticks=8, rate=0.1),
    "C": lambda: recurrent_network(60, n_neurons=200, n_targets=20),
}


COMPILED = ("emulator, Brian2 cython", "emulator, Brian2 cpp_standalone")


@pytest.mark.parametrize("name", SMALL)
def test_exact_engines_give_the_same_spikes(name):
    engines_run = [
        engine
        for engine, row in ENGINES.items()
        if row.exact and name not in row.why_not and engine not in COMPILED
        if kernel.available() or "kernel" not in engine
    ]
    results = [ENGINES[engine].prepare(SMALL[name]())() for engine in engines_run]
    assert len(results) > 1 or not kernel.available()
    assert len({result.checksum for result in results}) == 1, results
    assert all(result.n_spikes > 50 for result in results)


@pytest.mark.slow
@pytest.mark.parametrize("engine", COMPILED)
def test_compiled_engines_give_the_same_spikes(engine):
    if brian2_device.missing_compiler(engine.rsplit(maxsplit=1)[-1]):
        pytest.skip("not run: no C++ compiler")
    bench = SMALL["C"]()
    got, want = (ENGINES[name].prepare(bench)() for name in (engine, "emulator, Brian2 numpy"))
    assert got.checksum == want.checksum
    assert got.seconds > 0


def test_dense_products_give_about_the_same():
    bench = SMALL["A"]()
    got, want = dense(bench)(), ENGINES["emulator, Brian2 numpy"].prepare(bench)()
    assert got.n_spikes == pytest.approx(want.n_spikes, rel=0.03)
    with pytest.raises(NotRun, match="dense"):
        dense(SMALL["C"]())


def test_sizes():
    a, b, c = dense_network(2), conv_network(1), recurrent_network(5)
    assert (a.n_neurons, a.n_synapses) == (810, 635_200)
    assert (b.n_neurons, b.n_synapses) == (17_674, 902_016)
    assert (c.n_neurons, c.n_synapses) == (10_000, 1_000_000)
    assert b.n_ticks == 100


def test_fewer_samples_are_the_first_ones():
    bench = dense_network(4, n_hidden=10)
    fewer = bench.first(2)
    assert fewer.n_samples == 2
    assert fewer.spike_tick.max() < 200 < bench.spike_tick.max()
    np.testing.assert_array_equal(fewer.spike_input, bench.spike_input[: len(fewer.spike_input)])


def test_trains_hold_every_spike():
    bench = dense_network(2, n_hidden=10)
    trains = bench.trains_ms()
    assert len(trains) == bench.n_inputs
    back = sorted((t, i) for i, train in enumerate(trains) for t in train)
    assert back == list(zip(bench.spike_tick, bench.spike_input, strict=True))


def test_flat_puts_inputs_first():
    bench = dense_network(1, n_hidden=10)
    synapses = flat(bench)
    assert np.all(np.diff(synapses.pre) >= 0)
    from_hidden = synapses.pre >= bench.n_inputs
    assert set(synapses.post[~from_hidden]) == set(range(10))
    assert set(synapses.post[from_hidden]) == set(range(10, 20))


def test_pooling_sums_squares():
    link = pool_link(1, (4, 6), 2, 1.0)
    assert np.bincount(link.post).tolist() == [4] * 12
    assert link.post[(link.pre == 0) | (link.pre == 7)].tolist() == [0, 0]


def test_checksum_does_not_depend_on_order():
    tick, index = np.array([3, 1, 2]), np.array([0, 5, 0])
    assert checksum(tick, index) == checksum(tick[::-1], index[::-1])
    assert checksum(tick, index) != checksum(tick, index + 1)


def test_table_and_disagreement():
    fast = engines.Row("emulator, kernel, 1 thread", "A", 0.1, 10, 5, [1.0, 2.0, 3.0], [1.0], 50, 7)
    slow = engines.Row("emulator, Brian2 numpy", "A", 0.1, 10, 5, [9.0, 18.0, 30.0], [], 50, 7)
    absent = engines.Row("NEST, 1 thread", "A", not_run="NEST does not import")
    text = engines.table([fast, slow, absent])
    assert "| emulator, Brian2 numpy | 18 | 9 |  | 9 | 0.1 | 5 |" in text
    assert "| NEST, 1 thread | not run: NEST does not import |" in text
    assert not engines.differing([fast, slow, absent])
    slow.checksum = 8
    assert engines.differing([fast, slow])


def test_a_contender_runs_in_a_process_of_its_own():
    name = "dense products, numpy float32"
    options = {"n_samples": 2, "n_hidden": 10, "sample_ticks": 5}
    (row,) = engines.compare("A", [name], 1, options=options)
    assert (row.not_run, row.n_samples, len(row.ms_a_sample)) == ("", 2, 1)
    (row,) = engines.compare("C", [name], 1, options={"n_ticks": 5})
    assert row.not_run == "its layers are not dense"
