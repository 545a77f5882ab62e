"""Which synapse core gets which spikes, as sPyNNaker's router shares them out.

The cores of a source are dealt out to the synapse cores of a target in stretches, beginning
with the next synapse core for every source; delay extensions are sources of their own and
come last. A new mapping after a reset goes on from where the last one stopped.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neurodeploy_brian2.delay_stages import needs_extension
from neurodeploy_brian2.delays import ring_slots
from neurodeploy_brian2.direct_poisson import landed
from neurodeploy_brian2.errors import UnsupportedError
from neurodeploy_brian2.plan import Plan
from neurodeploy_brian2.plan_parts import MAX_RECEPTORS, Ints, Split, Wires
from neurodeploy_brian2.plan_plastic import Plastic
from neurodeploy_brian2.plastic_mapping import plastic_links
from neurodeploy_brian2.synapse_cores import is_direct, n_synapse_cores

_Source = tuple[Any, bool]
"""A population, and whether its spikes come by way of a delay extension."""


class CoreRoutes:
    """The routes of one network, as it was last mapped."""

    def __init__(self) -> None:
        self._edges: dict[_Source, dict[Any, None]] = {}
        self._next: dict[Any, int] = {}
        self._mapping = 0
        self._dealt: dict[tuple[_Source, Any], Ints] = {}

    def split(self, network: Any, plan: Plan, mapping: int) -> Plan:
        """Return the plan with every synapse on its core; as it is if no neuron has several.

        Parameters
        ----------
        network : Network
        plan : Plan
            Made for it.
        mapping : int
            How many times the network was mapped, from 1.
        """
        cores = _Cores.of(network)
        plan = replace(plan, plastic=tuple(_read_ahead(network, plan.plastic, cores.own)))
        if cores.most < 2:
            return plan
        _refuse_deaf(network, cores.own)
        _refuse_modulated(network, cores.own)
        if mapping != self._mapping:
            self._map(network, cores)
            self._mapping = mapping
        shares = [_Shares(network, self._dealt, cores.of_source, flag) for flag in (False, True)]
        return replace(
            plan,
            from_sources=_land(network, cores.direct, shares[True].routed(plan.from_sources)),
            recurrent=shares[False].routed(plan.recurrent),
            plastic=tuple(
                replace(one, wires=shares[one.from_sources].routed(one.wires, one.wait_ticks))
                for one in plan.plastic
            ),
            split=Split(cores.most, _neighbours(network, cores.own)),
        )

    def _map(self, network: Any, cores: _Cores) -> None:
        """Deal out the cores of every source."""
        self._add_edges(network, cores.direct)
        self._dealt = {}
        for source, targets in self._edges.items():
            for target in (one for one in targets if cores.own.get(one)):
                n, first = cores.own[target], self._next.get(target, 0)
                self._next[target] = (first + 1) % n
                n_parts = len(source[0].slices())
                share = max(1, int(2 ** math.ceil(math.log2(n_parts / n))))
                self._dealt[source, target] = (first + np.arange(n_parts) // share) % n

    def _add_edges(self, network: Any, direct: list[Any]) -> None:
        """Note what is new: the projections as they were made, then the delay extensions."""
        for delayed in (False, True):
            # Dopamine goes to every synapse core.
            for link in (one for one in network.projections if not one.projection.is_modulator):
                if link not in direct and (
                    not delayed or needs_extension(network, link.pre, link.post)
                ):
                    self._edges.setdefault((link.pre, delayed), {})[link.post] = None


@dataclass(frozen=True)
class _Cores:
    """Who has how many cores.

    Parameters
    ----------
    own : {population: int}
        Synapse cores of each core of neurons.
    direct : list of Link
        Of Poisson sources that are cores of their targets too.
    of_source : {population: int}
        Which core of its target each of those is.
    most : int
        The most cores that add to one neuron's input.
    """

    own: dict[Any, int]
    direct: list[Any]
    of_source: dict[Any, int]
    most: int

    @staticmethod
    def of(network: Any) -> _Cores:
        """Count the cores of a network."""
        own = {pop: n_synapse_cores(network, pop) for pop in network.offsets(sources=False)}
        direct = [link for link in network.projections if is_direct(network, link)]
        every, of_source = dict(own), {}
        for link in direct:
            of_source[link.pre] = every[link.post]
            every[link.post] += 1
        return _Cores(own, direct, of_source, max(every.values(), default=0))


@dataclass(frozen=True)
class _Numbered:
    """Populations one after the other, and the core of each of their neurons."""

    starts: dict[Any, int]

    def population(self, index: Ints) -> Ints:
        """Return the number of the population of each neuron."""
        found: Ints = np.searchsorted(list(self.starts.values()), index, side="right") - 1
        return found

    def core(self) -> Ints:
        """Return the core of each neuron, of all populations."""
        sizes = [len(cells) for pop in self.starts for cells in pop.slices()]
        numbers = [k for pop in self.starts for k in range(len(pop.slices()))]
        return np.repeat(np.array(numbers, dtype=np.int64), sizes)


class _Shares:
    """The synapse core of each synapse, by its source's core, its target and its delay.

    Parameters
    ----------
    network : Network
    dealt : mapping
        Synapse core of each core of a source, for a target.
    number : mapping of population to int
        Core of each direct source.
    from_sources : bool
        Whether it is about synapses that leave sources.
    """

    def __init__(
        self,
        network: Any,
        dealt: Mapping[tuple[_Source, Any], Ints],
        number: Mapping[Any, int],
        from_sources: bool,
    ) -> None:
        self._pre = _Numbered(network.offsets(from_sources))
        self._post = _Numbered(network.offsets(sources=False))
        targets = list(self._post.starts)
        self._slots = np.array([ring_slots(network, pop) for pop in targets], dtype=np.int64)
        n_parts = max((len(pop.slices()) for pop in self._pre.starts), default=0)
        self._table = np.zeros((len(self._pre.starts), len(targets), 2, n_parts), dtype=np.int64)
        rank = {pop: k for k, pop in enumerate(self._pre.starts)}
        for ((source, delayed), target), cores in dealt.items():
            if source in rank:
                row = self._table[rank[source], targets.index(target), int(delayed)]
                row[: len(cores)] = cores
        for source, core in number.items():
            if source in rank:
                self._table[rank[source]] = core

    def routed(self, wires: Wires, wait_ticks: Ints | int = 0) -> Wires:
        """Return the synapses with their cores; they may have waited elsewhere before."""
        if not wires.n:
            return wires
        target = self._post.population(wires.post)
        late = (wires.delay_ticks > self._slots[target]) | (np.asarray(wait_ticks) > 0)
        delayed = late.astype(np.int64)
        part = self._pre.core()[wires.pre]
        core = self._table[self._pre.population(wires.pre), target, delayed, part]
        return replace(wires, receptor=wires.receptor + MAX_RECEPTORS * core)


def _read_ahead(
    network: Any, plastic: Sequence[Plastic], cores: Mapping[Any, int]
) -> Iterator[Plastic]:
    """Mark the plastic synapses that are on synapse cores."""
    for link, one in zip(plastic_links(network), plastic, strict=True):
        yield replace(one, is_read_ahead=cores[link.post] > 0)


def _refuse_deaf(network: Any, cores: Mapping[Any, int]) -> None:
    """Refuse plastic synapses on cores that sPyNNaker does not tell of the neurons' spikes."""
    plastic = {link.post for link in plastic_links(network)}
    own = {link.post for link in network.projections if link.pre is link.post}
    for population in plastic & own:
        if cores[population] > 1:
            raise UnsupportedError(
                population.label,
                "its neurons are connected to each other, and then sPyNNaker 7.4.1 does not tell "
                "all synapse cores with plastic synapses when they spike",
                got=f"{cores[population]} synapse cores",
                todo="give it n_synapse_cores=1, or 0",
            )


def _refuse_modulated(network: Any, cores: Mapping[Any, int]) -> None:
    """Refuse dopamine on several synapse cores: what it does there is not known to the bit."""
    for link in network.projections:
        if link.projection.is_modulator and cores[link.post] > 1:
            raise UnsupportedError(
                link.label,
                "the emulator does not run dopamine on several synapse cores",
                got=f"{cores[link.post]} synapse cores of {link.post.label}",
                limit="at most 1",
                todo="set n_synapse_cores",
            )


def _land(network: Any, direct: list[Any], wires: Wires) -> Wires:
    """Return the synapses with those of direct sources where they end up."""
    sources, neurons = network.offsets(sources=True), network.offsets(sources=False)
    parts, rest = [], np.ones(wires.n, dtype=bool)
    for link in direct:
        first = sources[link.pre]
        mine = (wires.pre >= first) & (wires.pre < first + link.pre.size)
        rest &= ~mine
        core, receptor = np.divmod(wires.receptor[mine], MAX_RECEPTORS)
        chosen = replace(_chosen(wires, mine), receptor=receptor)
        kept = landed(link, chosen, neurons[link.post])
        parts.append(
            replace(kept, receptor=kept.receptor + MAX_RECEPTORS * int(core.max(initial=0)))
        )
    return Wires.join([_chosen(wires, rest), *parts]) if parts else wires


def _chosen(wires: Wires, which: Any) -> Wires:
    return Wires(**{name: column[which] for name, column in vars(wires).items()})


def _neighbours(network: Any, cores: Mapping[Any, int]) -> Ints:
    """Return the neuron that gets each neuron's carry: the second of two in a word."""
    made = [np.zeros(0, dtype=np.int64)]
    for pop, first in network.offsets(sources=False).items():
        for cells in pop.slices():
            place = np.arange(len(cells), dtype=np.int64)
            paired = (place % 2 == 0) & (place + 1 < len(cells)) & (cores[pop] > 0)
            made.append(np.where(paired, first + cells.start + place + 1, -1))
    return np.concatenate(made)


__all__ = ["CoreRoutes"]
