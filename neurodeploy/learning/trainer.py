"""train: show words, add up what was learned, balance each class; returns a Training."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurodeploy.describe import Spatial
from neurodeploy.describe.spatial import check_spatial
from neurodeploy.detectors import closed_form
from neurodeploy.detectors.machine import Detector, Shifts, shared_shifts
from neurodeploy.detectors.words import Bits, shown, to_text
from neurodeploy.errors import InputError
from neurodeploy.learning.balancing import Balanced, Unbalanced, balance
from neurodeploy.learning.further import learn_further
from neurodeploy.learning.homeostasis import MOST
from neurodeploy.learning.sessions import Place, detect, teach

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
#: Rounds in which the shared ring-buffer shifts and the factors must come to agree.
_ROUNDS = 4


@dataclass(frozen=True, eq=False)
class Training:
    """What a training left.

    Parameters
    ----------
    spatial : Spatial
        The learner as described.
    place : Place
    classes : tuple of str
    learned : tuple of Unbalanced
        Weights of each class, summed over its words.
    balanced : tuple of Balanced
        Factors of each class.
    similarity : int
    shifts : (int, int) or None
        Ring-buffer shifts that classes share; None for a single one.
    runs : int
        How often the target was asked by homeostasis.
    timing_s : mapping of str to float
        `teach` and `balance`.
    """

    spatial: Spatial
    place: Place
    classes: tuple[str, ...]
    learned: tuple[Unbalanced, ...]
    balanced: tuple[Balanced, ...]
    similarity: int
    shifts: Shifts | None
    runs: int
    timing_s: Mapping[str, float]

    @property
    def factors(self) -> tuple[float | None, ...]:
        """Factor of each class; None where no word of it can be made to fire."""
        return tuple(one.factor for one in self.balanced)

    @property
    def detectors(self) -> tuple[Detector, ...]:
        """The balanced detectors; one without a factor has factor 0 and never fires."""
        pairs = zip(self.learned, self.factors, strict=True)
        return tuple(one.with_factor(factor or 0.0) for one, factor in pairs)

    def document(self) -> dict[str, Any]:
        """Return the training as a JSON document; a single class's figures also stand on top."""
        spec = self.place.spec()
        detectors = [self._detector(k) for k in range(len(self.classes))]
        top = detectors[0] if len(detectors) == 1 else {}
        return {
            **{key: value for key, value in top.items() if key != "class"},
            "target": spec.name,
            "emulates": spec.emulates,
            "n_bits": self.spatial.n_bits,
            "classes": list(self.classes),
            "similarity": self.similarity,
            "detectors": detectors,
            "runs": self.runs,
            "timing_s": dict(self.timing_s),
            "warnings": [f"{one['class']}: {what}" for one in detectors for what in _remarks(one)],
        }

    def _detector(self, k: int) -> dict[str, Any]:
        one, found = self.learned[k], self.balanced[k]
        ideal = self.closed_form(k)
        words = [str(word) for word in shown(one.trained)]
        return {
            "class": self.classes[k],
            "patterns": shown(one.trained),
            "factor": found.factor,
            "word_factors": dict(
                zip(words, map(found.word_factors.get, to_text(one.trained)), strict=True)
            ),
            "weights_1": one.weights_1.tolist(),
            "weights_0": one.weights_0.tolist(),
            "closed_form": {"factor": ideal.factor, "accepted": self.accepted(k)},
        }

    def fires(self, words: ArrayLike) -> Bools:
        """Run words on the target it was trained on, (n, n_bits) to (n, n_classes) bool."""
        array = np.asarray(words, dtype=np.uint8)
        return detect(self.place, self.detectors, array, self.shifts)

    def closed_form(self, k: int = 0) -> closed_form.Balance:
        """Return what mathematics alone says of a class with these weights."""
        one = self.learned[k]
        return closed_form.balance(one.trained, one.weights_1, one.weights_0, self.similarity)

    def accepted(self, k: int = 0) -> int:
        """Return how many of all words the class accepts by the closed form."""
        one, found = self.learned[k], self.closed_form(k)
        if found.factor is None:
            return 0
        return closed_form.count_accepted(one.weights_1, one.weights_0, found.least_score_nA)


def train(
    spatial: Spatial,
    patterns: ArrayLike | Mapping[str, ArrayLike],
    *,
    target: str | Place = "emulator",
    before: Mapping[str, Unbalanced] | None = None,
    forget: Mapping[str, ArrayLike] | None = None,
    similarity: int = 0,
    most: float = MOST,
) -> Training:
    """Train detectors, one for each class.

    Parameters
    ----------
    spatial : Spatial
        The learner: word length, rule, times.
    patterns : (n, n_bits) array of 0 and 1, or a mapping of class name to such arrays
        Words of each class; those of one array are of one class, `pattern`.
    target : str or Place
        Where it is trained and balanced.
    before : mapping of class name to Unbalanced, optional
        What was learned earlier (`learned_of` a model): the words are learned on top of it, one
        after the other in the running network.
    forget : mapping of class name to (n, n_bits) array, optional
        Words that are then forgotten.
    similarity : int
        Words within this Hamming distance of a trained one are to be accepted.
    most : float
        Largest factor that homeostasis tries.

    Returns
    -------
    training : Training

    Raises
    ------
    InputError
        If words do not fit the learner.
    """
    place = target if isinstance(target, Place) else Place(target)
    spatial = check_spatial(spatial)
    words, away = _named(patterns, spatial), _named(forget or {}, spatial)
    if not 0 <= similarity < spatial.n_bits:
        raise InputError("similarity", "out of range", got=similarity, limit=spatial.n_bits - 1)
    if not words and not before:
        raise InputError("patterns", "are none", todo="give words to learn")
    begun = time.perf_counter()
    if before is None and not away:
        named = dict(zip(words, learn(place, spatial, list(words.values())), strict=True))
    else:
        named = learn_further(place, spatial, before or {}, words, away)
    classes, learned = tuple(named), tuple(named.values())
    taught = time.perf_counter()
    balanced, shifts, runs = _balance(place, learned, similarity, most)
    timing_s = {"teach": taught - begun, "balance": time.perf_counter() - taught}
    return Training(spatial, place, classes, learned, balanced, similarity, shifts, runs, timing_s)


def train_each(
    spatial: Spatial,
    experiments: Sequence[ArrayLike],
    *,
    target: str | Place = "emulator",
    most: float = MOST,
) -> tuple[Training, ...]:
    """Train many single detectors independently, in as few runs as one.

    Parameters
    ----------
    spatial : Spatial
    experiments : sequence of (n, n_bits) arrays
        Words of each experiment.
    target : str or Place
    most : float
        Largest factor that homeostasis tries.
    """
    place = target if isinstance(target, Place) else Place(target)
    begun = time.perf_counter()
    words = [
        _checked(f"experiment {k}", rows, spatial.n_bits) for k, rows in enumerate(experiments)
    ]
    learned = learn(place, check_spatial(spatial), words)
    taught = time.perf_counter()
    balanced, runs = balance(place, learned, most=most)
    timing_s = {"teach": taught - begun, "balance": time.perf_counter() - taught}
    return tuple(
        Training(spatial, place, ("pattern",), (one,), (found,), 0, None, runs, timing_s)
        for one, found in zip(learned, balanced, strict=True)
    )


def learn(place: Place, spatial: Spatial, words: Sequence[Bits]) -> tuple[Unbalanced, ...]:
    """Teach every distinct word once and add up the weights of each class.

    Parameters
    ----------
    place : Place
    spatial : Spatial
    words : sequence of (n, n_bits) uint8 array
        Words of each class.
    """
    distinct, which = np.unique(np.concatenate(words), axis=0, return_inverse=True)
    one, zero = teach(place, distinct, spatial.rule, spatial.lesson)
    ends = np.cumsum([len(rows) for rows in words])[:-1]
    return tuple(
        Unbalanced(rows, one[members].sum(axis=0), zero[members].sum(axis=0))
        for rows, members in zip(words, np.split(which.ravel(), ends), strict=True)
    )


def _remarks(detector: Mapping[str, Any]) -> list[str]:
    """Return what a user should know of one detector."""
    if detector["factor"] is None:
        return ["no factor makes a trained word fire: its words cancel; it never fires"]
    silent = [word for word, factor in detector["word_factors"].items() if factor is None]
    return [f"does not recognise {', '.join(silent)}"] if silent else []


def _balance(
    place: Place, learned: tuple[Unbalanced, ...], similarity: int, most: float
) -> tuple[tuple[Balanced, ...], Shifts | None, int]:
    """Balance classes; several share ring buffers, whose scale depends on all factors."""
    if len(learned) == 1 or not place.spec().fixed_point:
        balanced, runs = balance(place, learned, similarity=similarity, most=most)
        return balanced, None, runs
    guessed = [
        closed_form.balance(one.trained, one.weights_1, one.weights_0, similarity).factor
        for one in learned
    ]
    total, shifts = 0, _shared(learned, guessed)
    for _ in range(_ROUNDS):
        balanced, runs = balance(place, learned, similarity=similarity, shifts=shifts, most=most)
        total += runs
        wanted = _shared(learned, [one.factor for one in balanced])
        if wanted == shifts:
            break
        # Never smaller: factors that were found may need what the closed form foresaw.
        larger = (max(wanted[0], shifts[0]), max(wanted[1], shifts[1]))
        if larger == shifts:
            break
        shifts = larger
    return balanced, shifts, total


def _shared(learned: Sequence[Unbalanced], factors: Sequence[float | None]) -> Shifts:
    scaled = [f or 0.0 for f in factors]
    return shared_shifts(
        np.stack([f * one.weights_1 for one, f in zip(learned, scaled, strict=True)]),
        np.stack([f * one.weights_0 for one, f in zip(learned, scaled, strict=True)]),
    )


def _named(patterns: ArrayLike | Mapping[str, ArrayLike], spatial: Spatial) -> dict[str, Bits]:
    """Return the words of each class, checked."""
    named = patterns if isinstance(patterns, Mapping) else {"pattern": patterns}
    return {name: _checked(name, rows, spatial.n_bits) for name, rows in named.items()}


def _checked(name: str, rows: ArrayLike, n_bits: int) -> Bits:
    words = np.asarray(rows)
    if words.ndim != 2 or words.shape[1] != n_bits or not len(words):
        raise InputError(
            f"patterns of {name}", "do not fit", got=words.shape, limit=f"(n, {n_bits})"
        )
    if words.dtype.kind not in "iub" or words.min() < 0 or words.max() > 1:
        raise InputError(f"patterns of {name}", "hold other values than 0 and 1")
    return words.astype(np.uint8)


__all__ = ["Training", "learn", "train", "train_each"]
