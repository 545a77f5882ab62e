"""Injected currents of a piece of a run, as one wave for each neuron."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurodeploy_brian2.machine import current_sources as machine
from neurodeploy_brian2.plan_parts import Waves


def make_waves(
    populations: Sequence[Any],
    offsets: Mapping[Any, int],
    n_neurons: int,
    timestep_us: int,
    first_tick: int,
    n_ticks: int,
) -> Waves | None:
    """Return the currents of all neurons, or None if nothing is injected.

    Parameters
    ----------
    populations : sequence of Population
    offsets : {population: int}
        Index of the first neuron of each.
    n_neurons : int
        Over all populations.
    timestep_us : int
    first_tick, n_ticks : int
        Ticks of this piece, since the reset.
    """
    n_steps = max((one.n_steps for one in populations if one.currents), default=1)
    rows = [np.zeros((n_ticks, n_steps), dtype=np.int64)]
    of = np.zeros(n_neurons, dtype=np.int64)
    for population in populations:
        if not population.currents:
            continue
        total = _currents(population, timestep_us, first_tick, n_ticks)
        total = np.pad(total, ((0, 0), (0, n_steps - total.shape[1]), (0, 0)))
        distinct, which = np.unique(total, axis=2, return_inverse=True)
        place = offsets[population] + np.arange(population.size)
        of[place] = len(rows) + which.reshape(-1)
        rows.extend(np.moveaxis(distinct, 2, 0))
    return Waves(np.stack(rows), of) if len(rows) > 1 else None


def _currents(
    population: Any, timestep_us: int, first_tick: int, n_ticks: int
) -> NDArray[np.int64]:
    """Return S16.15 nA, (n_ticks, n_steps, size); sums wrap at 32 bits."""
    total = np.zeros((n_ticks, population.n_steps, population.size), dtype=np.int64)
    for source, chosen in population.currents:
        core = source.on_core(timestep_us)
        for cells in population.slices():
            mine = [index for index in chosen if index in cells]
            if mine:
                total[:, :, mine] += _wave(population, core, len(mine), first_tick, n_ticks)
    return total.astype(np.int32).astype(np.int64)


def _wave(
    population: Any, core: Any, n_neurons: int, first_tick: int, n_ticks: int
) -> NDArray[np.int64]:
    """Return what a source gives, (n_ticks, n_steps or 1, n_neurons or 1).

    A core asks a source in every update: a step source goes on, a noisy one draws again.
    """
    if isinstance(core, machine.Direct | machine.Alternating):
        same = core.wave(first_tick, n_ticks).astype(np.int64)
        return same[:, np.newaxis, np.newaxis]
    n_steps = population.n_steps
    wave = core.wave(first_tick, n_ticks, n_neurons, n_steps).astype(np.int64)
    asked: NDArray[np.int64] = wave.reshape(n_ticks, n_steps, n_neurons)
    return asked


__all__ = ["make_waves"]
