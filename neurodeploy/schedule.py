"""When samples run: the ticks of one sample and what is read in which of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurodeploy.ir.network import Network

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Schedule:
    """The ticks of one sample.

    Parameters
    ----------
    steps : int
        Steps of the trained network.
    start_tick : mapping of population name to int
        Tick in which its step 0 is computed.
    sample_ticks : int
        Ticks from one sample to the next.
    flush_tick : int
        Tick of the sample in which a `flush` source spikes.
    """

    steps: int
    start_tick: Mapping[str, int]
    sample_ticks: int
    flush_tick: int = 0


def schedule(net: Network, steps: int) -> Schedule:
    """Return the ticks of a sample of `steps` steps; one more for the last membrane.

    A voltage is recorded before the tick's update, so the membrane after step k of a layer
    is the one recorded in tick start + k + 1.
    """
    start = {p.name: p.start_tick or 0 for p in net.populations}
    return Schedule(steps, start, start[net.output] + steps + 1)


def source_ticks(
    net: Network, plan: Schedule, raster: NDArray[np.uint8]
) -> dict[str, tuple[Ints, Ints]]:
    """Return (tick, index) of every spike that sources send, samples laid end to end.

    Parameters
    ----------
    raster : (n, steps, n_inputs) uint8 array

    Returns
    -------
    spikes : mapping of source name to (tick, index) int arrays
        Sorted by neuron, then tick.
    """
    sample, step, index = np.nonzero(raster)
    times = raster[sample, step, index].astype(np.int64)
    tick = np.repeat(sample * plan.sample_ticks + step, times)
    found = {net.inputs.name: _by_neuron(tick, np.repeat(index, times))}
    for pop in net.populations:
        if pop.kind == "flush":
            tick = np.arange(len(raster), dtype=np.int64) * plan.sample_ticks + plan.flush_tick
            found[pop.name] = _by_neuron(tick, np.zeros_like(tick))
        if pop.kind == "bias":
            first = np.arange(len(raster))[:, None, None] * plan.sample_ticks
            starts = np.asarray(pop.start_ticks)[None, :, None]
            ticks = first + starts + np.arange(plan.steps)[None, None, :]
            index = np.broadcast_to(np.arange(pop.size)[None, :, None], ticks.shape)
            found[pop.name] = _by_neuron(ticks.ravel(), index.ravel())
    return found


def _by_neuron(tick: Ints, index: Ints) -> tuple[Ints, Ints]:
    order = np.lexsort((tick, index))
    return tick[order], index[order]
