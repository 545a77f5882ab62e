"""The cores of a Poisson population, tick after tick."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from neurodeploy_brian2.machine.kiss64 import host_seed
from neurodeploy_brian2.machine.poisson import PoissonCore
from neurodeploy_brian2.machine.rates import FOREVER, Clock, Phase
from neurodeploy_brian2.plan_parts import Ints
from neurodeploy_brian2.sources import SourceSpikes


class PoissonPlayer:
    """Draws the spikes of one population, in pieces.

    Parameters
    ----------
    population : Population
        Of a `PoissonType`.
    timestep_us : int
    """

    def __init__(self, population: Any, timestep_us: int) -> None:
        self._population = population
        rng = np.random.RandomState(population.planning.get("seed"))
        phases = self._phases()
        self._slices = population.slices()
        self._cores = [
            PoissonCore(phases[cells.start : cells.stop], host_seed(rng), Clock(timestep_us))
            for cells in self._slices
        ]
        self._ran = self._changed = False

    def rates_changed(self) -> None:
        """Take new rates before the next piece."""
        self._changed = True

    def reset(self) -> None:
        """Start again at tick 0."""
        if self._changed:
            self._resume()
        for core in self._cores:
            core.reset()
        self._ran = False

    def play(self, n_ticks: int) -> SourceSpikes:
        """Return the spikes of the next ticks, by tick since the reset."""
        if self._ran or self._changed:
            self._resume()
        self._ran = True
        ticks: list[Ints] = [np.zeros(0, dtype=np.int64)]
        indices: list[Ints] = [np.zeros(0, dtype=np.int64)]
        for core, cells in zip(self._cores, self._slices, strict=True):
            tick, index = core.run(n_ticks).spikes()
            ticks.append(tick)
            indices.append(index + cells.start)
        tick, index = np.concatenate(ticks), np.concatenate(indices)
        order = np.lexsort((index, tick))
        return SourceSpikes(tick[order], index[order])

    def _resume(self) -> None:
        phases = self._phases() if self._changed else None
        for core, cells in zip(self._cores, self._slices, strict=True):
            core.resume(None if phases is None else phases[cells.start : cells.stop])
        self._changed = False

    def _phases(self) -> list[tuple[Phase, ...]]:
        kind, who = self._population.celltype, self._population.label
        kind.check(who, self._population.size)
        return [
            tuple(
                Phase(rate, start, FOREVER if math.isinf(duration) else duration)
                for rate, start, duration in zip(*columns, strict=True)
            )
            for columns in kind.phases(who, self._population.size)
        ]


__all__ = ["PoissonPlayer"]
