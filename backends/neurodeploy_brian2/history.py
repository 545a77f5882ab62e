"""What a network did: the pieces of a run, from a reset to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neurodeploy_brian2.plan import Outcome, Plan
from neurodeploy_brian2.plan_parts import WATCHED
from neurodeploy_brian2.recorder import Recorded
from neurodeploy_brian2.recording import Results
from neurodeploy_brian2.sources import SourceSpikes


@dataclass(frozen=True)
class Piece:
    """One call of `run`.

    Parameters
    ----------
    first_tick, n_ticks : int
        Since the reset.
    plan : Plan
    outcome : Outcome
    sent : {population: SourceSpikes}
        What sources sent, by tick since the reset.
    offsets : {population: int}
        Index of the first neuron of each population in the plan.
    recorded : {population: mapping of str to Recorded}
    """

    first_tick: int
    n_ticks: int
    plan: Plan
    outcome: Outcome
    sent: Mapping[Any, SourceSpikes]
    offsets: Mapping[Any, int]
    recorded: Mapping[Any, Mapping[str, Recorded]]


@dataclass
class Segment:
    """All pieces since a reset."""

    pieces: list[Piece] = field(default_factory=list)
    cleared: dict[tuple[Any, str], int] = field(default_factory=dict)

    @property
    def n_ticks(self) -> int:
        """Ticks that were run."""
        return sum(piece.n_ticks for piece in self.pieces)

    def clear(self, population: Any, names: Any) -> None:
        """Forget recordings so far."""
        for name in names:
            self.cleared[population, name] = self.n_ticks

    def results(self, population: Any, first_id: int, timestep_us: int) -> Results:
        """Return the recordings of a population."""
        recorded = self.pieces[-1].recorded.get(population, {})
        tick, index = (
            np.concatenate(columns)
            for columns in zip(*(_spikes(piece, population) for piece in self.pieces), strict=True)
        )
        order = np.lexsort((tick, index))
        signals = [name for name in WATCHED if name in recorded]
        return Results(
            label=population.label,
            size=population.size,
            timestep_us=timestep_us,
            first_id=first_id,
            recorded=recorded,
            starts=(*(piece.first_tick for piece in self.pieces), self.n_ticks),
            cleared={
                name: tick for (owner, name), tick in self.cleared.items() if owner is population
            },
            spike_tick=tick[order],
            spike_index=index[order],
            watched={
                name: _joined([_signal(piece, population, name) for piece in self.pieces])
                for name in signals
            },
            saturated=sum(_saturated(piece, population) for piece in self.pieces),
        )


def _joined(parts: list[Any]) -> Any:
    """Put the signals of all pieces together; one alone is not copied."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _spikes(piece: Piece, population: Any) -> tuple[Any, Any]:
    if population in piece.sent:
        sent = piece.sent[population]
        return sent.tick, sent.index
    first = piece.offsets[population]
    index = piece.outcome.spike_index
    mine = slice(np.searchsorted(index, first), np.searchsorted(index, first + population.size))
    return piece.outcome.spike_tick[mine] + piece.first_tick, index[mine] - first


def _signal(piece: Piece, population: Any, name: str) -> Any:
    column = np.searchsorted(piece.plan.record[name], piece.offsets[population])
    return piece.outcome.watched[name][:, column : column + population.size]


def _saturated(piece: Piece, population: Any) -> Any:
    n_receptors = len(population.celltype.receptors)
    if population in piece.sent:
        return np.zeros((population.size, n_receptors), dtype=np.int64)
    first = piece.offsets[population]
    return piece.outcome.saturated[first : first + population.size, :n_receptors]


__all__ = ["Piece", "Segment"]
