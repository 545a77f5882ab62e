"""What the cores of one network draw: each population's seeds, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from neurodeploy_brian2.machine_draws import Seeds, draw_connections, draw_parameters
from neurodeploy_brian2.population import Population
from neurodeploy_brian2.projection import Projection
from neurodeploy_brian2.synapses import DrawnConnections

if TYPE_CHECKING:
    from neurodeploy_brian2.simulator import Simulator


class Draws:
    """Draws for populations and for the projections into them, once.

    Parameters
    ----------
    simulator : Simulator
        Whose network it is.
    """

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._seeds: dict[Population, Seeds] = {}
        self._connections: dict[Population, dict[Projection, Any]] = {}

    def parameters(
        self, population: Population, every: Mapping[str, Any], *, by_host: bool
    ) -> bool:
        """Draw what is random among a population's parameters; return whether cores did."""
        seeds = self._seeds_of(population)
        return draw_parameters(population, every, seeds, by_host=by_host)

    def connections(self, projection: Projection) -> Any:
        """Return the connections of a projection that cores draw."""
        target = projection.post._root()
        if target not in self._connections:
            mine = [
                one
                for one in self._by_source(target)
                if isinstance(one.connections, DrawnConnections)
            ]
            seeds, scales = self._seeds_of(target), self._simulator.scales(target)
            network = self._simulator.network()
            self._connections[target] = draw_connections(network, target, mine, scales, seeds)
        return self._connections[target][projection]

    def forget(self) -> None:
        """Draw all connections anew: there is another projection, and delays may be in its way."""
        self._connections.clear()

    def _by_source(self, target: Population) -> list[Projection]:
        """Return projections into a population by source, then as they were made."""
        mine = [one for one in self._simulator.projections if one.post._root() is target]
        sources: list[Population] = []
        for one in mine:
            if one.pre._root() not in sources:
                sources.append(one.pre._root())
        return sorted(mine, key=lambda one: sources.index(one.pre._root()))

    def _seeds_of(self, population: Population) -> Seeds:
        if population not in self._seeds:
            self._seeds[population] = Seeds(population.planning.get("seed"))
        return self._seeds[population]


__all__ = ["Draws"]
