"""A lowered network on a machine, and what does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from neurodeploy.ir.network import Network
from neurodeploy.target.layout import Layout, lay_out
from neurodeploy.target.memory import Recorded
from neurodeploy.target.spinnaker import BOARDS, Board


@dataclass(frozen=True)
class Violation:
    """One limit that a network exceeds.

    Parameters
    ----------
    rule, who, what : str
    got, limit : float
    todo : str
    source : str
        Where the limit is from.
    """

    rule: str
    who: str
    what: str
    got: float
    limit: float
    todo: str
    source: str = ""

    def __str__(self) -> str:
        return f"{self.who}: {self.what} (got {self.got:g}, limit {self.limit:g}); {self.todo}"


@dataclass(frozen=True, eq=False)
class Design:
    """A lowered network on a machine, as the rules look at it.

    Parameters
    ----------
    layout : Layout
        Of the lowered network.
    board : Board
    boards : int
        Boards that there are.
    recorded : Recorded
    time_scale_factor : int or None
        If the user has chosen one; else it is chosen so that every core keeps up.
    events, instructions : mapping of population name to int
        Most synaptic events of a core in a tick, and all that it has to do in one; empty if
        nothing was counted.
    """

    layout: Layout
    board: Board = BOARDS[5]
    boards: int = 1
    recorded: Recorded = Recorded()
    time_scale_factor: int | None = None
    events: Mapping[str, int] = field(default_factory=dict)
    instructions: Mapping[str, int] = field(default_factory=dict)

    @property
    def network(self) -> Network:
        """The network."""
        return self.layout.network


def design_of(net: Network, per_core: Mapping[str, int] | None = None) -> Design:
    """Return a network on one SpiNN-5 board."""
    return Design(lay_out(net, per_core))


__all__ = ["Design", "Violation", "design_of"]
