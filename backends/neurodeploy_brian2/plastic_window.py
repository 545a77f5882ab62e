"""What of a target's history counts when a source spikes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurodeploy.target.fixed_point import wrap32
from neurodeploy_brian2.plastic_memory import HISTORY, Ints, Memory


@dataclass(frozen=True)
class Window:
    """Entries between two spikes of the source, as the synapses see them.

    Parameters
    ----------
    memory : Memory
    chosen : (n,) int64 array
        The synapses.
    now : int
        When their sources spike.
    row, last, lag : (n,) int64 arrays
        Rows of their targets' histories, when their sources spiked before, and how late
        entries reach them.
    before : (n,) int64 array
        The last entry before the window; 0 is none.
    n_later : (n,) int64 array
        Entries that are after it.
    """

    memory: Memory
    chosen: Ints
    now: int
    row: Ints
    last: Ints
    lag: Ints
    before: Ints
    n_later: Ints

    @staticmethod
    def of(memory: Memory, now: int, chosen: Ints) -> Window:
        """Find the window of synapses whose sources spike now."""
        last, lag, row = (memory[name][chosen] for name in ("last", "lag", "row"))
        time, n = memory["time"][row], memory["n_spikes"][row]
        begin, end = np.maximum(0, last - lag), np.maximum(0, now - lag)
        entry = np.arange(HISTORY)
        real = (entry > 0) & (entry <= n[:, np.newaxis])
        before = (real & (time <= begin[:, np.newaxis])).sum(axis=1)
        n_later = (real & (time > end[:, np.newaxis])).sum(axis=1)
        return Window(memory, chosen, now, row, last, lag, before, n_later)

    def events(self) -> Iterator[tuple[int, NDArray[np.bool_]]]:
        """Yield the number of each entry, and which of the synapses have it in their window."""
        n = self.memory["n_spikes"][self.row]
        for k in range(1, HISTORY):
            use = (k > self.before) & (k <= n - self.n_later)
            if use.any():
                yield k, use

    def time(self, k: Ints | int) -> Ints:
        """Return when entries were."""
        time: Ints = self.memory["time"][self.row, k]
        return time

    def arrival(self, k: Ints | int) -> Ints:
        """Return when entries reached the synapses."""
        return self.time(k) + self.lag

    def start(self, name: str) -> Ints:
        """Return 16-bit words of the synapses as S16.15."""
        held: Ints = wrap32(self.memory[name][self.chosen] << self.memory["shift"][self.chosen])
        return held


__all__ = ["Window"]
