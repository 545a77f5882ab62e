"""Homeostasis: the lowest factor by which a word makes its detector fire.

The search is the published one: from 100 up by tens until the output spikes, then bisection,
then single steps. A target answers many questions in one run, so the questions are guessed
ahead; a wrong guess costs a further run and changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

#: Where the search begins, and where it gives up.
FIRST, MOST = 100.0, 1000.0
_LOWEST, _INTERVAL = 1e-4, 1e-4
#: Steps of a factor of 1: the last digit of the published ones.
_STEPS = 100_000

Search = Generator[float, bool, float | None]
Question = tuple[Hashable, float]
K = TypeVar("K", bound=Hashable)


def lowest_factor(most: float = MOST, first: float = FIRST) -> Search:
    """Ask by which factors the output fires, and return the lowest; None if by none.

    Parameters
    ----------
    most : float
        Largest factor that is tried.
    first : float
        The factor to begin with.

    Yields
    ------
    factor : float
        Send whether the output fired.
    """
    high = first
    while not (yield high):
        high *= 10
        if high > most:
            return None
    low = _LOWEST
    while high - low > _INTERVAL:
        middle = (low + high) / 2
        if (yield middle):
            high = middle
        else:
            low = middle
    for step in range(math.floor(low * _STEPS) - 1, math.ceil(high * _STEPS) + 2):
        if (yield step / _STEPS):
            return step / _STEPS
    return None


@dataclass(frozen=True)
class Found:
    """What the searches found.

    Parameters
    ----------
    factors : mapping of key to float or None
    runs, questions : int
        How often a target was asked, and how much in all.
    """

    factors: Mapping[Hashable, float | None]
    runs: int
    questions: int


def search_all(
    keys: Mapping[K, float],
    foretell: Callable[[K, float], bool],
    measure: Callable[[list[tuple[K, float]]], list[bool]],
    most: float = MOST,
    known: dict[tuple[K, float], bool] | None = None,
) -> Found:
    """Run one search for each key, asking the target in batches.

    Parameters
    ----------
    keys : mapping of key to float
        The searches, each with the factor to begin with.
    foretell : callable
        (key, factor) to whether the output probably fires.
    measure : callable
        A list of (key, factor) to whether each fired on the target.
    most : float
        Largest factor that is tried.
    known : dict, optional
        What earlier searches on the same target have measured; what this one measures is added.
    """
    known = {} if known is None else known
    runs = 0
    while True:
        wanted: list[tuple[K, float]] = []
        found: dict[Hashable, float | None] = {}
        for key, first in keys.items():
            search = lowest_factor(most, first)
            found[key] = _follow(key, search, known, foretell, wanted)
        if not wanted:
            return Found(found, runs, len(known))
        wanted = list(dict.fromkeys(wanted))
        known.update(zip(wanted, measure(wanted), strict=True))
        runs += 1


def _follow(
    key: K,
    search: Search,
    known: Mapping[tuple[K, float], bool],
    foretell: Callable[[K, float], bool],
    wanted: list[tuple[K, float]],
) -> float | None:
    """Go through one search by what is known or foretold; note what had to be foretold."""
    question = next(search)
    while True:
        answer = known.get((key, question))
        if answer is None:
            wanted.append((key, question))
            answer = foretell(key, question)
        try:
            question = search.send(answer)
        except StopIteration as end:
            result: float | None = end.value
            return result


__all__ = ["FIRST", "MOST", "Found", "lowest_factor", "search_all"]
