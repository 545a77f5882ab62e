"""Some neurons of a population: PyNN's views and single cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from neurodeploy_brian2.errors import RefusedError, UnsupportedError
from neurodeploy_brian2.neurons import Neurons
from neurodeploy_brian2.randomness import NumpyRNG
from neurodeploy_brian2.selection import ParameterHolder, select


class PopulationView(Neurons):
    """Some neurons of a population or of a view.

    Parameters
    ----------
    parent : Population or PopulationView
    selector : slice, mask or sequence of indices
    label : str, optional
    """

    def __init__(self, parent: Neurons, selector: Any, label: str | None = None) -> None:
        chosen = select(parent.label, selector, parent.size)
        outer = parent._which()
        object.__setattr__(self, "_chosen", chosen if outer is None else [outer[i] for i in chosen])
        object.__setattr__(self, "parent", parent)
        object.__setattr__(self, "mask", selector)
        object.__setattr__(self, "label", label or f"{parent.label}:{selector}")
        object.__setattr__(self, "annotations", {})

    def _root(self) -> Any:
        root: Any = self.parent._root()
        return root

    def _which(self) -> Sequence[int]:
        chosen: Sequence[int] = self._chosen
        return chosen

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._root().read_values(name, self._which())

    def __setattr__(self, name: str, value: Any) -> None:
        self._root().set_values({name: value}, self._which())

    def __getitem__(self, index: Any) -> Any:
        # A number is an index of the population, as in sPyNNaker.
        if isinstance(index, int):
            return IDMixin(self._root(), index)
        return PopulationView(self, index, f"{self.label}_{index}")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PopulationView):
            return False
        return self._root() is other._root() and list(self._chosen) == list(other._chosen)

    def __hash__(self) -> int:
        return hash((id(self._root()), tuple(self._chosen)))

    def __repr__(self) -> str:
        return f"{self.label}{list(self._chosen)}"

    def sample(self, n: int, rng: Any = None) -> PopulationView:
        """Return a view of n neurons, drawn without replacement."""
        return sample(self, n, rng)

    @property
    def grandparent(self) -> Any:
        """The population."""
        return self._root()

    @property
    def celltype(self) -> Any:
        """The cell type of the population."""
        return self._root().celltype

    @property
    def initial_values(self) -> ParameterHolder:
        """State before the first tick."""
        root = self._root()
        return ParameterHolder(root.state_names, lambda name: root.state_first(name, self._chosen))

    @property
    def is_contiguous(self) -> bool:
        """Whether the neurons follow each other without a gap."""
        return bool(len(self._chosen)) and list(self._chosen) == list(
            range(self._chosen[0], self._chosen[-1] + 1)
        )

    def id_to_index(self, id: Any) -> Any:
        """Return the place in this view of an index of the population."""
        chosen = list(self._chosen)
        return chosen.index(id) if isinstance(id, int) else [chosen.index(one) for one in id]

    def index_in_grandparent(self, indices: Iterable[int]) -> list[int]:
        """Return the indices in the population of places in this view."""
        return [self._chosen[index] for index in indices]

    @property
    def positions(self) -> Any:
        """Refused, as by sPyNNaker."""
        raise RefusedError(self.label, "sPyNNaker has no positions of views")

    @property
    def position_generator(self) -> Any:
        """Refused, as by sPyNNaker."""
        raise RefusedError(self.label, "sPyNNaker has no positions of views")

    @property
    def structure(self) -> Any:
        """Refused, as by sPyNNaker."""
        raise RefusedError(self.label, "sPyNNaker has no structure of views")


class IDMixin(PopulationView):
    """One cell; its parameters are its attributes."""

    def __init__(self, population: Any, index: int) -> None:
        super().__init__(population, int(index), f"{population.label}[{index}]")

    @property
    def id(self) -> int:
        """Its index in the population."""
        return int(self._chosen[0])

    def __int__(self) -> int:
        return self.id

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._root().read_values(name, self._chosen)[0]

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "position":
            raise RefusedError(self.label, "sPyNNaker has no positions of cells")
        super().__setattr__(name, value)

    def get_parameters(self) -> dict[str, Any]:
        """Return all parameters."""
        root = self._root()
        return {name: root.read_values(name, self._chosen)[0] for name in root.parameter_names}

    def set_parameters(self, **parameters: Any) -> None:
        """Set parameters."""
        self.set(**parameters)

    def get_initial_value(self, variable: str) -> Any:
        """Return one state variable before the first tick."""
        return self._root().state_first(variable, self._chosen)[0]

    def set_initial_value(self, variable: str, value: Any) -> None:
        """Set one state variable before the first tick."""
        self.initialize(**{variable: value})

    def as_view(self) -> PopulationView:
        """Return the cell as a view."""
        return self

    @property
    def local(self) -> bool:
        """True."""
        return True


class Assembly:
    """Refused wherever it would be used, as by sPyNNaker."""

    def __init__(self, *populations: Any, label: str | None = None) -> None:
        self.populations, self.label = populations, label or "assembly"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise UnsupportedError(f"Assembly.{name}", "sPyNNaker does not support Assemblies")


def sample(neurons: Neurons, n: int, rng: Any = None) -> PopulationView:
    """Return a view of n neurons, drawn without replacement."""
    order = (rng or NumpyRNG()).permutation(np.arange(neurons.size, dtype=np.int32))
    return PopulationView(neurons, order[:n], f"Random sample size {n} from {neurons.label}")


__all__ = ["Assembly", "IDMixin", "PopulationView", "sample"]
