"""Samples one by one on a network that runs: sent tick by tick, and kept apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from neurodeploy.ir.network import Network
from neurodeploy.records import Recording, Spikes
from neurodeploy.runtime.emitted import never_spikes
from neurodeploy.runtime.live import Heard, LiveSession
from neurodeploy.schedule import Schedule, source_ticks

Ints = NDArray[np.int64]
Raster = NDArray[np.uint8]
Planned = tuple[int, str, Ints]
_NONE = np.zeros(0, dtype=np.int64)
#: A source that has not told its first spike after so many ticks will not.
PATIENCE_TICKS = 100
#: So long at most nobody looks, not even for Ctrl-C.
IDLE_TICKS = 64


@dataclass(eq=False)
class Shown:
    """A sample that is running, and what was told of it.

    Parameters
    ----------
    planned : list of (tick, population name, neuron indices)
        What sources send, by tick of the sample.
    begun : int
        The network's tick when it was first sent.
    onset : int or None
        The tick that is its tick 0; not known before a source has told its first spike.
    until : int
        All of earlier ticks was told; a board's clock may have gone on since.
    spikes : mapping of population name to list of (tick, index)
    membrane_mV : mapping of tick to (size,) float array
    """

    planned: list[Planned]
    begun: int
    onset: int | None = None
    until: int = field(init=False)
    spikes: dict[str, list[tuple[Ints, Ints]]] = field(default_factory=dict)
    membrane_mV: dict[int, NDArray[np.float64]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.until = self.begun

    def note(self, heard: Heard) -> None:
        """Keep what was told; what an earlier sample has left is none of this one's."""
        for name, (tick, index) in heard.spikes.items():
            mine = tick >= self.begun
            self.spikes.setdefault(name, []).append((tick[mine], index[mine]))
        self.until = heard.until
        if heard.membrane_mV is not None:
            self.membrane_mV[heard.until - 1] = heard.membrane_mV
        if self.onset is None:
            self.onset = self._first(heard.until)

    def is_exact(self) -> bool:
        """Tell whether sources have sent what was planned, and nothing else, as far as told."""
        onset, until = self.started, self.until
        planned = Counter(
            (tick, name, int(neuron))
            for tick, name, index in self.planned
            for neuron in index
            if tick + onset < until
        )
        told = Counter(
            (int(tick) - onset, name, int(neuron))
            for name in self._sources
            for ticks, index in self.spikes.get(name, [])
            for tick, neuron in zip(ticks, index, strict=True)
            if tick < until
        )
        return planned == told

    @property
    def started(self) -> int:
        """The tick that counts as its tick 0, as far as is known."""
        return self.begun if self.onset is None else self.onset

    @property
    def late_ticks(self) -> int:
        """How much later the last input came than was planned."""
        told = [
            int(ticks.max())
            for name in self._sources
            for ticks, _ in self.spikes.get(name, [])
            if ticks.size
        ]
        planned = max((tick for tick, _, _ in self.planned), default=0)
        return max(0, *(tick - self.started - planned for tick in told), 0)

    @property
    def _sources(self) -> set[str]:
        return {name for _, name, _ in self.planned}

    def _first(self, until: int) -> int | None:
        """Return when the first spike was sent; one that is not told in time is lost."""
        if not self.planned or until - self.begun > PATIENCE_TICKS:
            return self.begun
        tick, name, _ = self.planned[0]
        told = [int(ticks.min()) for ticks, _ in self.spikes.get(name, []) if ticks.size]
        return min(told) - tick if told else None


class Presenter:
    """Shows samples to a network that runs, one after the other.

    Parameters
    ----------
    session : LiveSession
        Started.
    net : Network
        As emitted.
    plan : Schedule
        Ticks of one sample.
    restored : bool
        Whether the state is restored at each sample.
    """

    def __init__(
        self, session: LiveSession, net: Network, plan: Schedule, *, restored: bool
    ) -> None:
        self._session, self.net, self._restored = session, net, restored
        self._left_early = False
        slack = session.slack_ticks
        self.plan = replace(
            plan,
            sample_ticks=plan.sample_ticks + 2 * slack,
            flush_tick=plan.flush_tick + slack,
        )
        output = net.population(net.output)
        self._scale = output.cell.mV_per_unit if output.cell is not None else 1.0
        self._silent = never_spikes(output)
        self.flushes = {p.name for p in net.populations if p.kind == "flush"}

    @property
    def told(self) -> list[str]:
        """Populations whose spikes are known, in the order of the network."""
        names = [p.name for p in self.net.populations if p.kind != "flush"]
        return [name for name in names if name in self._session.tells]

    def show(self, raster: Raster) -> Iterator[tuple[Shown, int]]:
        """Show one sample, up to its last tick.

        If it is left before, the next one waits until nothing of it can be there any more.

        Parameters
        ----------
        raster : (steps, n_inputs) uint8 array

        Yields
        ------
        shown, done : Shown and int
            What is known, and how many steps of the output are over; after every tick that
            can bring something.
        """
        if self._restored:
            self._session.restore()
        elif self._left_early:
            self._settle()
        self._left_early = True
        shown = Shown(self._planned(raster), self._session.now)
        waiting, flushes = list(shown.planned), self._flushes()
        while not self._is_over(shown):
            sent = self._session.now - shown.begun
            due = [one for one in waiting if one[0] <= sent]
            waiting = waiting[len(due) :]
            if flushes and self._settling(shown) >= self.plan.flush_tick:
                due, flushes = [*due, *flushes], []
            idle = 1 if waiting else self._idle_ticks(shown, bool(flushes))
            shown.note(self._session.step(_together(due), idle))
            yield shown, self.done(shown)
        self._left_early = False

    def _settle(self) -> None:
        """Let as much time go by as keeps two samples apart, and flush as between them."""
        self._pass(self.plan.flush_tick)
        self._session.step(_together(self._flushes()))
        self._pass(self.plan.sample_ticks - self.plan.flush_tick)

    def _pass(self, ticks: int) -> None:
        for begun in range(0, ticks, IDLE_TICKS):
            self._session.step({}, min(IDLE_TICKS, ticks - begun))

    def _idle_ticks(self, shown: Shown, to_be_flushed: bool) -> int:
        """Return for how many ticks there is nothing to send and nothing to decide by."""
        if shown.onset is None or self.done(shown) < self.plan.steps:
            return 1
        end = self.plan.flush_tick if to_be_flushed else self.plan.sample_ticks
        return max(1, min(IDLE_TICKS, end - self._settling(shown)))

    def _settling(self, shown: Shown) -> int:
        """Return ticks of a sample that are over, counted from when its input was all there."""
        return shown.until - shown.started - shown.late_ticks

    def done(self, shown: Shown) -> int:
        """Return how many steps of the output are over."""
        if shown.onset is None:
            return 0
        # A membrane is told as the next tick finds it.
        first = self.plan.start_tick[self.net.output] + (1 if self._silent else 0)
        return int(np.clip(shown.until - shown.onset - first, 0, self.plan.steps))

    def is_exact(self, shown: Shown) -> bool:
        """Tell whether sources have sent what was planned, and nothing else, so far."""
        return shown.is_exact()

    def ticks(self, shown: Shown) -> int:
        """Return how many ticks of a sample are over."""
        return shown.until - shown.started

    def recording(self, shown: Shown, done: int | None = None) -> Recording:
        """Return what was told of a sample.

        Parameters
        ----------
        shown : Shown
        done : int, optional
            Of the output's first steps only, and of no other population.
        """
        names = self.told if done is None else [self.net.output] * (not self._silent)
        steps = self.plan.steps if done is None else done
        spikes = {name: self._spikes(shown, name, steps) for name in names}
        return Recording(1, spikes, self._membrane(shown, steps))

    def _is_over(self, shown: Shown) -> bool:
        return shown.onset is not None and self._settling(shown) >= self.plan.sample_ticks

    def _planned(self, raster: Raster) -> list[Planned]:
        """Return what sources send, by tick."""
        found = []
        for name, (tick, index) in source_ticks(self.net, self.plan, raster[None]).items():
            if name not in self.flushes:
                found += [(int(t), name, index[tick == t]) for t in np.unique(tick)]
        return sorted(found, key=lambda one: one[:2])

    def _flushes(self) -> list[Planned]:
        return [(self.plan.flush_tick, name, np.zeros(1, np.int64)) for name in self.flushes]

    def _spikes(self, shown: Shown, name: str, steps: int) -> Spikes:
        """Return the spikes in the steps of the population's own layer, as a batch has them."""
        parts = shown.spikes.get(name, [])
        tick = np.concatenate([_NONE, *(one[0] for one in parts)])
        index = np.concatenate([_NONE, *(one[1] for one in parts)])
        neurons = self.net.population(name).kind == "neurons"
        first = self.plan.start_tick[name] if neurons else 0
        step = tick - shown.started - first
        kept = step >= 0
        if neurons:
            kept &= step < steps
        step, index = step[kept], index[kept]
        return Spikes.sorted(name, np.zeros_like(step), step, index, self.net.timestep_ms)

    def _membrane(self, shown: Shown, steps: int) -> NDArray[np.float64] | None:
        if not self._silent:
            return None
        size = self.net.population(self.net.output).size
        membrane = np.zeros((1, steps, size))
        first = shown.started + self.plan.start_tick[self.net.output] + 1
        for step in range(steps):
            if first + step in shown.membrane_mV:
                membrane[0, step] = shown.membrane_mV[first + step] / self._scale
        return membrane


def _together(due: list[Planned]) -> dict[str, Ints]:
    """Return neuron indices by population, those of all ticks that are due."""
    found: dict[str, list[Ints]] = {}
    for _, name, index in due:
        found.setdefault(name, []).append(index)
    return {name: np.concatenate(parts) for name, parts in found.items()}


__all__ = ["IDLE_TICKS", "PATIENCE_TICKS", "Presenter", "Shown"]
