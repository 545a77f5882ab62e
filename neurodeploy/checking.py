"""check: what a network needs of the machine, and everything that does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurodeploy import ideal
from neurodeploy.compiler import Compiled
from neurodeploy.deployment import calibration_raster, compile
from neurodeploy.describe import Model
from neurodeploy.ir.network import Network, Population, Projection
from neurodeploy.passes import WeightScale
from neurodeploy.schedule import schedule, source_ticks
from neurodeploy.target.rules import (
    Violation,
    n_cores,
    neurons_of_core,
    synaptic_bytes,
    time_scale_factor,
    violations,
)
from neurodeploy.target.spinnaker import SPINN5, delay_slots

#: Samples on which the events of a tick are counted, at most.
COUNTED = 64


@dataclass(frozen=True)
class PopulationNeeds:
    """What one population takes.

    Parameters
    ----------
    name, cell : str
    neurons, cores, synapses : int
        Synapses are those that end on it.
    synaptic_bytes : int
        SDRAM for the rows of its fullest core, at least.
    delay_slots : int
        Ticks that its ring buffers hold; 0 for a source.
    ring_shift : (int, int) or None
    """

    name: str
    cell: str
    neurons: int
    cores: int
    synapses: int
    synaptic_bytes: int
    delay_slots: int
    ring_shift: tuple[int, int] | None


@dataclass(frozen=True)
class Check:
    """The outcome of a check.

    Parameters
    ----------
    model, target : str
    populations : tuple of PopulationNeeds
    violations : tuple of Violation
    notes : tuple of str
        What each pass of the compiler did.
    events_per_tick : mapping of population name to int
        Most synaptic events of a core in a tick, counted on calibration samples; empty if the
        model ships none, and for `ideal`.
    time_scale_factor : int or None
        How many times slower than 1 ms a tick a board must run for every core to keep up, by
        those counts; None without them.
    """

    model: str
    target: str
    populations: tuple[PopulationNeeds, ...]
    violations: tuple[Violation, ...]
    notes: tuple[str, ...]
    events_per_tick: Mapping[str, int]
    time_scale_factor: int | None

    @property
    def fits(self) -> bool:
        """Whether nothing exceeds the machine."""
        return not self.violations

    def as_json(self) -> dict[str, Any]:
        """Return the check as a JSON document."""
        return {
            "model": self.model,
            "target": self.target,
            "fits": self.fits,
            "cores": sum(p.cores for p in self.populations),
            "synapses": sum(p.synapses for p in self.populations),
            "populations": [vars(p) for p in self.populations],
            "violations": [vars(v) for v in self.violations],
            "events_per_tick": dict(self.events_per_tick),
            "time_scale_factor": self.time_scale_factor,
            "notes": list(self.notes),
        }


def check(
    model: Model, target: str = "emulator", *, weight_scale: WeightScale | None = None
) -> Check:
    """Compile a model and hold it against the machine's limits.

    Parameters
    ----------
    model : Model
    target : str
    weight_scale : WeightScale, optional

    Returns
    -------
    check : Check
        Every violation at once. For `ideal` there are no limits.
    """
    compiled = compile(model, target, weight_scale=weight_scale)
    return check_compiled(compiled, calibration_raster(model))


def check_compiled(compiled: Compiled, raster: NDArray[np.uint8] | None = None) -> Check:
    """Hold a compiled model against the machine's limits.

    Parameters
    ----------
    compiled : Compiled
    raster : (n, steps, n_inputs) uint8 array, optional
        Sample spikes on which to count synaptic events.
    """
    net = compiled.network
    if not compiled.target.fixed_point:
        return Check(compiled.model.name, compiled.target.name, needs(net), (), net.notes, {}, None)
    events: Mapping[str, int] = {}
    if raster is not None and len(raster):
        events = events_per_tick(compiled, raster[:COUNTED])
    return Check(
        model=compiled.model.name,
        target=compiled.target.name,
        populations=needs(net),
        violations=violations(net),
        notes=net.notes,
        events_per_tick=events,
        time_scale_factor=time_scale_factor(max(events.values()), net.timestep_ms)
        if events
        else None,
    )


def events_per_tick(compiled: Compiled, raster: NDArray[np.uint8]) -> dict[str, int]:
    """Count the synaptic events of each population's busiest core in its busiest tick.

    Parameters
    ----------
    compiled : Compiled
    raster : (n, steps, n_inputs) uint8 array
        Spikes of the input; those of neurons are what `ideal` says.

    Returns
    -------
    events : dict of population name to int
    """
    net, plan = compiled.network, schedule(compiled.network, raster.shape[1])
    sent = dict(source_ticks(net, plan, raster))
    for name, spikes in ideal.run(compiled.trained, raster).spikes.items():
        if name not in sent:
            first = plan.start_tick[name]
            sent[name] = spikes.sample * plan.sample_ticks + first + spikes.step, spikes.index
    # What a sample sends last arrives when the next may have begun, as on the machine.
    n_ticks = (len(raster) + 1) * plan.sample_ticks
    found = {}
    for pop in net.neurons:
        events = np.zeros((n_ticks, n_cores(pop)), dtype=np.int64)
        for proj in net.incoming(pop.name):
            tick, index = sent[proj.pre]
            arrival = tick + round((proj.delay_ms or 0.0) / net.timestep_ms)
            np.add.at(events, np.minimum(arrival, n_ticks - 1), _fan_out(net, proj)[index])
        found[pop.name] = int(events.max(initial=0))
    return found


def _fan_out(net: Network, proj: Projection) -> NDArray[np.int64]:
    """Return the synapses of each source neuron on each core, (n_pre, n_cores)."""
    n_pre, cores = net.population(proj.pre).size, n_cores(net.population(proj.post))
    core = proj.post_index // SPINN5.neurons_per_core
    flat = proj.pre_index.astype(np.int64) * cores + core
    return np.bincount(flat, minlength=n_pre * cores).reshape(n_pre, cores)


def needs(net: Network) -> tuple[PopulationNeeds, ...]:
    """Return what each population of a network takes."""
    return tuple(_needs(net, pop) for pop in net.populations)


def _needs(net: Network, pop: Population) -> PopulationNeeds:
    neurons = pop.kind == "neurons"
    return PopulationNeeds(
        name=pop.name,
        cell=pop.cell.kind if pop.cell else ("SpikeSourceArray" if not neurons else "as trained"),
        neurons=pop.size,
        cores=n_cores(pop),
        synapses=int(np.sum([p.n_synapses for p in net.incoming(pop.name)], dtype=np.int64)),
        synaptic_bytes=int(synaptic_bytes(net, pop).max(initial=0)),
        delay_slots=delay_slots(neurons_of_core(pop)) if neurons else 0,
        ring_shift=pop.ring_shift,
    )
