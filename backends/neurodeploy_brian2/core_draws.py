"""Random numbers of cores and of neurons, as they are when a program is loaded.

The generator that a core's neurons share starts at the same state on every core, and goes on
over pauses. Generators of single neurons are made valid at every load, which changes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from neurodeploy_brian2.kinds import KINDS
from neurodeploy_brian2.machine.kiss64 import Seed, block
from neurodeploy_brian2.plan import Plan, State
from neurodeploy_brian2.plan_parts import Ints, Pending

CORE_START: Seed = (123456789, 987654321, 43219876, 6543217)
"""State of the shared generator of every core when its program starts."""

_Y_FALLBACK = 13031301
_C_MAX = 698769068


def core_draws(plan: Plan) -> tuple[Ints, int]:
    """Return what neurons with a soft threshold draw in a plan.

    Returns
    -------
    words : (n,) int64 array
        Numbers of 15 bits that a probability in S16.15 is compared with.
    first : int
        Number of the first word since the program started.
    """
    ends, starts = [], []
    for group in plan.groups:
        if KINDS[group.kind].draws:
            at, each = group.state["draw_at"], group.constants["draws_a_tick"]
            starts.append(int((at + each).min()))
            ends.append(int((at + each * plan.period_ticks).max()) + group.n_steps)
    first = min(starts)
    words, _ = block(CORE_START, max(ends))
    return (words[first:].astype(np.int64) & 0xFFFF) >> 1, first


def gone_on(plan: Plan, n_ticks: int) -> Plan:
    """Return the plan of a run for which cores have already drawn so many ticks."""
    groups = []
    for group in plan.groups:
        state = dict(group.state)
        if KINDS[group.kind].draws:
            state["draw_at"] = state["draw_at"] + n_ticks * group.constants["draws_a_tick"]
        groups.append(replace(group, state=state))
    return replace(plan, groups=tuple(groups))


def valid_seed(state: Mapping[str, Ints]) -> dict[str, Ints]:
    """Return the seeds of neurons as a program holds them after it has loaded them."""
    return {
        "seed1": np.where(state["seed1"] == 0, _Y_FALLBACK, state["seed1"]),
        "seed3": state["seed3"] % _C_MAX + 1,
    }


def reloaded(state: State, plan: Plan) -> State:
    """Return the state that the next piece of a run starts from.

    Parameters
    ----------
    state : State
        As the last piece left it.
    plan : Plan
        The next piece.
    """
    groups, kept = [], np.ones(plan.n, dtype=bool)
    starts = plan.starts()
    for group, held, first in zip(plan.groups, state.groups, starts[:-1], strict=True):
        kind = KINDS[group.kind]
        groups.append({**held, **valid_seed(held)} if kind.has_seed else held)
        kept[first : first + group.n] = not kind.forgetful
    pending = state.pending
    stays = (pending.tick > 0) | kept[pending.post]
    chosen = Pending(**{name: value[stays] for name, value in vars(pending).items()})
    return replace(state, groups=tuple(groups), pending=chosen)


__all__ = ["CORE_START", "core_draws", "gone_on", "reloaded", "valid_seed"]
