"""The cores that sPyNNaker makes of a lowered network, in its order, with their routing keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neurodeploy.ir.network import Network, Population, Projection
from neurodeploy.target.delays import slots_used, stages_needed
from neurodeploy.target.spinnaker import SPINN5, index_bits

#: Keys of one neuron: a packet carries the tick it was sent in, modulo 16.
COLOURS = 16
#: Bits of a routing key.
KEY_BITS = 32

BlockKind = Literal["source", "neurons", "delay"]


@dataclass(frozen=True)
class Key:
    """The key and mask of the packets of one core."""

    key: int
    mask: int


@dataclass(frozen=True)
class Block:
    """A population on its cores, or the extension that delays one.

    Parameters
    ----------
    population : str
        For an extension the population that it delays.
    kind : {"source", "neurons", "delay"}
    neurons : int
    per_core : int
        Neurons of a full core; all cores but the last are full.
    stages : int
        Delay stages of an extension, else 0.
    keys : tuple of Key
        One a core; empty if nothing listens to it.
    """

    population: str
    kind: BlockKind
    neurons: int
    per_core: int
    stages: int = 0
    keys: tuple[Key, ...] = ()

    @property
    def cores(self) -> int:
        """Number of cores."""
        return -(-self.neurons // self.per_core)

    def core_size(self, core: int) -> int:
        """Return the neurons of a core."""
        return min(self.per_core, self.neurons - core * self.per_core)


@dataclass(frozen=True, eq=False)
class Layout:
    """Where a network's neurons are.

    Parameters
    ----------
    network : Network
    blocks : tuple of Block
        Populations in order, then delay extensions.
    slots : mapping of population name to int
        Ticks that a core's ring buffers hold.
    stages : mapping of population name to int
        Delay stages behind a population that needs an extension.
    key_bits : int
        Bits of the widest key, with the part that tells blocks apart.
    """

    network: Network
    blocks: tuple[Block, ...]
    slots: Mapping[str, int]
    stages: Mapping[str, int]
    key_bits: int

    @property
    def cores(self) -> int:
        """Number of cores, extensions included."""
        return sum(block.cores for block in self.blocks)

    def block(self, population: str) -> Block:
        """Return the block of a population itself."""
        return next(b for b in self.blocks if b.population == population and b.kind != "delay")

    @cached_property
    def longest_rows(self) -> Mapping[str, int]:
        """The most synapses of one source neuron on one core, by projection."""
        return {
            proj.name: int(rows_of_cores(proj, self.block(proj.post)).max(initial=0))
            for proj in self.network.projections
        }


def lay_out(net: Network, per_core: Mapping[str, int] | None = None) -> Layout:
    """Return the cores of a lowered network.

    Parameters
    ----------
    net : Network
    per_core : mapping of population name to int, optional
        Neurons of a full core where they are not the default.
    """
    chosen = per_core or {}
    sizes = {pop.name: neurons_of_core(pop, chosen.get(pop.name)) for pop in net.populations}
    slots = {pop.name: ring_slots(net, pop, sizes[pop.name]) for pop in net.neurons}
    stages = delay_stages(net, slots)
    blocks = [
        Block(p.name, "neurons" if p.kind == "neurons" else "source", p.size, sizes[p.name])
        for p in net.populations
    ]
    for name, count in stages.items():
        block = next(b for b in blocks if b.population == name)
        blocks.append(Block(name, "delay", block.neurons, block.per_core, stages=count))
    keyed, key_bits = _with_keys(net, blocks)
    return Layout(net, keyed, slots, stages, key_bits)


def neurons_of_core(pop: Population, per_core: int | None = None) -> int:
    """Return the neurons of a population's fullest core.

    A spike source is never divided by default: sPyNNaker puts all of it on one core.
    """
    if pop.kind != "neurons":
        return max(1, min(pop.size, per_core or pop.size))
    return max(1, min(pop.size, per_core or SPINN5.neurons_per_core))


def ring_slots(net: Network, pop: Population, core_neurons: int) -> int:
    """Return the ticks of a population's ring buffers: a power of two, no more than needed."""
    longest = max((delay_ticks(net, p) for p in net.incoming(pop.name)), default=0)
    return slots_used(longest, core_neurons)


def delay_ticks(net: Network, proj: Projection) -> int:
    """Return the longest delay of a projection in whole ticks, at least one."""
    if not proj.n_synapses:
        return 1
    return max(1, round((proj.delay_ms or 0.0) / net.timestep_ms)) + proj.longest_lag


def delay_stages(net: Network, slots: Mapping[str, int]) -> dict[str, int]:
    """Return the stages of every population whose spikes must be delayed by an extension.

    An extension belongs to a source and serves all its projections, so it has the most stages
    that one of them needs.
    """
    stages: dict[str, int] = {}
    for proj in net.projections:
        needed = stages_needed(delay_ticks(net, proj), slots[proj.post])
        if needed:
            stages[proj.pre] = max(needed, stages.get(proj.pre, 0))
    # Extensions are made source by source, in the order in which sources got a projection.
    return {name: stages[name] for name in sources(net) if name in stages}


def sources(net: Network) -> tuple[str, ...]:
    """Return the populations that send to another, in the order of their first projection."""
    return tuple(dict.fromkeys(proj.pre for proj in net.projections))


def _with_keys(net: Network, blocks: list[Block]) -> tuple[tuple[Block, ...], int]:
    """Return the blocks with keys, and the bits of the widest key.

    A key is block, core, neuron and colour. The part below the block is as wide for all as for
    the widest; how it is divided into core and neuron is each block's own.
    """
    order = [(name, "own") for name in sources(net)]
    order += [(b.population, "delay") for b in blocks if b.kind == "delay"]
    place = {who: k for k, who in enumerate(order)}
    widths = {who: _widths(block) for block in blocks if (who := _who(block)) in place}
    below = max((core + neuron for core, neuron in widths.values()), default=0)
    keyed = []
    for block in blocks:
        who = _who(block)
        keys: tuple[Key, ...] = ()
        if who in place:
            neuron = widths[who][1]
            mask = (1 << KEY_BITS) - (1 << neuron)
            first = place[who] << below
            keys = tuple(Key(first | core << neuron, mask) for core in range(block.cores))
        keyed.append(Block(*_fields(block), keys=keys))
    return tuple(keyed), below + (len(order) - 1).bit_length() if order else 0


def _who(block: Block) -> tuple[str, str]:
    return block.population, "delay" if block.kind == "delay" else "own"


def _fields(block: Block) -> tuple[str, BlockKind, int, int, int]:
    return block.population, block.kind, block.neurons, block.per_core, block.stages


def _widths(block: Block) -> tuple[int, int]:
    """Return the bits of a block's core number and of its neurons with their colours."""
    if block.kind == "neurons":
        keys = block.per_core * COLOURS
    else:
        keys = (1 << index_bits(block.per_core)) * max(1, block.stages) * COLOURS
    return (block.cores - 1).bit_length(), (keys - 1).bit_length()


def rows_of_cores(proj: Projection, post: Block) -> NDArray[np.int64]:
    """Return the most synapses that one source neuron has on each core, (n_cores,)."""
    row = proj.pre_index.astype(np.int64) * post.cores + proj.post_index // post.per_core
    if not row.size:
        return np.zeros(post.cores, dtype=np.int64)
    n_pre = int(proj.pre_index.max()) + 1
    counts = np.bincount(row, minlength=n_pre * post.cores)
    return np.asarray(counts.reshape(n_pre, post.cores).max(axis=0), dtype=np.int64)


__all__ = [
    "Block",
    "Key",
    "Layout",
    "delay_stages",
    "delay_ticks",
    "lay_out",
    "neurons_of_core",
    "ring_slots",
    "rows_of_cores",
    "sources",
]
