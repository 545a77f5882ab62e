"""Weights that others change: what is noted at a target, and done when a source spikes."""

from __future__ import annotations

import numpy as np

from neurodeploy_brian2.plastic_memory import HISTORY, Ints, Memory


def note(memory: Memory, row: int, amount: int, of: int) -> None:
    """Note a change for the synapses of a source; the oldest of too many is forgotten."""
    n, amounts, whose = memory["n_spikes"], memory["dopamine"], memory["time"]
    if n[row] == HISTORY:
        amounts[row, :-1], whose[row, :-1] = amounts[row, 1:].copy(), whose[row, 1:].copy()
    else:
        n[row] += 1
    amounts[row, n[row] - 1], whose[row, n[row] - 1] = amount, of


def changed(memory: Memory, chosen: Ints) -> None:
    """Do the changes that were noted for synapses whose sources spike, one after the other."""
    n, row = memory["n_spikes"], memory["row"]
    for y in chosen[n[row[chosen]] > 0].tolist():
        _change(memory, y, int(row[y]))


def _change(memory: Memory, y: int, row: int) -> None:
    n, amounts, whose = memory["n_spikes"], memory["dopamine"], memory["time"]
    low, high = memory.number("w_min"), memory.number("w_max")
    source, weight, k = memory["pre"][y], int(memory["weight"][y]), 0
    while k < n[row]:
        if whose[row, k] != source:
            k += 1
            continue
        weight = int(np.clip(weight + int(amounts[row, k]), low, high))
        n[row] -= 1
        # The last takes the place of the one that is done.
        amounts[row, k], whose[row, k] = amounts[row, n[row]], whose[row, n[row]]
    memory["weight"][y] = weight


__all__ = ["changed", "note"]
