"""Where the neurons of a population are: in space, on cores, and among all neurons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurodeploy_brian2.errors import ConfigurationError, RefusedError
from neurodeploy_brian2.neurons import Neurons
from neurodeploy_brian2.planning import DEFAULT_PER_CORE, core_slices

if TYPE_CHECKING:
    from neurodeploy_brian2.simulator import Simulator


class Placed(Neurons):
    """Neurons with a size, a structure and a network."""

    _simulator: Simulator
    _label: str
    _size: int
    _positions: NDArray[np.float64] | None
    celltype: Any
    planning: dict[str, Any]
    structure: Any

    @property
    def per_core(self) -> int:
        """How many neurons a core can have."""
        given: Any = self.planning.get("neurons_per_core")
        if given is None:
            given = self._simulator.per_core.get(type(self.celltype))
        if given is None:
            given = getattr(self.celltype, "max_per_core", DEFAULT_PER_CORE)
        # A grid is divided into stretches as long as the board's rectangles are large.
        return int(np.prod(given))

    @property
    def n_synapse_cores(self) -> int | None:
        """How many synapse cores the neurons of a core were given; 0 is none of their own."""
        given = self.planning.get("n_synapse_cores")
        return self._simulator.synapse_cores.get(type(self.celltype)) if given is None else given

    def slices(self) -> tuple[range, ...]:
        """Return which neurons each core has; sources without packets are as their targets."""
        target = self._simulator.fed_directly(self)
        if target is not None:
            slices: tuple[range, ...] = target.slices()
            return slices
        return core_slices(self._label, self._size, self.per_core)

    @property
    def atoms_shape(self) -> tuple[int, ...]:
        """Width and height of a grid; otherwise the size."""
        if self.structure is None or not hasattr(self.structure, "calculate_size"):
            return (self._size,)
        return tuple(int(n) for n in self.structure.calculate_size(self._size))

    @property
    def positions(self) -> Any:
        """Where the neurons are, (size, 3) float array."""
        if self._positions is None:
            if self.structure is None:
                raise ConfigurationError(
                    self._label,
                    "has no positions",
                    todo="give the population a structure, Population(..., structure=Grid2D())",
                )
            self._positions = self.structure.generate_positions(self._size)
        return self._positions.T

    @positions.setter
    def positions(self, positions: Any) -> None:
        self._positions = np.asarray(positions, dtype=np.float64)

    @property
    def position_generator(self) -> Any:
        """A function of the index, as sPyNNaker has it."""
        return lambda i: self.positions[:, i]

    def set_max_atoms_per_core(self, max_atoms_per_core: Any) -> None:
        """Say how many neurons a core has."""
        most = getattr(self.celltype, "max_per_core", DEFAULT_PER_CORE)
        if np.prod(max_atoms_per_core) > most:
            raise ConfigurationError(
                self._label, "too many neurons for a core", got=max_atoms_per_core, limit=most
            )
        self.planning["neurons_per_core"] = max_atoms_per_core

    def add_placement_constraint(self, x: int, y: int, p: int | None = None) -> None:
        """Accepted; there are no chips to choose from."""

    @property
    def first_id(self) -> int:
        """Id of the first neuron in the network."""
        first = 0
        for population in self._simulator.populations:
            if population is self:
                return first
            first += population.size
        raise ConfigurationError(self._label, "is of another network")

    @property
    def last_id(self) -> int:
        """Id of the last neuron."""
        return self.first_id + self._size - 1

    def id_to_index(self, id: Any) -> Any:
        """Return the index of an id, or those of several."""
        first = self.first_id
        if np.iterable(id):
            return [one - first for one in id]
        if not first <= id <= self.last_id:
            raise ConfigurationError(
                self._label, "has no such id", got=id, limit=f"{first} to {self.last_id}"
            )
        return int(id - first)

    def index_to_id(self, index: Any) -> Any:
        """Return the id of an index, or those of several."""
        first = self.first_id
        if np.iterable(index):
            return [one + first for one in index]
        if index >= self._size:
            raise ConfigurationError(
                self._label, "has no such index", got=index, limit=f"below {self._size}"
            )
        return int(index + first)

    def id_to_local_index(self, cell_id: Any) -> Any:
        """Refused, as by sPyNNaker."""
        raise RefusedError(f"{self._label}.id_to_local_index", "sPyNNaker does not have it")


__all__ = ["Placed"]
