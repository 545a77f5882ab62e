"""Brian2 objects of plastic synapses.

A spike of the source changes the weights of its synapses at once and puts them into a ring
of slots, one a tick, so that a later change leaves alone what is under way. Before a tick
the neurons take their slot; after it their own spikes are added to the histories.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neurodeploy_brian2.kinds import rings
from neurodeploy_brian2.plan import Ints, Pending, Plan, Plastic
from neurodeploy_brian2.plastic import NUMBERS, TABLES, TIMINGS, Memory
from neurodeploy_brian2.plastic_functions import (
    change_function,
    play_function,
    remember_function,
    take_function,
)

_KEPT = ("last", "trace", "trace_2", "n_spikes", "time", "post_trace", "post_trace_2")


@dataclass(frozen=True)
class PlasticNetwork:
    """The objects of a plan's plastic synapses, and where their state is.

    Parameters
    ----------
    objects : tuple
    synapses : tuple
        The Synapses object of each `Plastic`; None if no spike can reach it.
    memories : tuple of Memory
    ring : (n_pairs, n_slots, n) int64 array
    """

    objects: tuple[Any, ...]
    synapses: tuple[Any, ...]
    memories: tuple[Memory, ...]
    ring: Ints

    def pending(self, n_ticks: int) -> Pending:
        """Return what is under way after so many ticks; not on an engine that builds programs."""
        n_pairs, n_slots, n = self.ring.shape
        due = np.roll(self.ring, -(n_ticks % n_slots), axis=1) if n_slots else self.ring
        halves = np.stack([due & 0xFFFFFFFF, due >> 32], axis=1).reshape(2 * n_pairs, n_slots, n)
        receptor, tick, post = np.nonzero(halves)
        return Pending(tick, post, receptor, halves[receptor, tick, post])


def build_plastic(brian2: Any, plan: Plan, cells: Any) -> PlasticNetwork:
    """Return the objects of a plan's plastic synapses.

    Parameters
    ----------
    brian2 : module
    plan : Plan
        As it was given, with sources that may spike several times a tick.
    cells : NeuronGroup
    """
    if not plan.plastic:
        return PlasticNetwork((), (), (), np.zeros((0, 0, 0), dtype=np.int64))
    n_slots = 1 + max(int(one.wires.delay_ticks.max(initial=1)) for one in plan.plastic)
    n_pairs = -(-plan.n_buffers // 2)
    ring = np.zeros(n_pairs * n_slots * plan.n, dtype=np.int64)
    memories = tuple(_memory(one, plan, n_slots) for one in plan.plastic)
    # Of a pair that no neuron of the run has, the slot stays empty.
    pairs = [k for k, name in enumerate(rings(plan.n_buffers)) if name in cells.variables]
    take = "\n".join(f"ring_{k} = nd_take(t_in_timesteps, i, {k}, ring_{k})" for k in pairs)
    cells.namespace["nd_take"] = take_function(brian2, memories[0], ring)
    objects = [cells.run_regularly(take, clock=cells.clock, when="start", name="take")]
    sources = _sources(brian2, plan, cells.clock)
    synapses: list[Any] = []
    for k, (one, memory) in enumerate(zip(plan.plastic, memories, strict=True)):
        cells.namespace[f"nd_remember_{k}"] = remember_function(brian2, k, memory)
        text = f"remembered = nd_remember_{k}(t_in_timesteps, i, fired)"
        objects.append(
            cells.run_regularly(
                text, clock=cells.clock, when="groups", order=1, name=f"remember_{k}"
            )
        )
        pre = sources if one.from_sources else cells
        synapses.append(None)
        if pre is not None and one.wires.n:
            synapses[k] = _synapses(brian2, k, one, plan, (pre, cells), memory, ring)
    made = [one for one in (sources, *synapses) if one is not None]
    shape = (n_pairs, n_slots, plan.n)
    return PlasticNetwork((*objects, *made), tuple(synapses), memories, ring.reshape(shape))


def _memory(one: Plastic, plan: Plan, n_slots: int) -> Memory:
    wires, past, rule = one.wires, one.past, one.rule
    row_of = np.full(plan.n, -1, dtype=np.int64)
    row_of[past.post] = np.arange(len(past.post))
    return Memory.of(
        {
            "timing": TIMINGS.index(rule.timing),
            "multiplicative": rule.multiplicative,
            "first_tick": plan.first_tick,
            "n_cells": plan.n,
            "n_slots": n_slots,
            "every": 1 + one.is_read_ahead,
            **{name: rule.numbers.get(name, 0) for name in NUMBERS},
            **{name: rule.tables.get(name, ()) for name in TABLES},
            "weight": wires.weight,
            "last": past.last,
            "trace": past.trace,
            "trace_2": past.trace_2,
            "shift": one.shift,
            "lag": one.lag_ticks,
            "delay": wires.delay_ticks,
            "high": 32 * (wires.receptor % 2),
            "ring": wires.receptor // 2 * n_slots * plan.n + wires.post,
            "row": row_of[wires.post],
            "n_spikes": past.n_spikes,
            "time": past.time,
            "post_trace": past.post_trace,
            "post_trace_2": past.post_trace_2,
            "row_of": row_of,
        }
    )


def _sources(brian2: Any, plan: Plan, clock: Any) -> Any:
    """Return a group that spikes once in every tick in which a source does."""
    if not len(plan.spike_tick) or not any(one.from_sources for one in plan.plastic):
        return None
    return brian2.SpikeGeneratorGroup(
        plan.n_sources,
        plan.spike_source,
        plan.spike_tick * brian2.ms,
        clock=clock,
        name="plastic_sources",
    )


def _synapses(
    brian2: Any,
    k: int,
    one: Plastic,
    plan: Plan,
    ends: tuple[Any, Any],
    memory: Memory,
    ring: Ints,
) -> Any:
    if one.from_sources:
        key = plan.spike_tick * plan.n_sources + plan.spike_source
        order = np.argsort(key)
        sizes = [plan.n_sources, len(key)]
        sent = np.concatenate([sizes, key[order], plan.spike_times[order]]).astype(np.int64)
        function = play_function(brian2, k, memory, ring, sent)
        name, who = f"nd_play_{k}", "i"
    else:
        function = change_function(brian2, k, memory, ring)
        name, who = f"nd_change_{k}", "fired_pre"
    group = brian2.Synapses(
        *ends,
        "weight : integer\nnumber : integer (constant)",
        on_pre=f"weight = {name}(t_in_timesteps, number, {who})",
        dtype={"weight": np.int64, "number": np.int64},
        clock=ends[1].clock,
        namespace={name: function},
        name=f"plastic_{k}",
    )
    group.connect(i=one.wires.pre, j=one.wires.post)
    group.variables["weight"].set_value(one.wires.weight)
    group.variables["number"].set_value(np.arange(one.wires.n))
    return group


def weights_now(network: PlasticNetwork, plan: Plan) -> tuple[Ints, ...]:
    """Return the weights of every `Plastic` after a run, on any engine."""
    made: list[Ints] = []
    for one, synapses in zip(plan.plastic, network.synapses, strict=True):
        if synapses is None:
            made.append(one.wires.weight)
        else:
            made.append(np.array(synapses.variables["weight"].get_value(), dtype=np.int64))
    return tuple(made)


def plastic_now(network: PlasticNetwork, plan: Plan) -> tuple[Plastic, ...]:
    """Return every `Plastic` as a run left it; not on an engine that builds programs."""
    made = []
    for one, memory in zip(plan.plastic, network.memories, strict=True):
        kept = {name: memory[name].copy() for name in _KEPT}
        wires = replace(one.wires, weight=memory["weight"].copy())
        made.append(replace(one, wires=wires, past=replace(one.past, **kept)))
    return tuple(made)


def join_pending(parts: Sequence[Pending]) -> Pending:
    """Put input under way together."""
    return Pending(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("tick", "post", "receptor", "amount")
        )
    )


__all__ = ["PlasticNetwork", "build_plastic", "join_pending", "plastic_now", "weights_now"]
