"""One update of many synapses that change. Formulas are those of docs/numerics.md."""

from __future__ import annotations

import numpy as np

from neurodeploy_brian2.plastic_changed import changed
from neurodeploy_brian2.plastic_memory import TIMINGS, Ints, Memory
from neurodeploy_brian2.plastic_modulated import modulated
from neurodeploy_brian2.plastic_timing import at_post, at_pre, new_traces
from neurodeploy_brian2.plastic_window import Window


def change(memory: Memory, ring: Ints, tick: int, synapses: Ints, times: Ints) -> Ints:
    """Let sources spike: change weights, put them into the ring, return them.

    Parameters
    ----------
    memory : Memory
    ring : (n_pairs * n_slots * n_cells,) int64 array
        Two ring buffers in each entry, as in the neurons' own.
    tick : int
        Since the start of the piece.
    synapses, times : (n,) int64 arrays
        Synapses, each once, and how many spikes each receives in this tick; only `every`
        spike of them changes weights.
    """
    for k in range(int(times.max(initial=0))):
        if k % memory.number("every") == 0:
            _update(memory, tick, synapses[times > k])
        _deliver(memory, ring, tick, synapses[times > k])
    return memory["weight"][synapses]


def _deliver(memory: Memory, ring: Ints, tick: int, chosen: Ints) -> None:
    chosen = chosen[memory["delay"][chosen] > 0]
    slot = (tick + memory["delay"][chosen]) % memory.number("n_slots")
    entry = memory["ring"][chosen] + slot * memory.number("n_cells")
    np.add.at(ring, entry, memory["weight"][chosen] << memory["high"][chosen])


def _update(memory: Memory, tick: int, chosen: Ints) -> None:
    if TIMINGS[memory.number("timing")] == "change":
        changed(memory, chosen)
        return
    now = tick + memory.number("first_tick")
    window = Window.of(memory, now, chosen)
    new = new_traces(memory, now, chosen)
    shift = memory["shift"][chosen]
    if memory.number("modulated"):
        weight, held = modulated(memory, window, new[1])
        memory["eligibility"][chosen] = (held >> shift) & 0xFFFF
    else:
        weight = _moved(memory, window, new)
    memory["weight"][chosen] = (weight >> shift) & 0xFFFF
    memory["last"][chosen] = now
    memory["trace"][chosen], memory["trace_2"][chosen] = new


def _moved(memory: Memory, window: Window, new: tuple[Ints, Ints]) -> Ints:
    """Return weights after the spikes of a window and the spike of the source."""
    weight, at = window.start("weight"), window.before
    for k, use in window.events():
        moved = at_post(memory, window, weight, k, at)
        weight, at = np.where(use, moved, weight), np.where(use, k, at)
    moved = at_pre(memory, window, weight, at, new[1])
    return np.where(at > 0, moved, weight)


__all__ = ["change"]
