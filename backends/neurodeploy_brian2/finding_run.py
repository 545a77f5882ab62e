"""One run, as the rules of findings see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurodeploy.api import Finding
from neurodeploy_brian2.history import Segment
from neurodeploy_brian2.mapping import Network
from neurodeploy_brian2.plan import Plan
from neurodeploy_brian2.plan_parts import Cells, Ints


@dataclass(frozen=True)
class Run:
    """One run, as rules see it.

    Parameters
    ----------
    network : Network
    plan : Plan
        Its last piece.
    segment : Segment
        All pieces since the reset.
    first_piece : int
        The first piece of this run.
    """

    network: Network
    plan: Plan
    segment: Segment
    first_piece: int = 0

    @property
    def pieces(self) -> list[Any]:
        """The pieces of this run."""
        return self.segment.pieces[self.first_piece :]

    @property
    def places(self) -> dict[Any, int]:
        """The first index of each population of neurons."""
        return self.network.offsets(sources=False)

    def total(self, population: Any, counter: str) -> Ints | None:
        """Return a counter of each neuron over the run; None if an engine did not count."""
        counts = [getattr(piece.outcome, counter) for piece in self.pieces]
        if any(one is None for one in counts):
            return None
        first = self.places[population]
        total: Ints = sum(one[first : first + population.size] for one in counts)
        return total

    def cells(self, population: Any) -> tuple[Cells, slice]:
        """Return the group that a population is in, and where."""
        starts = self.plan.starts()
        first = self.places[population]
        group = int(np.searchsorted(starts, first, side="right")) - 1
        begin = first - starts[group]
        return self.plan.groups[group], slice(begin, begin + population.size)


Rule = Callable[[Run], Iterator[Finding]]


__all__ = ["Rule", "Run"]
