"""Synapses in rows, kept for the next run of the same ones.

Sorting takes as long as some dozen samples, so runs that share their `Wires` share the rows too.
Only those of the last run are kept, and only as long as its `Wires` live.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Any

from neurodeploy_brian2.kernel.arrays import Each, Memory, make_net
from neurodeploy_brian2.plan import Plan


@dataclass(frozen=True)
class Packed:
    """Synapses in rows.

    Parameters
    ----------
    net : nd_net *
    n_slots : int
        Of a ring buffer.
    longest : int
        The longest delay, in ticks.
    """

    net: Any
    n_slots: int
    longest: int


@dataclass(frozen=True)
class _Kept:
    packed: Packed
    wires: tuple[weakref.ref[Any], weakref.ref[Any]]
    n_sources: int
    n: int

    def fits(self, plan: Plan) -> bool:
        mine = (self.wires[0]() is plan.from_sources, self.wires[1]() is plan.recurrent)
        sizes = self.n_sources == plan.n_sources and self.n == plan.n
        needed = max(self.packed.longest, plan.pending_ticks)
        return all(mine) and sizes and needed == self.packed.n_slots


_last: list[_Kept] = []


def packed(lib: Any, ffi: Any, plan: Plan, n_parts: int, each: Each) -> Packed:
    """Return the synapses of a plan in rows, sorted now or by the last run.

    Parameters
    ----------
    lib, ffi
        The extension.
    plan : Plan
    n_parts : int
        Into how many parts sorting is cut.
    each : callable
        Calls a function with each of so many numbers, in threads or not.
    """
    for kept in list(_last):
        if kept.fits(plan):
            return kept.packed
    longest = plan.max_delay_ticks
    n_slots = max(longest, plan.pending_ticks)
    forget()  # before the next are made: they need not fit into memory together
    made = Packed(make_net(lib, Memory(ffi), plan, n_slots, n_parts, each), n_slots, longest)
    wires = weakref.ref(plan.from_sources, _gone), weakref.ref(plan.recurrent, _gone)
    _last[:] = [_Kept(made, wires, plan.n_sources, plan.n)]
    return made


def forget() -> None:
    """Drop what is kept, so that the next run sorts its synapses."""
    _last.clear()


def _gone(wires: weakref.ref[Any]) -> None:
    _last[:] = [kept for kept in _last if all(wires is not one for one in kept.wires)]


__all__ = ["Packed", "forget", "packed"]
