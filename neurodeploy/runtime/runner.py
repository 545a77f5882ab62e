"""One batch on one target: encode, emit, run, collect."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from neurodeploy import ideal
from neurodeploy.compiler import Compiled
from neurodeploy.errors import BackendUnavailable, TargetError
from neurodeploy.ir.network import Network
from neurodeploy.planning import Machine, Pace, count_traffic
from neurodeploy.planning import plan as plan_pace
from neurodeploy.records import Recording
from neurodeploy.runtime.arrangement import arrange
from neurodeploy.runtime.backend import MachineOptions, SessionOptions
from neurodeploy.runtime.emitted import run_emitted
from neurodeploy.runtime.options import Progress, RunOptions
from neurodeploy.runtime.registry import find
from neurodeploy.runtime.replay import ReplayBackend
from neurodeploy.schedule import schedule
from neurodeploy.target.layout import lay_out

Raster = NDArray[np.uint8]
DEFAULT = RunOptions()


def run_batches(
    compiled: Compiled,
    raster: Raster,
    *,
    batch: int,
    options: RunOptions = DEFAULT,
) -> Iterator[Recording]:
    """Run samples in batches and yield each batch's recording as it is done.

    Parameters
    ----------
    compiled : Compiled
    raster : (n, steps, n_inputs) uint8 array
    batch : int
        Samples of one run; what is yielded stays if a later run is interrupted.
    options : RunOptions, optional

    Yields
    ------
    recording : Recording
        Of one batch. Its last sample is a blank one, whose scores mean 'nothing said'.
    """
    run = _runner(compiled, raster, options)
    journal, progress = options.journal, options.progress
    blank = np.zeros((1, *raster.shape[1:]), dtype=np.uint8)
    for number, first in enumerate(range(0, len(raster), batch)):
        part = raster[first : first + batch]
        kept = journal.kept(number, compiled, part) if journal is not None else None
        if kept is not None:
            yield kept
            continue

        def share(done: float, first: int = first, size: int = len(part)) -> None:
            if progress is not None:
                progress((first + done * size) / len(raster))

        recording = run(np.concatenate([part, blank]), share)
        if journal is not None:
            journal.keep(number, compiled, part, recording)
        yield recording
        share(1.0)


def _runner(
    compiled: Compiled, samples: Raster, options: RunOptions
) -> Callable[[Raster, Progress], Recording]:
    target, engine = compiled.target, options.engine
    if engine is not None and engine not in target.engines:
        raise TargetError(
            f"engine of target {target.name}",
            "unknown",
            got=engine,
            limit=" | ".join(target.engines),
        )
    if not target.fixed_point:
        return lambda raster, progress: _run_ideal(compiled.trained, raster)
    backend = find(target.name)
    reason = backend.missing()
    if reason is not None:
        raise BackendUnavailable(f"target {target.name}", reason)
    if isinstance(backend, ReplayBackend):
        return backend.player(compiled.network)

    plan = schedule(compiled.network, samples.shape[1])
    pace = _pace(compiled, samples, options.machine)

    def run(raster: Raster, progress: Progress) -> Recording:
        fit = min(len(raster), _replicas(compiled, pace, options.machine))
        arrangement = arrange(compiled.network, plan, target, options.presentation, fit)
        session = SessionOptions(
            compiled.network.timestep_ms,
            plan.sample_ticks if arrangement.restored else None,
            engine,
            progress,
            strict=options.strict,
            machine=options.machine,
            time_scale_factor=pace.time_scale_factor,
        )
        return run_emitted(backend, raster, arrangement, session, pace.per_core)

    return run


def _pace(compiled: Compiled, raster: Raster, machine: MachineOptions) -> Pace:
    """Return how slowly a machine has to run, and how few neurons a core may have."""
    if compiled.target.restores_state:
        return Pace()
    where = Machine(version=machine.version or 5)
    return plan_pace(compiled.network, count_traffic(compiled, raster), where)


def _replicas(compiled: Compiled, pace: Pace, machine: MachineOptions) -> int:
    """Return how many copies of a network a machine holds; side by side gains nothing elsewhere."""
    if compiled.target.restores_state:
        return 1
    # One core more than the network's own: the source that flushes it.
    cores = lay_out(compiled.network, pace.per_core).cores + 1
    return max(1, Machine(version=machine.version or 5).cores // cores)


def _run_ideal(net: Network, raster: Raster) -> Recording:
    start = time.perf_counter()
    recording = ideal.run(net, raster)
    return replace(recording, timing_s={"run": time.perf_counter() - start})
