"""Balance detectors on a target: one factor for each, found by asking the target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurodeploy.detectors import closed_form
from neurodeploy.detectors.machine import Detector, Shifts, fires, line_weights
from neurodeploy.detectors.words import Bits, from_text, to_text
from neurodeploy.learning.homeostasis import FIRST, MOST, Found, search_all
from neurodeploy.learning.sessions import Place, detect

Floats = NDArray[np.float64]
#: One search: which of the detectors, for which trained word, and the word that is to make it
#: fire: that one, or a neighbour.
Key = tuple[int, str, str]


@dataclass(frozen=True, eq=False)
class Unbalanced:
    """What one detector has learned.

    Parameters
    ----------
    trained : (n, n_bits) uint8 array
        Words that it was trained with; a word may be there several times.
    weights_1, weights_0 : (n_bits,) float array
        Sums over the words, nA.
    """

    trained: Bits
    weights_1: Floats
    weights_0: Floats

    def with_factor(self, factor: float) -> Detector:
        """Return the detector whose weights are multiplied by a factor."""
        return Detector(self.weights_1, self.weights_0, factor)


@dataclass(frozen=True)
class Balanced:
    """What homeostasis found for one detector.

    Parameters
    ----------
    factor : float or None
        The largest of the words' factors, so that every word with one fires.
    word_factors : mapping of str to float or None
        The lowest factor of each word, by its bits.
    """

    factor: float | None
    word_factors: Mapping[str, float | None]


def balance(
    place: Place,
    learners: Sequence[Unbalanced],
    *,
    similarity: int = 0,
    shifts: Shifts | None = None,
    most: float = MOST,
) -> tuple[tuple[Balanced, ...], int]:
    """Find each detector's factor; all are asked for together.

    Parameters
    ----------
    place : Place
    learners : sequence of Unbalanced
    similarity : int
        Words within this Hamming distance of a trained one are to fire.
    shifts : (int, int), optional
        Ring-buffer shifts of all outputs; default sPyNNaker's for each detector alone.
    most : float
        Largest factor that is tried.

    Returns
    -------
    balanced : tuple of Balanced
    runs : int
        How often the target was asked.
    """
    if not place.spec().fixed_point:
        return tuple(_by_closed_form(one, similarity) for one in learners), 0
    search = _Searches(place, learners, similarity, shifts)
    balanced = search.run(search.exact_aims(), most)
    # Where scores are equal, rounding of weights decides which neighbour is the hardest.
    while similarity and (harder := search.harder_aims(balanced)):
        balanced = search.run(harder, most)
    return balanced, search.runs


class _Searches:
    """Searches of several detectors on one target.

    Parameters
    ----------
    place, learners, similarity, shifts
        As for `balance`.
    """

    def __init__(
        self,
        place: Place,
        learners: Sequence[Unbalanced],
        similarity: int,
        shifts: Shifts | None,
    ) -> None:
        self._place, self._learners = place, learners
        self._similarity, self._shifts = similarity, shifts
        self._keys: dict[Key, float | None] = {}
        self._known: dict[tuple[Key, float], bool] = {}
        self.runs = 0

    def exact_aims(self) -> list[Key]:
        """Return, for each trained word, its neighbour of the lowest score."""
        found: list[Key] = []
        for k, one in enumerate(self._learners):
            aims = closed_form.worst_words(
                one.trained, one.weights_1, one.weights_0, self._similarity
            )
            found += [(k, *pair) for pair in zip(to_text(one.trained), to_text(aims), strict=True)]
        return found

    def harder_aims(self, balanced: Sequence[Balanced]) -> list[Key]:
        """Return neighbours that would not fire, of words that are to."""
        found: list[Key] = []
        for k, (one, said) in enumerate(zip(self._learners, balanced, strict=True)):
            able = [text for text, factor in said.word_factors.items() if factor is not None]
            if said.factor is None or not able:
                continue
            detector, n_bits = one.with_factor(said.factor), one.weights_1.size
            words = from_text(able, n_bits)
            ones, zeros = line_weights(detector, self._shifts)
            aims = closed_form.worst_words(words, ones, zeros, self._similarity)
            silent = ~fires(detector, aims, self._shifts)
            pairs = zip(able, to_text(aims), silent.tolist(), strict=True)
            found += [(k, word, aim) for word, aim, quiet in pairs if quiet]
        return [key for key in found if key not in self._keys]

    def run(self, aims: Iterable[Key], most: float) -> tuple[Balanced, ...]:
        """Search for further aims as well, and return what was found for all."""
        self._keys |= {key: self._first(key) for key in aims}
        able = {key: first for key, first in self._keys.items() if first is not None}
        found = search_all(able, self._foretell, self._measure, most, self._known)
        self.runs += found.runs
        return tuple(self._balanced(found, k) for k in range(len(self._learners)))

    def _first(self, key: Key) -> float | None:
        """Return the factor to begin a search with; None where there is nothing to find.

        Ring buffers whose scale is given hold twice what the closed form needs, and not the
        published first factor.
        """
        one = self._learners[key[0]]
        aim = from_text(key[2:], one.weights_1.size)
        score_nA = float(closed_form.scores(aim, one.weights_1, one.weights_0)[0])
        if self._shifts is None and not self._similarity:
            # The published search asks of every word, and finds some that fire by overflow.
            return FIRST
        if score_nA <= 0:
            return None
        return FIRST if self._shifts is None else 2 * closed_form.threshold_nA() / score_nA

    def _foretell(self, key: Key, factor: float) -> bool:
        one = self._learners[key[0]]
        aim = from_text(key[2:], one.weights_1.size)
        return bool(fires(one.with_factor(factor), aim, self._shifts)[0])

    def _measure(self, asked: list[tuple[Key, float]]) -> list[bool]:
        """Ask the target: every output sees every word."""
        words = sorted({key[2] for key, _ in asked})
        index = {text: k for k, text in enumerate(words)}
        detectors = [self._learners[key[0]].with_factor(factor) for key, factor in asked]
        shown = from_text(words, detectors[0].weights_1.size)
        answers = detect(self._place, detectors, shown, self._shifts)
        return [bool(answers[index[key[2]], k]) for k, (key, _) in enumerate(asked)]

    def _balanced(self, found: Found, detector: int) -> Balanced:
        own: dict[str, float | None] = {}
        for key in self._keys:
            if key[0] == detector:
                factor, known = found.factors.get(key), own.get(key[1], 0.0)
                own[key[1]] = None if factor is None or known is None else max(factor, known)
        able = [factor for factor in own.values() if factor is not None]
        return Balanced(max(able) if able else None, own)


def _by_closed_form(one: Unbalanced, similarity: int) -> Balanced:
    def factor(words: Bits) -> float | None:
        return closed_form.balance(words, one.weights_1, one.weights_0, similarity).factor

    own = {
        text: factor(word[None])
        for text, word in zip(to_text(one.trained), one.trained, strict=True)
    }
    return Balanced(factor(one.trained), own)


__all__ = ["Balanced", "Unbalanced", "balance"]
