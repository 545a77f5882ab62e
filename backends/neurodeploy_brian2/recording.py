"""What a population recorded, in sPyNNaker's arrays and in Neo's classes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurodeploy.api import InputError
from neurodeploy.target.fixed_point import decode_s1615
from neurodeploy_brian2.plan import Ints

UNITS = {"v": "mV", "gsyn_exc": "uS", "gsyn_inh": "uS"}
"""As sPyNNaker labels them, though gsyn of a current-based cell is a current in nA."""


@dataclass(frozen=True)
class Results:
    """Recordings of one population.

    Parameters
    ----------
    label : str
    size, n_ticks, timestep_us : int
    first_id : int
        Id of its first neuron in the network.
    recorded : frozenset of str
    spike_tick, spike_index : (s,) int64 arrays
        Sorted by index, then by tick.
    watched : {name: (n_ticks, size) int32 array}
        S16.15 bits.
    saturated : (size, 2) int64 array
    """

    label: str
    size: int
    first_id: int
    n_ticks: int
    timestep_us: int
    recorded: frozenset[str]
    spike_tick: Ints
    spike_index: Ints
    watched: dict[str, NDArray[np.int32]]
    saturated: Ints

    @property
    def timestep_ms(self) -> float:
        """Length of a tick."""
        return self.timestep_us / 1000.0

    @property
    def available(self) -> tuple[str, ...]:
        """What was recorded, spikes first."""
        return tuple(name for name in ("spikes", *UNITS) if name in self.recorded)

    def spikes(self) -> tuple[Ints, Ints]:
        """Return ticks and indices of the spikes."""
        self.require("spikes")
        return self.spike_tick, self.spike_index

    def require(self, variable: str) -> None:
        """Raise an error if a variable was not recorded."""
        if variable not in self.recorded:
            raise InputError(
                self.label,
                f"{variable} was not recorded",
                limit=", ".join(self.available) or "nothing recorded",
                todo=f"call record({variable!r}) before the run",
            )


def names(who: str, variables: str | Iterable[str], known: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of variables asked for; `all` is every one there is."""
    if variables == "all":
        return known
    wanted = (variables,) if isinstance(variables, str) else tuple(variables)
    for name in wanted:
        if name not in known:
            raise InputError(who, "cannot be recorded", got=name, limit=", ".join(known))
    return wanted


def rows(results: Results, variable: str, as_matrix: bool) -> NDArray[np.float64]:
    """Return one variable as sPyNNaker's `spinnaker_get_data` does."""
    if variable == "spikes":
        tick, index = results.spikes()
        return np.column_stack([index, tick * results.timestep_ms]).astype(np.float64)
    results.require(variable)
    values = decode_s1615(results.watched[variable])
    if as_matrix:
        return values
    times_ms = np.arange(results.n_ticks) * results.timestep_ms
    neurons = np.repeat(np.arange(results.size), results.n_ticks)
    return np.column_stack([neurons, np.tile(times_ms, results.size), values.T.reshape(-1)])


def block(results: Results, variables: str | Iterable[str], annotations: Mapping[str, Any]) -> Any:
    """Return a Neo Block with one Segment."""
    import neo

    wanted = names(results.label, variables, results.available)
    made = neo.Block(name=results.label, **annotations)
    made.annotate(
        size=results.size,
        first_index=0,
        last_index=results.size,
        first_id=results.first_id,
        last_id=results.first_id + results.size,
        label=results.label,
        simulator="neurodeploy emulator",
        dt=results.timestep_ms,
    )
    segment = neo.Segment(name="segment0")
    made.segments.append(segment)
    if "spikes" in wanted:
        segment.spiketrains.extend(_spike_trains(neo, results))
    segment.analogsignals.extend(
        [_signal(neo, results, name) for name in wanted if name != "spikes"]
    )
    made.check_relationships()
    return made


def _spike_trains(neo: Any, results: Results) -> list[Any]:
    cuts = np.searchsorted(results.spike_index, np.arange(1, results.size))
    times_ms = np.split(results.spike_tick * results.timestep_ms, cuts)
    return [
        neo.SpikeTrain(
            times,
            units="ms",
            t_start=0.0,
            t_stop=results.n_ticks * results.timestep_ms,
            source_population=results.label,
            source_id=results.first_id + index,
            source_index=index,
        )
        for index, times in enumerate(times_ms)
    ]


def _signal(neo: Any, results: Results, name: str) -> Any:
    import quantities

    index = np.arange(results.size)
    return neo.AnalogSignal(
        decode_s1615(results.watched[name]),
        units=UNITS[name],
        t_start=0.0 * quantities.ms,
        sampling_period=results.timestep_ms * quantities.ms,
        name=name,
        source_population=results.label,
        source_ids=results.first_id + index,
        channel_names=index,
    )


__all__ = ["UNITS", "Results", "block", "names", "rows"]
