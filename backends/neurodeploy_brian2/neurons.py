"""What a population and its views share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurodeploy_brian2 import recording, recording_csv
from neurodeploy_brian2.errors import ConfigurationError, RefusedError
from neurodeploy_brian2.selection import ParameterHolder


class Neurons:
    """What a population and its views share; subclasses say which neurons they mean."""

    label: str

    def _root(self) -> Any:
        """Return the population."""
        raise NotImplementedError

    def _which(self) -> Sequence[int] | None:
        """Return the indices in the population; None is all."""
        raise NotImplementedError

    def _indices(self) -> Sequence[int]:
        which = self._which()
        return range(self._root().size) if which is None else which

    @property
    def size(self) -> int:
        """How many neurons there are."""
        return len(self._indices())

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[Any]:
        return self.all()

    def all(self) -> Iterator[Any]:
        """Yield every cell."""
        root = self._root()
        yield from (root[index] for index in self._indices())

    @property
    def all_cells(self) -> list[Any]:
        """Every cell."""
        return list(self.all())

    @property
    def local_cells(self) -> list[Any]:
        """Every cell; there is one process."""
        return self.all_cells

    @property
    def local_size(self) -> int:
        """How many neurons there are."""
        return self.size

    def is_local(self, id: int) -> bool:
        """Return True."""
        return True

    def __add__(self, other: Any) -> Any:
        raise RefusedError(self.label, "sPyNNaker does not support Assemblies")

    def set(self, **parameters: Any) -> None:
        """Set parameters: numbers, lists, functions of the index or RandomDistributions."""
        self._root().set_values(parameters, self._which())

    def get(self, parameter_names: Any, gather: bool = True, simplify: bool = True) -> Any:
        """Return parameters: a sequence for one name, a mapping for several."""
        return self._root().read_values(parameter_names, self._which())

    def initialize(self, **initial_values: Any) -> None:
        """Set state as it is before the first tick; after a run, as of the next reset."""
        self._root().set_initial(initial_values, self._which())

    def set_state(self, **values: Any) -> None:
        """Set state as it is now, between two runs."""
        self._root().set_now(values, self._which())

    @property
    def current_values(self) -> ParameterHolder:
        """State as it is now."""
        root = self._root()
        return ParameterHolder(root.state_names, lambda name: root.state_now(name, self._which()))

    def record(
        self, variables: Any, to_file: Any = None, sampling_interval: float | None = None
    ) -> None:
        """Record `spikes`, `v`, `gsyn_exc`, `gsyn_inh` or `all`; None: nothing any more."""
        self._root().record_some(variables, to_file, sampling_interval, self._which())

    def can_record(self, variable: str) -> bool:
        """Tell whether a variable can be recorded."""
        return variable in self._root().celltype.recordable

    def get_data(
        self,
        variables: Any = "all",
        gather: bool = True,
        clear: bool = False,
        *,
        annotations: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return a Neo Block: a Segment for every reset, with spiketrains and signals.

        Parameters
        ----------
        variables : str or sequence of str
        gather
            Ignored.
        clear : bool
            Whether what was returned is forgotten.
        annotations : mapping, optional
            Put on the Block.
        """
        root = self._root()
        segments = root.segments()
        made = recording.block(segments, variables, annotations or {}, self._which())
        if clear:
            root.clear(recording.names(root.label, variables, segments[-1].available))
        return made

    def spinnaker_get_data(self, variable: Any, as_matrix: bool = False) -> NDArray[np.float64]:
        """Return one variable since the last reset as sPyNNaker's own array.

        Returns
        -------
        data : (n, 2) or (n, 3) float array
            For `spikes` rows of neuron and time (ms), by neuron, then by time. For the
            others rows of neuron, time (ms) and value (mV, nA), by neuron, then by time;
            with `as_matrix` only the values, (samples, neurons).
        """
        if not isinstance(variable, str):
            if len(variable) != 1:
                raise ConfigurationError(
                    self.label, "only one type of data at a time is supported", got=variable
                )
            variable = variable[0]
        results = self._root().segments()[-1]
        return recording.rows(results, variable, as_matrix, self._which())

    def get_spike_counts(self, gather: bool = True) -> dict[int, int]:
        """Return how many spikes each neuron sent since the last reset, by index."""
        root = self._root()
        _, index = root.segments()[-1].spikes(self._which())
        counts = np.bincount(index, minlength=root.size)
        return {one: int(counts[one]) for one in self._indices()}

    def mean_spike_count(self, gather: bool = True) -> float:
        """Return the mean number of spikes of a neuron."""
        counts = self.get_spike_counts()
        return sum(counts.values()) / len(counts)

    def write_data(
        self,
        io: Any,
        variables: Any = "all",
        gather: bool = True,
        clear: bool = False,
        annotations: Mapping[str, Any] | None = None,
    ) -> None:
        """Write the Block of `get_data` to a file, whose suffix tells Neo how.

        A CSV file is written as by sPyNNaker, and then nothing is cleared.
        """
        if isinstance(io, str | Path) and Path(io).suffix == ".csv":
            segments = self._root().segments()
            recording_csv.write(io, segments, variables, annotations or {}, self._which())
            return
        made = self.get_data(variables, gather, clear, annotations=annotations)
        (_neo_io(io) if isinstance(io, str | Path) else io).write(made)

    def inject(self, current_source: Any) -> None:
        """Let a current source feed the neurons."""
        self._root().inject_some(current_source, self._which())

    def find_units(self, variable: str) -> str:
        """Return the unit of a parameter or variable."""
        return str(self._root().unit(variable))

    @property
    def conductance_based(self) -> bool:
        """Whether weights are conductances."""
        return float(getattr(self._root().celltype, "weight_factor", 1.0)) != 1.0

    def describe(self, template: Any = None, engine: Any = None) -> str:
        """Return the neurons in words."""
        root = self._root()
        return (
            f'Population "{self.label}": {self.size} cells of type {type(root.celltype).__name__}'
        )

    def nearest(self, position: Any) -> Any:
        """Refused, as by sPyNNaker."""
        raise RefusedError(f"{self.label}.nearest", "sPyNNaker does not have it")

    def receptor_types(self) -> Any:
        """Refused, as by sPyNNaker."""
        raise RefusedError(f"{self.label}.receptor_types", "sPyNNaker does not have it")

    def save_positions(self, file: Any) -> None:
        """Refused, as by sPyNNaker."""
        raise RefusedError(f"{self.label}.save_positions", "sPyNNaker does not have it")


def _neo_io(path: str | Path) -> Any:
    import neo

    name = str(path)
    suffix = Path(name).suffix.removeprefix(".").lower()
    for kind in neo.io.iolist:
        if kind.is_writable and suffix in kind.extensions:
            return kind(name)
    raise ConfigurationError("write_data", "Neo cannot write such a file", got=name)


__all__ = ["Neurons"]
