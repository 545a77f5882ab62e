"""The connectors without chance that a core expands: all to all, one to one, groups and kernels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from neurodeploy_brian2.machine.distributions import fixed_point
from neurodeploy_brian2.machine.expander import Connector, Edge, Expander, Pairs, Rows
from neurodeploy_brian2.machine.scaling import Ints, delay_ticks


@dataclass(frozen=True)
class AllToAll(Connector):
    """
    Every source to every target, source after source.

    Parameters
    ----------
    allow_self : bool
        False matters only within one population.
    """

    allow_self: bool = True

    def all_at_once(self, core: Expander, edge: Edge) -> Pairs:
        """Pre and post, each int64 of shape (n,)."""
        targets = core.targets(edge)
        sources = np.arange(edge.pre[0], edge.pre[1] + 1)
        pre = np.repeat(sources, len(targets))
        post = np.tile(np.array(targets, np.int64), sources.size)
        keep = slice(None) if self.allow_self else pre != post
        return pre[keep], post[keep]


@dataclass(frozen=True)
class OneToOne(Connector):
    """The k-th source of the view to the k-th target of the view."""

    def all_at_once(self, core: Expander, edge: Edge) -> Pairs:
        """Pre and post, each int64 of shape (n,)."""
        post = np.array(core.targets(edge), np.int64)
        pre = post - edge.post[0] + edge.pre[0]
        keep = pre <= edge.pre[1]
        return pre[keep], post[keep]


@dataclass(frozen=True)
class OneToOneOffset(Connector):
    """
    Each target from the source `offset` before it, within groups.

    Parameters
    ----------
    offset : int
        Target minus source.
    wrap : bool
        Whether the offset goes round within the group.
    per_group : int
        Neurons of a group.
    """

    offset: int
    wrap: bool
    per_group: int

    def pairs(self, core: Expander, edge: Edge) -> Iterator[tuple[int, int]]:
        """Pre and post of each connection, target after target."""
        first_pre, last_pre = edge.pre
        targets = core.targets(edge)
        # The core counts groups from neuron 0 of the whole target, even for a view.
        group, place = divmod(targets.start, self.per_group)
        first = first_pre + group * self.per_group
        for post in targets:
            last = min(first + self.per_group - 1, last_pre)
            pre = self._source(post - self.offset, first, last)
            if pre is not None:
                yield pre, post
            place += 1
            if place == self.per_group:
                place, first = 0, first + self.per_group
                if first > last_pre:
                    return

    def _source(self, pre: int, first: int, last: int) -> int | None:
        """The source inside its group, if there is one."""
        if first <= pre <= last:
            return pre
        if not self.wrap:
            return None
        return pre + self.per_group if pre < first else pre - self.per_group


@dataclass(frozen=True)
class AllButMe(Connector):
    """
    All to all within groups, without the neuron itself.

    Parameters
    ----------
    per_group : int
        Neurons of a group.
    weights : tuple of float, optional
        Weights of one group, nA or uS: row by row of sources, without the diagonal; None draws the
        edge's.
    """

    per_group: int
    weights: tuple[float, ...] | None = None

    def make(self, core: Expander, edge: Edge, rows: Rows) -> None:
        """Draw the connections, target after target."""
        given = None if self.weights is None else [_table_bits(weight) for weight in self.weights]
        for pre_place, post_place, pre, post in self._places(core, edge):
            if given is None:
                weight = rows.next_weight()
            else:
                place = post_place - (post_place >= pre_place)
                weight = given[pre_place * (self.per_group - 1) + place]
            rows.put(pre, post, weight, rows.next_ticks())

    def _places(self, core: Expander, edge: Edge) -> Iterator[tuple[int, int, int, int]]:
        targets = core.targets(edge)
        group, place = divmod(targets.start, self.per_group)
        first = edge.pre[0] + group * self.per_group
        for post in targets:
            for pre_place in range(min(self.per_group, edge.pre[1] + 1 - first)):
                if pre_place != place:
                    yield pre_place, place, first + pre_place, post
            place += 1
            if place == self.per_group:
                place, first = 0, first + self.per_group
                if first >= edge.pre[1]:
                    return


@dataclass(frozen=True)
class Kernel(Connector):
    """
    A small matrix of weights laid over two grids; every pair here is (rows, columns).

    Parameters
    ----------
    pre_shape, post_shape, kernel_shape : tuple of int
    pre_start, pre_step, post_start, post_step : tuple of int
        Where and how densely either grid samples the common one.
    weights : tuple of float, optional
        kernel_shape values row by row, nA or uS; None draws the edge's weight.
    delays : tuple of float, optional
        The same in ms; None draws the edge's delay.
    """

    pre_shape: tuple[int, int]
    post_shape: tuple[int, int]
    kernel_shape: tuple[int, int]
    pre_start: tuple[int, int] = (0, 0)
    pre_step: tuple[int, int] = (1, 1)
    post_start: tuple[int, int] = (0, 0)
    post_step: tuple[int, int] = (1, 1)
    weights: tuple[float, ...] | None = None
    delays: tuple[float, ...] | None = None

    def make(self, core: Expander, edge: Edge, rows: Rows) -> None:
        """Draw the connections, source after source."""
        weights = None if self.weights is None else [_table_bits(weight) for weight in self.weights]
        delays = None if self.delays is None else [_table_bits(delay) for delay in self.delays]
        ticks = None if delays is None else [delay_ticks(delay, edge) for delay in delays]
        for pre, post, place in self._places(core, edge):
            weight = rows.next_weight() if weights is None else weights[place]
            rows.put(pre, post, weight, rows.next_ticks() if ticks is None else ticks[place])

    def _places(self, core: Expander, edge: Edge) -> Iterator[tuple[int, int, int]]:
        """Source, target and the element of the kernel between them, in order."""
        targets = np.array(core.targets(edge), np.int64)
        rows, columns = self._in_source_grid(targets)
        for pre in range(edge.pre[0], edge.pre[1] + 1):
            pre_row, pre_column = divmod(pre, self.pre_shape[1])
            row = self.kernel_shape[0] // 2 - rows + pre_row
            column = self.kernel_shape[1] // 2 - columns + pre_column
            inside = (row >= 0) & (row < self.kernel_shape[0])
            inside &= (column >= 0) & (column < self.kernel_shape[1])
            places = (row * self.kernel_shape[1] + column)[inside]
            for post, place in zip(targets[inside].tolist(), places.tolist(), strict=True):
                yield pre, post, place

    def _in_source_grid(self, targets: Ints) -> tuple[Ints, Ints]:
        """Row and column of each target in the grid of the sources."""
        return tuple(  # type: ignore[return-value]
            (self.post_start[axis] + place * self.post_step[axis] - self.pre_start[axis] - 1)
            // self.pre_step[axis]
            + 1
            for axis, place in enumerate(divmod(targets, self.post_shape[1]))
        )


def _table_bits(value: float) -> int:
    """S16.15 of a number in a table, which the host rounds in binary (half to even)."""
    fixed_point(value)
    return round(value * (1 << 15))


__all__ = ["AllButMe", "AllToAll", "Kernel", "OneToOne", "OneToOneOffset"]
