"""Run a plan on the C kernel."""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from neurodeploy.api import BackendFailure, BackendUnavailable
from neurodeploy.target.fixed_point import dec
from neurodeploy_brian2.kernel.arrays import (
    RECORDED,
    Each,
    Memory,
    make_cells,
    make_net,
    make_task,
    set_starts,
)
from neurodeploy_brian2.plan import (
    MAX_RECEPTORS,
    Ints,
    Outcome,
    Pending,
    Plan,
    Progress,
    State,
)

_KINDS = frozenset({"lif_current"})
_PART_SYNAPSES = 50_000
"""With fewer synapses, it takes longer to wake a thread than to sort them."""
_PIECE_EVENTS = 20_000_000
"""About how many neuron updates pass between two looks at Ctrl-C and the progress bar."""


def available() -> bool:
    """Tell whether the extension was built."""
    return _load() is not None


def accepts(plan: Plan) -> bool:
    """Tell whether the kernel can run a plan: static, integrate-and-fire, one update a tick."""
    groups = all(group.kind in _KINDS and group.n_steps == 1 for group in plan.groups)
    seen = all(name in RECORDED or not len(which) for name, which in plan.record.items())
    return groups and seen and not plan.plastic and plan.n > 0 and plan.n_ticks > 0


@dataclass(frozen=True, eq=False)
class Packed:
    """Synapses in rows, and neurons, for all plans that have the same ones.

    Parameters
    ----------
    memory : Memory
    net : nd_net
    n_slots : int
        Of a ring buffer.
    cells : nd_cells
        What they start from is that of the last plan.
    """

    memory: Memory
    net: Any
    n_slots: int
    cells: Any


def pack(plan: Plan) -> Packed:
    """Return synapses and neurons of a plan, so that further plans need not sort them again.

    Parameters
    ----------
    plan : Plan
        Without input under way.
    """
    module = _built()
    memory = Memory(module.ffi)
    return Packed(memory, *make_net(module.lib, memory, plan), make_cells(memory, plan))


def execute(
    plan: Plan,
    *,
    n_threads: int | None = None,
    progress: Progress | None = None,
    packed: Packed | None = None,
) -> Outcome:
    """Run a plan and return what it asked to record.

    Parameters
    ----------
    plan : Plan
        One that `accepts` takes.
    n_threads : int, optional
        Samples are shared out among so many threads; the processors there are by default.
    progress : callable, optional
        Called with the share done.
    packed : Packed, optional
        The plan's synapses and neurons, where they were packed before; by one thread at a time.

    Raises
    ------
    BackendUnavailable
        If the extension was not built.
    BackendFailure
        If memory runs out.
    """
    module = _built()
    memory = Memory(module.ffi)
    watched = {
        name: np.zeros((plan.n_ticks, len(plan.record.get(name, ()))), dtype=np.int32)
        for name in {*RECORDED, *plan.record}
    }
    with _Workers(module, plan, n_threads or os.cpu_count() or 1, progress) as workers:
        if packed is None:
            net, n_slots = make_net(module.lib, memory, plan, workers.n_parts, workers.each)
            cells = make_cells(memory, plan)
        else:
            net, n_slots, cells = packed.net, packed.n_slots, packed.cells
            set_starts(memory, cells, plan)
        task = make_task(memory, plan, n_slots, watched)
        runs = workers.run((net, cells, task))
        tick, index = _spikes(module, plan.n, runs, workers.each)
    return Outcome(
        tick,
        index,
        {name: watched[name] for name in plan.record},
        _saturated(module, plan.n, runs),
        _state(module, plan, runs[-1], n_slots) if plan.keep_state else None,
    )


def packed_bytes(plan: Plan) -> int:
    """Return how many bytes the synapses of a plan take while it runs.

    Raises
    ------
    BackendUnavailable
        If the extension was not built.
    """
    module = _built()
    net, _ = make_net(module.lib, Memory(module.ffi), plan)
    return int(module.lib.nd_net_bytes(net))


class _Workers:
    """Threads, started once, that share out first the synapses, then the samples."""

    def __init__(self, module: Any, plan: Plan, n_threads: int, progress: Progress | None) -> None:
        self._lib, self._ffi = module.lib, module.ffi
        self._plan, self._progress = plan, progress
        self._n_samples = plan.n_ticks // plan.period_ticks
        n_threads = max(1, n_threads)
        n_synapses = plan.from_sources.n + plan.recurrent.n
        self.n_parts = min(n_threads, 1 + n_synapses // _PART_SYNAPSES)
        self._n_runs = min(n_threads, self._n_samples)
        most = max(self.n_parts, self._n_runs)
        self._pool = ThreadPoolExecutor(most) if most > 1 else None
        self._stop = threading.Event()
        self._done = 0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._pool is not None:
            self._pool.shutdown()

    def each(self, function: Callable[[int], Any], n: int) -> list[Any]:
        """Call a function with 0 to n - 1 and return what it returns."""
        if self._pool is None or n == 1:
            return [function(number) for number in range(n)]
        return list(self._pool.map(function, range(n)))

    def run(self, parts: tuple[Any, Any, Any]) -> list[Any]:
        """Run everything and return the finished runs, in the order of the samples."""
        period, n = self._plan.period_ticks, self._n_runs
        ends = [self._n_samples * k // n * period for k in range(n + 1)]
        runs = [self._new(parts) for _ in range(n)]
        spans = list(zip(runs, ends[:-1], ends[1:], strict=True))
        if self._pool is None or n == 1:
            self._advance(*spans[0], self._tell)
            return runs
        self._wait({self._pool.submit(self._advance, *span, None) for span in spans})
        return runs

    def _wait(self, waiting: set[Any]) -> None:
        while waiting:
            done, waiting = wait(waiting, timeout=0.1, return_when=FIRST_EXCEPTION)
            for one in done:
                one.result()
            self._tell()

    def _new(self, parts: tuple[Any, Any, Any]) -> Any:
        run = self._lib.nd_run_new(*parts)
        if run == self._ffi.NULL:
            raise BackendFailure("C kernel", "ran out of memory")
        return self._ffi.gc(run, self._lib.nd_run_free)

    def _advance(self, run: Any, first: int, end: int, tell: Callable[[], None] | None) -> None:
        step = max(1, _PIECE_EVENTS // max(1, self._plan.n))
        for low in range(first, end, step):
            high = min(low + step, end)
            if self._stop.is_set():
                return
            if self._lib.nd_advance(run, low, high):
                raise BackendFailure("C kernel", "ran out of memory")
            with self._lock:
                self._done += high - low
            if tell is not None:
                tell()

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self._done / self._plan.n_ticks)


def _spikes(module: Any, n: int, runs: list[Any], each: Each) -> tuple[Ints, Ints]:
    """Return all spikes, sorted by neuron, then by tick."""
    ffi, lib = module.ffi, module.lib
    counts = np.zeros((len(runs), n), dtype=np.int64)
    each(lambda k: lib.nd_count_spikes(runs[k], _out(ffi, "int64_t", counts[k])), len(runs))
    # Of each neuron, the spikes of the first run come first.
    ends = np.cumsum(counts.T).reshape(n, len(runs)).T
    begin = np.ascontiguousarray(ends - counts)
    tick, index = (np.empty(int(counts.sum()), dtype=np.int64) for _ in range(2))
    out = _out(ffi, "int64_t", tick), _out(ffi, "int64_t", index)
    each(lambda k: lib.nd_place_spikes(runs[k], _out(ffi, "int64_t", begin[k]), *out), len(runs))
    return tick, index


def _saturated(module: Any, n: int, runs: list[Any]) -> Ints:
    full = np.zeros((n, MAX_RECEPTORS), dtype=np.int64)
    for run in runs:
        counts = module.ffi.buffer(module.lib.nd_saturated(run), n * 2 * 8)
        full[:, :2] += np.frombuffer(counts, dtype=np.int64).reshape(n, 2)
    return full


def _state(module: Any, plan: Plan, run: Any, n_slots: int) -> State:
    ffi = module.ffi
    columns = {name: np.zeros(plan.n, dtype=np.int32) for name in ("v", "hold", "syn_0", "syn_1")}
    ring = np.zeros((n_slots, 2, plan.n), dtype=np.uint32)
    out = [_out(ffi, "int32_t", column) for column in columns.values()]
    module.lib.nd_state(run, plan.n_ticks, *out, _out(ffi, "uint32_t", ring))
    groups = []
    for group, first in zip(plan.groups, plan.starts(), strict=False):
        mine = {name: column[first : first + group.n] for name, column in columns.items()}
        groups.append(
            {
                "v": mine["v"].astype(np.int64),
                "hold": mine["hold"].astype(np.int64),
                "syn_0": dec(mine["syn_0"], group.constants["decay_0"]),
                "syn_1": dec(mine["syn_1"], group.constants["decay_1"]),
            }
        )
    tick, receptor, post = (where.astype(np.int64) for where in np.nonzero(ring))
    amount = ring[tick, receptor, post].astype(np.int64)
    return State(tuple(groups), Pending(tick, post, receptor, amount))


def _out(ffi: Any, kind: str, array: NDArray[Any]) -> Any:
    return ffi.from_buffer(f"{kind}[]", array, require_writable=True)


def _built() -> Any:
    module = _load()
    if module is None:
        raise BackendUnavailable(
            "engine kernel",
            "the C extension was not built",
            todo="install a C compiler and install neurodeploy again, or use the engine numpy",
        )
    return module


def _load() -> Any:
    try:
        return importlib.import_module("neurodeploy_brian2.kernel._kernel")
    except ImportError:
        return None


__all__ = ["Packed", "accepts", "available", "execute", "pack", "packed_bytes"]
