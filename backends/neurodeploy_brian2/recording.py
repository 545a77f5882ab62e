"""What a population recorded, in sPyNNaker's arrays and in Neo's classes."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurodeploy.target.fixed_point import decode_s1615
from neurodeploy_brian2.errors import ConfigurationError
from neurodeploy_brian2.plan_parts import Ints
from neurodeploy_brian2.recorder import Recorded

logger = logging.getLogger(__name__)

UNITS = {
    "v": "mV",
    "gsyn_exc": "uS",
    "gsyn_inh": "uS",
    "ex_input": "mV",
    "in_input": "mV",
    "prob": "",
}
"""As sPyNNaker labels them, though gsyn of a current-based cell is a current in nA."""


@dataclass(frozen=True)
class Results:
    """Recordings of one population from a reset to the next.

    Parameters
    ----------
    label : str
    size, timestep_us : int
    first_id : int
        Id of its first neuron in the network.
    recorded : mapping of str to Recorded
    starts : tuple of int
        First tick of every run, and the tick after the last.
    cleared : mapping of str to int
        First tick of a recording that was cleared.
    spike_tick, spike_index : (s,) int64 arrays
        Sorted by index, then by tick.
    watched : {name: (n_ticks, size) int32 array}
        S16.15 bits of every tick; of `prob` U0.32.
    saturated : (size, receptors) int64 array
    """

    label: str
    size: int
    timestep_us: int
    first_id: int
    recorded: Mapping[str, Recorded]
    starts: tuple[int, ...]
    cleared: Mapping[str, int]
    spike_tick: Ints
    spike_index: Ints
    watched: dict[str, NDArray[np.int32]]
    saturated: Ints

    @property
    def n_ticks(self) -> int:
        """Ticks that were run since the reset."""
        return self.starts[-1]

    @property
    def timestep_ms(self) -> float:
        """Length of a tick."""
        return self.timestep_us / 1000.0

    @property
    def available(self) -> tuple[str, ...]:
        """What was recorded, spikes first."""
        return tuple(name for name in ("spikes", *UNITS) if name in self.recorded)

    def first_ms(self, variable: str) -> float:
        """Return where a recording starts."""
        return self.cleared.get(variable, 0) * self.timestep_ms

    def sampled(self, variable: str) -> Ints:
        """Return the ticks of the samples; every run starts with one."""
        every = self.recorded[variable].every_ticks
        pieces = [
            np.arange(start, stop, every, dtype=np.int64)
            for start, stop in zip(self.starts[:-1], self.starts[1:], strict=True)
        ]
        ticks = np.concatenate([np.zeros(0, dtype=np.int64), *pieces])
        return ticks[ticks >= self.cleared.get(variable, 0)]

    def spikes(self, view: Sequence[int] | None = None) -> tuple[Ints, Ints]:
        """Return ticks and indices of the spikes, as they are stamped.

        A spike between two samples is seen in the next one, and only once.
        """
        self.require("spikes")
        kept = self.spike_tick >= self.cleared.get("spikes", 0)
        tick, index = self.spike_tick[kept], self.spike_index[kept]
        wanted = self.recorded["spikes"]
        if wanted.indexes is not None or view is not None:
            kept = np.isin(index, self.neurons("spikes", view))
            tick, index = tick[kept], index[kept]
        if wanted.every_ticks == 1:
            return tick, index
        samples = self.sampled("spikes")
        next_sample = np.searchsorted(samples, tick)
        kept = next_sample < len(samples)
        pairs = np.stack([index[kept], samples[next_sample[kept]]], axis=1)
        pairs = np.unique(pairs, axis=0)
        return pairs[:, 1], pairs[:, 0]

    def values(self, variable: str, view: Sequence[int] | None = None) -> NDArray[np.float64]:
        """Return the samples of a signal, (samples, neurons) float array."""
        self.require(variable)
        bits = self.watched[variable][self.sampled(variable)]
        chosen = bits[:, self.neurons(variable, view)]
        if variable == "prob":
            return chosen.view(np.uint32) / 2.0**32
        return decode_s1615(chosen)

    def neurons(self, variable: str, view: Sequence[int] | None = None) -> Ints:
        """Return the neurons that were recorded, of those in view."""
        have = self.recorded[variable].neurons(self.size)
        if view is None:
            return np.asarray(have, dtype=np.int64)
        missing = sorted(set(view) - set(have))
        if missing:
            logger.warning("%s: no %s of neurons %s", self.label, variable, missing)
        known = set(have)
        return np.array([index for index in view if index in known], dtype=np.int64)

    def require(self, variable: str) -> None:
        """Raise an error if a variable was not recorded."""
        if variable not in self.recorded:
            raise ConfigurationError(
                self.label,
                f"{variable} was not recorded",
                limit=", ".join(self.available) or "nothing recorded",
                todo=f"call record({variable!r}) before the run",
            )


def names(who: str, variables: str | Iterable[str] | None, known: tuple[str, ...]) -> list[str]:
    """Return the names of variables asked for; `all` is every one there is."""
    wanted = ["all"] if variables is None else variables
    wanted = [wanted] if isinstance(wanted, str) else list(wanted)
    if "all" in wanted:
        return list(known)
    for name in wanted:
        if name not in known:
            raise ConfigurationError(
                who,
                "was not recorded or cannot be recorded",
                got=name,
                limit=", ".join(known) or "nothing",
            )
    return wanted


def rows(
    results: Results, variable: str, as_matrix: bool, view: Sequence[int] | None = None
) -> NDArray[np.float64]:
    """Return one variable as sPyNNaker's `spinnaker_get_data` does."""
    if variable == "spikes":
        tick, index = results.spikes(view)
        return np.column_stack([index, tick * results.timestep_ms]).astype(np.float64)
    values = results.values(variable, view)
    if as_matrix:
        return values
    # sPyNNaker counts samples, wherever they were taken.
    every_ms = results.recorded[variable].every_ticks * results.timestep_ms
    times_ms = np.arange(len(values)) * every_ms
    neurons = results.neurons(variable, view)
    return np.column_stack(
        [
            np.repeat(neurons, len(values)),
            np.tile(times_ms, len(neurons)),
            values.T.reshape(-1),
        ]
    )


def block(
    segments: Sequence[Results],
    variables: str | Iterable[str] | None,
    annotations: Mapping[str, Any],
    view: Sequence[int] | None = None,
) -> Any:
    """Return a Neo Block with a Segment for every reset; only the last must have everything."""
    import neo

    last = segments[-1]
    wanted = names(last.label, variables, last.available)
    made = neo.Block(name=last.label, description=f"population {last.label}")
    made.annotate(
        size=last.size,
        first_index=0,
        last_index=last.size,
        first_id=last.first_id,
        last_id=last.first_id + last.size,
        label=last.label,
        simulator="neurodeploy emulator",
        dt=last.timestep_ms,
    )
    made.annotate(**annotations)
    for number, results in enumerate(segments):
        segment = neo.Segment(name=f"segment{number}", description=made.description)
        made.segments.append(segment)
        _fill(neo, segment, results, [name for name in wanted if name in results.recorded], view)
    made.check_relationships()
    return made


def _fill(
    neo: Any, segment: Any, results: Results, wanted: list[str], view: Sequence[int] | None
) -> None:
    if "spikes" in wanted:
        segment.spiketrains.extend(_spike_trains(neo, results, view))
    for name in wanted:
        if name != "spikes":
            segment.analogsignals.append(_signal(neo, results, name, view))


def _spike_trains(neo: Any, results: Results, view: Sequence[int] | None) -> list[Any]:
    tick, index = results.spikes(view)
    cuts = np.searchsorted(index, np.arange(results.size + 1))
    chosen = range(results.size) if view is None else view
    return [
        neo.SpikeTrain(
            tick[cuts[one] : cuts[one + 1]] * results.timestep_ms,
            units="ms",
            t_start=results.first_ms("spikes"),
            t_stop=results.n_ticks * results.timestep_ms,
            sampling_rate=1000.0 / results.timestep_ms * _quantities().Hz,
            source_population=results.label,
            source_id=results.first_id + one,
            source_index=one,
        )
        for one in chosen
    ]


def _signal(neo: Any, results: Results, name: str, view: Sequence[int] | None) -> Any:
    quantities = _quantities()
    index = results.neurons(name, view)
    every_ms = results.recorded[name].every_ticks * results.timestep_ms
    return neo.AnalogSignal(
        results.values(name, view),
        units=UNITS[name],
        t_start=results.first_ms(name) * quantities.ms,
        sampling_period=every_ms * quantities.ms,
        name=name,
        source_population=results.label,
        source_ids=results.first_id + index,
        channel_names=index,
    )


def _quantities() -> Any:
    import quantities

    return quantities


__all__ = ["UNITS", "Results", "block", "names", "rows"]
