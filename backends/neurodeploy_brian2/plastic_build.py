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
from neurodeploy_brian2.plan import Plan
from neurodeploy_brian2.plan_parts import Ints, Pending
from neurodeploy_brian2.plan_plastic import Doses, Plastic, Sent
from neurodeploy_brian2.plastic_functions import (
    change_function,
    dose_function,
    play_function,
    played,
    remember_function,
    take_function,
)
from neurodeploy_brian2.plastic_late import (
    LateRows,
    late_cells,
    late_sources,
    late_spikes,
    moved_on,
    sent_by_sources,
)
from neurodeploy_brian2.plastic_layout import lay_out_memory
from neurodeploy_brian2.plastic_memory import KEPT, Memory


@dataclass(frozen=True)
class PlasticNetwork:
    """The objects of a plan's plastic synapses, and where their state is.

    Parameters
    ----------
    objects : tuple
    synapses : tuple of tuple
        Of each `Plastic`: its Synapses objects, none if no spike can reach it.
    memories : tuple of Memory
    ring : (n_pairs, n_slots, n) int64 array
    """

    objects: tuple[Any, ...]
    synapses: tuple[tuple[Any, ...], ...]
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
    memories = tuple(lay_out_memory(one, plan, n_slots) for one in plan.plastic)
    # Of a pair that no neuron of the run has, the slot stays empty.
    pairs = [k for k, name in enumerate(rings(plan.n_buffers)) if name in cells.variables]
    take = "\n".join(f"ring_{k} = nd_take(t_in_timesteps, i, {k}, ring_{k})" for k in pairs)
    cells.namespace["nd_take"] = take_function(brian2, memories[0], ring)
    objects = [cells.run_regularly(take, clock=cells.clock, when="start", name="take")]
    sources = _sources(brian2, plan, cells.clock)
    synapses = []
    for k, (one, memory) in enumerate(zip(plan.plastic, memories, strict=True)):
        cells.namespace[f"nd_remember_{k}"] = remember_function(brian2, k, memory)
        text = f"remembered = nd_remember_{k}(t_in_timesteps, i, fired)"
        objects.append(
            cells.run_regularly(
                text, clock=cells.clock, when="groups", order=1, name=f"remember_{k}"
            )
        )
        made = _Maker(brian2, k, one, plan, cells, memory, ring)
        late, others = made.late()
        groups = [group for group in (made.early(sources), late) if group is not None]
        objects += [*others, *groups, *made.doses(sources)]
        synapses.append(tuple(groups))
    if sources is not None:
        objects.append(sources)
    shape = (n_pairs, n_slots, plan.n)
    return PlasticNetwork(tuple(objects), tuple(synapses), memories, ring.reshape(shape))


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


@dataclass(frozen=True)
class _Maker:
    """Makes the synapses of `plan.plastic[k]`, of which no more than one run is built."""

    brian2: Any
    k: int
    one: Plastic
    plan: Plan
    cells: Any
    memory: Memory
    ring: Ints

    def early(self, sources: Any) -> Any:
        """Return the synapses that hear of spikes at once; None if there are none."""
        number = np.flatnonzero(self.one.wait_ticks == 0)
        pre = sources if self.one.from_sources else self.cells
        if pre is None or not len(number):
            return None
        plan = self.plan
        sent = Sent(plan.spike_tick, plan.spike_source, plan.spike_times)
        ends = (pre, self.one.wires.pre[number])
        return self._synapses(ends, number, (plan.n_sources, sent), f"plastic_{self.k}")

    def late(self) -> tuple[Any, list[Any]]:
        """Return the synapses behind delay extensions, and the objects of those."""
        rows = LateRows.of(self.one)
        if not rows.n:
            return None, []
        sent = Sent.none()
        if self.one.from_sources:
            sent = late_spikes(rows, sent_by_sources(self.one, self.plan), self.plan.n_ticks)
            if not len(sent.tick):
                return None, []
            others = [late_sources(self.brian2, self.k, sent, rows.n, self.cells.clock)]
        else:
            others = late_cells(self.brian2, self.k, self.one, rows, self.cells, self.plan.n)
        ends = (others[0], rows.row)
        name = f"late_plastic_{self.k}"
        return self._synapses(ends, rows.synapse, (rows.n, sent), name), others

    def doses(self, sources: Any) -> list[Any]:
        """Return the synapses that bring dopamine or changes."""
        made = []
        for number, one in enumerate(self.one.doses):
            pre = sources if one.from_sources else self.cells
            heard = np.flatnonzero(self.memory["row_of"][one.post] >= 0)
            if pre is not None and len(heard):
                made.append(self._dose(pre, one, heard, f"dose_{number}_of_{self.k}"))
        return made

    def _dose(self, pre: Any, one: Doses, heard: Ints, name: str) -> Any:
        """Return those of one projection whose targets have plastic synapses."""
        columns = (self.memory["row_of"][one.post], one.amount, one.of)
        brought = np.concatenate([column[heard] for column in columns])
        bring, who, table = f"nd_{name}", "fired_pre", None
        if one.from_sources:
            plan, who = self.plan, "i"
            sent = Sent(plan.spike_tick, plan.spike_source, plan.spike_times)
            table = played(plan.n_sources, sent)
        function = dose_function(self.brian2, (bring, self.k), self.memory, brought, table)
        group = self.brian2.Synapses(
            pre,
            self.cells,
            "taken : integer\nnumber : integer (constant)",
            on_pre=f"taken = {bring}(t_in_timesteps, number, {who})",
            dtype={"taken": np.int64, "number": np.int64},
            clock=self.cells.clock,
            namespace={bring: function},
            name=name,
            order=-1,  # what is learned in a tick knows of what it brings
        )
        group.connect(i=one.pre[heard], j=one.post[heard])
        group.variables["number"].set_value(np.arange(len(heard)))
        return group

    def _synapses(
        self, ends: tuple[Any, Ints], number: Ints, sent: tuple[int, Sent], name: str
    ) -> Any:
        """Connect a group with the neurons.

        Parameters
        ----------
        ends : (group, (n,) int64 array)
            What spikes, and which of it each synapse listens to.
        number : (n,) int64 array
            The synapses, as the memory numbers them.
        sent : (int, Sent)
            If it is a source: how many it has, and its spikes.
        name : str
        """
        if self.one.from_sources:
            call, who = f"nd_play_{name}", "i"
            function = play_function(
                self.brian2, (call, self.k), self.memory, self.ring, played(*sent)
            )
        else:
            call, who = f"nd_change_{name}", "fired_pre"
            function = change_function(self.brian2, (call, self.k), self.memory, self.ring)
        group = self.brian2.Synapses(
            ends[0],
            self.cells,
            "weight : integer\nnumber : integer (constant)",
            on_pre=f"weight = {call}(t_in_timesteps, number, {who})",
            dtype={"weight": np.int64, "number": np.int64},
            clock=self.cells.clock,
            namespace={call: function},
            name=name,
        )
        wires = self.one.wires
        group.connect(i=ends[1], j=wires.post[number])
        group.variables["weight"].set_value(wires.weight[number])
        group.variables["number"].set_value(number)
        return group


def weights_now(network: PlasticNetwork, plan: Plan) -> tuple[Ints, ...]:
    """Return the weights of every `Plastic` after a run, on any engine."""
    made: list[Ints] = []
    for one, groups in zip(plan.plastic, network.synapses, strict=True):
        weight = one.wires.weight.copy()
        for group in groups:
            number = group.variables["number"].get_value()
            weight[number] = group.variables["weight"].get_value()
        made.append(weight)
    return tuple(made)


def plastic_now(network: PlasticNetwork, plan: Plan, fired: Sent) -> tuple[Plastic, ...]:
    """Return every `Plastic` as a run left it; not on an engine that builds programs.

    Parameters
    ----------
    network : PlasticNetwork
    plan : Plan
    fired : Sent
        What neurons sent.
    """
    made = []
    for one, memory in zip(plan.plastic, network.memories, strict=True):
        kept = {name: memory[name].copy() for name in KEPT}
        wires = replace(one.wires, weight=memory["weight"].copy())
        now = replace(one, wires=wires, past=replace(one.past, **kept))
        made.append(moved_on(now, plan, fired))
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
