"""Run a plan on the C kernel."""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurodeploy.api import BackendFailure, BackendUnavailable
from neurodeploy.target.fixed_point import dec
from neurodeploy_brian2.kernel.arrays import RECORDED, Memory, make_cells, make_net, make_task
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


def execute(
    plan: Plan, *, n_threads: int | None = None, progress: Progress | None = None
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

    Raises
    ------
    BackendUnavailable
        If the extension was not built.
    BackendFailure
        If memory runs out.
    """
    module = _load()
    if module is None:
        raise BackendUnavailable(
            "engine kernel",
            "the C extension was not built",
            todo="install a C compiler and install neurodeploy again, or use the engine numpy",
        )
    memory = Memory(module.ffi)
    watched = {
        name: np.zeros((plan.n_ticks, len(plan.record.get(name, ()))), dtype=np.int32)
        for name in {*RECORDED, *plan.record}
    }
    net, n_slots = make_net(module.lib, memory, plan)
    cells, task = make_cells(memory, plan), make_task(memory, plan, n_slots, watched)
    workers = _Workers(module, plan, (net, cells, task), progress)
    runs = workers.run(n_threads or os.cpu_count() or 1)
    tick, index = _spikes(module, plan.n, runs)
    return Outcome(
        tick,
        index,
        {name: watched[name] for name in plan.record},
        _saturated(module, plan.n, runs),
        _state(module, plan, runs[-1], n_slots) if plan.keep_state else None,
    )


class _Workers:
    """Threads that each do a stretch of the samples, piece by piece."""

    def __init__(
        self, module: Any, plan: Plan, parts: tuple[Any, Any, Any], progress: Progress | None
    ) -> None:
        self._lib, self._ffi = module.lib, module.ffi
        self._plan, self._parts, self._progress = plan, parts, progress
        self._stop = threading.Event()
        self._done = 0
        self._lock = threading.Lock()

    def run(self, n_threads: int) -> list[Any]:
        """Run everything and return the finished runs, in the order of the samples."""
        period = self._plan.period_ticks
        n_samples = self._plan.n_ticks // period
        n_threads = max(1, min(n_threads, n_samples))
        ends = [n_samples * k // n_threads * period for k in range(n_threads + 1)]
        runs = [self._new() for _ in range(n_threads)]
        spans = list(zip(runs, ends[:-1], ends[1:], strict=True))
        if n_threads == 1:
            self._advance(*spans[0], self._tell)
            return runs
        with ThreadPoolExecutor(n_threads) as pool:
            waiting = {pool.submit(self._advance, *span, None) for span in spans}
            try:
                self._wait(waiting)
            finally:
                self._stop.set()
        return runs

    def _wait(self, waiting: set[Any]) -> None:
        while waiting:
            done, waiting = wait(waiting, timeout=0.1, return_when=FIRST_EXCEPTION)
            for one in done:
                one.result()
            self._tell()

    def _new(self) -> Any:
        run = self._lib.nd_run_new(*self._parts)
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


def _spikes(module: Any, n: int, runs: list[Any]) -> tuple[Ints, Ints]:
    """Return all spikes, sorted by neuron, then by tick."""
    ffi, lib = module.ffi, module.lib
    counts = [int(lib.nd_n_spikes(run)) for run in runs]
    tick, index = np.zeros(sum(counts), dtype=np.int64), np.zeros(sum(counts), dtype=np.int32)
    first = 0
    for run, count in zip(runs, counts, strict=True):
        part = slice(first, first + count)
        lib.nd_take_spikes(run, _out(ffi, "int64_t", tick[part]), _out(ffi, "int32_t", index[part]))
        first += count
    by_tick, by_index = np.empty_like(tick), np.empty_like(tick)
    failed = lib.nd_by_neuron(
        len(tick),
        _out(ffi, "int64_t", tick),
        _out(ffi, "int32_t", index),
        n,
        _out(ffi, "int64_t", by_tick),
        _out(ffi, "int64_t", by_index),
    )
    if failed:
        raise BackendFailure("C kernel", "ran out of memory")
    return by_tick, by_index


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


def _load() -> Any:
    try:
        return importlib.import_module("neurodeploy_brian2.kernel._kernel")
    except ImportError:
        return None


__all__ = ["accepts", "available", "execute"]
