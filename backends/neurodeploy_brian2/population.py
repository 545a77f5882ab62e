"""Populations: what a script says of neurons, kept until the run."""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurodeploy_brian2.cells import CellType
from neurodeploy_brian2.errors import (
    ConfigurationError,
    RefusedError,
    UnsupportedError,
)
from neurodeploy_brian2.places import Placed
from neurodeploy_brian2.planning import read_planning
from neurodeploy_brian2.plasticity import StaticSynapse
from neurodeploy_brian2.population_values import Valued
from neurodeploy_brian2.projection import Projection
from neurodeploy_brian2.recorder import Recorder
from neurodeploy_brian2.recording import UNITS, Results
from neurodeploy_brian2.synapse_type import Synapse
from neurodeploy_brian2.views import IDMixin, PopulationView, sample

if TYPE_CHECKING:
    from neurodeploy_brian2.simulator import Simulator

logger = logging.getLogger(__name__)


class Population(Valued, Placed):
    """A group of neurons of one type; made by `Simulator.Population`.

    Parameters
    ----------
    simulator : Simulator
        The network it belongs to.
    size : int or None
        None is one neuron.
    cellclass : CellType or its class
    cellparams : mapping, optional
        Parameters, if `cellclass` is a class.
    structure : Structure, optional
        Where the neurons are.
    initial_values : mapping, optional
        State before the first tick.
    label : str, optional
    additional_parameters : mapping, optional
        See `planning`.
    """

    def __init__(
        self,
        simulator: Simulator,
        size: Any,
        cellclass: Any,
        cellparams: Mapping[str, Any] | None = None,
        *,
        structure: Any = None,
        initial_values: Mapping[str, Any] | None = None,
        label: str | None = None,
        additional_parameters: Mapping[str, Any] | None = None,
    ) -> None:
        self._simulator = simulator
        self._label = label or f"Population{len(simulator.populations)}"
        self._size = _size(self._label, size)
        self.celltype: Any = _cell_type(self._label, cellclass, cellparams)
        self.planning = read_planning(self._label, self.celltype, additional_parameters or {})
        self.structure = structure
        self._positions = None
        self.annotations: dict[str, Any] = {}
        self.synapse_dynamics: Synapse = StaticSynapse()
        self.currents: list[tuple[Any, Sequence[int]]] = []
        self.recorder = Recorder(self._label, self._size, self.celltype.recordable, self.is_source)
        self._start_values(initial_values or {})

    def _root(self) -> Population:
        return self

    def _which(self) -> None:
        return None

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, int):
            return IDMixin(self, index)
        return PopulationView(self, index)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise UnsupportedError(f"Population.{name}", "the emulator does not support it")

    @property
    def label(self) -> str:
        """Its name; it cannot be changed."""
        return self._label

    @label.setter
    def label(self, label: str) -> None:
        raise RefusedError(self._label, "sPyNNaker's labels cannot be changed", got=label)

    @property
    def size(self) -> int:
        """How many neurons there are."""
        return self._size

    @property
    def recorded(self) -> Any:
        """What is recorded, a mapping of names."""
        return self.recorder.wanted

    @property
    def n_steps(self) -> int:
        """Updates of a neuron in a tick."""
        return int(self.planning.get("n_steps_per_timestep", 1))

    # ---- recordings ----

    def record_some(
        self, variables: Any, to_file: Any, interval: float | None, which: Sequence[int] | None
    ) -> None:
        """Record variables of some neurons."""
        self._simulator.must_be_alive(f"{self._label}.record")
        self.recorder.record(variables, to_file, interval, self._simulator.timestep_ms, which)
        if variables is not None:
            self._simulator.changed(f"{self._label}.record")

    def segments(self) -> list[Results]:
        """Return the recordings, one for each reset and the last."""
        found: list[Results] = self._simulator.results(self)
        return found

    def clear(self, names: Sequence[str]) -> None:
        """Forget recordings so far."""
        self._simulator.clear(self, names)

    def unit(self, name: str) -> str:
        """Return the unit of a parameter or variable."""
        rows = (*self.celltype.rows, *getattr(self.celltype, "state_rows", ()))
        units = {row.name: row.unit for row in rows} | UNITS | {"spikes": "", "spike_times": "ms"}
        self._know(name, units, "parameter or variable")
        return str(units[name])

    def saturated_ticks(self) -> NDArray[np.int64]:
        """Return in how many ticks each neuron's ring buffers were full.

        Returns
        -------
        ticks : (size, receptors) int64 array
        """
        return self.segments()[-1].saturated

    @property
    def saturations(self) -> int:
        """In how many ticks a ring buffer was full, over all neurons and receptors."""
        return int(self.saturated_ticks().sum())

    # ---- currents ----

    def inject_some(self, source: Any, which: Sequence[int] | None) -> None:
        """Let a current source feed some neurons."""
        if self.is_source:
            raise ConfigurationError(self._label, "a source takes no current")
        source.check(self._simulator.timestep_us)
        self.currents.append((source, range(self._size) if which is None else list(which)))
        self._simulator.on_set(self)

    def sample(self, n: int, rng: Any = None) -> PopulationView:
        """Return a view of n neurons, drawn without replacement."""
        return sample(self, n, rng)


def _size(label: str, size: Any) -> int:
    if size is None:
        return 1
    whole = isinstance(size, int | float | np.number) and size == size
    if not whole or abs(round(size) - size) >= 0.001 or round(size) < 1:
        raise ConfigurationError(
            label, "size is not a whole number of neurons", got=size, limit="1 or more"
        )
    return int(round(size))


def _cell_type(label: str, cellclass: Any, cellparams: Mapping[str, Any] | None) -> Any:
    """Return a cell type of the population's own."""
    if isinstance(cellclass, CellType):
        if cellparams:
            raise ConfigurationError(
                label, "cellparams given beside a cell type that has its parameters"
            )
        own = copy.copy(cellclass)
        own.parameters = dict(cellclass.parameters)
        return own
    if isinstance(cellclass, type) and issubclass(cellclass, CellType):
        return cellclass(**(cellparams or {}))
    raise UnsupportedError(
        label, "the emulator does not support its cell type", got=repr(cellclass)
    )


__all__ = ["Population", "Projection"]
