"""What detectors said: for each, fired or not, beside what it ought to have said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Counts:
    """Right and wrong answers of one detector.

    Parameters
    ----------
    TP, FP, TN, FN : int
    """

    TP: int
    FP: int
    TN: int
    FN: int

    @staticmethod
    def of(fired: Bools, wanted: Bools) -> Counts:
        """Count the answers, (n,) bool arrays."""
        pairs = ((fired & wanted), (fired & ~wanted), (~fired & ~wanted), (~fired & wanted))
        return Counts(*(int(np.count_nonzero(pair)) for pair in pairs))

    @property
    def accuracy(self) -> float | None:
        """Share of right answers."""
        return _share(self.TP + self.TN, self.FP + self.FN)

    @property
    def sensitivity(self) -> float | None:
        """Share of what is to be detected that is."""
        return _share(self.TP, self.FN)

    @property
    def specificity(self) -> float | None:
        """Share of the rest that is left alone."""
        return _share(self.TN, self.FP)

    def metrics(self) -> dict[str, Any]:
        """Return the figures by name; None where there is nothing to divide by."""
        return {
            "positives": self.TP + self.FP,
            "negatives": self.TN + self.FN,
            "TP": self.TP,
            "FP": self.FP,
            "TN": self.TN,
            "FN": self.FN,
            "accuracy": self.accuracy,
            "precision": _share(self.TP, self.FP),
            "negative_predictive_value": _share(self.TN, self.FN),
            "sensitivity": self.sensitivity,
            "specificity": self.specificity,
        }


def _share(part: int, rest: int) -> float | None:
    return part / (part + rest) if part + rest else None


@dataclass(frozen=True, eq=False)
class Detection:
    """The answers of every detector to every sample.

    Parameters
    ----------
    classes : tuple of str
        One detector each.
    fired : (n, n_classes) bool array
    wanted : (n, n_classes) bool array
        What ought to fire.
    known : (n,) bool array
        Samples of which that is known.
    words : list or None
        What each sample is called; None where samples have no name of their own.
    ideal : (n, n_classes) bool array or None
        What `ideal` says; None if not computed.
    """

    classes: tuple[str, ...]
    fired: Bools
    wanted: Bools
    known: Bools
    words: list[int | str] | None = None
    ideal: Bools | None = None

    def counts(self, k: int | None = None) -> Counts:
        """Return the counts of one detector, or of any of them firing."""
        fired, wanted = self.fired[self.known], self.wanted[self.known]
        if k is None:
            return Counts.of(np.any(fired, axis=1), np.any(wanted, axis=1))
        return Counts.of(fired[:, k], wanted[:, k])

    @property
    def accuracy(self) -> float | None:
        """Share of samples to which every detector answers right."""
        right = (self.fired == self.wanted).all(axis=1)[self.known]
        return float(right.mean()) if right.size else None

    @property
    def balanced_accuracy(self) -> float | None:
        """Mean of sensitivity and specificity of any detector firing."""
        both = (self.counts().sensitivity, self.counts().specificity)
        there = [share for share in both if share is not None]
        return sum(there) / len(there) if there else None

    @property
    def agreement(self) -> float | None:
        """Share of samples to which every detector answers as `ideal` does; silence counts."""
        if self.ideal is None or not len(self.fired):
            return None
        return float((self.fired == self.ideal).all(axis=1).mean())

    def firing_words(self, k: int | None = None) -> list[int | str] | None:
        """Return the words that make a detector, or any of them, fire."""
        if self.words is None:
            return None
        fired = self.fired.any(axis=1) if k is None else self.fired[:, k]
        return [self.words[row] for row in np.flatnonzero(fired)]

    def document(self) -> dict[str, Any]:
        """Return what a JSON report adds."""
        return {
            "firing_words": self.firing_words(),
            "metrics": self.counts().metrics(),
            "detectors": [
                {
                    "class": name,
                    "firing_words": self.firing_words(k),
                    "metrics": self.counts(k).metrics(),
                }
                for k, name in enumerate(self.classes)
            ],
        }


__all__ = ["Counts", "Detection"]
