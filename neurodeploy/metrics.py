"""Figures of a classification: accuracy, agreement, confusion, precision and recall."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurodeploy.readout import UNDECIDED

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ClassScores:
    """Figures of each class; nan where a class has no samples or was never said.

    Parameters
    ----------
    precision, recall, f1 : (n_classes,) float array
    support : (n_classes,) int array
        Labelled samples of the class.
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    support: Ints


def accuracy(predictions: Ints, labels: Ints) -> float | None:
    """Return the share of labelled samples that are right; None without any.

    Parameters
    ----------
    predictions, labels : (n,) int array
        -1 is undecided, and counts as wrong, or unlabelled, and does not count.
    """
    known = labels >= 0
    if not np.any(known):
        return None
    return float(np.mean(predictions[known] == labels[known]))


def balanced_accuracy(predictions: Ints, labels: Ints, n_classes: int) -> float | None:
    """Return the mean recall of the classes that have samples; None without any."""
    recall = class_scores(predictions, labels, n_classes).recall
    return None if np.all(np.isnan(recall)) else float(np.nanmean(recall))


def agreement(predictions: Ints, reference: Ints) -> float | None:
    """Return the share of samples decided alike; two undecided are no agreement."""
    if predictions.size == 0:
        return None
    return float(np.mean((predictions == reference) & (predictions != UNDECIDED)))


def confusion(predictions: Ints, labels: Ints, n_classes: int) -> Ints:
    """Return counts, (n_classes, n_classes + 1): rows are labels, the last column undecided."""
    known = labels >= 0
    said = np.where(predictions == UNDECIDED, n_classes, predictions)[known]
    flat = labels[known] * (n_classes + 1) + said
    counts = np.bincount(flat, minlength=n_classes * (n_classes + 1))
    return counts.reshape(n_classes, n_classes + 1)


def class_scores(predictions: Ints, labels: Ints, n_classes: int) -> ClassScores:
    """Return precision, recall and F1 of each class over the labelled samples."""
    counts = confusion(predictions, labels, n_classes)
    right = np.diag(counts[:, :n_classes]).astype(np.float64)
    support, said = counts.sum(axis=1), counts[:, :n_classes].sum(axis=0)
    with np.errstate(invalid="ignore"):
        return ClassScores(
            precision=right / said,
            recall=right / support,
            f1=2 * right / (support + said),
            support=support,
        )
