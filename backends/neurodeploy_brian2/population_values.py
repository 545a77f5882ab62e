"""Parameters and state of a population: set, drawn, read back, handed to the machine."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from neurodeploy_brian2.cells import SpikeSourceArray
from neurodeploy_brian2.errors import UnknownNameError
from neurodeploy_brian2.parameters import encode_rows
from neurodeploy_brian2.planning import check_shape
from neurodeploy_brian2.selection import ParameterHolder, PerNeuron
from neurodeploy_brian2.sources import SourceSpikes, source_spikes

logger = logging.getLogger(__name__)


class Valued:
    """What has parameters and state; `Population`, which is one, has what they are of."""

    _simulator: Any
    _label: str
    _size: int
    celltype: Any
    planning: dict[str, Any]

    if TYPE_CHECKING:

        @property
        def label(self) -> str:
            """Its name."""

        @property
        def atoms_shape(self) -> tuple[int, ...]:
            """How many neurons there are in each dimension."""

    def _start_values(self, initial: Mapping[str, Any]) -> None:
        self._first: dict[str, PerNeuron] = {}
        self._parameters: dict[str, PerNeuron] = {}
        self._host_draws = self._is_asked = False
        if self.is_source:
            self._check_source()
        else:
            self._fill(dict(self.celltype.parameters))
        self.set_initial(initial, None)

    @property
    def is_source(self) -> bool:
        """Whether its spikes do not depend on others."""
        return not self.celltype.receptors

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
        held: list[float] = self._simulator.state(self, name, indices)
        return held

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


__all__ = ["Valued"]
