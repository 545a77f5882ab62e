"""From the plastic synapses of a plan to the memory that their functions work on."""

from __future__ import annotations

import numpy as np

from neurodeploy_brian2.plan import Plan
from neurodeploy_brian2.plan_plastic import Plastic
from neurodeploy_brian2.plastic_memory import KEPT, NUMBERS, TABLES, TIMINGS, Memory


def lay_out_memory(one: Plastic, plan: Plan, n_slots: int) -> Memory:
    """Return the memory of plastic synapses.

    Parameters
    ----------
    one : Plastic
    plan : Plan
        The run they are part of.
    n_slots : int
        Slots of the rings that they deliver to.
    """
    wires, past, rule = one.wires, one.past, one.rule
    row_of = np.full(plan.n, -1, dtype=np.int64)
    row_of[past.post] = np.arange(len(past.post))
    return Memory.of(
        {
            "timing": TIMINGS.index(rule.timing),
            "multiplicative": rule.multiplicative,
            "modulated": rule.modulated,
            "first_tick": plan.first_tick,
            "n_cells": plan.n,
            "n_slots": n_slots,
            "every": 1 + one.is_read_ahead,
            **{name: rule.numbers.get(name, 0) for name in NUMBERS},
            **{name: rule.tables.get(name, ()) for name in TABLES},
            "weight": wires.weight,
            **{name: getattr(past, name) for name in KEPT},
            "shift": one.shift,
            "lag": one.lag_ticks,
            "delay": wires.delay_ticks,
            "high": 32 * (wires.receptor % 2),
            "ring": wires.receptor // 2 * n_slots * plan.n + wires.post,
            "pre": wires.pre,
            "row": row_of[wires.post],
            "row_of": row_of,
        }
    )


__all__ = ["lay_out_memory"]
