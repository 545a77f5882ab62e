"""The C kernel gives the integers of the Brian2 engine, whatever the network."""

import gc
import shutil
import signal
import subprocess
import sys
import sysconfig
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import build, make_net, nets

from neurodeploy_brian2 import kernel
from neurodeploy_brian2.brian2_engine import execute
from neurodeploy_brian2.kernel import packed as packing
from neurodeploy_brian2.kernel.arrays import RECORDED
from neurodeploy_brian2.kernel.build import SOURCES, ffi
from neurodeploy_brian2.plan_parts import Pending, Waves, Wires

FOLDER = Path(kernel.__file__).parent

pytestmark = pytest.mark.skipif(
    not kernel.available(), reason="not run: the C kernel was not built"
)


def plan_of(net, sample_ticks=None, record="all"):
    sim, _ = build(net, sample_ticks=sample_ticks, record=record)
    sim.run(net.n_ticks * net.dt_us / 1000)
    return sim.plan


def assert_equal(got, want):
    np.testing.assert_array_equal(got.spike_index, want.spike_index)
    np.testing.assert_array_equal(got.spike_tick, want.spike_tick)
    np.testing.assert_array_equal(got.saturated, want.saturated)
    np.testing.assert_array_equal(got.wrapped, want.wrapped)
    assert got.watched.keys() == want.watched.keys()
    for name, values in want.watched.items():
        np.testing.assert_array_equal(got.watched[name], values, err_msg=name)
    assert (got.state is None) == (want.state is None)
    if want.state is not None:
        for mine, true in zip(got.state.groups, want.state.groups, strict=True):
            assert mine.keys() == true.keys()
            for name, values in true.items():
                np.testing.assert_array_equal(mine[name], values, err_msg=name)
        for name in vars(want.state.pending):
            limit = 0x10000 if name == "amount" else None  # more makes no difference
            np.testing.assert_array_equal(
                np.minimum(_ordered(got.state.pending, name), limit or 2**40),
                np.minimum(_ordered(want.state.pending, name), limit or 2**40),
            )


def _ordered(pending, name):
    kept = pending.amount > 0
    order = np.lexsort((pending.post[kept], pending.receptor[kept], pending.tick[kept]))
    return getattr(pending, name)[kept][order]


@settings(max_examples=25, deadline=None)
@given(nets)
def test_one_run(net):
    plan = plan_of(net)
    assert kernel.accepts(plan)
    assert_equal(kernel.execute(plan), execute(plan))


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 9),
    st.integers(1, 6),
    st.booleans(),
    st.sampled_from([1, 2, 3]),
)
def test_samples_in_threads(seed, ticks, n_samples, heavy, n_threads):
    net = make_net(seed, 1000, ticks * n_samples, heavy=heavy, sample_ticks=ticks)
    plan = plan_of(net, sample_ticks=ticks)
    assert_equal(kernel.execute(plan, n_threads=n_threads), execute(plan))


@settings(max_examples=15, deadline=None)
@given(nets, st.integers(1, 39), st.booleans())
def test_a_run_in_pieces(net, cut, kernel_first):
    """The state that one engine leaves is a start for the other."""
    plan = plan_of(net)
    cut = min(cut, plan.n_ticks)
    first = plan.spike_tick < cut
    begin = replace(
        plan,
        n_ticks=cut,
        spike_tick=plan.spike_tick[first],
        spike_source=plan.spike_source[first],
        spike_times=plan.spike_times[first],
    )
    engines = (kernel.execute, execute)
    before = engines[not kernel_first](begin)
    rest = replace(
        plan,
        groups=tuple(
            replace(group, state=state)
            for group, state in zip(plan.groups, before.state.groups, strict=True)
        ),
        pending=before.state.pending,
        n_ticks=plan.n_ticks - cut,
        spike_tick=plan.spike_tick[~first] - cut,
        spike_source=plan.spike_source[~first],
        spike_times=plan.spike_times[~first],
    )
    if not rest.n_ticks:
        return
    after, whole = engines[kernel_first](rest), execute(plan)
    for name, values in whole.watched.items():
        parts = [before.watched[name], after.watched[name]]
        np.testing.assert_array_equal(np.concatenate(parts), values, err_msg=name)


def test_currents_are_added():
    plan = plan_of(make_net(3, 1000, 30))
    rng = np.random.default_rng(3)
    values = rng.integers(-(2**17), 2**17, (3, 30, 1))
    plan = replace(plan, waves=Waves(values, rng.integers(0, 3, plan.n)))
    got = kernel.execute(plan)
    assert_equal(got, execute(plan))
    assert (got.watched["v"] != kernel.execute(replace(plan, waves=None)).watched["v"]).any()


def test_a_large_network_packs_dense_and_sparse_rows():
    """Random small networks never have stretches that are kept as vectors."""
    plan = plan_of(make_net(8, 1000, 40))
    rng = np.random.default_rng(8)
    n = plan.n
    big = replace(plan, groups=tuple(_repeated(group, 200) for group in plan.groups))
    size = 200 * n
    m = 60_000
    wires = replace(
        plan.recurrent,
        pre=np.repeat(rng.integers(0, size, m // 100), 100),
        post=(np.tile(np.arange(100), m // 100) * rng.choice([1, 3], m) + rng.integers(0, 40))
        % size,
        weight=rng.integers(0, 3000, m),
        delay_ticks=rng.integers(1, 4, m),
        receptor=rng.integers(0, 2, m),
    )
    big = replace(
        big,
        recurrent=wires,
        record={name: np.arange(0, size, 7) for name in RECORDED},
        waves=Waves(rng.integers(0, 2**16, (50, 40, 1)), rng.integers(0, 50, size)),
    )
    got, want = kernel.execute(big), execute(big)
    assert len(want.spike_tick) > 1000
    assert_equal(got, want)


def _repeated(group, times):
    return replace(
        group,
        constants={name: np.repeat(column, times) for name, column in group.constants.items()},
        state={name: np.repeat(column, times) for name, column in group.state.items()},
    )


def test_input_due_in_the_first_tick():
    plan = plan_of(make_net(4, 1000, 6))
    due = Pending(*(np.array(column) for column in ([0, 2], [0, 1], [0, 1], [70000, 900])))
    plan = replace(plan, pending=due)
    got = kernel.execute(plan)
    assert_equal(got, execute(plan))
    assert got.saturated[0, 0] >= 1


def test_synapses_are_sorted_once_for_runs_that_share_them():
    plan = plan_of(make_net(5, 1000, 20))
    lib = kernel.run._built().lib
    made = []
    each = kernel.run.one_after_the_other

    def packed(one):
        return packing.packed(
            lib, kernel.run._built().ffi, one, 1, lambda f, n: made.append(n) or each(f, n)
        )

    packing.forget()
    first = packed(plan)
    sorting = len(made)
    assert sorting
    assert packed(replace(plan, record={})) is first
    assert len(made) == sorting
    heavier = replace(plan, recurrent=replace(plan.recurrent, weight=plan.recurrent.weight + 1))
    assert packed(heavier) is not first
    longer = replace(plan, pending=Pending(*(np.array([n]) for n in (9, 0, 0, 5))))
    assert packed(longer).n_slots == max(plan.max_delay_ticks, 10)
    assert_equal(kernel.execute(plan), execute(plan))
    assert packing._last
    del plan, heavier, longer
    gc.collect()
    assert not packing._last


def weighty(seed, offset_bits):
    """Neurons alike, some of which sum up to more than 32 bits, and buffers that are full."""
    plan = plan_of(make_net(seed, 1000, 40))
    (group,) = plan.groups
    group = _repeated(group, 50)
    alike = {name: np.full(group.n, column[0]) for name, column in group.constants.items()}
    rng = np.random.default_rng(seed)
    alike["i_offset"] = np.where(
        rng.random(group.n) < 0.2, rng.integers(0, 1 << offset_bits, group.n), 0
    )
    alike |= {"shift_0": np.full(group.n, 11), "shift_1": np.full(group.n, 12)}
    start = {**group.state, "syn_0": rng.integers(-(2**20), 2**20, group.n)}
    m = 3000
    wires = Wires(
        rng.integers(0, group.n, m),
        rng.integers(0, group.n, m),
        rng.choice([10, 500, 40_000], m),
        rng.integers(1, 4, m),
        rng.integers(0, 2, m),
    )
    return replace(
        plan,
        groups=(replace(group, constants=alike, state=start),),
        recurrent=wires,
        record={name: np.arange(group.n) for name in RECORDED},
    )


@pytest.mark.parametrize("offset_bits", [18, 27, 31])
def test_eight_neurons_at_a_time_where_words_do_not_fit(offset_bits):
    plan = weighty(2, offset_bits)
    want = execute(plan)
    assert len(want.spike_tick) > 100
    assert want.saturated.sum() > 10
    assert want.wrapped.sum() > 10
    assert_equal(kernel.execute(plan), want)


@pytest.mark.parametrize(("height", "width"), [(3, 3), (4, 4), (2, 7)])
def test_convolutions_are_kept_as_quads(height, width):
    """Short stretches of neighbours, of both signs, with delays, at the edges too."""
    rng = np.random.default_rng(height * width)
    plan = plan_of(make_net(1, 1000, 30))
    (group,) = plan.groups
    group = _repeated(group, -(-9 * 256 // group.n))
    y, x, c, dy, dx = (part.ravel() for part in np.indices((16, 16, 9, height, width)))
    inside = (y + dy < 16) & (x + dx < 16)
    kernel_of = rng.integers(-900, 900, (9, height, width))[c, dy, dx][inside]
    wires = Wires(
        (y * 16 + x)[inside],
        (c * 256 + (y + dy) * 16 + x + dx)[inside],
        np.abs(kernel_of),
        rng.integers(1, 3, (9,))[c][inside],
        (kernel_of < 0).astype(np.int64),
    )
    tick, source = np.nonzero(rng.random((30, 256)) < 0.05)
    plan = replace(
        plan,
        groups=(group,),
        n_sources=256,
        from_sources=wires,
        recurrent=replace(wires, pre=wires.pre + 256, post=(wires.post + 700) % group.n),
        spike_tick=tick,
        spike_source=source,
        spike_times=np.where(rng.random(len(tick)) < 0.1, 40, 1),
        record={name: np.arange(group.n) for name in RECORDED},
    )
    want = execute(plan)
    assert len(want.spike_tick) > 100
    assert_equal(kernel.execute(plan), want)
    assert kernel.packed_bytes(plan) <= 8 * 2 * wires.n


def test_what_it_does_not_run():
    plan = plan_of(make_net(4, 1000, 6))
    assert not kernel.accepts(replace(plan, n_ticks=0))
    assert not kernel.accepts(replace(plan, groups=(replace(plan.groups[0], n_steps=2),)))
    assert not kernel.accepts(replace(plan, groups=(replace(plan.groups[0], kind="lif_alpha"),)))


def test_ctrl_c_ends_it(sigint):
    plan = plan_of(make_net(2, 1000, 9), sample_ticks=3)
    seen = []
    kernel.execute(plan, n_threads=2, progress=seen.append)
    assert seen[-1] == 1.0

    def interrupt(share):
        signal.raise_signal(sigint)

    for n_threads in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            kernel.execute(plan, n_threads=n_threads, progress=interrupt)


DRIVER = """
import sys
from importlib.util import module_from_spec, spec_from_file_location

import neurodeploy_brian2.kernel.run as run

spec = spec_from_file_location("neurodeploy_brian2.kernel._kernel", sys.argv[1])
module = module_from_spec(spec)
spec.loader.exec_module(module)
run._load = lambda: module
sys.path.insert(0, sys.argv[2])
from random_networks import make_net
from test_kernel import assert_equal, execute, kernel, plan_of

for seed in range(12):
    net = make_net(seed, 1000, 24, heavy=seed % 2, sample_ticks=6)
    for ticks in (None, 6):
        plan = plan_of(net, sample_ticks=ticks)
        assert_equal(kernel.execute(plan, n_threads=2), execute(plan))
"""


def _gcc_path(name):
    done = subprocess.run(
        ["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.skipif(shutil.which("gcc") is None, reason="not run: there is no gcc")
def test_it_is_clean_under_sanitizers(tmp_path):
    c_file, library = tmp_path / "_kernel.c", tmp_path / "_kernel.so"
    ffi.emit_c_code(str(c_file))
    flags = ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    includes = [f"-I{sysconfig.get_paths()['include']}", f"-I{FOLDER}"]
    sources = [str(c_file), *(str(path) for path in SOURCES)]
    subprocess.run(
        ["gcc", *flags, "-shared", "-fPIC", *includes, *sources, "-o", str(library)], check=True
    )
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, str(library), str(Path(__file__).parent)],
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(tmp_path),
            "PYTHONPATH": f"{FOLDER.parents[1]}:{FOLDER.parents[2]}",
            # Python itself is built without either library.
            "LD_PRELOAD": f"{_gcc_path('libasan.so')}:{_gcc_path('libstdc++.so.6')}",
            "ASAN_OPTIONS": "detect_leaks=0",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[:3000]
