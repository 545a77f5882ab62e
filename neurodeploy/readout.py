"""Recordings -> one score a class, and the decision: dispatch in one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from neurodeploy.errors import ModelError, VerifyError
from neurodeploy.records import Recording

Scores = NDArray[np.float64]
#: Prediction of a sample to which the output said nothing.
UNDECIDED = -1


@dataclass(frozen=True, eq=False)
class Decisions:
    """What the output said of each sample.

    Parameters
    ----------
    scores : (n, n_classes) float array
    predictions : (n,) int array
        Class index, -1 for undecided.
    tied : (n,) bool array
        Whether several classes shared the highest score (the lowest index won).
    """

    scores: Scores
    predictions: NDArray[np.int64]
    tied: NDArray[np.bool_]

    @property
    def undecided(self) -> int:
        """Number of undecided samples."""
        return int(np.count_nonzero(self.predictions == UNDECIDED))

    @property
    def ties(self) -> int:
        """Number of tied decisions."""
        return int(np.count_nonzero(self.tied))


def spike_count(recording: Recording, output: str, shape: tuple[int, int]) -> Scores:
    """Number of output spikes of each class."""
    steps, n_classes = shape
    spikes = recording.spikes[output]
    flat = spikes.sample * n_classes + spikes.index
    counts = np.bincount(flat, minlength=recording.n_samples * n_classes)
    return counts.reshape(recording.n_samples, n_classes).astype(np.float64)


def first_spike(recording: Recording, output: str, shape: tuple[int, int]) -> Scores:
    """Steps left when a class first spikes; 0 if it never does."""
    steps, n_classes = shape
    spikes = recording.spikes[output]
    scores = np.zeros((recording.n_samples, n_classes))
    np.maximum.at(scores, (spikes.sample, spikes.index), steps - spikes.step)
    return scores


def membrane_sum(recording: Recording, output: str, shape: tuple[int, int]) -> Scores:
    """Membrane of each class, summed over the steps."""
    return np.asarray(_membrane(recording, output).sum(axis=1))


def membrane_last(recording: Recording, output: str, shape: tuple[int, int]) -> Scores:
    """Membrane of each class after the last step."""
    return _membrane(recording, output)[:, -1]


def membrane_max(recording: Recording, output: str, shape: tuple[int, int]) -> Scores:
    """Highest membrane of each class in any step."""
    return np.asarray(_membrane(recording, output).max(axis=1))


SPIKE_READOUTS = ("spike_count", "first_spike")
READOUTS: Mapping[str, Callable[[Recording, str, tuple[int, int]], Scores]] = MappingProxyType(
    {
        "first_spike": first_spike,
        "membrane_last": membrane_last,
        "membrane_max": membrane_max,
        "membrane_sum": membrane_sum,
        "spike_count": spike_count,
    }
)


def check_kind(kind: str, spiking: bool) -> str:
    """Return the kind of readout if it exists and suits the output.

    Raises
    ------
    ModelError
        If it is unknown, or reads spikes of an output that never spikes, or a membrane
        that the output resets.
    """
    if kind not in READOUTS:
        raise ModelError("readout", "unknown", got=kind, limit=" | ".join(READOUTS))
    if (kind in SPIKE_READOUTS) != spiking:
        fitting = [k for k in READOUTS if (k in SPIKE_READOUTS) == spiking]
        says = "spikes" if spiking else "never spikes (LI or CubaLI)"
        raise ModelError("readout", f"the output {says}", got=kind, limit=" | ".join(fitting))
    return kind


def decide(scores: Scores, silent: Scores, decidable: NDArray[np.bool_] | None = None) -> Decisions:
    """Return the decisions: highest score, ties to the lowest index.

    Parameters
    ----------
    scores : (n, n_classes) float array
    silent : (n_classes,) float array
        Scores of a sample without any input; the same scores are 'undecided'.
    decidable : (n,) bool array, optional
        False for samples that are undecided whatever their scores.
    """
    if scores.shape[0] == 0:
        none = np.zeros(0, dtype=np.int64)
        return Decisions(scores, none, none.astype(bool))
    undecided = np.all(scores == silent, axis=1)
    if decidable is not None:
        undecided |= ~decidable
    best = scores.max(axis=1, keepdims=True)
    tied = (np.count_nonzero(scores == best, axis=1) > 1) & ~undecided
    predictions = np.where(undecided, UNDECIDED, scores.argmax(axis=1))
    return Decisions(scores, predictions.astype(np.int64), tied)


def _membrane(recording: Recording, output: str) -> NDArray[np.float64]:
    if recording.membrane is None:
        raise VerifyError(output, "its membrane was not recorded")
    return recording.membrane
