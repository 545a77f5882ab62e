"""Check: everything that was found, with the source of every figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from neurodeploy.checking.needs import PopulationNeeds, ProjectionNeeds
from neurodeploy.planning import CoreLoad
from neurodeploy.target.energy import Energy
from neurodeploy.target.rules import Violation

How = Literal["exact", "upper bound", "estimate"]


@dataclass(frozen=True)
class Figure:
    """One figure of a whole network.

    Parameters
    ----------
    value : float
    unit : str
    how : {"exact", "upper bound", "estimate"}
        `exact` is what sPyNNaker's own mapping gives.
    source : str
    """

    value: float
    unit: str
    how: How
    source: str


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
        How many times slower than 1 ms a tick must run for every core to keep up, by those
        counts, or what was asked for; None without either.
    projections : tuple of ProjectionNeeds
    warnings : tuple of str
        What fits, but may not run as it should.
    figures : mapping of name to Figure
        Of the whole network on the machine.
    loads : mapping of population name to CoreLoad
    energy : Energy or None
        Of one inference; None if its length is not known.
    board : str
        The machine, as `1 x SpiNN-5`; empty for `ideal`.
    """

    model: str
    target: str
    populations: tuple[PopulationNeeds, ...]
    violations: tuple[Violation, ...]
    notes: tuple[str, ...]
    events_per_tick: Mapping[str, int]
    time_scale_factor: int | None
    projections: tuple[ProjectionNeeds, ...] = ()
    warnings: tuple[str, ...] = ()
    figures: Mapping[str, Figure] = field(default_factory=dict)
    loads: Mapping[str, CoreLoad] = field(default_factory=dict)
    energy: Energy | None = None
    board: str = ""

    @property
    def fits(self) -> bool:
        """Whether nothing exceeds the machine."""
        return not self.violations

    def as_json(self) -> dict[str, Any]:
        """Return the check as a JSON document."""
        return {
            "model": self.model,
            "target": self.target,
            "board": self.board,
            "fits": self.fits,
            "cores": self._cores(),
            "synapses": sum(p.synapses for p in self.populations),
            "populations": [vars(p) for p in self.populations],
            "projections": [vars(p) for p in self.projections],
            "violations": [vars(v) for v in self.violations],
            "warnings": list(self.warnings),
            "figures": {name: vars(figure) for name, figure in self.figures.items()},
            "loads": {name: vars(load) for name, load in self.loads.items()},
            "energy": self._energy(),
            "events_per_tick": dict(self.events_per_tick),
            "time_scale_factor": self.time_scale_factor,
            "notes": list(self.notes),
        }

    def _cores(self) -> int:
        figure = self.figures.get("cores")
        return int(figure.value) if figure else sum(p.cores for p in self.populations)

    def _energy(self) -> dict[str, float] | None:
        if self.energy is None:
            return None
        return vars(self.energy) | {"total_J": self.energy.total_J}


__all__ = ["Check", "Figure", "How"]
