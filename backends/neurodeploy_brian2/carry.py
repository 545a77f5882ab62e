"""Plans in a form that every engine can take, and what one piece leaves for the next."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from neurodeploy_brian2.plan import Plan
from neurodeploy_brian2.plan_parts import Ints, Pending, Wires


def with_pending(plan: Plan) -> Plan:
    """Return the plan with input under way as a source that spikes in tick 0.

    What is due in tick 0 itself stays in `pending`: no spike can still bring it.
    """
    due = plan.pending.tick
    if not len(due):
        return plan
    later = due > 0
    source = np.full(np.count_nonzero(later), plan.n_sources)
    wires = Wires(
        pre=source,
        post=plan.pending.post[later],
        weight=plan.pending.amount[later],
        delay_ticks=due[later],
        receptor=plan.pending.receptor[later],
    )
    return replace(
        plan,
        n_sources=plan.n_sources + 1,
        from_sources=Wires.join([plan.from_sources, wires]),
        spike_tick=np.concatenate([[0], plan.spike_tick]),
        spike_source=np.concatenate([[plan.n_sources], plan.spike_source]),
        spike_times=np.concatenate([[1], plan.spike_times]),
        pending=_chosen(plan.pending, ~later),
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


def left_pending(plan: Plan, spike_tick: Ints, spike_index: Ints) -> Pending:
    """Return what spikes of a piece deliver after its end.

    Parameters
    ----------
    plan : Plan
        As it was run, with its own pending input.
    spike_tick, spike_index : (s,) int64 arrays
        Every spike of the neurons.
    """
    recurrent = _due(plan, plan.recurrent, spike_tick, spike_index, np.ones_like(spike_tick))
    sent = _due(plan, plan.from_sources, plan.spike_tick, plan.spike_source, plan.spike_times)
    over = _chosen(plan.pending, plan.pending.tick >= plan.n_ticks)
    parts = [replace(over, tick=over.tick - plan.n_ticks), sent, recurrent]
    columns = [
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("tick", "post", "receptor", "amount")
    ]
    keys, where = np.unique(np.stack(columns[:3], axis=1), axis=0, return_inverse=True)
    amount = np.zeros(len(keys), dtype=np.int64)
    np.add.at(amount, where.reshape(-1), columns[3])
    return Pending(keys[:, 0], keys[:, 1], keys[:, 2], amount)


def _due(plan: Plan, wires: Wires, tick: Ints, index: Ints, times: Ints) -> Pending:
    """Return what spikes deliver over some synapses after the end of the plan."""
    if not wires.n:
        return Pending.none()
    late = tick + int(wires.delay_ticks.max()) >= plan.n_ticks
    tick, index, times = tick[late], index[late], times[late]
    order = np.argsort(wires.pre, kind="stable")
    low = np.searchsorted(wires.pre[order], index, side="left")
    high = np.searchsorted(wires.pre[order], index, side="right")
    count = high - low
    spike = np.repeat(np.arange(len(tick)), count)
    offset = np.arange(len(spike)) - np.repeat(np.cumsum(count) - count, count)
    synapse = order[low[spike] + offset]
    due = tick[spike] + wires.delay_ticks[synapse] - plan.n_ticks
    every = Pending(
        due, wires.post[synapse], wires.receptor[synapse], wires.weight[synapse] * times[spike]
    )
    return _chosen(every, due >= 0)


def _chosen(pending: Pending, which: NDArray[np.bool_]) -> Pending:
    return Pending(
        pending.tick[which], pending.post[which], pending.receptor[which], pending.amount[which]
    )


def _copy_wires(wires: Wires, number: Ints, bit: int) -> Wires:
    kept = number[wires.pre] >= 0
    return Wires(
        pre=number[wires.pre[kept]],
        post=wires.post[kept],
        weight=wires.weight[kept] << bit,
        delay_ticks=wires.delay_ticks[kept],
        receptor=wires.receptor[kept],
    )


__all__ = ["left_pending", "unfold_sources", "with_pending"]
