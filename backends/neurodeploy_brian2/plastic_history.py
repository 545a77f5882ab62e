"""Histories of targets: their last spikes, and the dopamine or changes that reached them."""

from __future__ import annotations

import numpy as np

from neurodeploy_brian2.plastic_changed import note
from neurodeploy_brian2.plastic_memory import (
    COARSE,
    HISTORY,
    ONE11,
    TIMINGS,
    Ints,
    Memory,
    look_up,
    mul11,
    short,
)


def remember(memory: Memory, tick: int, cells: Ints, times: Ints) -> None:
    """Add spikes of targets to their histories.

    Parameters
    ----------
    memory : Memory
    tick : int
        Since the start of the piece.
    cells, times : (n,) int64 arrays
        Neurons, and how many spikes each sends in this tick.
    """
    rows = memory["row_of"][cells]
    if TIMINGS[memory.number("timing")] == "change":
        return
    for k in range(int(times.max(initial=0))):
        chosen = rows[(times > k) & (rows >= 0)]
        if len(chosen):
            _append(memory, tick + memory.number("first_tick"), chosen)


def dose(memory: Memory, tick: int, rows: Ints, amounts: Ints, of: Ints) -> None:
    """Add dopamine or changes to histories, in the order given.

    Parameters
    ----------
    memory : Memory
    tick : int
        Since the start of the piece.
    rows, amounts, of : (n,) int64 arrays
        Rows of targets, some more than once, what is brought, and for whom.
    """
    if TIMINGS[memory.number("timing")] == "change":
        for each in zip(rows.tolist(), amounts.tolist(), of.tolist(), strict=True):
            note(memory, *each)
        return
    order = np.argsort(rows, kind="stable")
    first = np.searchsorted(rows[order], rows[order], side="left")
    turn = np.zeros_like(rows)
    turn[order] = np.arange(len(rows)) - first
    for k in range(int(turn.max(initial=-1)) + 1):
        now = turn == k
        _append(memory, tick + memory.number("first_tick"), rows[now], amounts[now])


def _append(memory: Memory, tick: int, rows: Ints, amounts: Ints | None = None) -> None:
    """Append spikes to the histories of targets, each once; with amounts, dopamine instead."""
    n, time = memory["n_spikes"], memory["time"]
    at = n[rows]
    since = tick - time[rows, at]
    first = np.zeros_like(rows)
    if TIMINGS[memory.number("timing")] != "nearest":
        fallen = mul11(memory["post_trace"][rows, at], look_up(memory["minus"], since))
        first = short(fallen + (ONE11 if amounts is None else 0))
    new = {"time": np.full_like(rows, tick), "post_trace": first}
    if TIMINGS[memory.number("timing")] == "triplet":
        fallen = mul11(
            memory["post_trace_2"][rows, at] + ONE11, look_up(memory["y"], since, COARSE)
        )
        new["post_trace_2"] = np.where(time[rows, at] == 0, 0, fallen)
    if memory.number("modulated"):
        fallen = mul11(memory["dopamine"][rows, at], look_up(memory["d"], since, COARSE))
        new["dopamine"] = short(fallen + (0 if amounts is None else amounts))
        new["is_dose"] = np.full_like(rows, amounts is not None)
    full = rows[at == HISTORY - 1]
    n[rows] = np.minimum(at + 1, HISTORY - 1)
    for name, values in new.items():
        column = memory[name]
        column[full, 1:-1] = column[full, 2:]
        column[rows, n[rows]] = values


__all__ = ["dose", "remember"]
