"""What plastic synapses remember: the numbers of their rule, and what was before.

Everything is kept in one array of integers, so that the compiled forms can be given it whole;
`Memory` names its parts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

HISTORY = 16
"""Entries of a target's history; the first is a placeholder at time 0."""

TIMINGS = ("pair", "nearest", "triplet", "vogels", "change")
"""With `change` weights only change as others say, and a history has what is to be done."""
TABLES = ("plus", "minus", "x", "y", "c", "d")
_DOSED = ("modulated_min", "modulated_max", "modulated_factor")
NUMBERS = ("w_min", "w_max", "a_plus", "a_minus", "a3_plus", "a3_minus", "alpha", *_DOSED)
COARSE = 2
"""Tables x, y and d have an entry for every 2**COARSE ticks."""
COARSEST = 4
"""Table c has an entry for every 2**COARSEST ticks."""

ONE11 = 1 << 11
"""1 in S4.11."""


@dataclass(frozen=True)
class Rule:
    """A timing rule with a weight rule.

    Parameters
    ----------
    timing : one of TIMINGS
    multiplicative : bool
        Else additive.
    numbers : {name of NUMBERS: int}
        S16.15 bits, but for `alpha` in S4.11, and stored weights with `change`.
    tables : {name of TABLES: (n,) int64 array}
        S4.11; Vogels' rule has one table, given as both `plus` and `minus`.
    modulated : bool
        Whether it moves an eligibility, which dopamine turns into weight.
    """

    timing: str
    multiplicative: bool
    numbers: Mapping[str, int]
    tables: Mapping[str, Ints]
    modulated: bool = False


@dataclass(frozen=True)
class Memory:
    """What plastic synapses of one rule remember.

    Parameters
    ----------
    cells : (16 * n,) int64 array
        All of it.
    parts : {name: slice}
        Where each part is. Per synapse: `weight`, `last` (tick of the source's last spike),
        `trace`, `trace_2`, `eligibility`, `shift`, `lag`, `delay`, `high` (0 or 32: half of the
        ring entry), `ring` (entry in slot 0), `pre` (the source) and `row` (of the target's
        history). Per target: `n_spikes`, `post`. Per target and entry of its history: `time`,
        `post_trace`, `post_trace_2`, `dopamine`, `is_dose`. Changes to be done are in `dopamine`,
        with their sources in `time`.
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


_BY_ENTRY = ("time", "post_trace", "post_trace_2", "dopamine", "is_dose")
_PAST = ("last", "trace", "trace_2", "eligibility")
PER_SYNAPSE = ("weight", *_PAST, "shift", "lag", "delay", "high", "ring", "pre")
_FIXED = ("timing", "multiplicative", "modulated", "first_tick", "n_cells", "n_slots", "every")
PARTS = (*_FIXED, *NUMBERS, *TABLES, *PER_SYNAPSE, "row", "n_spikes", *_BY_ENTRY, "row_of")
KEPT = (*_PAST, "n_spikes", *_BY_ENTRY)
"""Parts that a run in pieces hands on, beside the weights."""
"""Order of the parts; `row_of` is the history row of every neuron, or -1."""


def exp_table(timestep_ms: float, tau_ms: float, coarse: int = 0) -> Ints:
    """Return an exponential in S4.11, every 2**coarse ticks, as far as the host writes it.

    Source: numerics of sPyNNaker 7.4.1's lookup tables, docs/numerics.md.

    >>> exp_table(1.0, 1.0).tolist()
    [2048, 753, 277, 101, 37, 13, 5, 1]
    """
    step = timestep_ms / tau_ms
    pairs, over = divmod(math.log(ONE11) / step / (1 << coarse), 2)
    size = 2 * (int(pairs) + (over > 0))
    ticks = np.arange(size, dtype=np.int64) << coarse
    table: Ints = np.floor(np.exp(ticks * -step) * ONE11).astype(np.int64)
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


__all__ = [
    "COARSE",
    "COARSEST",
    "HISTORY",
    "KEPT",
    "NUMBERS",
    "ONE11",
    "PARTS",
    "TABLES",
    "TIMINGS",
    "Ints",
    "Memory",
    "Rule",
    "exp_table",
    "look_up",
    "mul11",
    "short",
]
