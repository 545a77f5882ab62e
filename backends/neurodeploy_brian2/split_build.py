"""Brian2 objects of split populations, whose input comes from several synapse cores.

Every neuron adds up what its cores let through, each with a limit of its own; the upper bits
of an even neuron's sum go to the neuron beside it, as both are in one word; then the usual
tick takes what 16 bits hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from neurodeploy_brian2.kinds import KINDS
from neurodeploy_brian2.lanes import Layout
from neurodeploy_brian2.plan import Plan
from neurodeploy_brian2.plan_parts import MAX_RECEPTORS, Ints, Split


def split_variables(plan: Plan) -> tuple[str, ...]:
    """Return the variables that neurons have beside the usual ones."""
    if plan.split is None:
        return ()
    rings = sorted({ring for r in _receptors(plan) for ring in _rings(plan.split, r)})
    sums = (f"{name}_{r}" for r in _receptors(plan) for name in ("sum", "carry"))
    return (*(f"ring_{k}" for k in rings), *sums, "spilt")


def split_objects(brian2: Any, plan: Plan, cells: Any, layout: Layout) -> list[Any]:
    """Return what adds up the input of a tick before the neurons take it."""
    if plan.split is None:
        return []
    text = "\n".join(_gather(plan, plan.split))
    gather = cells.run_regularly(text, clock=cells.clock, when="groups", order=-2, name="gather")
    even = np.flatnonzero(plan.split.carry_to >= 0)
    if not len(even):
        return [gather]
    return [gather, *_carry(brian2, plan, cells, layout.copies(even), _odd(plan.split, layout))]


def _odd(split: Split, layout: Layout) -> Ints:
    return layout.copies(split.carry_to[split.carry_to >= 0])


def _carry(brian2: Any, plan: Plan, cells: Any, even: Ints, odd: Ints) -> list[Any]:
    functions = {"nd_spill": cells.namespace["nd_spill"]}
    group = brian2.Synapses(cells, cells, "", clock=cells.clock, namespace=functions, name="carry")
    group.connect(i=even, j=odd)
    text = "\n".join(f"carry_{r}_post = nd_spill(sum_{r}_pre)" for r in _receptors(plan))
    over = group.run_regularly(text, clock=cells.clock, when="groups", order=-1, name="carry_over")
    return [group, over]


def _gather(plan: Plan, split: Split) -> Iterator[str]:
    yield "later = nd_later(t_in_timesteps, stride)"
    yield "live = nd_live(t_in_timesteps, stride, period, end)"
    for r in _receptors(plan):
        half = "high" if r % 2 else "low"
        for core, ring in enumerate(_rings(split, r)):
            part = f"part_{r}_{core}"
            yield f"{part} = nd_{half}(later, ring_{ring})"
            yield f"kept_{r}_{core} = nd_saturated({part})"
        over = " + ".join(f"nd_over(part_{r}_{core}, live)" for core in range(split.n_cores))
        yield f"full_{r} = full_{r} + nd_fires({over}, 1, 1)"
        total = " + ".join(f"kept_{r}_{core}" for core in range(split.n_cores))
        yield f"sum_{r} = {total}"
        yield f"spilt = spilt + nd_over(sum_{r}, live)"
    yield from (f"{name} = 0" for name in split_variables(plan) if name.startswith("ring_"))


def _receptors(plan: Plan) -> range:
    """Return the receptors of the neurons that have most."""
    return range(max(len(KINDS[group.kind].receptors) for group in plan.groups))


def _rings(split: Split, receptor: int) -> list[int]:
    """Return where a receptor's input is kept, core by core."""
    return [(MAX_RECEPTORS * core + receptor) // 2 for core in range(split.n_cores)]


__all__ = ["split_objects", "split_variables"]
