"""Connectivity as the synapse expander of a core draws it.

One expander runs per core of the target population. It goes through the incoming projections, by
source and then in the order they were made, and draws from two generators that all projections
share: its own (connections, weights, delays) and the population's, whose words are the same on
every core (what must add up over the cores).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neurodeploy.errors import TargetError
from neurodeploy_brian2.machine.distributions import Distribution
from neurodeploy_brian2.machine.kiss64 import Kiss64, Seed
from neurodeploy_brian2.machine.scaling import Ints, delay_ticks, landing, weights16

Pairs = tuple[Ints, Ints]
"""Sources and targets of connections."""

NO_PAIRS: Pairs = (np.zeros(0, np.int64), np.zeros(0, np.int64))


@dataclass(frozen=True)
class Edge:
    """
    One projection as the expander gets it.

    Parameters
    ----------
    connector : Connector
    weight, delay : Distribution
        Weight in nA or uS, delay in ms, before scaling.
    pre, post : tuple of int
        First and last (inclusive) neuron of the source and target view within their whole
        populations.
    scale : float
        Steps of the 16-bit weight per unit of weight of this receptor: 2^(15 - shift) times the
        model's scale.
    steps_per_ms : float
        Timesteps per millisecond.
    max_delay_steps : int
        The longest delay the target cores hold (one delay stage).
    n_stages : int
        Delay stages, the undelayed one included.
    pre_per_core : int
        Neurons of a full source core.
    row_limits : tuple of int, optional
        Synapses an undelayed and a delayed row may hold; None means that no row fills up.
    """

    connector: Connector
    weight: Distribution
    delay: Distribution
    pre: tuple[int, int]
    post: tuple[int, int]
    scale: float
    steps_per_ms: float = 1.0
    max_delay_steps: int = 1 << 15
    n_stages: int = 1
    pre_per_core: int = 1 << 15
    row_limits: tuple[int, int] | None = None

    @property
    def factor(self) -> int:
        """The weight scale as it is written to the core, U32.32."""
        return round(self.scale * (1 << 32))


@dataclass(frozen=True)
class Synapses:
    """
    Connections in the order in which the cores make them.

    Parameters
    ----------
    pre, post : numpy.ndarray
        int64, shape (n,), indices within the whole populations.
    weight16 : numpy.ndarray
        int64, shape (n,), the 16-bit weight.
    delay_ticks : numpy.ndarray
        int64, shape (n,).
    """

    pre: Ints
    post: Ints
    weight16: Ints
    delay_ticks: Ints


class OverfullError(TargetError):
    """A row had no room where the core gives up; the board would stop while loading."""


def expand(
    edges: Iterable[Edge],
    slices: Iterable[tuple[int, int]],
    population_seed: Seed,
    core_seeds: Iterable[Seed],
) -> list[Synapses]:
    """
    Make all machine-made projections into one population.

    Parameters
    ----------
    edges : iterable of Edge
        Those made on the machine, by source and then in the order they were made.
    slices : iterable of (first, count)
        Neurons of each core of the target population.
    population_seed : tuple of int
        The population's KISS64 seed.
    core_seeds : iterable of tuple of int
        One KISS64 seed a core.

    Returns
    -------
    list of Synapses
        One for each edge, core after core.
    """
    expanders = [
        Expander(first, count, population_seed, core_seed)
        for (first, count), core_seed in zip(slices, core_seeds, strict=True)
    ]
    population_rng = Kiss64(population_seed)
    made = []
    for edge in edges:
        # The same on every core, so drawn once for all of them.
        common = edge.connector.common(population_rng, edge)
        made.append(_joined([expander.connect(edge, common) for expander in expanders]))
    return made


def _joined(parts: list[Synapses]) -> Synapses:
    names = ("pre", "post", "weight16", "delay_ticks")
    return Synapses(
        *(
            np.concatenate([np.zeros(0, np.int64), *(getattr(part, name) for part in parts)])
            for name in names
        )
    )


class Expander:
    """
    The synapse expander of one core.

    Parameters
    ----------
    first, count : int
        The core's slice of the target population.
    population_seed, core_seed : tuple of int
        KISS64 seeds.
    """

    def __init__(self, first: int, count: int, population_seed: Seed, core_seed: Seed):
        self.first = first
        self.last = first + count - 1
        self.population_rng = Kiss64(population_seed)
        self.core_rng = Kiss64(core_seed)
        self.common: Pairs = NO_PAIRS

    def connect(self, edge: Edge, common: Pairs | None = None) -> Synapses:
        """
        Draw the connections of the next projection that end on this core.

        Parameters
        ----------
        edge : Edge
        common : tuple of numpy.ndarray, optional
            What `Connector.common` drew for the whole population, if somebody has already asked it.
        """
        if common is None:
            common = edge.connector.common(self.population_rng, edge)
        here = (common[1] >= self.first) & (common[1] <= self.last)
        self.common = common[0][here], common[1][here]
        if edge.weight.is_constant and edge.delay.is_constant:
            whole = edge.connector.all_at_once(self, edge)
            if whole is not None:
                return _constant_synapses(edge, *whole)
        rows = Rows(edge, self.core_rng)
        edge.connector.make(self, edge, rows)
        return rows.finish()

    def targets(self, edge: Edge) -> range:
        """Neurons of this core inside the projection's target view."""
        return range(max(self.first, edge.post[0]), min(self.last, edge.post[1]) + 1)


def _constant_synapses(edge: Edge, pre: Ints, post: Ints) -> Synapses:
    factor = edge.connector.core_factor(edge.factor)
    weight = weights16(np.array(edge.weight.bits, np.int64), factor)
    ticks = np.full(pre.size, delay_ticks(edge.delay.bits[0], edge), np.int64)
    pre, ticks = landing(pre, ticks, edge)
    keep = _within_limits(edge, pre, ticks)
    pre, post, ticks = pre[keep], post[keep], ticks[keep]
    return Synapses(pre, post, np.repeat(weight, pre.size), ticks)


def _within_limits(edge: Edge, pre: Ints, ticks: Ints) -> NDArray[np.bool_]:
    """Whether each connection still finds room in its row."""
    keep = np.ones(pre.size, bool)
    if edge.row_limits is None or not pre.size:
        return keep
    stage = (ticks - 1) // edge.max_delay_steps
    row = pre * edge.n_stages + stage
    order = np.argsort(row, kind="stable")
    ordered = row[order]
    place = np.arange(row.size) - np.searchsorted(ordered, ordered)
    limits = np.where(stage[order] > 0, edge.row_limits[1], edge.row_limits[0])
    keep[order] = place < limits
    if edge.connector.must_fit and not keep.all():
        raise _overfull(int(pre[~keep][0]))
    return keep


def _overfull(pre: int) -> OverfullError:
    return OverfullError(
        f"synapses of source neuron {pre}",
        "its row on a core is full, so the board would stop while loading",
        todo="use fewer synapses or more target cores",
    )


@dataclass
class Rows:
    """The rows that an expander fills, and the drawing of weights and delays for them."""

    edge: Edge
    core_rng: Kiss64
    pre: list[int] = field(default_factory=list)
    post: list[int] = field(default_factory=list)
    weight: list[int] = field(default_factory=list)
    ticks: list[int] = field(default_factory=list)
    filled: Counter[tuple[int, int]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.next_weight = self.edge.weight.drawer(self.core_rng)
        next_delay = self.edge.delay.drawer(self.core_rng)
        if self.edge.delay.is_constant:
            ticks = delay_ticks(next_delay(), self.edge)
            self.next_ticks: Callable[[], int] = lambda: ticks
        else:
            self.next_ticks = lambda: delay_ticks(next_delay(), self.edge)

    def add(self, pre: int, post: int) -> None:
        """Draw weight and delay, in this order, and write the synapse."""
        weight = self.next_weight()
        self.put(pre, post, weight, self.next_ticks())

    def put(self, pre: int, post: int, weight: int, ticks: int) -> None:
        """Write one synapse; a full row drops it or ends the run, by the connector."""
        if not self.write(pre, post, weight, ticks) and self.edge.connector.must_fit:
            raise _overfull(pre)

    def write(self, pre: int, post: int, weight: int, ticks: int) -> bool:
        """Write one synapse; False when its row is full."""
        if self.edge.row_limits is not None and not self._has_room(pre, ticks):
            return False
        self.pre.append(pre)
        self.post.append(post)
        self.weight.append(weight)
        self.ticks.append(ticks)
        return True

    def _has_room(self, pre: int, ticks: int) -> bool:
        """Take a place in the row where the synapse lands."""
        edge = self.edge
        rows, delays = landing(np.array([pre]), np.array([ticks]), edge)
        row = int(rows[0]), (int(delays[0]) - 1) // edge.max_delay_steps
        self.filled[row] += 1
        limits = edge.row_limits or (0, 0)
        return self.filled[row] <= limits[1 if row[1] else 0]

    def finish(self) -> Synapses:
        """Scale the weights and put every synapse where it is found."""
        pre, post, weight, ticks = (
            np.array(part, np.int64) for part in (self.pre, self.post, self.weight, self.ticks)
        )
        pre, ticks = landing(pre, ticks, self.edge)
        factor = self.edge.connector.core_factor(self.edge.factor)
        return Synapses(pre, post, weights16(weight, factor), ticks)


@dataclass(frozen=True)
class Connector:
    """Base of the connectors that a core can expand."""

    @property
    def must_fit(self) -> bool:
        """Whether the core gives up when a row is full (the others only log it)."""
        return True

    def core_factor(self, factor: int) -> int:
        """The U32.32 weight scale as the connector hands it on."""
        return factor

    def common(self, rng: Kiss64, edge: Edge) -> Pairs:
        """Draw from the population's generator: pairs of which every core keeps its targets'."""
        return NO_PAIRS

    def all_at_once(self, core: Expander, edge: Edge) -> Pairs | None:
        """Pre and post of all connections, or None; used when weight and delay take no words."""
        return None

    def make(self, core: Expander, edge: Edge, rows: Rows) -> None:
        """Draw the connections one by one, weight and delay right after each."""
        for pre, post in self.pairs(core, edge):
            rows.add(pre, post)

    def pairs(self, core: Expander, edge: Edge) -> Iterator[tuple[int, int]]:
        """Pre and post of each connection in order."""
        whole = self.all_at_once(core, edge)
        if whole is not None:
            yield from zip(*(part.tolist() for part in whole), strict=True)


__all__ = ["Connector", "Edge", "Expander", "OverfullError", "Rows", "Synapses", "expand"]
