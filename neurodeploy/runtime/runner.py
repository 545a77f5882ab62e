"""One batch on one target: encode, emit, run, collect."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurodeploy import ideal
from neurodeploy.compiler import Compiled
from neurodeploy.emit.pynn import emit
from neurodeploy.errors import BackendUnavailable, TargetError
from neurodeploy.ir.network import Network, Population
from neurodeploy.records import Recording, Spikes
from neurodeploy.runtime.backend import Backend, SessionOptions
from neurodeploy.runtime.registry import find
from neurodeploy.schedule import Schedule, schedule, source_ticks

Raster = NDArray[np.uint8]
Progress = Callable[[float], None]


def run_batches(
    compiled: Compiled,
    raster: Raster,
    *,
    batch: int,
    engine: str | None = None,
    progress: Progress | None = None,
) -> Iterator[Recording]:
    """Run samples in batches and yield each batch's recording as it is done.

    Parameters
    ----------
    compiled : Compiled
    raster : (n, steps, n_inputs) uint8 array
    batch : int
        Samples of one run; what is yielded stays if a later run is interrupted.
    engine : str, optional
        Engine inside the backend.
    progress : callable, optional
        Called with the share of all samples done, 0 to 1.

    Yields
    ------
    recording : Recording
        Of one batch. Its last sample is a blank one, whose scores mean 'nothing said'.
    """
    run = _runner(compiled, engine)
    blank = np.zeros((1, *raster.shape[1:]), dtype=np.uint8)
    for first in range(0, len(raster), batch):
        part = raster[first : first + batch]

        def share(done: float, first: int = first, size: int = len(part)) -> None:
            if progress is not None:
                progress((first + done * size) / len(raster))

        yield run(np.concatenate([part, blank]), share)
        share(1.0)


def _runner(compiled: Compiled, engine: str | None) -> Callable[[Raster, Progress], Recording]:
    target = compiled.target
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
    return lambda raster, progress: _run_emitted(compiled, backend, raster, engine, progress)


def _run_ideal(net: Network, raster: Raster) -> Recording:
    start = time.perf_counter()
    recording = ideal.run(net, raster)
    return replace(recording, timing_s={"run": time.perf_counter() - start})


def _run_emitted(
    compiled: Compiled, backend: Backend, raster: Raster, engine: str | None, progress: Progress
) -> Recording:
    """Emit the network on a backend's PyNN module, run all samples in one call, read it."""
    net, plan = compiled.network, schedule(compiled.network, raster.shape[1])
    options = SessionOptions(net.timestep_ms, plan.sample_ticks, engine, progress)
    begun = time.perf_counter()
    sources = source_ticks(net, plan, raster)
    silent = _never_spikes(net.population(net.output))
    with backend.session(options) as sim:
        handles = emit(net, sim, sources)
        spiking = [p for p in net.neurons if not (silent and p.name == net.output)]
        for pop in net.neurons:
            handles[pop.name].record("spikes" if pop in spiking else "v")
        built = time.perf_counter()
        sim.run(len(raster) * plan.sample_ticks * net.timestep_ms)
        spikes = {p.name: _spikes(p, handles[p.name], net, plan, len(raster)) for p in spiking}
        output = net.population(net.output)
        membrane = _membrane(output, handles[output.name], plan, len(raster)) if silent else None
        saturations = {p.name: int(handles[p.name].saturations) for p in net.neurons}
        used = str(getattr(sim, "engine_used", engine or ""))
        findings = tuple(getattr(sim, "findings", ()))
    if silent:
        none = np.zeros(0, dtype=np.int64)
        spikes[net.output] = Spikes(net.output, none, none, none, net.timestep_ms)
    for name, (tick, index) in sources.items():
        sample, step = np.divmod(tick, plan.sample_ticks)
        spikes[name] = Spikes.sorted(name, sample, step, index, net.timestep_ms)
    timing_s = {"build": built - begun, "run": time.perf_counter() - built}
    return Recording(len(raster), spikes, membrane, saturations, timing_s, used, findings)


def _never_spikes(pop: Population) -> bool:
    return pop.dynamics is not None and pop.dynamics.threshold is None


def _spikes(pop: Population, handle: Any, net: Network, plan: Schedule, n_samples: int) -> Spikes:
    """Read (index, time) rows and keep the steps that belong to the population's layer."""
    rows = handle.spinnaker_get_data("spikes")
    tick = np.rint(rows[:, 1] / net.timestep_ms).astype(np.int64)
    sample, within = np.divmod(tick, plan.sample_ticks)
    step = within - plan.start_tick[pop.name]
    kept = (step >= 0) & (step < plan.steps) & (sample < n_samples)
    index = rows[kept, 0].astype(np.int64)
    return Spikes.sorted(pop.name, sample[kept], step[kept], index, net.timestep_ms)


def _membrane(pop: Population, handle: Any, plan: Schedule, n_samples: int) -> NDArray[np.float64]:
    """Read v as (n_samples, steps, size) in trained units."""
    scale = pop.cell.mV_per_unit if pop.cell is not None else 1.0
    v_mV = handle.spinnaker_get_data("v", as_matrix=True)
    per_sample = v_mV.reshape(n_samples, plan.sample_ticks, pop.size)
    first = plan.start_tick[pop.name] + 1
    return np.asarray(per_sample[:, first : first + plan.steps] / scale)
