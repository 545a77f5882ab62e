"""Connectors of chance that cores carry out: the host only estimates how many there will be."""

from __future__ import annotations

import logging
import math
from typing import Any, ClassVar

import numpy as np

from neurodeploy_brian2 import bounds
from neurodeploy_brian2.connectors.base import Connector, Ends, round_count
from neurodeploy_brian2.errors import ConfigurationError, UnsupportedError
from neurodeploy_brian2.machine import random_connectors as machine
from neurodeploy_brian2.plan_parts import Ints
from neurodeploy_brian2.randomness import NumpyRNG

logger = logging.getLogger(__name__)

_LARGEST_U032 = 1.0 - 2.0**-32


class Drawn(Connector):
    """A connector that a core draws; the target population's `seed` is its seed.

    Parameters
    ----------
    allow_self_connections : bool
    with_replacement : bool
    rng
        Must not be seeded: the board would not use it.
    """

    on_machine = True

    def __init__(
        self,
        *,
        allow_self_connections: bool,
        with_replacement: bool,
        rng: Any,
        safe: bool,
        verbose: bool,
        callback: Any,
    ) -> None:
        super().__init__(safe, callback, verbose)
        self.allow_self_connections = allow_self_connections
        self.with_replacement = with_replacement
        self.rng = rng

    def allows_self(self, ends: Ends) -> bool:
        """Return whether a neuron may be connected to the one of its own index."""
        return self.allow_self_connections or not ends.same

    def check(self, ends: Ends) -> None:
        """Refuse more connections than there can be."""

    def pairs(self, ends: Ends) -> tuple[Ints, Ints]:
        """Refuse what the host would have to draw and cannot."""
        raise UnsupportedError(
            ends.who,
            f"neither core nor host can make a {type(self).__name__} with such weights or delays",
            todo="use weights and delays that a core can draw, or a FromListConnector",
        )

    def refuse_full(self, ends: Ends, n: int, most: int) -> None:
        """Refuse more connections than there are partners, if each is taken once."""
        if self.with_replacement:
            return
        if n > most or (n == most and not self.allows_self(ends)):
            raise ConfigurationError(
                type(self).__name__,
                "there are too few partners without replacement",
                got=n,
                limit=f"{most}, or less without self-connections",
            )


def refuse_seed(who: str, rng: Any) -> None:
    """Refuse a seeded generator where a core draws."""
    if rng is not None and getattr(rng, "seed", None) is not None:
        raise ConfigurationError(
            who,
            "a core draws here, and cannot use this rng",
            got=repr(rng),
            todo="give the target population a seed instead, Population(..., seed=n)",
        )


class FixedProbabilityConnector(Drawn):
    """Every pair with one probability.

    Parameters
    ----------
    p_connect : float
        At least 0 and below 1; 1 is taken as 1 - 2**-32.
    """

    def __init__(
        self,
        p_connect: float,
        allow_self_connections: bool = True,
        safe: bool = True,
        verbose: bool = False,
        rng: Any = None,
        callback: Any = None,
    ) -> None:
        super().__init__(
            allow_self_connections=allow_self_connections,
            with_replacement=False,
            rng=rng,
            safe=safe,
            verbose=verbose,
            callback=callback,
        )
        if p_connect == 1.0:
            logger.warning("a probability of 1 is taken as %s", _LARGEST_U032)
            p_connect = _LARGEST_U032
        if not 0.0 <= p_connect < 1.0:
            raise ConfigurationError(
                "FixedProbabilityConnector", "no probability", got=p_connect, limit="0 to 1"
            )
        self.p_connect = p_connect

    def __repr__(self) -> str:
        return f"FixedProbabilityConnector({self.p_connect})"

    def pairs(self, ends: Ends) -> tuple[Ints, Ints]:
        """Draw sources and targets on the host, core by core."""
        ends.need_populations(self)
        rng, parts = self.rng or NumpyRNG(), []
        for cells in ends.slices:
            drawn = np.asarray(rng.next(ends.pre.n * len(cells)), dtype=np.float64)
            if not self.allows_self(ends):
                drawn[0 :: len(cells) + 1] = np.inf
            ids = np.flatnonzero(drawn < self.p_connect).astype(np.int64)
            parts.append((ids // len(cells), ids % len(cells) + cells.start))
        return joined(parts)

    def on_core(self, ends: Ends) -> Any:
        """Return what a core is told."""
        bits = machine.probability_bits(self.p_connect)
        return machine.FixedProbability(bits, allow_self=self.allows_self(ends))

    def n_to_one(self, ends: Ends) -> float:
        """Return what the number of sources hardly ever exceeds."""
        return bounds.probable_maximum_selected(
            ends.n_pairs, ends.pre.n, self.p_connect, 1.0 / 10000.0
        )

    def n_drawn(self, ends: Ends) -> float:
        """Return what the number of connections hardly ever exceeds."""
        return bounds.probable_maximum_selected(ends.n_pairs, ends.n_pairs, self.p_connect)


class Counted(Drawn):
    """A connector with a number of connections.

    Parameters
    ----------
    n : int
    with_replacement : bool
        Whether a partner may be chosen more than once.
    """

    of_machine: ClassVar[Any]
    """What a core calls it."""

    def __init__(
        self,
        n: int,
        *,
        allow_self_connections: bool = True,
        with_replacement: bool = False,
        rng: Any = None,
        safe: bool = True,
        verbose: bool = False,
        callback: Any = None,
    ) -> None:
        super().__init__(
            allow_self_connections=allow_self_connections,
            with_replacement=with_replacement,
            rng=rng,
            safe=safe,
            verbose=verbose,
            callback=callback,
        )
        self.n = round_count(type(self).__name__, n)

    def on_core(self, ends: Ends) -> Any:
        """Return what a core is told."""
        return self.of_machine(
            self.n, with_replacement=self.with_replacement, allow_self=self.allows_self(ends)
        )


class FixedTotalNumberConnector(Counted):
    """So many connections in all.

    Parameters
    ----------
    n : int
    with_replacement : bool
        Whether a pair may be connected more than once.
    """

    of_machine = machine.FixedTotalNumber

    def __init__(
        self,
        n: int,
        allow_self_connections: bool = True,
        with_replacement: bool = True,
        rng: Any = None,
        safe: bool = True,
        verbose: bool = False,
        callback: Any = None,
    ) -> None:
        super().__init__(
            n,
            allow_self_connections=allow_self_connections,
            with_replacement=with_replacement,
            rng=rng,
            safe=safe,
            verbose=verbose,
            callback=callback,
        )

    def check(self, ends: Ends) -> None:
        """Refuse more connections than there are pairs."""
        self.refuse_full(ends, self.n, ends.n_pairs)

    def n_to_one(self, ends: Ends) -> float:
        """Return what the number of sources hardly ever exceeds."""
        return bounds.probable_maximum_selected(self.n, self.n, 1.0 / ends.post.n)

    def n_drawn(self, ends: Ends) -> float:
        """Return the number of connections."""
        return self.n


class FixedNumberPostConnector(Counted):
    """Every source to so many targets.

    Parameters
    ----------
    n : int
    with_replacement : bool
        Whether a target may be chosen more than once.
    """

    of_machine = machine.FixedNumberPost

    def check(self, ends: Ends) -> None:
        """Refuse more targets than there are."""
        self.refuse_full(ends, self.n, ends.post.n)

    def n_to_one(self, ends: Ends) -> float:
        """Return what the number of sources hardly ever exceeds, as sPyNNaker reckons."""
        most = bounds.probable_maximum_selected(
            ends.n_pairs, ends.pre.n, 1.0 / ends.post.n, 1.0 / 100000.0
        )
        return math.ceil(most)

    def n_drawn(self, ends: Ends) -> float:
        """Return the number of connections."""
        return ends.pre.n * self.n


class FixedNumberPreConnector(Counted):
    """So many sources to every target.

    Parameters
    ----------
    n : int
    with_replacement : bool
        Whether a source may be chosen more than once.
    """

    of_machine = machine.FixedNumberPre

    def check(self, ends: Ends) -> None:
        """Refuse more sources than there are."""
        self.refuse_full(ends, self.n, ends.pre.n)

    def pairs(self, ends: Ends) -> tuple[Ints, Ints]:
        """Draw sources and targets on the host."""
        ends.need_populations(self)
        rng, parts = self.rng or NumpyRNG(), []
        for target in range(ends.post.n):
            partners = np.arange(ends.pre.n, dtype=np.int64)
            if not self.allows_self(ends):
                partners = partners[partners != target]
            chosen = np.sort(rng.choice(partners, self.n, self.with_replacement))
            parts.append((chosen, np.full(self.n, target, dtype=np.int64)))
        return joined(parts)

    def n_to_one(self, ends: Ends) -> float:
        """Return the number of sources."""
        return self.n

    def n_drawn(self, ends: Ends) -> float:
        """Return the number of connections."""
        return self.n * ends.post.n


def joined(parts: list[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    """Put sources and targets of several cores together."""
    none = [(np.zeros(0, dtype=np.int64),) * 2]
    pre, post = (np.concatenate(column) for column in zip(*(parts or none), strict=True))
    return pre, post


__all__ = [
    "Drawn",
    "FixedNumberPostConnector",
    "FixedNumberPreConnector",
    "FixedProbabilityConnector",
    "FixedTotalNumberConnector",
    "refuse_seed",
]
