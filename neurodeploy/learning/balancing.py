"""Balance detectors on a target: one factor for each, found by asking the target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurodeploy.detectors import closed_form
from neurodeploy.detectors.machine import Detector, Shifts, fires
from neurodeploy.detectors.words import Bits, from_text, to_text
from neurodeploy.learning.homeostasis import FIRST, MOST, Found, search_all
from neurodeploy.learning.sessions import Place, detect

Floats = NDArray[np.float64]
#: One search: which of the detectors, and the word that is to make it fire.
Key = tuple[int, str]


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
    keys: dict[Key, Bits] = {}
    for k, one in enumerate(learners):
        aims = closed_form.worst_words(one.trained, one.weights_1, one.weights_0, similarity)
        keys |= {(k, text): aim for text, aim in zip(to_text(one.trained), aims, strict=True)}

    def foretell(key: Key, factor: float) -> bool:
        return bool(fires(learners[key[0]].with_factor(factor), keys[key][None], shifts)[0])

    def measure(asked: list[tuple[Key, float]]) -> list[bool]:
        return _measure(place, learners, keys, asked, shifts)

    firsts = {key: _first(learners[key[0]], aim, shifts) for key, aim in keys.items()}
    able = {key: first for key, first in firsts.items() if first is not None}
    found = search_all(able, foretell, measure, most)
    return tuple(_balanced(found, firsts, k) for k in range(len(learners))), found.runs


def _measure(
    place: Place,
    learners: Sequence[Unbalanced],
    aims: Mapping[Key, Bits],
    asked: list[tuple[Key, float]],
    shifts: Shifts | None,
) -> list[bool]:
    """Ask the target, a run for each few words: every output sees every word."""
    n_bits = learners[0].trained.shape[1]
    places = sorted({to_text(aims[key][None])[0] for key, _ in asked})
    index = {text: k for k, text in enumerate(places)}
    detectors = [learners[key[0]].with_factor(factor) for key, factor in asked]
    answers = detect(place, detectors, from_text(places, n_bits), shifts)
    rows = [index[to_text(aims[key][None])[0]] for key, _ in asked]
    return [bool(answers[row, k]) for k, row in enumerate(rows)]


def _first(one: Unbalanced, aim: Bits, shifts: Shifts | None) -> float | None:
    """Return the factor to begin a search with; None where there is nothing to find.

    Ring buffers whose scale is given hold twice what the closed form needs, and not the
    published first factor.
    """
    if shifts is None:
        return FIRST
    score_nA = float(closed_form.scores(aim[None], one.weights_1, one.weights_0)[0])
    return 2 * closed_form.threshold_nA() / score_nA if score_nA > 0 else None


def _balanced(found: Found, keys: Iterable[Key], detector: int) -> Balanced:
    own = {text: found.factors.get((k, text)) for k, text in keys if k == detector}
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
