"""One batch on a PyNN module: emit the network, run every sample, read what it did."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurodeploy.emit.pynn import emit, spike_times_ms
from neurodeploy.errors import TargetError
from neurodeploy.ir.network import Population
from neurodeploy.records import Recording, Spikes
from neurodeploy.runtime.arrangement import Arrangement
from neurodeploy.runtime.backend import Backend, SessionOptions
from neurodeploy.schedule import source_ticks

Raster = NDArray[np.uint8]
Ints = NDArray[np.int64]
Handles = Mapping[str, Any]
_NONE = np.zeros(0, dtype=np.int64)


def run_emitted(
    backend: Backend,
    raster: Raster,
    arrangement: Arrangement,
    options: SessionOptions,
    per_core: Mapping[str, int] | None = None,
) -> Recording:
    """Run samples on a backend.

    Parameters
    ----------
    backend : Backend
    raster : (n, steps, n_inputs) uint8 array
    arrangement : Arrangement
        Where and when each sample runs.
    options : SessionOptions
    per_core : mapping of population name to int, optional
        Neurons per core where they are fewer than the default.

    Returns
    -------
    recording : Recording
        Of all samples, in their order.
    """
    net, begun = arrangement.net, time.perf_counter()
    batch = _Batch(raster, arrangement, per_core or {})
    with backend.session(options) as sim:
        mapped_only = bool(getattr(sim, "mapped_only", False))
        runs = list(arrangement.runs(len(raster)))
        copies = [batch.build(sim, seat, k) for k, seat in enumerate(runs[0])]
        built = time.perf_counter()
        for k, seats in enumerate(runs):
            if k:
                sim.reset()
                batch.present(copies, seats)
            sim.run(max(map(len, seats)) * arrangement.plan.sample_ticks * net.timestep_ms)
            if mapped_only:
                raise TargetError(f"target {backend.name}", "mapped the network, ran nothing")
            batch.collect(copies, seats)
        said = _said(sim, options)
    timing_s = {"build": built - begun, "run": time.perf_counter() - built}
    return replace(batch.recording(), timing_s=timing_s, **said)


@dataclass(frozen=True)
class _Seen:
    """Spikes of a population in a run: sample, step and neuron."""

    sample: Ints
    step: Ints
    index: Ints


class _Batch:
    """Samples on copies of one network, and what was read of them so far."""

    def __init__(
        self, raster: Raster, arrangement: Arrangement, per_core: Mapping[str, int]
    ) -> None:
        self._per_core = per_core
        self._raster, self._plan = raster, arrangement.plan
        self._net = net = arrangement.net
        output = net.population(net.output)
        self._silent = output if never_spikes(output) else None
        self._spiking = [p for p in net.neurons if p is not self._silent]
        self._seen: dict[str, list[_Seen]] = {
            p.name: [] for p in net.populations if p.kind != "flush"
        }
        self._sent: dict[int, dict[str, tuple[Ints, Ints]]] = {}
        self._full = {p.name: 0 for p in net.neurons}
        shape = (len(raster), arrangement.plan.steps, output.size)
        self._membrane = np.zeros(shape) if self._silent is not None else None

    def build(self, sim: Any, seat: Ints, copy: int) -> Handles:
        """Emit one copy of the network, with the samples of its first run."""
        sources = self._sources(copy, seat)
        suffix = f"#{copy}" if copy else ""
        handles = emit(self._net, sim, sources, suffix, self._per_core)
        for pop in self._net.neurons:
            handles[pop.name].record("spikes" if pop in self._spiking else "v")
        return handles

    def present(self, copies: list[Handles], seats: list[Ints]) -> None:
        """Give every copy its samples of the next run."""
        for copy, (handles, seat) in enumerate(zip(copies, seats, strict=True)):
            for name, spikes in self._sources(copy, seat).items():
                size = self._net.population(name).size
                times = spike_times_ms(spikes, size, self._net.timestep_ms)
                handles[name].set(spike_times=times)

    def collect(self, copies: list[Handles], seats: list[Ints]) -> None:
        """Read what every copy did in a run."""
        for copy, (handles, seat) in enumerate(zip(copies, seats, strict=True)):
            for pop in self._spiking:
                rows = handles[pop.name].spinnaker_get_data("spikes")
                tick = np.rint(rows[:, 1] / self._net.timestep_ms).astype(np.int64)
                self._note(pop.name, seat, tick, rows[:, 0].astype(np.int64))
            for name, (tick, index) in self._sent[copy].items():
                if name in self._seen:
                    self._note(name, seat, tick, index, first=0)
            for pop in self._net.neurons:
                self._full[pop.name] += int(getattr(handles[pop.name], "saturations", 0))
            if self._silent is not None and self._membrane is not None:
                self._membrane[seat] = self._read_membrane(self._silent, handles, len(seat))

    def recording(self) -> Recording:
        """Return everything that was read, by sample."""
        timestep_ms = self._net.timestep_ms
        spikes = {}
        for name, parts in self._seen.items():
            sample, step, index = (
                np.concatenate([_NONE, *(getattr(part, key) for part in parts)])
                for key in ("sample", "step", "index")
            )
            spikes[name] = Spikes.sorted(name, sample, step, index, timestep_ms)
        return Recording(len(self._raster), spikes, self._membrane, self._full)

    def _sources(self, copy: int, seat: Ints) -> dict[str, tuple[Ints, Ints]]:
        """Return what the sources of a copy send for its samples, and remember it."""
        self._sent[copy] = source_ticks(self._net, self._plan, self._raster[seat])
        return self._sent[copy]

    def _note(
        self, name: str, seat: Ints, tick: Ints, index: Ints, first: int | None = None
    ) -> None:
        """Keep the spikes of the steps that belong to the population's layer."""
        slot, within = np.divmod(tick, self._plan.sample_ticks)
        step = within - (self._plan.start_tick[name] if first is None else first)
        kept = slot < len(seat)
        if first is None:
            kept &= (step >= 0) & (step < self._plan.steps)
        self._seen[name].append(_Seen(seat[slot[kept]], step[kept], index[kept]))

    def _read_membrane(self, pop: Population, handles: Handles, n: int) -> NDArray[np.float64]:
        """Read v as (n, steps, size) in trained units."""
        scale = pop.cell.mV_per_unit if pop.cell is not None else 1.0
        v_mV = handles[pop.name].spinnaker_get_data("v", as_matrix=True)
        ticks = n * self._plan.sample_ticks
        per_sample = v_mV[:ticks].reshape(n, self._plan.sample_ticks, pop.size)
        first = self._plan.start_tick[pop.name] + 1
        return np.asarray(per_sample[:, first : first + self._plan.steps] / scale)


def _said(sim: Any, options: SessionOptions) -> dict[str, Any]:
    """Return what a PyNN module says of a run beside its data."""
    return {
        "engine": str(getattr(sim, "engine_used", options.engine or "")),
        "findings": tuple(getattr(sim, "findings", ())),
        "provenance": dict(getattr(sim, "provenance", {})),
    }


def never_spikes(pop: Population) -> bool:
    """Tell whether a population has a membrane only."""
    return pop.dynamics is not None and pop.dynamics.threshold is None


__all__ = ["never_spikes", "run_emitted"]
