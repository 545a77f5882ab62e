"""Connectors of chance that the host carries out, from positions or indices."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurodeploy_brian2 import bounds
from neurodeploy_brian2.connectors.base import Connector, Ends, Floats, wants_axes
from neurodeploy_brian2.errors import RefusedError
from neurodeploy_brian2.expressions import evaluate
from neurodeploy_brian2.plan_parts import Ints
from neurodeploy_brian2.randomness import NumpyRNG


class _ByProbability(Connector):
    """Every pair with a probability of its own.

    The numbers are drawn core by core, so a population on two cores draws others than on one.
    """

    allow_self_connections: bool

    def __init__(self, rng: Any, safe: bool, callback: Any, verbose: bool) -> None:
        super().__init__(safe, callback, verbose)
        self.rng = rng or NumpyRNG()

    def check(self, ends: Ends) -> None:
        """Refuse views."""
        ends.need_populations(self)

    @abstractmethod
    def probabilities(self, ends: Ends) -> Floats:
        """Return the probability of each pair, (pre, post) float array."""

    def pairs(self, ends: Ends) -> tuple[Ints, Ints]:
        """Draw sources and targets."""
        chances = self.probabilities(ends)
        parts = [self._core(ends, chances, cells) for cells in ends.slices]
        return (
            np.concatenate([pre for pre, _ in parts]),
            np.concatenate([post for _, post in parts]),
        )

    def largest(self, ends: Ends) -> float:
        """Return the largest probability."""
        return float(np.max(self.probabilities(ends)))

    def n_drawn(self, ends: Ends) -> float:
        """Return what the number of connections hardly ever exceeds."""
        return bounds.probable_maximum_selected(ends.n_pairs, ends.n_pairs, self.largest(ends))

    def _core(self, ends: Ends, chances: Floats, cells: range) -> tuple[Ints, Ints]:
        drawn = np.asarray(self.rng.next(ends.pre.n * len(cells)), dtype=np.float64)
        if ends.same and not self.allow_self_connections:
            # sPyNNaker blocks the diagonal of the core's own rectangle.
            drawn[0 :: len(cells) + 1] = np.inf
        ids = np.flatnonzero(drawn < chances[:, cells.start : cells.stop].reshape(-1))
        pre, post = np.divmod(ids.astype(np.int64), len(cells))
        return pre, post + cells.start


class DistanceDependentProbabilityConnector(_ByProbability):
    """Every pair with a probability that depends on its distance.

    Parameters
    ----------
    d_expression : str
        Of the distance `d`, or of its axes `d[0]`, `d[1]`, `d[2]`.
    """

    def __init__(
        self,
        d_expression: str,
        allow_self_connections: bool = True,
        n_connections: int | None = None,
        rng: Any = None,
        safe: bool = True,
        verbose: bool = False,
        callback: Any = None,
    ) -> None:
        super().__init__(rng, safe, callback, verbose)
        if n_connections is not None:
            raise RefusedError(
                "DistanceDependentProbabilityConnector", "sPyNNaker has no n_connections"
            )
        self.d_expression, self.allow_self_connections = d_expression, allow_self_connections

    def check(self, ends: Ends) -> None:
        """Refuse what has no positions."""
        super().check(ends)
        self.probabilities(ends)

    def probabilities(self, ends: Ends) -> Floats:
        """Return the probability of each pair, (pre, post) float array."""
        shape: tuple[int, ...] = (ends.pre.n, ends.post.n)
        expand = wants_axes(self.d_expression)
        distances = ends.distances(expand).reshape((-1, *shape) if expand else shape)
        chances = evaluate(self.d_expression, d=distances)
        return np.broadcast_to(np.asarray(chances, dtype=np.float64), shape)

    def n_to_one(self, ends: Ends) -> float:
        """Return an upper estimate, from the number of targets as sPyNNaker has it."""
        return bounds.probable_maximum_selected(ends.n_pairs, ends.post.n, self.largest(ends))


class IndexBasedProbabilityConnector(_ByProbability):
    """Every pair with a probability that depends on the two indices.

    Parameters
    ----------
    index_expression : str
        Of the source `i` and the target `j`.
    """

    def __init__(
        self,
        index_expression: str,
        allow_self_connections: bool = True,
        rng: Any = None,
        safe: bool = True,
        callback: Any = None,
        verbose: bool = False,
    ) -> None:
        super().__init__(rng, safe, callback, verbose)
        self.index_expression = index_expression
        self.allow_self_connections = allow_self_connections

    def probabilities(self, ends: Ends) -> Floats:
        """Return the probability of each pair, (pre, post) float array."""
        shape = (ends.pre.n, ends.post.n)
        i, j = np.indices(shape, dtype=np.float64)
        chances = evaluate(self.index_expression, i=i, j=j)
        return np.broadcast_to(np.asarray(chances, dtype=np.float64), shape)

    def n_to_one(self, ends: Ends) -> float:
        """Return what the number of sources hardly ever exceeds."""
        return bounds.probable_maximum_selected(ends.n_pairs, ends.pre.n, self.largest(ends))


class SmallWorldConnector(Connector):
    """Every pair closer than `degree`, some of them rewired.

    Parameters
    ----------
    degree : float
        Distance.
    rewiring : float
        Probability that a connection goes elsewhere on the target's core.
    """

    def __init__(
        self,
        degree: float,
        rewiring: float,
        allow_self_connections: bool = True,
        n_connections: int | None = None,
        rng: Any = None,
        safe: bool = True,
        callback: Any = None,
        verbose: bool = False,
    ) -> None:
        super().__init__(safe, callback, verbose)
        if not allow_self_connections or n_connections is not None:
            raise RefusedError(
                "SmallWorldConnector",
                "sPyNNaker has neither allow_self_connections=False nor n_connections",
            )
        self.degree, self.rewiring, self.rng = degree, rewiring, rng or NumpyRNG()

    def check(self, ends: Ends) -> None:
        """Refuse views and what has no positions."""
        ends.need_populations(self)
        ends.distances()

    def pairs(self, ends: Ends) -> tuple[Ints, Ints]:
        """Return sources and targets."""
        near = self.near(ends)
        parts = [self._core(near, cells) for cells in ends.slices]
        return (
            np.concatenate([pre for pre, _ in parts]),
            np.concatenate([post for _, post in parts]),
        )

    def n_to_one(self, ends: Ends) -> float:
        """Return the most sources of one target before the rewiring."""
        return float(self.near(ends).sum(axis=0).max())

    def n_drawn(self, ends: Ends) -> float:
        """Return the number of connections."""
        return int(self.near(ends).sum())

    def near(self, ends: Ends) -> NDArray[np.bool_]:
        """Return which pairs are close, (pre, post) bool array."""
        near: NDArray[np.bool_] = ends.distances().reshape(ends.pre.n, ends.post.n) < self.degree
        return near

    def _core(self, near: NDArray[np.bool_], cells: range) -> tuple[Ints, Ints]:
        pre, post = np.nonzero(near[:, cells.start : cells.stop])
        moved = np.flatnonzero(np.asarray(self.rng.next(len(pre))) < self.rewiring)
        elsewhere = np.asarray(self.rng.next(len(moved))) * (len(cells) - 1)
        post[moved] = elsewhere.astype(np.int64)
        return pre.astype(np.int64), post.astype(np.int64) + cells.start


__all__ = [
    "DistanceDependentProbabilityConnector",
    "IndexBasedProbabilityConnector",
    "SmallWorldConnector",
]
