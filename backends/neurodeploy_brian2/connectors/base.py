"""What every connector shares: the two ends, the values of synapses, and their statistics.

A connector says who connects to whom. Most of sPyNNaker's are carried out by the cores that
receive the spikes, the rest by the host; the two round and draw differently, and both are
told apart by `Connector.on_machine`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neurodeploy.api import IncomingProjection
from neurodeploy_brian2 import bounds
from neurodeploy_brian2.errors import ConfigurationError, RefusedError, UnsupportedError, ViewError
from neurodeploy_brian2.expressions import evaluate
from neurodeploy_brian2.plan_parts import Ints
from neurodeploy_brian2.randomness import is_random
from neurodeploy_brian2.space import Space

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Side:
    """One end of a projection: a population, or a stretch of one.

    Parameters
    ----------
    population : Population
    start, stop : int
        Which of its neurons.
    is_view : bool
    """

    population: Any
    start: int
    stop: int
    is_view: bool

    @property
    def n(self) -> int:
        """How many neurons there are."""
        return self.stop - self.start

    def positions(self) -> Floats:
        """Return where they are, (n, 3) float array."""
        if self.is_view:
            raise RefusedError(self.population.label, "sPyNNaker has no positions of views")
        positions: Floats = self.population.positions
        return positions


@dataclass(frozen=True)
class Ends:
    """Both ends of a projection, as a connector sees them.

    Parameters
    ----------
    who : str
        The projection, for errors.
    pre, post : Side
    timestep_us : int
    space : Space
    slices : tuple of range
        The target's neurons by core.
    """

    who: str
    pre: Side
    post: Side
    timestep_us: int = 1000
    space: Space = field(default_factory=Space)
    slices: tuple[range, ...] = ()

    @property
    def same(self) -> bool:
        """Whether a neuron can be connected to itself."""
        return (
            self.pre.population is self.post.population
            and (self.pre.start, self.pre.stop) == (self.post.start, self.post.stop)
            and self.pre.is_view == self.post.is_view
        )

    @property
    def n_pairs(self) -> int:
        """How many pairs there are."""
        return self.pre.n * self.post.n

    def distances(self, expand: bool = False) -> Floats:
        """Return the distance of every pair, by source, then by target."""
        return self.space.distances(self.pre.positions(), self.post.positions(), expand)

    def need_populations(self, connector: object) -> None:
        """Refuse views where sPyNNaker's host cannot use them."""
        if any(side.is_view and side.n != side.population.size for side in (self.pre, self.post)):
            raise ViewError(
                self.who,
                f"sPyNNaker cannot use views with this {type(connector).__name__}",
                todo="connect whole populations",
            )


class Connector(ABC):
    """Who connects to whom.

    Parameters
    ----------
    safe : bool
        Whether weights of mixed signs are refused.
    verbose, callback
        Ignored, as by sPyNNaker.
    """

    on_machine: ClassVar[bool] = False
    """Whether cores can carry it out, given weights and delays that they can make."""

    def __init__(self, safe: bool = True, callback: Any = None, verbose: bool = False) -> None:
        self.safe, self.verbose = safe, verbose

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def check(self, ends: Ends) -> None:  # noqa: B027 - many can connect whatever there is
        """Raise an error if it cannot connect these ends."""

    @abstractmethod
    def pairs(self, ends: Ends) -> tuple[Ints, Ints]:
        """Return sources and targets, as indices in their populations."""

    def on_core(self, ends: Ends) -> Any:
        """Return what a core is told, a description of `machine.connectors`."""
        raise UnsupportedError(ends.who, f"no core makes a {type(self).__name__}")

    def given(self, name: str) -> Any:
        """Return the connector's own `weight` or `delay`s, if it has them, in pairs' order."""
        return None

    @abstractmethod
    def n_to_one(self, ends: Ends) -> float:
        """Return the most connections of one target that the host reckons with."""

    def n_drawn(self, ends: Ends) -> float:
        """Return how many values it reckons with when it asks for the largest."""
        return float(ends.n_pairs)

    def estimate(self, ends: Ends, weight: Any, delay: Any) -> IncomingProjection:
        """Return what the ring-buffer shift depends on, as the host estimates it."""
        mean, spread, largest = self.weight_statistics(ends, weight)
        return IncomingProjection(
            n_to_one=int(self.n_to_one(ends)),
            weight_mean_nA=mean,
            weight_variance=spread,
            weight_max_nA=largest,
            delay_variance=value_variance(ends, delay),
        )

    def weight_statistics(self, ends: Ends, weight: Any) -> tuple[float, float, float]:
        """Return mean, variance and maximum of the weights."""
        return (
            value_mean(ends, weight),
            value_variance(ends, weight),
            value_maximum(ends, weight, lambda: self.n_drawn(ends)),
        )


def value_mean(ends: Ends, value: Any) -> float:
    """Return the mean magnitude of weights."""
    if is_random(value):
        return abs(bounds.mean(value))
    if isinstance(value, str):
        return float(np.mean(_over_distances(ends, value)))
    return abs(_number(ends, value))


def value_variance(ends: Ends, value: Any) -> float:
    """Return the variance of weights or delays."""
    if is_random(value):
        return bounds.variance(value)
    if isinstance(value, str):
        return float(np.var(_over_distances(ends, value)))
    _number(ends, value)
    return 0.0


def value_maximum(ends: Ends, value: Any, n_drawn: Any) -> float:
    """Return the largest magnitude of weights."""
    if is_random(value):
        return bounds.largest_magnitude(value, n_drawn())
    if isinstance(value, str):
        return float(np.max(_over_distances(ends, value)))
    return abs(_number(ends, value))


def values_at(ends: Ends, text: str, pre: Ints, post: Ints) -> Floats:
    """Return an expression's value for each pair, from their distance."""
    expand = wants_axes(text)
    first, second = ends.pre.positions(), ends.post.positions()
    values = [
        evaluate(text, d=ends.space.distances(first[i], second[j], expand))
        for i, j in zip(pre, post, strict=True)
    ]
    return np.array([np.ravel(one)[0] for one in values], dtype=np.float64).reshape(len(pre))


def wants_axes(text: str) -> bool:
    """Tell whether an expression of `d` looks at single axes, as in `d[0]`."""
    return re.match(r".*d\[\d*\].*", text) is not None


def round_count(who: str, n: Any) -> int:
    """Return a number of connections; a hair off a whole number is accepted."""
    if isinstance(n, int):
        return n
    if abs(round(n) - n) < 0.001:
        return int(round(n))
    raise ConfigurationError(who, "its number of connections is not whole", got=n)


def grid(pre: Sequence[int] | range, post: Sequence[int] | range) -> tuple[Ints, Ints]:
    """Return every pair, by source, then by target."""
    sources = np.repeat(np.asarray(pre, dtype=np.int64), len(post))
    return sources, np.tile(np.asarray(post, dtype=np.int64), len(pre))


def without_self(ends: Ends, allow: bool, pre: Ints, post: Ints) -> tuple[Ints, Ints]:
    """Leave out connections of a neuron to itself, if they are not allowed."""
    if allow or not ends.same:
        return pre, post
    kept = pre != post
    return pre[kept], post[kept]


def _over_distances(ends: Ends, text: str) -> Any:
    return evaluate(text, d=ends.distances(wants_axes(text)))


def _number(ends: Ends, value: Any) -> float:
    if np.isscalar(value) and not isinstance(value, str):
        return float(value)  # type: ignore[arg-type]
    if value is None:
        raise ConfigurationError(ends.who, "neither connector nor synapse gives a weight")
    raise ConfigurationError(
        ends.who,
        "its connector takes one weight and one delay, not a list of them",
        got=type(value).__name__,
        todo="use a FromListConnector",
    )


__all__ = [
    "Connector",
    "Ends",
    "Floats",
    "Side",
    "grid",
    "round_count",
    "value_maximum",
    "value_mean",
    "value_variance",
    "values_at",
    "wants_axes",
    "without_self",
]
