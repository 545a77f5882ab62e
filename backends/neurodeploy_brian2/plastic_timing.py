"""Timing and weight rules: what one spike, of either side, does to a synapse."""

from __future__ import annotations

import numpy as np

from neurodeploy.target.fixed_point import mul, wrap32
from neurodeploy_brian2.plastic_memory import (
    COARSE,
    ONE11,
    TIMINGS,
    Ints,
    Memory,
    look_up,
    mul11,
    short,
)
from neurodeploy_brian2.plastic_window import Window


def new_traces(memory: Memory, now: int, chosen: Ints) -> tuple[Ints, Ints]:
    """Return the traces of sources after their spikes."""
    last, none = memory["last"][chosen], np.zeros_like(chosen)
    timing = TIMINGS[memory.number("timing")]
    if timing == "nearest":
        return none, none
    fallen = look_up(memory["plus"], now - last)
    first: Ints = short(mul11(memory["trace"][chosen], fallen) + ONE11)
    if timing != "triplet":
        return first, none
    fallen = look_up(memory["x"], now - last, COARSE)
    second = np.where(last == 0, 0, mul11(memory["trace_2"][chosen] + ONE11, fallen))
    return first, second


def at_post(memory: Memory, window: Window, w: Ints, k: int, before: Ints) -> Ints:
    """Return S16.15 words after spike k of the targets; `before` is the one before it."""
    timing = TIMINGS[memory.number("timing")]
    since = window.arrival(k) - window.last
    fallen = look_up(memory["plus"], since)
    if timing == "nearest":
        first = np.where(since <= window.arrival(k) - window.time(before), fallen, 0)
    else:
        first = mul11(memory["trace"][window.chosen], fallen)
    other = memory["post_trace_2"][window.row, k]
    moved = _move(memory, w, True, first, mul11(first, other))
    return moved if timing == "vogels" else np.where(since > 0, moved, w)


def at_pre(memory: Memory, window: Window, w: Ints, at: Ints, other: Ints) -> Ints:
    """Return S16.15 words after a spike of the source, by the last entry of the targets."""
    timing = TIMINGS[memory.number("timing")]
    fallen = look_up(memory["minus"], window.now - window.arrival(at))
    trace = memory["post_trace"][window.row, at]
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


__all__ = ["at_post", "at_pre", "new_traces"]
