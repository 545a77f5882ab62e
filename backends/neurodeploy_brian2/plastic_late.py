"""Plastic synapses behind a delay extension, which holds a source's spikes for whole rings.

Every number of ticks that a source's spikes are held is a row of its own, with a past of its
own: the core that keeps the row hears of a spike when the extension sends it on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neurodeploy_brian2.plan import Plan
from neurodeploy_brian2.plan_parts import Ints
from neurodeploy_brian2.plan_plastic import Plastic, Sent
from neurodeploy_brian2.plastic_functions import due_function, keep_function


@dataclass(frozen=True)
class LateRows:
    """The rows of late synapses of one `Plastic`.

    Parameters
    ----------
    synapse : (n,) int64 array
        Which synapses are late.
    row : (n,) int64 array
        The row of each.
    pre, wait : (m,) int64 arrays
        Of each row: its source, in order, and how many ticks its spikes are held.
    """

    synapse: Ints
    row: Ints
    pre: Ints
    wait: Ints

    @staticmethod
    def of(one: Plastic) -> LateRows:
        """Find the rows of late synapses."""
        synapse = np.flatnonzero(one.wait_ticks > 0)
        keys = np.stack([one.wires.pre[synapse], one.wait_ticks[synapse]], axis=1)
        rows, row = np.unique(keys, axis=0, return_inverse=True)
        return LateRows(synapse, row.reshape(-1).astype(np.int64), rows[:, 0], rows[:, 1])

    @property
    def n(self) -> int:
        """How many rows there are."""
        return len(self.pre)


def late_spikes(rows: LateRows, sent: Sent, n_ticks: int) -> Sent:
    """Return when rows are read in ticks 0 to n_ticks, sorted by tick; `pre` is the row."""
    low = np.searchsorted(rows.pre, sent.pre, side="left")
    count = np.searchsorted(rows.pre, sent.pre, side="right") - low
    spike = np.repeat(np.arange(len(sent.pre)), count)
    row = np.arange(len(spike)) - np.repeat(np.cumsum(count) - count, count) + low[spike]
    due = Sent(sent.tick[spike] + rows.wait[row], row, sent.times[spike])
    found = due.chosen((due.tick >= 0) & (due.tick < n_ticks))
    return found.chosen(np.lexsort((found.pre, found.tick)))


def late_sources(brian2: Any, k: int, spikes: Sent, n_rows: int, clock: Any) -> Any:
    """Return a group that spikes when a row of late synapses of sources is read."""
    return brian2.SpikeGeneratorGroup(
        n_rows, spikes.pre, spikes.tick * brian2.ms, clock=clock, name=f"late_sources_{k}"
    )


def late_cells(brian2: Any, k: int, one: Plastic, rows: LateRows, cells: Any, n: int) -> list[Any]:
    """Return a group whose `fired` says how often a row of late synapses of neurons is read.

    Parameters
    ----------
    brian2 : module
    k : int
        Number of the `Plastic`.
    one : Plastic
    rows : LateRows
    cells : NeuronGroup
        The neurons, n of them.
    n : int

    Returns
    -------
    objects : list
        The group first.
    """
    n_slots = int(rows.wait.max(initial=0)) + 1
    held = np.zeros((n_slots, n), dtype=np.int64)
    recent = one.earlier.tick > -n_slots
    np.add.at(
        held,
        (one.earlier.tick[recent] % n_slots, one.earlier.pre[recent]),
        one.earlier.times[recent],
    )
    memory = np.concatenate([[n_slots, n], held.reshape(-1)]).astype(np.int64)
    cells.namespace[f"nd_keep_{k}"] = keep_function(brian2, k, memory)
    kept = cells.run_regularly(
        f"remembered = nd_keep_{k}(t_in_timesteps, i, fired)",
        clock=cells.clock,
        when="groups",
        order=1,
        name=f"keep_{k}",
    )
    group = brian2.NeuronGroup(
        rows.n,
        "sender : integer (constant)\nwait : integer (constant)\nfired : integer",
        threshold="fired > 0",
        clock=cells.clock,
        dtype=dict.fromkeys(("sender", "wait", "fired"), np.int64),
        namespace={f"nd_due_{k}": due_function(brian2, k, memory)},
        name=f"late_{k}",
    )
    group.variables["sender"].set_value(rows.pre)
    group.variables["wait"].set_value(rows.wait)
    due = group.run_regularly(
        f"fired = nd_due_{k}(t_in_timesteps, sender, wait)",
        clock=cells.clock,
        when="groups",
        order=2,
        name=f"due_{k}",
    )
    return [group, kept, due]


def sent_by_sources(one: Plastic, plan: Plan) -> Sent:
    """Return what sources sent in a piece and, as far as it is held, before it."""
    return one.earlier.joined(Sent(plan.spike_tick, plan.spike_source, plan.spike_times))


def moved_on(one: Plastic, plan: Plan, fired: Sent) -> Plastic:
    """Return synapses with the spikes that delay extensions hold at the end of a piece.

    Parameters
    ----------
    one : Plastic
        As it was before.
    plan : Plan
    fired : Sent
        What neurons sent in the piece.
    """
    longest = int(one.wait_ticks.max(initial=0))
    sent = sent_by_sources(one, plan) if one.from_sources else one.earlier.joined(fired)
    left = sent.chosen(sent.tick + longest >= plan.n_ticks) if longest else Sent.none()
    return replace(one, earlier=replace(left, tick=left.tick - plan.n_ticks))


__all__ = ["LateRows", "late_cells", "late_sources", "late_spikes", "moved_on", "sent_by_sources"]
