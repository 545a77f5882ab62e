"""The C kernel runs layers one after the other through many ticks, and gives the same integers."""

from dataclasses import replace

import numpy as np
import pytest
from random_networks import build, make_net

from neurodeploy_brian2 import kernel
from neurodeploy_brian2.brian2_engine import execute
from neurodeploy_brian2.plan_parts import Wires

pytestmark = pytest.mark.skipif(
    not kernel.available(), reason="not run: the C kernel was not built"
)

N_SOURCES = 40


def wires(rng, n_pre, posts, share, *, most=900, delays=3):
    """Synapses from every sender to a share of some neurons."""
    pre, post = np.nonzero(rng.random((n_pre, len(posts))) < share)
    n = len(pre)
    return Wires(
        pre,
        post + posts.start,
        rng.integers(0, most, n),
        rng.integers(1, delays + 1, n),
        rng.integers(0, 2, n),
    )


def later(part, first):
    return replace(part, pre=part.pre + first)


def layered(seed, n_ticks, sample_ticks, loop=0.0):
    """A plan of three layers; the first is more than one block."""
    rng = np.random.default_rng(seed)
    sim, _ = build(make_net(seed, 1000, 6))
    sim.run(6.0)
    plan, n = sim.plan, 2700
    (cells,) = plan.groups
    # Neurons that are all alike, then others.
    chosen = np.concatenate([np.zeros(2100, dtype=int), rng.integers(0, cells.n, n - 2100)])
    cells = replace(
        cells,
        constants={name: column[chosen] for name, column in cells.constants.items()},
        state={name: column[chosen] for name, column in cells.state.items()},
    )
    first, second, third = range(2400), range(2400, 2640), range(2640, n)
    spikes = rng.random((n_ticks, N_SOURCES)) < 0.1
    tick, source = np.nonzero(spikes)
    dense = wires(rng, N_SOURCES, second, 0.9, delays=1)
    twins = replace(dense, weight=np.full(dense.n, 40_000))
    recurrent = [
        later(wires(rng, len(second), third, 0.7), second.start),
        later(wires(rng, 200, second, 0.05), 100),
        later(wires(rng, 200, third, 0.05), 1900),
    ]
    if loop:
        recurrent.append(later(wires(rng, len(third), second, loop), third.start))
    return replace(
        plan,
        groups=(cells,),
        n_sources=N_SOURCES,
        from_sources=Wires.join([wires(rng, N_SOURCES, first, 0.6), dense, twins, twins]),
        recurrent=Wires.join(recurrent),
        spike_tick=tick,
        spike_source=source,
        spike_times=np.where(rng.random(len(tick)) < 0.1, 30, 1),
        n_ticks=n_ticks,
        sample_ticks=sample_ticks,
        record={name: np.arange(n)[::-13] for name in ("v", "gsyn_exc", "gsyn_inh")},
        keep_state=sample_ticks is None,
    )


@pytest.mark.parametrize("loop", [0.0, 0.3])
@pytest.mark.parametrize(("n_ticks", "sample_ticks"), [(300, None), (60, 20)])
def test_layers_give_the_same_integers(n_ticks, sample_ticks, loop):
    plan = layered(5, n_ticks, sample_ticks, loop)
    got, want = kernel.execute(plan, n_threads=2), execute(plan)
    assert len(want.spike_tick) > 1000
    assert want.saturated.sum() > 100
    np.testing.assert_array_equal(got.spike_index, want.spike_index)
    np.testing.assert_array_equal(got.spike_tick, want.spike_tick)
    np.testing.assert_array_equal(got.saturated, want.saturated)
    np.testing.assert_array_equal(got.wrapped, want.wrapped)
    for name, values in want.watched.items():
        np.testing.assert_array_equal(got.watched[name], values, err_msg=name)
    if want.state is not None:
        for mine, true in zip(got.state.groups, want.state.groups, strict=True):
            for name, values in true.items():
                np.testing.assert_array_equal(mine[name], values, err_msg=name)


def test_a_loop_larger_than_a_block():
    plan, rng = layered(8, 40, 20), np.random.default_rng(8)
    plan = replace(plan, recurrent=wires(rng, 2200, range(2200), 0.12, most=60))
    got, want = kernel.execute(plan), execute(plan)
    assert len(want.spike_tick) > 1000
    np.testing.assert_array_equal(got.spike_index, want.spike_index)
    np.testing.assert_array_equal(got.spike_tick, want.spike_tick)
    np.testing.assert_array_equal(got.saturated, want.saturated)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_synapses_are_sorted_by_threads(threads):
    """From 50,000 synapses on, threads share the sorting."""
    plan = layered(6, 40, 20)
    want = kernel.execute(plan, n_threads=1)
    got = kernel.execute(plan, n_threads=threads)
    np.testing.assert_array_equal(got.spike_index, want.spike_index)
    np.testing.assert_array_equal(got.spike_tick, want.spike_tick)
    np.testing.assert_array_equal(got.saturated, want.saturated)


def test_sparse_input_to_a_chain():
    """As many stages as neurons: each hears the one before."""
    plan = layered(7, 60, 20)
    n = plan.n
    chain = Wires(
        np.arange(n - 1),
        np.arange(1, n),
        np.full(n - 1, 9000),
        np.full(n - 1, 1),
        np.zeros(n - 1, dtype=np.int64),
    )
    plan = replace(plan, recurrent=chain)
    got, want = kernel.execute(plan), execute(plan)
    assert len(want.spike_tick) > 1000
    np.testing.assert_array_equal(got.spike_index, want.spike_index)
    np.testing.assert_array_equal(got.spike_tick, want.spike_tick)
