"""Lay the samples of a plan out over lanes, so that many share one simulated tick.

Brian2's cost of a tick hardly depends on how much happens in it. Samples do not see each
other, so k of them can run at the same time in k copies of the network (lanes); sample s
runs in lane s % k. Each lane starts a sample every `stride` ticks: the ticks of the sample,
then as many dead ticks, in which no neuron may spike, as a spike can be under way.

    lane 0   | sample 0 ..|dead| sample 2 ..|dead| sample 4 ..|dead|
    lane 1   | sample 1 ..|dead| sample 3 ..|dead|

What the dead ticks do to state does not matter, since each sample's first tick restores it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from neurodeploy_brian2.plan import Ints, Plan, Wires

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
        Ticks from one start to the next in a lane, dead ticks included.
    """

    n: int
    n_samples: int
    period: int
    stride: int

    @property
    def n_ticks(self) -> int:
        """Ticks that Brian2 must simulate."""
        return -(-self.n_samples // self.n) * self.stride

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
        turn, phase = np.divmod(simulated, self.stride)
        tick: Ints = (turn * self.n + lane) * self.period + phase
        return tick


def lay_out(plan: Plan, n_lanes: int | None = None) -> Lanes:
    """Choose the lanes of a plan.

    Parameters
    ----------
    plan : Plan
    n_lanes : int or None
        Overrides the choice; never more than there are samples.
    """
    n_samples = plan.n_ticks // plan.period_ticks
    if n_lanes is None:
        n_synapses = max(1, plan.from_sources.n + plan.recurrent.n)
        n_lanes = min(MAX_SYNAPSES // n_synapses, MAX_NEURONS // max(1, plan.cells.n))
    dead = plan.max_delay_ticks - 1 if n_samples > 1 else 0
    return Lanes(
        n=max(1, min(n_lanes, n_samples)),
        n_samples=n_samples,
        period=plan.period_ticks,
        stride=plan.period_ticks + dead,
    )


def unfold_sources(plan: Plan) -> Plan:
    """Return the plan with at most one spike per source and tick, and no silent source.

    A source that spikes 5 times in a tick becomes copies with 1x, 2x and 4x the weights, of
    which the first and the last spike. That is exact, because ring buffers are sums (up to
    the value where they saturate).
    """
    wires, ticks, sources = [], [], []
    n_copies = 0
    for bit in range(int(plan.spike_times.max(initial=0)).bit_length()):
        chosen = (plan.spike_times >> bit) & 1 == 1
        used = np.unique(plan.spike_source[chosen])
        number = np.full(plan.n_sources, -1, dtype=np.int64)
        number[used] = n_copies + np.arange(len(used))
        n_copies += len(used)
        ticks.append(plan.spike_tick[chosen])
        sources.append(number[plan.spike_source[chosen]])
        wires.append(_copy_wires(plan.from_sources, number, bit))
    none = [np.zeros(0, dtype=np.int64)]
    tick, source = np.concatenate(ticks or none), np.concatenate(sources or none)
    order = np.lexsort((source, tick))
    return replace(
        plan,
        n_sources=n_copies,
        from_sources=Wires.join(wires),
        spike_tick=tick[order],
        spike_source=source[order],
        spike_times=np.ones(len(tick), dtype=np.int64),
    )


def _copy_wires(wires: Wires, number: Ints, bit: int) -> Wires:
    kept = number[wires.pre] >= 0
    return Wires(
        pre=number[wires.pre[kept]],
        post=wires.post[kept],
        weight=wires.weight[kept] << bit,
        delay_ticks=wires.delay_ticks[kept],
        inhibitory=wires.inhibitory[kept],
    )


__all__ = ["MAX_NEURONS", "MAX_SYNAPSES", "Lanes", "lay_out", "unfold_sources"]
