"""Poisson sources as the cores draw them.

All sources of a core share one generator, tick after tick and source after source, so a spike
train depends on how the population is divided over cores. A source is slow (it counts down to its
next spike), fast (Knuth's product of uniform numbers) or very fast (a rounded squared normal
number), by its rate per tick.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neurodeploy.target.fixed_point import expulr
from neurodeploy_brian2.machine.kiss64 import Kiss64, Seed, wrap32
from neurodeploy_brian2.machine.rates import Clock, Phase, encoded
from neurodeploy_brian2.machine.square_root import sqrt_u1616
from neurodeploy_brian2.machine.variates import exponential, normal

Ints = NDArray[np.int64]

MAX_PER_CORE = 500
"""Sources of a core unless the user says otherwise."""

_SLOW_BELOW, _FAST_BELOW = 655, 655360  # 0.01 and 10 spikes a tick, U16.16
_SCALE = 1000  # slow sources count in thousandths of a tick
_MASK32, _MASK64 = (1 << 32) - 1, (1 << 64) - 1
_NEVER = _MASK32


@dataclass
class _Source:
    """One source on its core; the names are the core's own."""

    phases: tuple[tuple[int, int, int], ...]
    at: int = 0
    start: int = 0
    end: int = 0
    following: int = _NEVER
    is_fast: bool = False
    exp_minus_rate: int = 0
    root_of_rate: int = 0
    mean_interval: int = 0
    countdown: int = 0


@dataclass
class Counts:
    """
    Spikes in the order in which a core sends them.

    Parameters
    ----------
    ticks, sources, numbers : list of int
        Tick, source within the core, and how many spikes.
    """

    ticks: list[int] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    def spikes(self) -> tuple[Ints, Ints]:
        """Tick and source of each single spike, int64 of shape (n,) each."""
        numbers = np.array(self.numbers, np.int64)
        return (
            np.repeat(np.array(self.ticks, np.int64), numbers),
            np.repeat(np.array(self.sources, np.int64), numbers),
        )


class PoissonCore:
    """
    The sources of one core.

    Parameters
    ----------
    sources : sequence of sequence of Phase
        The phases of each source, by their start.
    seed : tuple of int
        The core's KISS64 seed.
    clock : Clock
    """

    def __init__(self, sources: Sequence[Sequence[Phase]], seed: Seed, clock: Clock):
        self._clock, self._seed = clock, seed
        self._sources = [_Source(encoded(phases)) for phases in sources]
        self.reset()

    def reset(self) -> None:
        """Start again at tick 0 with the seed and rates of the host: the same spikes come."""
        self._rng = Kiss64(self._seed)
        self.tick = 0
        for source in self._sources:
            self._enter(source, self._phase_at(source, 0), True)

    def run(self, n_ticks: int) -> Counts:
        """Run on for `n_ticks` ticks."""
        counts = Counts()
        sources = self._sources
        changing = any(source.following != _NEVER for source in sources)
        for tick in range(self.tick, self.tick + n_ticks):
            if changing:
                self._move_on(tick)
            for index, source in enumerate(sources):
                if source.start <= tick < source.end:
                    n_spikes = self._fire(source)
                    if n_spikes:
                        counts.ticks.append(tick)
                        counts.sources.append(index)
                        counts.numbers.append(n_spikes)
        self.tick += n_ticks
        return counts

    def resume(self, sources: Sequence[Sequence[Phase]] | None = None) -> None:
        """
        Go on after a pause, as the core does before the first tick of every run but the first.

        Parameters
        ----------
        sources : sequence of sequence of Phase, optional
            New phases when a rate was set; then every source starts its interval afresh.
        """
        changed = sources is not None
        for i, source in enumerate(self._sources):
            if sources is not None:
                source.phases, source.at = encoded(sources[i]), 0
            phase = self._phase_at(source, self.tick)
            self._enter(source, phase, changed or phase != source.at)

    @property
    def state(self) -> Seed:
        """The generator's state."""
        return self._rng.state

    def _phase_at(self, source: _Source, tick: int) -> int:
        at = 0
        while at + 1 < len(source.phases) and tick >= self._clock.ticks(source.phases[at + 1][1]):
            at += 1
        return at

    def _move_on(self, tick: int) -> None:
        for source in self._sources:
            if tick >= source.following:
                self._enter(source, source.at + 1, True)

    def _enter(self, source: _Source, at: int, set_rate: bool) -> None:
        source.at = at
        rate, start, duration = source.phases[at]
        if set_rate:
            self._set_rate(source, rate >> 16 & _MASK32)
        source.start = self._clock.ticks(start)
        if duration == _MASK32 << 32:
            source.end = _NEVER
        else:
            source.end = source.start + self._clock.ticks(duration) & _MASK32
        source.following = _NEVER
        if at + 1 < len(source.phases):
            # The next start passes through S16.15: what is 65536 ms or later wraps.
            cut = wrap32(source.phases[at + 1][1] >> 17) << 17 & _MASK64
            source.following = self._clock.ticks(cut)

    def _set_rate(self, source: _Source, rate: int) -> None:
        """Set a rate, U16.16 Hz."""
        per_tick = rate * self._clock.seconds_per_tick >> 32
        source.exp_minus_rate = source.root_of_rate = 0
        source.mean_interval = source.countdown = 0
        source.is_fast = per_tick >= _SLOW_BELOW
        if per_tick >= _FAST_BELOW:
            source.root_of_rate = sqrt_u1616(per_tick) >> 1
        elif source.is_fast:
            source.exp_minus_rate = expulr(-(per_tick >> 1)) & 0xFFFF0000
        else:
            if rate >> 1:
                source.mean_interval = self._clock.ticks_per_second // rate
            source.countdown = self._interval(source)

    def _interval(self, source: _Source) -> int:
        """A new interval in thousandths of a tick; takes words even at rate 0."""
        thousandths = wrap32(exponential(self._rng) * _SCALE)
        rounded = wrap32((thousandths + (1 << 14) >> 15) << 15)
        whole = (abs(rounded) >> 15) * (-1 if rounded < 0 else 1)
        return whole * source.mean_interval & _MASK32

    def _fire(self, source: _Source) -> int:
        if not source.is_fast:
            return self._slow(source)
        if source.root_of_rate > 0:
            return self._very_fast(source)
        return self._fast(source.exp_minus_rate)

    def _slow(self, source: _Source) -> int:
        if source.mean_interval == 0:
            return 0
        n_spikes = 0
        while source.countdown < _SCALE:
            n_spikes += 1
            source.countdown = source.countdown + self._interval(source) & _MASK32
        source.countdown -= _SCALE
        return n_spikes

    def _fast(self, exp_minus_rate: int) -> int:
        if exp_minus_rate == 0:
            return 0
        word = self._rng.word
        product, n_spikes = _MASK32, -1
        while True:
            product = product * word() >> 32
            n_spikes += 1
            if product <= exp_minus_rate:
                return n_spikes

    def _very_fast(self, source: _Source) -> int:
        x = (normal(self._rng) >> 1) + source.root_of_rate
        square = wrap32(x * x >> 15)
        rounded = wrap32((square + (1 << 14) >> 15) << 15)
        return (rounded >> 15) & _MASK32


def poisson_trains(
    sources: Sequence[Sequence[Phase]],
    slices: Iterable[tuple[int, int]],
    seeds: Iterable[Seed],
    timestep_us: int,
    n_ticks: int,
) -> tuple[Ints, Ints]:
    """
    Draw the spikes of a whole population of Poisson sources.

    Parameters
    ----------
    sources : sequence of sequence of Phase
        One sequence of phases for each source.
    slices : iterable of (first, count)
        The sources of each core.
    seeds : iterable of tuple of int
        One KISS64 seed a core (`kiss64.host_seed`, core after core).
    timestep_us : int
    n_ticks : int

    Returns
    -------
    ticks, indices : numpy.ndarray
        int64, shape (n_spikes,), sorted by tick and then by source; several spikes of a source in
        a tick are several entries.
    """
    ticks, indices = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for (first, count), seed in zip(slices, seeds, strict=True):
        core = PoissonCore(sources[first : first + count], seed, Clock(timestep_us))
        core_ticks, core_sources = core.run(n_ticks).spikes()
        ticks.append(core_ticks)
        indices.append(core_sources + first)
    tick, index = np.concatenate(ticks), np.concatenate(indices)
    order = np.lexsort((index, tick))
    return tick[order], index[order]


__all__ = ["MAX_PER_CORE", "Counts", "PoissonCore", "poisson_trains"]
