"""Population and Projection: what a script says, kept until the run."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurodeploy.api import InputError, TargetError
from neurodeploy_brian2 import recording
from neurodeploy_brian2.cells import STATE, CellType, SpikeSourceArray
from neurodeploy_brian2.errors import UnsupportedError, refuse_extra
from neurodeploy_brian2.sources import SourceSpikes, source_spikes
from neurodeploy_brian2.synapses import Connector, StaticSynapse

if TYPE_CHECKING:
    from neurodeploy_brian2.simulator import Simulator

RECEPTORS = ("excitatory", "inhibitory")

_PLANNING = ("max_expected_summed_weight", "spikes_per_second", "ring_buffer_sigma")


class Population:
    """A group of neurons of one type; made by `Simulator.Population`.

    Parameters
    ----------
    simulator : Simulator
        The network it belongs to.
    size : int
    cellclass : CellType or its class
    cellparams : mapping, optional
        Parameters, if `cellclass` is a class.
    initial_values : mapping, optional
        `v` (mV), `isyn_exc`, `isyn_inh` (nA).
    label : str, optional
    additional_parameters : mapping, optional
        `max_expected_summed_weight` ([exc, inh], nA), `spikes_per_second`,
        `ring_buffer_sigma`.
    """

    def __init__(
        self,
        simulator: Simulator,
        size: int,
        cellclass: Any,
        cellparams: Mapping[str, Any] | None = None,
        *,
        initial_values: Mapping[str, Any] | None = None,
        label: str | None = None,
        additional_parameters: Mapping[str, Any] | None = None,
    ) -> None:
        self._simulator = simulator
        self.label = label or f"Population{len(simulator.populations)}"
        self.size = _size(self.label, size)
        self.celltype = _cell_type(self.label, cellclass, cellparams)
        self.initial_values: dict[str, Any] = {}
        self.planning = _planning(self.label, additional_parameters or {})
        self.recorded: set[str] = set()
        self.initialize(**(initial_values or {}))

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: Any) -> Any:
        raise UnsupportedError(self.label, "the emulator does not support views of a population")

    def __getattr__(self, name: str) -> Any:
        raise UnsupportedError(f"Population.{name}", "the emulator does not support it")

    @property
    def is_source(self) -> bool:
        """Whether it plays back spikes."""
        return isinstance(self.celltype, SpikeSourceArray)

    def set(self, **parameters: Any) -> None:
        """Set parameters, before the run."""
        self._simulator.must_not_have_run(f"{self.label}.set")
        known = type(self.celltype)(**parameters).parameters
        self.celltype = type(self.celltype)(**(self.celltype.parameters | known))

    def initialize(self, **values: Any) -> None:
        """Set state variables as they are before the first tick."""
        self._simulator.must_not_have_run(f"{self.label}.initialize")
        known = () if self.is_source else tuple(row.name for row in STATE)
        for name in values:
            if name not in known:
                raise InputError(
                    self.label, f"has no state variable {name}", limit=", ".join(known) or "none"
                )
        self.initial_values.update(values)

    def record(
        self,
        variables: str | Iterable[str] | None,
        to_file: None = None,
        sampling_interval: float | None = None,
    ) -> None:
        """Record `spikes`, `v`, `gsyn_exc`, `gsyn_inh` or `all` of all neurons; None: nothing."""
        self._simulator.must_not_have_run(f"{self.label}.record")
        refuse_extra(f"{self.label}.record", {"to_file": to_file})
        if sampling_interval not in (None, self._simulator.timestep_ms):
            raise UnsupportedError(
                f"{self.label}.record",
                "the emulator records every tick",
                got=f"sampling_interval {sampling_interval}",
                limit=f"None or {self._simulator.timestep_ms}",
            )
        if variables is None:
            self.recorded.clear()
            return
        self.recorded.update(recording.names(self.label, variables, self.celltype.recordable))

    def source_spikes(self, timestep_us: int, n_ticks: int) -> SourceSpikes:
        """Return what a source sends in a run, by tick."""
        times = self.celltype.parameters.get("spike_times")
        return source_spikes(self.label, times, self.size, timestep_us, n_ticks)

    def spinnaker_get_data(self, variable: str, as_matrix: bool = False) -> NDArray[np.float64]:
        """Return one variable as sPyNNaker's own array.

        Returns
        -------
        data : (n, 2) or (n, 3) float array
            For `spikes` rows of neuron and time (ms), by neuron, then by time. For the
            others rows of neuron, time (ms) and value (mV, nA), by neuron, then by time;
            with `as_matrix` only the values, (n_ticks, size).
        """
        return recording.rows(self._results(), variable, as_matrix)

    def get_data(
        self,
        variables: str | Iterable[str] = "all",
        gather: bool = True,
        clear: bool = False,
        *,
        annotations: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return a Neo Block with one Segment: spiketrains, and a signal per variable."""
        refuse_extra(f"{self.label}.get_data", {"clear": clear or None})
        return recording.block(self._results(), variables, annotations or {})

    def get_spike_counts(self, gather: bool = True) -> dict[int, int]:
        """Return how many spikes each neuron sent."""
        counts = np.bincount(self._results().spikes()[1], minlength=self.size)
        return {index: int(count) for index, count in enumerate(counts)}

    def saturated_ticks(self) -> NDArray[np.int64]:
        """Return in how many ticks each neuron's ring buffers were full.

        Returns
        -------
        ticks : (size, 2) int64 array
            Excitatory, inhibitory.
        """
        return self._results().saturated

    @property
    def saturations(self) -> int:
        """In how many ticks a ring buffer was full, over all neurons and receptors."""
        return int(self.saturated_ticks().sum())

    def _results(self) -> recording.Results:
        return self._simulator.results(self)


class Projection:
    """The connections from one population to another; made by `Simulator.Projection`.

    Parameters
    ----------
    pre, post : Population
    connector : Connector
    synapse_type : StaticSynapse, optional
    receptor_type : {'excitatory', 'inhibitory'}
    label : str, optional
    timestep_us : int
        Length of a tick.
    """

    def __init__(
        self,
        pre: Population,
        post: Population,
        connector: Connector,
        synapse_type: StaticSynapse | None = None,
        *,
        receptor_type: str = "excitatory",
        label: str | None = None,
        timestep_us: int,
    ) -> None:
        self.pre, self.post = pre, post
        self.label = label or f"{pre.label}->{post.label}"
        self.receptor_type = receptor_type
        synapse = StaticSynapse() if synapse_type is None else synapse_type
        for what, value, kind in (
            ("connector", getattr(connector, "connect", None), object),
            ("synapse type", synapse, StaticSynapse),
        ):
            if value is None or not isinstance(value, kind):
                raise UnsupportedError(
                    self.label,
                    f"the emulator does not support its {what}",
                    got=type(connector if what == "connector" else synapse).__name__,
                )
        if receptor_type not in RECEPTORS:
            raise InputError(
                self.label, "unknown receptor type", got=receptor_type, limit=" or ".join(RECEPTORS)
            )
        if post.is_source:
            raise InputError(self.label, "a source cannot receive spikes", got=post.label)
        self.connections = connector.connect(
            self.label, (pre.size, post.size), synapse, timestep_us
        )

    def __getattr__(self, name: str) -> Any:
        raise UnsupportedError(f"Projection.{name}", "the emulator does not support it")

    @property
    def inhibitory(self) -> bool:
        """Whether it feeds the inhibitory ring buffer."""
        return self.receptor_type == "inhibitory"


def _size(label: str, size: Any) -> int:
    if size != size or int(size) != size or size < 1:
        raise InputError(
            label, "size is not a whole number of neurons", got=size, limit="1 or more"
        )
    return int(size)


def _cell_type(label: str, cellclass: Any, cellparams: Mapping[str, Any] | None) -> CellType:
    if isinstance(cellclass, CellType):
        if cellparams:
            raise InputError(label, "cellparams given beside a cell type that has its parameters")
        return cellclass
    if isinstance(cellclass, type) and issubclass(cellclass, CellType):
        return cellclass(**(cellparams or {}))
    raise UnsupportedError(
        label, "the emulator does not support its cell type", got=repr(cellclass)
    )


def _planning(label: str, given: Mapping[str, Any]) -> dict[str, Any]:
    for name in given:
        if name not in _PLANNING:
            raise UnsupportedError(
                label,
                f"the emulator does not support the additional parameter {name}",
                limit=", ".join(_PLANNING),
            )
    planning = {name: value for name, value in given.items() if value is not None}
    summed = planning.get("max_expected_summed_weight")
    if summed is not None and np.shape(summed) != (2,):
        raise InputError(
            label, "max_expected_summed_weight must be [excitatory, inhibitory]", got=summed
        )
    numbers = itertools.chain.from_iterable(np.atleast_1d(value) for value in planning.values())
    for number in numbers:
        if not np.isfinite(number) or number < 0:
            raise TargetError(label, "an additional parameter is not a positive number", got=number)
    return planning


__all__ = ["RECEPTORS", "Population", "Projection"]
