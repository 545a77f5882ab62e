"""Network to plan: what sPyNNaker's host does before the board runs."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from neurodeploy.api import (
    DEFAULT_RATE_HZ,
    DEFAULT_SIGMA,
    InputError,
    choose_shift,
    count_wrapped,
    quantise_weights,
)
from neurodeploy_brian2.plan import Plan
from neurodeploy_brian2.plan_parts import WATCHED, Cells, Ints, Wires
from neurodeploy_brian2.plan_plastic import Plastic
from neurodeploy_brian2.plastic_mapping import make_plastic, plastic_links
from neurodeploy_brian2.population import Population, Projection
from neurodeploy_brian2.sources import SourceSpikes
from neurodeploy_brian2.synapses import machine_weight

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Network:
    """Populations and projections, with the first index of each population.

    Parameters
    ----------
    populations : tuple of Population
    projections : tuple of Projection
    timestep_us : int
    """

    populations: tuple[Population, ...]
    projections: tuple[Projection, ...]
    timestep_us: int

    def groups(self) -> list[list[Population]]:
        """Return the populations of neurons, those of one kind together."""
        made: dict[tuple[str, int], list[Population]] = {}
        for pop in self.populations:
            if not pop.is_source:
                made.setdefault((pop.celltype.kind, pop.n_steps), []).append(pop)
        return list(made.values())

    def offsets(self, sources: bool) -> dict[Population, int]:
        """Return where each population of neurons, or of sources, starts."""
        offsets, n = {}, 0
        played = [pop for pop in self.populations if pop.is_source]
        for pop in played if sources else itertools.chain.from_iterable(self.groups()):
            offsets[pop] = n
            n += pop.size
        return offsets


def source_input(net: Network, n_ticks: int) -> dict[Population, SourceSpikes]:
    """Return what each source sends."""
    return {
        pop: pop.source_spikes(net.timestep_us, n_ticks) for pop in net.populations if pop.is_source
    }


def make_plan(
    net: Network,
    sent: dict[Population, SourceSpikes],
    n_ticks: int,
    sample_ticks: int | None,
) -> Plan:
    """Return the plan of a run.

    Parameters
    ----------
    net : Network
    sent : {population: SourceSpikes}
    n_ticks : int
    sample_ticks : int or None

    Raises
    ------
    InputError
        If the run is not a whole number of samples.
    TargetError
        If a parameter, weight or delay does not fit the machine's numbers.
    """
    if sample_ticks is not None and (sample_ticks < 1 or n_ticks % sample_ticks):
        raise InputError(
            "run",
            "its length is not a whole number of samples",
            got=f"{n_ticks} ticks",
            limit=f"a multiple of sample_ticks, {sample_ticks}",
        )
    shifts = {pop: ring_shifts(net, pop) for pop in net.populations if not pop.is_source}
    tick, source, times = _spikes(net, sent)
    neurons = net.offsets(sources=False)
    return Plan(
        groups=tuple(
            Cells.join([_cells(net, pop, shifts[pop]) for pop in group]) for group in net.groups()
        ),
        n_sources=sum(pop.size for pop in sent),
        from_sources=_wires(net, shifts, from_sources=True),
        recurrent=_wires(net, shifts, from_sources=False),
        plastic=_plastic(net, shifts),
        spike_tick=tick,
        spike_source=source,
        spike_times=times,
        n_ticks=n_ticks,
        sample_ticks=sample_ticks,
        record_spikes=any("spikes" in pop.recorded for pop in neurons),
        record={name: _recorded(neurons, name) for name in WATCHED},
    )


def ring_shifts(net: Network, pop: Population) -> tuple[int, ...]:
    """Return the left shifts of a population's ring buffers, one a receptor."""
    summed = pop.planning.get("max_expected_summed_weight")
    return tuple(
        choose_shift(
            [
                projection.connections.summary()
                for projection in net.projections
                if projection.post is pop and projection.receptor_type == receptor
            ],
            max_expected_nA=None if summed is None else float(summed[k]),
            timestep_ms=net.timestep_us / 1000.0,
            weight_factor=pop.celltype.weight_factor,
            rate_hz=pop.planning.get("spikes_per_second", DEFAULT_RATE_HZ),
            sigma=pop.planning.get("ring_buffer_sigma", DEFAULT_SIGMA),
        )
        for k, receptor in enumerate(pop.celltype.receptors)
    )


def stored_weights(projection: Projection, shift: int) -> Ints:
    """Return the 16-bit weights of a projection; one that wraps around is logged."""
    connections = projection.connections
    factor = projection.post.celltype.weight_factor
    if connections.on_machine and len(connections.pre):
        weight = machine_weight(float(connections.weight_nA[0]), shift, factor)
        return np.full(len(connections.pre), weight, dtype=np.int64)
    weight_nA = connections.weight_nA * factor
    wrapped = count_wrapped(weight_nA, shift)
    if wrapped:
        logger.warning(
            "%s: %d weights exceed 16 bits and wrap around, as on the board; "
            "raise max_expected_summed_weight of %s",
            projection.label,
            wrapped,
            projection.post.label,
        )
    return quantise_weights(weight_nA, shift).astype(np.int64)


def _cells(net: Network, pop: Population, shifts: tuple[int, ...]) -> Cells:
    when = (net.timestep_us / 1000.0, pop.n_steps)
    cells: Cells = pop.celltype.cells(pop.label, pop.size, pop.first_values(), *when, pop.slices())
    rows = {
        f"shift_{r}": np.full(pop.size, shift, dtype=np.int64) for r, shift in enumerate(shifts)
    }
    return replace(cells, constants={**cells.constants, **rows})


def _wires(net: Network, shifts: dict[Population, tuple[int, ...]], *, from_sources: bool) -> Wires:
    first, neurons = net.offsets(from_sources), net.offsets(sources=False)
    parts = []
    for projection in net.projections:
        if projection.pre.is_source != from_sources or projection.plasticity is not None:
            continue
        connections = projection.connections
        parts.append(
            Wires(
                pre=connections.pre + first[projection.pre],
                post=connections.post + neurons[projection.post],
                weight=stored_weights(projection, shifts[projection.post][projection.receptor]),
                delay_ticks=connections.delay_ticks(net.timestep_us),
                receptor=np.full(len(connections.pre), projection.receptor, dtype=np.int64),
            )
        )
    return Wires.join(parts)


def _plastic(net: Network, shifts: dict[Population, tuple[int, ...]]) -> tuple[Plastic, ...]:
    first = net.offsets(sources=True) | net.offsets(sources=False)
    return tuple(
        make_plastic(
            net,
            link,
            first,
            stored_weights(link, shifts[link.post][link.receptor]),
            shifts[link.post][link.receptor],
        )
        for link in plastic_links(net)
    )


def _spikes(net: Network, sent: dict[Population, SourceSpikes]) -> tuple[Ints, Ints, Ints]:
    """Return tick, source and multiplicity of the input of all sources together."""
    first = net.offsets(sources=True)
    none = np.zeros(0, dtype=np.int64)
    tick = np.concatenate([none, *(one.tick for one in sent.values())])
    source = np.concatenate([none, *(one.index + first[pop] for pop, one in sent.items())])
    order = np.lexsort((source, tick))
    tick, source = tick[order], source[order]
    new = np.ones(len(tick), dtype=bool)
    new[1:] = (np.diff(tick) != 0) | (np.diff(source) != 0)
    starts = np.flatnonzero(new)
    times = np.diff(np.append(starts, len(tick)))
    return tick[starts], source[starts], times.astype(np.int64)


def _recorded(neurons: dict[Population, int], name: str) -> Ints:
    parts: Sequence[Ints] = [
        first + np.arange(pop.size, dtype=np.int64)
        for pop, first in neurons.items()
        if name in pop.recorded
    ]
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts])


__all__ = ["Network", "make_plan", "ring_shifts", "source_input", "stored_weights"]
