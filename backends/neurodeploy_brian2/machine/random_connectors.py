"""The connectors that a core draws: fixed probability and fixed numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from neurodeploy_brian2.machine.connectors import AllToAll
from neurodeploy_brian2.machine.expander import (
    NO_PAIRS,
    Connector,
    Edge,
    Expander,
    OverfullError,
    Pairs,
    Rows,
)
from neurodeploy_brian2.machine.kiss64 import Kiss64, wrap32
from neurodeploy_brian2.machine.scaling import Ints

N_TRIES = 10
"""Sources that a core tries before it gives up finding a row with room."""

_FIFTEEN_BITS = 0x7FFF
_PAIRS_A_BLOCK = 1 << 20


def probability_bits(p_connect: float) -> int:
    """U0.32 of a probability as the host encodes it; 1 becomes the largest number below it."""
    largest = (1 << 32) - 1
    return largest if p_connect >= 1 else min(largest, round(Decimal(str(p_connect)) * (1 << 32)))


@dataclass(frozen=True)
class FixedProbability(Connector):
    """
    Each pair with the same probability, source after source.

    Parameters
    ----------
    probability : int
        U0.32 (see `probability_bits`); a pair connects when its word is not above it.
    allow_self : bool
        False matters only within one population; a forbidden pair takes no word.
    """

    probability: int
    allow_self: bool = True

    @property
    def must_fit(self) -> bool:
        """A full row only drops the connection."""
        return False

    def all_at_once(self, core: Expander, edge: Edge) -> Pairs:
        """Pre and post, each int64 of shape (n,)."""
        pre, post = AllToAll(self.allow_self).all_at_once(core, edge)
        chosen = core.core_rng.words(pre.size) <= self.probability
        return pre[chosen], post[chosen]

    def make(self, core: Expander, edge: Edge, rows: Rows) -> None:
        """Draw a word a pair, and weight and delay right after it if it connects."""
        word, probability = core.core_rng.word, self.probability
        targets = core.targets(edge)
        for pre in range(edge.pre[0], edge.pre[1] + 1):
            for post in targets:
                if (self.allow_self or pre != post) and word() <= probability:
                    rows.add(pre, post)


@dataclass(frozen=True)
class FixedNumberPre(Connector):
    """
    `n` sources for each target, target after target, all from the core's generator.

    Parameters
    ----------
    n : int
    with_replacement : bool
    allow_self : bool
        False matters only within one population.
    """

    n: int
    with_replacement: bool = False
    allow_self: bool = True

    @property
    def must_fit(self) -> bool:
        """A full row only drops the connection."""
        return False

    def all_at_once(self, core: Expander, edge: Edge) -> Pairs | None:
        """Pre and post, each int64 of shape (n,); None if a draw may have to be repeated."""
        targets = np.array(core.targets(edge), np.int64)
        if not self.with_replacement:
            rows = [self._sources(core, edge, post) for post in targets.tolist()]
            return np.concatenate([NO_PAIRS[0], *rows]), np.repeat(targets, self.n)
        if edge.row_limits is not None or not self.allow_self:
            return None
        places = _places(core.core_rng, self.n * targets.size, edge.pre)
        return places, np.repeat(targets, self.n)

    def _sources(self, core: Expander, edge: Edge, post: int) -> Ints:
        return _reservoir(core.core_rng, edge.pre, self.n, None if self.allow_self else post)

    def make(self, core: Expander, edge: Edge, rows: Rows) -> None:
        """Draw the sources of each target."""
        for post in core.targets(edge):
            if self.with_replacement:
                self._with_replacement(core, edge, post, rows)
                continue
            for pre in self._sources(core, edge, post).tolist():
                rows.add(pre, post)

    def _with_replacement(self, core: Expander, edge: Edge, post: int, rows: Rows) -> None:
        first, last = edge.pre
        word, n_values = core.core_rng.word, last - first + 1

        def source() -> int:
            return ((word() & _FIFTEEN_BITS) * n_values >> 15) + first

        for _ in range(self.n):
            _retry(rows, source, post, self.allow_self)


@dataclass(frozen=True)
class FixedNumberPost(Connector):
    """
    `n` targets for each source, source after source, from the population's generator.

    Every core draws all of them and keeps its own.

    Parameters
    ----------
    n : int
    with_replacement : bool
    allow_self : bool
        False matters only within one population.
    """

    n: int
    with_replacement: bool = False
    allow_self: bool = True

    def core_factor(self, factor: int) -> int:
        """The scale passes through S16.15 here: 2^16 turns negative, 2^17 and more give 0."""
        return wrap32(factor >> 17) << 17

    def common(self, rng: Kiss64, edge: Edge) -> Pairs:
        """Targets of all sources."""
        sources = range(edge.pre[0], edge.pre[1] + 1)
        targets = [self._targets(rng, edge, pre) for pre in sources]
        return np.repeat(np.array(sources, np.int64), self.n), np.concatenate(targets)

    def all_at_once(self, core: Expander, edge: Edge) -> Pairs:
        """Pre and post, each int64 of shape (n,)."""
        return core.common

    def _targets(self, rng: Kiss64, edge: Edge, pre: int) -> Ints:
        if not self.with_replacement:
            return _reservoir(rng, edge.post, self.n, None if self.allow_self else pre)
        if self.allow_self:
            return _places(rng, self.n, edge.post)
        first, last = edge.post
        targets: list[int] = []
        while len(targets) < self.n:
            post = ((rng.word() & _FIFTEEN_BITS) * (last - first + 1) >> 15) + first
            if post != pre:
                targets.append(post)
        return np.array(targets, np.int64)


@dataclass(frozen=True)
class FixedTotalNumber(Connector):
    """
    `n` pairs in all.

    Parameters
    ----------
    n : int
    with_replacement : bool
        True draws targets from the population's generator and the source of each target that is on
        this core from the core's; False draws pairs from the population's generator.
    allow_self : bool
        False matters only within one population; without replacement the first pair may be a self-
        connection.
    """

    n: int
    with_replacement: bool = True
    allow_self: bool = True

    def common(self, rng: Kiss64, edge: Edge) -> Pairs:
        """All pairs, or with replacement only their targets."""
        if not self.with_replacement:
            return self._pairs(rng, edge)
        n_post = edge.post[1] - edge.post[0] + 1
        words = rng.words(self.n).astype(np.uint64)
        targets = (words * np.uint64(n_post) >> np.uint64(32)).astype(np.int64) + edge.post[0]
        return targets, targets

    def all_at_once(self, core: Expander, edge: Edge) -> Pairs | None:
        """Pre and post, each int64 of shape (n,); None if a draw may have to be repeated."""
        if not self.with_replacement:
            return core.common
        if edge.row_limits is not None or not self.allow_self:
            return None
        targets = core.common[1]
        words = core.core_rng.words(targets.size).astype(np.uint64)
        n_pre = np.uint64(edge.pre[1] - edge.pre[0] + 1)
        return (words * n_pre >> np.uint64(32)).astype(np.int64) + edge.pre[0], targets

    def make(self, core: Expander, edge: Edge, rows: Rows) -> None:
        """Draw weights, delays and, with replacement, the sources."""
        if not self.with_replacement:
            for pre, post in zip(*(part.tolist() for part in core.common), strict=True):
                rows.add(pre, post)
            return
        first, last = edge.pre
        word, n_pre = core.core_rng.word, last - first + 1
        for post in core.common[1].tolist():
            _retry(rows, lambda: (word() * n_pre >> 32) + first, post, self.allow_self)

    def _pairs(self, rng: Kiss64, edge: Edge) -> Pairs:
        """Reservoir sampling over all pairs, sources running fastest."""
        chosen_pre, chosen_post = np.zeros((2, self.n), np.int64)
        seen = 0
        for pre, post in _grid(edge, self.allow_self):
            filling = max(0, min(self.n - seen, pre.size))
            place = np.arange(seen, seen + pre.size)
            # Once the reservoir is full, pair i goes where a word of i + 1 values says.
            words = rng.words(pre.size - filling).astype(np.uint64)
            place[filling:] = words * (place[filling:] + 1).astype(np.uint64) >> np.uint64(32)
            kept = place < self.n
            chosen_pre[place[kept]], chosen_post[place[kept]] = pre[kept], post[kept]
            seen += pre.size
        return chosen_pre, chosen_post


def _grid(edge: Edge, allow_self: bool) -> Iterator[Pairs]:
    """All pairs in blocks, sources running fastest; the first pair is never tested."""
    first, last = edge.pre
    sources = np.arange(first, last + 1)
    targets = np.arange(edge.post[0], edge.post[1] + 1)
    per_block = max(1, _PAIRS_A_BLOCK // sources.size)
    for start in range(0, targets.size, per_block):
        some = targets[start : start + per_block]
        pre, post = np.tile(sources, some.size), np.repeat(some, sources.size)
        keep = np.full(pre.size, allow_self) | (pre != post)
        keep[0] |= start == 0
        yield pre[keep], post[keep]


def _retry(rows: Rows, source: Callable[[], int], post: int, allow_self: bool) -> None:
    """Draw weight, delay and then sources until one is allowed and has room in its row."""
    weight, ticks = rows.next_weight(), rows.next_ticks()
    tries = 0
    while tries < N_TRIES:
        pre = source()
        if pre == post and not allow_self:
            continue
        if rows.write(pre, post, weight, ticks):
            return
        tries += 1
    raise OverfullError(
        f"synapses of target neuron {post}",
        f"{N_TRIES} sources drawn for one have full rows, so the board would stop while loading",
        todo="use fewer synapses or more target cores",
    )


def _places(rng: Kiss64, n: int, view: tuple[int, int]) -> Ints:
    """`n` neurons of a view, 15 bits a draw, int64 of shape (n,)."""
    words = (rng.words(n) & _FIFTEEN_BITS).astype(np.int64)
    return (words * (view[1] - view[0] + 1) >> 15) + view[0]


def _reservoir(rng: Kiss64, view: tuple[int, int], n: int, me: int | None) -> Ints:
    """
    Choose `n` different neurons of a view by reservoir sampling, 15 bits a draw.

    Parameters
    ----------
    rng : Kiss64
    view : tuple of int
        First and last neuron.
    n : int
    me : int, optional
        The neuron that must not be chosen; the core compares it with places in the view, not with
        neurons.

    Returns
    -------
    numpy.ndarray
        int64, shape (n,): neurons in the order of the core's array.
    """
    first, last = view
    n_values = last - first + 1
    values = np.arange(first, first + n)
    start = n
    if me is not None and me < n:
        values[me] = n
        start = n + 1
    places = np.arange(start, n_values)
    if me is not None:
        places = places[places != me]
    slots = (rng.words(places.size) & _FIFTEEN_BITS).astype(np.int64) * (places + 1) >> 15
    kept = slots < n
    values[slots[kept]] = first + places[kept]  # of several in one slot the last one stays
    return values & 0xFFFF  # the core keeps them in 16 bits


__all__ = [
    "FixedNumberPost",
    "FixedNumberPre",
    "FixedProbability",
    "FixedTotalNumber",
    "N_TRIES",
    "probability_bits",
]
