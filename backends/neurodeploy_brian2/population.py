"""Populations: what a script says of neurons, kept until the run.

One class, though long, as a script sees one object with all of PyNN's calls.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurodeploy_brian2.cells import CellType, SpikeSourceArray
from neurodeploy_brian2.errors import (
    ConfigurationError,
    RefusedError,
    UnknownNameError,
    UnsupportedError,
)
from neurodeploy_brian2.parameters import encode_rows
from neurodeploy_brian2.places import Placed
from neurodeploy_brian2.planning import check_shape, read_planning
from neurodeploy_brian2.plasticity import StaticSynapse
from neurodeploy_brian2.projection import Projection
from neurodeploy_brian2.recorder import Recorder
from neurodeploy_brian2.recording import UNITS, Results
from neurodeploy_brian2.selection import ParameterHolder, PerNeuron
from neurodeploy_brian2.sources import SourceSpikes, source_spikes
from neurodeploy_brian2.synapse_type import Synapse
from neurodeploy_brian2.views import IDMixin, PopulationView, sample

if TYPE_CHECKING:
    from neurodeploy_brian2.simulator import Simulator

logger = logging.getLogger(__name__)


class Population(Placed):
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
        self._first: dict[str, PerNeuron] = {}
        self._parameters: dict[str, PerNeuron] = {}
        self._host_draws = self._is_asked = False
        if self.is_source:
            self._check_source()
        else:
            self._fill(dict(self.celltype.parameters))
        self.set_initial(initial_values or {}, None)

    def _root(self) -> Population:
        return self

    def _which(self) -> None:
        return None

    def _fill(self, given: dict[str, Any]) -> None:
        rows = {row.name: row.default for row in self.celltype.state_rows}
        for name, default in rows.items():
            self._first[name] = self._values(name, given.pop(name, default))
        for name, value in ({row.name: row.default for row in self.celltype.rows} | given).items():
            self._parameters[name] = self._values(name, value)
        self.check_values()

    def check_values(self, names: Iterable[str] | None = None) -> None:
        """Refuse numbers that the machine cannot hold or that make no sense."""
        values = {**self._parameters, **self._first}
        chosen = values if names is None else names
        drawn = {name: values[name].numbers() for name in chosen if values[name].is_drawn}
        rows = (*self.celltype.rows, *self.celltype.state_rows)
        known = tuple(row for row in rows if row.name in drawn)
        encode_rows(self._label, known, drawn, self._size)

    def _check_source(self) -> None:
        if not self._plays_back:
            self.celltype.check(self._label, self._size)

    def _values(self, name: str, value: Any) -> PerNeuron:
        return PerNeuron(f"{self._label}.{name}", self._size, value)

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
    def is_source(self) -> bool:
        """Whether its spikes do not depend on others."""
        return not self.celltype.receptors

    @property
    def recorded(self) -> Any:
        """What is recorded, a mapping of names."""
        return self.recorder.wanted

    @property
    def n_steps(self) -> int:
        """Updates of a neuron in a tick."""
        return int(self.planning.get("n_steps_per_timestep", 1))

    # ---- parameters and state ----

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        if self.is_source:
            rows = tuple(row.name for row in self.celltype.rows)
            return rows or tuple(self.celltype.names())
        return tuple(self._parameters)

    @property
    def state_names(self) -> tuple[str, ...]:
        """Names of the state variables."""
        return tuple(self._first)

    @property
    def _plays_back(self) -> bool:
        return isinstance(self.celltype, SpikeSourceArray)

    def set_values(self, parameters: Mapping[str, Any], which: Sequence[int] | None) -> None:
        """Set parameters of some neurons, from the next tick on."""
        self._simulator.must_be_alive(f"{self._label}.set")
        for name in parameters:
            self._know(name, self.parameter_names, "parameter")
        if self.is_source:
            self._set_source(parameters, which)
            return
        self._simulator.on_set(self)
        if self._simulator.has_run:
            self._read_back()
        for name, value in parameters.items():
            self._parameters[name].set(value, which)
        self.check_values(parameters)

    def read_values(self, names: Any, which: Sequence[int] | None) -> ParameterHolder:
        """Return parameters of some neurons, after a run as the machine holds them."""
        asked = (names,) if isinstance(names, str) else tuple(names)
        for name in asked:
            self._know(name, self.parameter_names, "parameter")
        self._ask()
        return ParameterHolder(names, lambda name: self._read(name, which))

    def set_initial(self, values: Mapping[str, Any], which: Sequence[int] | None) -> None:
        """Set state before the first tick; a network that runs keeps what it has."""
        self._simulator.must_be_alive(f"{self._label}.initialize")
        for name in values:
            self._know(name, self.state_names, "state variable")
        if values and self._simulator.has_run:
            logger.warning("%s: initialize has no effect before reset(); see set_state", self.label)
        for name, value in values.items():
            self._first[name].set(value, which)
        if values and not self.is_source:
            self.check_values(values)

    def state_first(self, name: str, which: Sequence[int] | None) -> list[Any]:
        """Return state before the first tick."""
        self._know(name, self.state_names, "state variable")
        self._ask(first=True)
        return self._as_held(name, self._first[name].listed(which))

    def set_now(self, values: Mapping[str, Any], which: Sequence[int] | None) -> None:
        """Set state as it is now; before the first run that is the first."""
        for name in values:
            self._know(name, self.state_names, "state variable")
        if not self._simulator.has_run:
            for name, value in values.items():
                self._first[name].set(value, which)
            return
        self._read_back()
        indices = range(self._size) if which is None else which
        for name, value in values.items():
            fresh = self._values(name, 0.0)
            fresh.set(value, indices)
            if not fresh.is_drawn:
                fresh.draw_on_host()
            self._simulator.set_state(self, name, indices, fresh.listed(indices))

    def state_now(self, name: str, which: Sequence[int] | None) -> list[float]:
        """Return state as it is now."""
        self._know(name, self.state_names, "state variable")
        if not self._simulator.has_run:
            return self._first[name].listed(which)
        self._read_back()
        indices = range(self._size) if which is None else which
        return self._simulator.state(self, name, indices)

    @property
    def initial_values(self) -> Any:
        """State before the first tick, by name."""
        return ParameterHolder(self.state_names, lambda name: self.state_first(name, None))

    def first_values(self) -> dict[str, list[Any]]:
        """Return state before the first tick, by name, once it is drawn."""
        return {name: values.listed() for name, values in self._first.items()}

    def settle(self) -> None:
        """Draw what is random and hand all numbers to the cell type, ready for the machine."""
        check_shape(self._label, self.atoms_shape, self.planning.get("neurons_per_core"))
        if self.is_source:
            return
        every = {**self._parameters, **self._first}
        if not all(values.is_drawn for values in every.values()):
            drawn = self._simulator.draw_parameters(self, every, by_host=self._host_draws)
            if drawn and self._is_asked:
                self._read_back(first=True)
        self.celltype.parameters = {
            name: values.numbers() for name, values in self._parameters.items()
        }

    def redraw(self, *, by_host: bool) -> None:
        """Draw again, when the run starts anew, what nobody has read."""
        for values in (*self._parameters.values(), *self._first.values()):
            values.undraw()
        self._host_draws = by_host

    def _ask(self, *, first: bool = False) -> None:
        """Read values back from the machine; before a run, as soon as there are any."""
        if self._simulator.has_run:
            self._read_back(first=first)
        else:
            self._is_asked = True

    def _read_back(self, *, first: bool = False) -> None:
        """Let what the machine drew be the host's values: parameters, and state at tick 0."""
        for values in (*self._parameters.values(), *(self._first.values() if first else ())):
            values.keep()

    def _read(self, name: str, which: Sequence[int] | None) -> list[Any]:
        if self._plays_back:
            return self._spike_lists(which)
        if self.is_source:
            indices = range(self._size) if which is None else which
            listed: list[Any] = self.celltype.listed(name, indices)
            return listed
        return self._as_held(name, self._parameters[name].listed(which))

    def _as_held(self, name: str, values: list[Any]) -> list[Any]:
        if not self._simulator.has_run:
            return values
        rows = (*self.celltype.rows, *self.celltype.state_rows)
        form = next(row.form for row in rows if row.name == name)
        return [form.decode(form.encode(value)) for value in values]

    def _know(self, name: str, known: Iterable[str], what: str) -> None:
        known = tuple(known)
        if name not in known:
            raise UnknownNameError(
                self._label, f"has no {what} {name}", limit=", ".join(known) or "none"
            )

    # ---- sources ----

    def source_spikes(self, timestep_us: int, n_ticks: int, first_tick: int = 0) -> SourceSpikes:
        """Return what a source sends in [first_tick, n_ticks), by tick since the reset."""
        if not self._plays_back:
            drawn: SourceSpikes = self._simulator.draw_spikes(self, n_ticks, first_tick)
            return drawn
        times = self.celltype.parameters.get("spike_times")
        return source_spikes(self._label, times, self._size, timestep_us, n_ticks, first_tick)

    def _set_source(self, parameters: Mapping[str, Any], which: Sequence[int] | None) -> None:
        if not self._plays_back:
            self.celltype.set_parameters(self._label, self._size, parameters, which)
            self._simulator.rates_changed(self)
            return
        if which is not None and len(which) != self._size:
            logger.warning(
                "%s: spike_times set through a view replace those of all neurons, as in sPyNNaker",
                self._label,
            )
        self.celltype.parameters = {**self.celltype.parameters, **parameters}

    def _spike_lists(self, which: Sequence[int] | None) -> list[Any]:
        times = self.celltype.parameters.get("spike_times")
        times = [] if times is None else times
        nested = hasattr(times, "__len__") and len(times) > 0 and hasattr(times[0], "__len__")
        every = list(times) if nested else [times] * self._size
        return every if which is None else [every[index] for index in which]

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
        return self._simulator.results(self)

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
