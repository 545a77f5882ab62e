"""Connectors without chance that cores carry out: all, one to one, and all but oneself."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurodeploy_brian2.connectors.base import Connector, Ends, Floats, grid, without_self
from neurodeploy_brian2.errors import ConfigurationError, RefusedError
from neurodeploy_brian2.machine import connectors as machine
from neurodeploy_brian2.plan_parts import Ints


class AllToAllConnector(Connector):
    """Every neuron to every neuron.

    Parameters
    ----------
    allow_self_connections : bool
        Whether, within one population, a neuron connects to itself too.
    """

    on_machine = True

    def __init__(
        self,
        allow_self_connections: bool = True,
        safe: bool = True,
        verbose: bool = False,
        callback: Any = None,
    ) -> None:
        super().__init__(safe, callback, verbose)
        self.allow_self_connections = allow_self_connections

    def pairs(self, ends: Ends) -> tuple[Ints, Ints]:
        """Return sources and targets."""
        every = grid(range(ends.pre.start, ends.pre.stop), range(ends.post.start, ends.post.stop))
        return without_self(ends, self.allow_self_connections, *every)

    def on_core(self, ends: Ends) -> Any:
        """Return what a core is told."""
        return machine.AllToAll(allow_self=self.allow_self_connections or not ends.same)

    def n_to_one(self, ends: Ends) -> float:
        """Return the number of sources, one too many without self-connections."""
        return ends.pre.n


class OneToOneConnector(Connector):
    """Neuron i to neuron i, as far as both populations reach."""

    on_machine = True

    def __init__(self, safe: bool = True, callback: Any = None, verbose: bool = False) -> None:
        super().__init__(safe, callback, verbose)

    def pairs(self, ends: Ends) -> tuple[Ints, Ints]:
        """Return sources and targets."""
        index = np.arange(min(ends.pre.n, ends.post.n), dtype=np.int64)
        return index + ends.pre.start, index + ends.post.start

    def on_core(self, ends: Ends) -> Any:
        """Return what a core is told."""
        return machine.OneToOne()

    def n_to_one(self, ends: Ends) -> float:
        """Return 1."""
        return 1

    def n_drawn(self, ends: Ends) -> float:
        """Return the size of the larger population."""
        return max(ends.pre.n, ends.post.n)


class _Grouped(Connector):
    """Populations of one size, divided into groups that connect within themselves."""

    on_machine = True
    n_neurons_per_group: int | None

    def group_size(self, ends: Ends) -> int:
        """Return how many neurons there are in a group."""
        return self.n_neurons_per_group or min(ends.pre.n, ends.post.n)

    def check(self, ends: Ends) -> None:
        """Refuse populations of different sizes and groups that do not fill them."""
        who, size = type(self).__name__, ends.post.n
        if ends.pre.n != size:
            raise RefusedError(
                who, "its populations must be the same size", got=f"{ends.pre.n} and {size}"
            )
        if self.group_size(ends) > size:
            raise ConfigurationError(
                who, "its group is larger than the population", got=self.n_neurons_per_group
            )
        if size % self.group_size(ends):
            raise RefusedError(
                who,
                "the populations must be divisible into groups",
                got=f"{size} neurons in groups of {self.n_neurons_per_group}",
            )


class AllButMeConnector(_Grouped):
    """Within each group, every neuron to every other.

    Parameters
    ----------
    n_neurons_per_group : int or None
        None is one group.
    weights : (k * (k - 1),) float array, optional
        nA, for a group of k; by source, then by target. Only cores use them.
    """

    def __init__(
        self,
        n_neurons_per_group: int | None = None,
        weights: Any = None,
        safe: bool = True,
        verbose: bool = False,
        callback: Any = None,
    ) -> None:
        super().__init__(safe, callback, verbose)
        self.n_neurons_per_group = n_neurons_per_group
        self.weights: Floats | None = None if weights is None else np.asarray(weights, float)
        if n_neurons_per_group is not None:
            self._check_weights(n_neurons_per_group)

    def check(self, ends: Ends) -> None:
        """Refuse what does not fit into groups."""
        super().check(ends)
        self._check_weights(self.group_size(ends))

    def pairs(self, ends: Ends) -> tuple[Ints, Ints]:
        """Return sources and targets."""
        k = self.group_size(ends)
        post, pre = grid(range(k), range(k))
        others = pre != post
        groups = np.arange(ends.post.n // k, dtype=np.int64)[:, np.newaxis] * k
        return (
            (groups + pre[others]).reshape(-1) + ends.pre.start,
            (groups + post[others]).reshape(-1) + ends.post.start,
        )

    def on_core(self, ends: Ends) -> Any:
        """Return what a core is told."""
        own = None if self.weights is None else tuple(self.weights.tolist())
        return machine.AllButMe(per_group=self.group_size(ends), weights=own)

    def n_to_one(self, ends: Ends) -> float:
        """Return one less than a group."""
        return self.group_size(ends) - 1

    def n_drawn(self, ends: Ends) -> float:
        """Return the number of connections."""
        k = self.group_size(ends)
        return ends.post.n // k * k * (k - 1)

    def weight_statistics(self, ends: Ends, weight: Any) -> tuple[float, float, float]:
        """Return mean, variance and maximum, the latter with its sign."""
        if self.weights is None:
            return super().weight_statistics(ends, weight)
        size = np.abs(self.weights)
        return float(np.mean(size)), float(np.var(size)), float(np.max(self.weights))

    def _check_weights(self, k: int) -> None:
        if self.weights is not None and len(self.weights) != k * (k - 1):
            raise ConfigurationError(
                "AllButMeConnector",
                "has another number of weights than connections in a group",
                got=len(self.weights),
                limit=k * (k - 1),
            )


class OneToOneOffsetConnector(_Grouped):
    """Within each group, neuron i to neuron i + offset.

    Parameters
    ----------
    offset : int
    wrap : bool
        Whether the last ones connect to the first ones of their group.
    n_neurons_per_group : int or None
        None is one group.
    """

    def __init__(
        self,
        offset: int,
        wrap: bool,
        n_neurons_per_group: int | None = None,
        safe: bool = True,
        verbose: bool = False,
        callback: Any = None,
    ) -> None:
        super().__init__(safe, callback, verbose)
        self.offset, self.wrap = offset, wrap
        self.n_neurons_per_group = n_neurons_per_group

    def check(self, ends: Ends) -> None:
        """Refuse an offset past the group."""
        super().check(ends)
        if self.group_size(ends) < abs(self.offset):
            raise ConfigurationError(
                "OneToOneOffsetConnector",
                "its offset is larger than the group",
                got=self.offset,
                limit=self.group_size(ends),
            )

    def pairs(self, ends: Ends) -> tuple[Ints, Ints]:
        """Return sources and targets."""
        k = self.group_size(ends)
        post = np.arange(ends.post.n, dtype=np.int64)
        within = post % k - self.offset
        kept = slice(None) if self.wrap else (within >= 0) & (within < k)
        pre = (post // k * k + within % k)[kept]
        return pre + ends.pre.start, post[kept] + ends.post.start

    def on_core(self, ends: Ends) -> Any:
        """Return what a core is told."""
        return machine.OneToOneOffset(
            offset=self.offset, wrap=self.wrap, per_group=self.group_size(ends)
        )

    def n_to_one(self, ends: Ends) -> float:
        """Return 1."""
        return 1

    def n_drawn(self, ends: Ends) -> float:
        """Return the number of connections."""
        if self.wrap:
            return ends.pre.n
        return ends.pre.n - ends.pre.n // self.group_size(ends) * abs(self.offset)


__all__ = [
    "AllButMeConnector",
    "AllToAllConnector",
    "OneToOneConnector",
    "OneToOneOffsetConnector",
]
