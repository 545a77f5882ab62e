"""Synapses that change: the rule, what it remembers, and one update of many synapses.

Everything is kept in one array of integers, so that the compiled forms can be given it whole;
`Memory` names its parts. Formulas are those of docs/numerics.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurodeploy.target.fixed_point import mul, wrap32

Ints = NDArray[np.int64]

HISTORY = 16
"""Entries of a target's history; the first is a placeholder at time 0."""

TIMINGS = ("pair", "nearest", "triplet", "vogels")
TABLES = ("plus", "minus", "x", "y")
NUMBERS = ("w_min", "w_max", "a_plus", "a_minus", "a3_plus", "a3_minus", "alpha")
COARSE = 2
"""Tables x and y have an entry for every 2**COARSE ticks."""

_ONE = 1 << 11


@dataclass(frozen=True)
class Rule:
    """A timing rule with a weight rule.

    Parameters
    ----------
    timing : {'pair', 'nearest', 'triplet', 'vogels'}
    multiplicative : bool
        Else additive.
    numbers : {name of NUMBERS: int}
        S16.15 bits, but for `alpha` in S4.11.
    tables : {name of TABLES: (n,) int64 array}
        S4.11; Vogels' rule has one table, given as both `plus` and `minus`.
    """

    timing: str
    multiplicative: bool
    numbers: Mapping[str, int]
    tables: Mapping[str, Ints]


@dataclass(frozen=True)
class Memory:
    """What plastic synapses of one rule remember.

    Parameters
    ----------
    cells : (16 * n,) int64 array
        All of it.
    parts : {name: slice}
        Where each part is. Per synapse: `weight`, `last` (tick of the source's last spike),
        `trace`, `trace_2`, `shift`, `lag`, `delay`, `high` (0 or 32: half of the ring entry),
        `ring` (entry in slot 0) and `row` (of the target's history). Per target: `n_spikes`,
        `post`. Per target and entry of its history: `time`, `post_trace`, `post_trace_2`.
    """

    cells: Ints
    parts: Mapping[str, slice]

    def __getitem__(self, name: str) -> Ints:
        """Return a part; writing to it writes to the memory."""
        part = self.cells[self.parts[name]]
        return part.reshape(-1, HISTORY) if name in _BY_ENTRY else part

    def number(self, name: str) -> int:
        """Return a part that is one number."""
        return int(self.cells[self.parts[name]][0])

    @staticmethod
    def of(values: Mapping[str, Any]) -> Memory:
        """Lay parts out one after the other; their places and lengths come first."""
        arrays = {name: np.asarray(values[name], dtype=np.int64).reshape(-1) for name in PARTS}
        lengths = [len(array) for array in arrays.values()]
        starts = 2 * len(PARTS) + np.cumsum([0, *lengths[:-1]])
        head = np.stack([starts, lengths], axis=1).reshape(-1)
        parts = {
            name: slice(int(start), int(start) + length)
            for name, start, length in zip(PARTS, starts, lengths, strict=True)
        }
        return Memory(np.concatenate([head, *arrays.values()]), parts)


_BY_ENTRY = ("time", "post_trace", "post_trace_2")
PER_SYNAPSE = ("weight", "last", "trace", "trace_2", "shift", "lag", "delay", "high", "ring")
_FIXED = ("timing", "multiplicative", "first_tick", "n_cells", "n_slots", "every")
PARTS = (*_FIXED, *NUMBERS, *TABLES, *PER_SYNAPSE, "row", "n_spikes", *_BY_ENTRY, "row_of")
"""Order of the parts; `row_of` is the history row of every neuron, or -1."""


def exp_table(timestep_ms: float, tau_ms: float, coarse: int = 0) -> Ints:
    """Return an exponential in S4.11, every 2**coarse ticks, as far as the host writes it.

    Source: numerics of sPyNNaker 7.4.1's lookup tables, docs/numerics.md.

    >>> exp_table(1.0, 1.0).tolist()
    [2048, 753, 277, 101, 37, 13, 5, 1]
    """
    step = timestep_ms / tau_ms
    pairs, over = divmod(math.log(_ONE) / step / (1 << coarse), 2)
    size = 2 * (int(pairs) + (over > 0))
    ticks = np.arange(size, dtype=np.int64) << coarse
    table: Ints = np.floor(np.exp(ticks * -step) * _ONE).astype(np.int64)
    return table


def look_up(table: Ints, ticks: Ints, coarse: int = 0) -> Ints:
    """Return entries of a table, 0 past its end and, as ticks have no sign, before it."""
    index = ticks >> coarse
    last = len(table) - 1
    outside = (index < 0) | (index > last)
    value: Ints = np.where(outside, 0, table[np.clip(index, 0, last)])
    return value


def mul11(a: Any, b: Any) -> Any:
    """Return the S4.11 product of the low halves, rounded down."""
    return (short(a) * short(b)) >> 11


def short(x: Any) -> Any:
    """Return the low 16 bits as a signed number."""
    return ((x + 0x8000) & 0xFFFF) - 0x8000


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
    for k in range(int(times.max(initial=0))):
        chosen = rows[(times > k) & (rows >= 0)]
        if len(chosen):
            _append(memory, tick + memory.number("first_tick"), chosen)


def _append(memory: Memory, tick: int, rows: Ints) -> None:
    n, time = memory["n_spikes"], memory["time"]
    first, second = memory["post_trace"], memory["post_trace_2"]
    at = n[rows]
    before, since = time[rows, at], tick - time[rows, at]
    new = np.zeros_like(rows), np.zeros_like(rows)
    timing = TIMINGS[memory.number("timing")]
    if timing != "nearest":
        new = short(mul11(first[rows, at], look_up(memory["minus"], since)) + _ONE), new[1]
    if timing == "triplet":
        fallen = look_up(memory["y"], since, COARSE)
        new = new[0], np.where(before == 0, 0, mul11(second[rows, at] + _ONE, fallen))
    full = rows[at == HISTORY - 1]
    for column in (time, first, second):
        column[full, 1:-1] = column[full, 2:]
    n[rows] = np.minimum(at + 1, HISTORY - 1)
    for column, value in ((time, np.full_like(rows, tick)), (first, new[0]), (second, new[1])):
        column[rows, n[rows]] = value


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
    now = tick + memory.number("first_tick")
    last, lag = memory["last"][chosen], memory["lag"][chosen]
    shift, row = memory["shift"][chosen], memory["row"][chosen]
    old, new = memory["trace"][chosen], _new_traces(memory, now, chosen)
    n, time = memory["n_spikes"][row], memory["time"][row]
    begin, end = np.maximum(0, last - lag), np.maximum(0, now - lag)
    entry = np.arange(HISTORY)
    real = (entry > 0) & (entry <= n[:, np.newaxis])
    at = (real & (time <= begin[:, np.newaxis])).sum(axis=1)
    weight = wrap32(memory["weight"][chosen] << shift)
    each = np.arange(len(chosen))
    for k in range(1, HISTORY):
        use = (k > at) & (k <= n) & (time[:, k] <= end)
        if use.any():
            since, gap = time[:, k] + lag - last, time[:, k] + lag - time[each, at]
            moved = _at_post(memory, weight, old, since, gap, memory["post_trace_2"][row, k])
            weight, at = np.where(use, moved, weight), np.where(use, k, at)
    since = now - time[each, at] - lag
    moved = _at_pre(memory, weight, memory["post_trace"][row, at], since, new[1])
    weight = np.where(at > 0, moved, weight)
    memory["weight"][chosen] = (weight >> shift) & 0xFFFF
    memory["last"][chosen] = now
    memory["trace"][chosen], memory["trace_2"][chosen] = new


def _new_traces(memory: Memory, now: int, chosen: Ints) -> tuple[Ints, Ints]:
    """Return the traces of sources after their spikes."""
    last, none = memory["last"][chosen], np.zeros_like(chosen)
    timing = TIMINGS[memory.number("timing")]
    if timing == "nearest":
        return none, none
    fallen = look_up(memory["plus"], now - last)
    first: Ints = short(mul11(memory["trace"][chosen], fallen) + _ONE)
    if timing != "triplet":
        return first, none
    fallen = look_up(memory["x"], now - last, COARSE)
    second = np.where(last == 0, 0, mul11(memory["trace_2"][chosen] + _ONE, fallen))
    return first, second


def _at_post(memory: Memory, w: Ints, trace: Ints, since: Ints, gap: Ints, other: Ints) -> Ints:
    """Return weights after a spike of the target."""
    timing = TIMINGS[memory.number("timing")]
    fallen = look_up(memory["plus"], since)
    first = np.where(since <= gap, fallen, 0) if timing == "nearest" else mul11(trace, fallen)
    moved = _move(memory, w, True, first, mul11(first, other))
    return moved if timing == "vogels" else np.where(since > 0, moved, w)


def _at_pre(memory: Memory, w: Ints, trace: Ints, since: Ints, other: Ints) -> Ints:
    """Return weights after a spike of the source, by the last spike of the target."""
    timing = TIMINGS[memory.number("timing")]
    fallen = look_up(memory["minus"], since)
    first = fallen if timing == "nearest" else mul11(trace, fallen)
    if timing == "vogels":
        return _move(memory, w, True, first - memory.number("alpha"), np.zeros_like(first))
    return _move(memory, w, False, first, mul11(first, other))


def _move(memory: Memory, w: Ints, up: bool, first: Ints, second: Ints) -> Ints:
    sign, name = (1, "plus") if up else (-1, "minus")
    amplitude, bound = memory.number(f"a_{name}"), memory.number("w_max" if up else "w_min")
    moved: Ints
    if memory.number("multiplicative"):
        room = wrap32((bound - w) * sign)
        moved = wrap32(w + sign * mul(mul(room, amplitude), first << 4))
        return moved
    moved = wrap32(w + sign * mul(amplitude, first << 4))
    if TIMINGS[memory.number("timing")] == "triplet":
        moved = wrap32(moved + sign * mul(memory.number(f"a3_{name}"), second << 4))
    return np.minimum(moved, bound) if up else np.maximum(moved, bound)


__all__ = [
    "HISTORY",
    "NUMBERS",
    "PARTS",
    "TABLES",
    "TIMINGS",
    "Memory",
    "Rule",
    "change",
    "exp_table",
    "remember",
]
