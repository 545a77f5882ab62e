"""Lay the samples of a plan out over lanes, so that many share one simulated tick.

Brian2's cost of a tick hardly depends on how much happens in it. Samples do not see each
other, so k of them can run at the same time in k copies of the network (lanes); sample s
runs in lane s % k. Each lane starts a sample every `stride` ticks: the ticks of the sample,
then as many dead ticks, in which no neuron may spike, as a spike can be under way.

    lane 0   | sample 0 ..|dead| sample 2 ..|dead| sample 4 ..|dead|
    lane 1   | sample 1 ..|dead| sample 3 ..|dead|

What the dead ticks do to state does not matter, since each sample's first tick restores it.
A run without samples is one lane whose stride is 0: nothing is ever restored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurodeploy_brian2.plan import Plan
from neurodeploy_brian2.plan_parts import Ints

MAX_SYNAPSES = 2_000_000
"""Synapses over all lanes; more lanes cost memory and build time (about 50 bytes each)."""

MAX_NEURONS = 10_000
"""Neurons over all lanes; past it the arithmetic of a tick outweighs Brian2's own cost."""


@dataclass(frozen=True)
class Lanes:
    """Where the ticks of the samples are on the axis that Brian2 simulates.

    Parameters
    ----------
    n : int
        Lanes.
    n_samples : int
    period : int
        Ticks of a sample.
    stride : int
        Ticks from one start to the next in a lane, dead ticks included; 0 if there are no
        samples.
    """

    n: int
    n_samples: int
    period: int
    stride: int

    @property
    def n_ticks(self) -> int:
        """Ticks that Brian2 must simulate."""
        return -(-self.n_samples // self.n) * (self.stride or self.period)

    def ends(self) -> Ints:
        """Return the tick after each lane's last sample, (n,) int64 array."""
        rounds = -(-(self.n_samples - np.arange(self.n, dtype=np.int64)) // self.n)
        return rounds * self.stride

    def place(self, tick: Ints) -> tuple[Ints, Ints]:
        """Return the lane and the simulated tick of each tick of the run."""
        sample, phase = np.divmod(tick, self.period)
        turn, lane = np.divmod(sample, self.n)
        return lane, turn * self.stride + phase

    def restore(self, lane: Ints, simulated: Ints) -> Ints:
        """Return the tick of the run that a lane's simulated tick belongs to."""
        if not self.stride:
            return simulated
        turn, phase = np.divmod(simulated, self.stride)
        tick: Ints = (turn * self.n + lane) * self.period + phase
        return tick


@dataclass(frozen=True)
class Layout:
    """Where the copies of neurons are: group by group, lane by lane, neuron by neuron.

    Parameters
    ----------
    sizes : tuple of int
        Neurons of each group.
    n_lanes : int
    """

    sizes: tuple[int, ...]
    n_lanes: int

    @property
    def n(self) -> int:
        """Neurons of all groups and lanes."""
        return sum(self.sizes) * self.n_lanes

    def spans(self) -> tuple[slice, ...]:
        """Return where each group is."""
        ends = np.cumsum([0, *self.sizes]) * self.n_lanes
        return tuple(slice(int(a), int(b)) for a, b in zip(ends[:-1], ends[1:], strict=True))

    def copies(self, index: Ints) -> Ints:
        """Return where the copies of neurons are, lane after lane, (n_lanes * n,) array."""
        starts = np.cumsum([0, *self.sizes])
        group = np.searchsorted(starts, index, side="right") - 1
        first = starts[group] * self.n_lanes + (index - starts[group])
        size = np.asarray(self.sizes, dtype=np.int64)[group]
        lane = np.arange(self.n_lanes, dtype=np.int64)[:, np.newaxis]
        copies: Ints = (first + lane * size).reshape(-1)
        return copies

    def split(self, place: Ints) -> tuple[Ints, Ints]:
        """Return the lane and the index of what is at each place."""
        starts = np.cumsum([0, *self.sizes])
        group = np.searchsorted(starts * self.n_lanes, place, side="right") - 1
        size = np.asarray(self.sizes, dtype=np.int64)[group]
        lane, within = np.divmod(place - starts[group] * self.n_lanes, size)
        return lane, within + starts[group]


def lay_out(plan: Plan, n_lanes: int | None = None) -> Lanes:
    """Choose the lanes of a plan.

    Parameters
    ----------
    plan : Plan
    n_lanes : int or None
        Overrides the choice; never more than there are samples.
    """
    if plan.sample_ticks is None:
        return Lanes(n=1, n_samples=1, period=plan.n_ticks, stride=0)
    n_samples = plan.n_ticks // plan.sample_ticks
    if n_lanes is None:
        n_synapses = max(1, plan.from_sources.n + plan.recurrent.n)
        n_lanes = min(MAX_SYNAPSES // n_synapses, MAX_NEURONS // max(1, plan.n))
    dead = plan.max_delay_ticks - 1 if n_samples > 1 else 0
    return Lanes(
        n=max(1, min(n_lanes, n_samples)),
        n_samples=n_samples,
        period=plan.sample_ticks,
        stride=plan.sample_ticks + dead,
    )


__all__ = ["MAX_NEURONS", "MAX_SYNAPSES", "Lanes", "Layout", "lay_out"]
