"""What each population and projection takes of the machine."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from neurodeploy.ir.network import Network, Population, Projection
from neurodeploy.target.delays import stages_needed
from neurodeploy.target.layout import (
    Layout,
    delay_ticks,
    lay_out,
)
from neurodeploy.target.memory import Recorded, core_memory, dtcm_bytes


@dataclass(frozen=True)
class PopulationNeeds:
    """What one population takes.

    Parameters
    ----------
    name, cell : str
    neurons, cores, neurons_per_core, synapses : int
        Synapses are those that end on it.
    synaptic_bytes : int
        SDRAM for the rows of one of its cores, as sPyNNaker reserves it.
    sdram_bytes, tick_bytes : int
        SDRAM of a core in all, and what it takes more for each tick of a run.
    dtcm_bytes : int
        Data memory of a core, an estimate.
    delay_slots : int
        Ticks that its ring buffers hold; 0 for a source.
    delay_stages : int
        Stages of the extension behind it.
    ring_shift : (int, int) or None
    """

    name: str
    cell: str
    neurons: int
    cores: int
    neurons_per_core: int
    synapses: int
    synaptic_bytes: int
    sdram_bytes: int
    tick_bytes: int
    dtcm_bytes: int
    delay_slots: int
    delay_stages: int
    ring_shift: tuple[int, int] | None


@dataclass(frozen=True)
class ProjectionNeeds:
    """What one projection takes, and what 16 bits did to its weights.

    Parameters
    ----------
    name : str
    synapses, longest_row : int
        A row holds the synapses of one source neuron on one core.
    delay_ticks, delay_stages : int
        Stages of an extension that its spikes pass.
    lsb_nA : float or None
    snr_dB : float or None
        Power of the weights over that of the rounding error; None if nothing was rounded.
    zeroed : int
        Weights that became zero.
    """

    name: str
    synapses: int
    longest_row: int
    delay_ticks: int
    delay_stages: int
    lsb_nA: float | None
    snr_dB: float | None
    zeroed: int


def needs(
    net: Network,
    layout: Layout | None = None,
    recorded: Recorded | None = None,
) -> tuple[PopulationNeeds, ...]:
    """Return what each population of a network takes."""
    placed = layout or lay_out(net)
    return tuple(_population(net, placed, pop, recorded or Recorded()) for pop in net.populations)


def projection_needs(net: Network, layout: Layout) -> tuple[ProjectionNeeds, ...]:
    """Return what each projection of a lowered network takes."""
    return tuple(_projection(net, layout, proj) for proj in net.projections)


def _population(
    net: Network, layout: Layout, pop: Population, recorded: Recorded
) -> PopulationNeeds:
    block = layout.block(pop.name)
    lowered = pop.cell is not None or pop.kind != "neurons"
    memory = core_memory(layout, block, recorded) if lowered else None
    return PopulationNeeds(
        name=pop.name,
        cell=_cell(pop),
        neurons=pop.size,
        cores=block.cores,
        neurons_per_core=block.per_core,
        synapses=int(np.sum([p.n_synapses for p in net.incoming(pop.name)], dtype=np.int64)),
        synaptic_bytes=memory.matrix_bytes if memory else 0,
        sdram_bytes=memory.fixed_bytes if memory else 0,
        tick_bytes=memory.tick_bytes if memory else 0,
        dtcm_bytes=dtcm_bytes(layout, block) if pop.cell is not None else 0,
        delay_slots=layout.slots.get(pop.name, 0),
        delay_stages=layout.stages.get(pop.name, 0),
        ring_shift=pop.ring_shift,
    )


def _cell(pop: Population) -> str:
    if pop.cell is not None:
        return pop.cell.kind
    return "as trained" if pop.kind == "neurons" else "SpikeSourceArray"


def _projection(net: Network, layout: Layout, proj: Projection) -> ProjectionNeeds:
    q = proj.quantisation
    ticks = delay_ticks(net, proj)
    exact = q is None or math.isinf(q.snr_dB)
    return ProjectionNeeds(
        name=proj.name,
        synapses=proj.n_synapses,
        longest_row=layout.longest_rows[proj.name],
        delay_ticks=ticks,
        delay_stages=stages_needed(ticks, layout.slots[proj.post]),
        lsb_nA=None if q is None else q.lsb_nA,
        snr_dB=None if q is None or exact else q.snr_dB,
        zeroed=0 if q is None else q.zeroed,
    )


__all__ = ["PopulationNeeds", "ProjectionNeeds", "needs", "projection_needs"]
