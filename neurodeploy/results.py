"""Report: what a deployment said, how well, how fast and by whose arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurodeploy import metrics, packets
from neurodeploy.detectors.detection import Detection
from neurodeploy.inputs import Samples
from neurodeploy.ir.network import Network
from neurodeploy.readout import Decisions
from neurodeploy.records import Recording

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class GroupDecisions:
    """Decisions of groups of samples by vote, such as flows.

    Parameters
    ----------
    name : str
        What a group is.
    predictions, labels : (n_groups,) int array
        -1 for undecided or unlabelled.
    columns : mapping of str to list
        What identifies each group.
    sizes : (n_groups,) int array
        Samples of each group.
    """

    name: str
    predictions: Ints
    labels: Ints
    columns: Mapping[str, list[str]]
    sizes: Ints


@dataclass(frozen=True, eq=False)
class LiveFigures:
    """How soon samples were decided that came one by one.

    Parameters
    ----------
    source : str
        Where they came from.
    confidence : str
        What had to be so before a sample was decided.
    sample_steps : int
        Steps of a sample.
    steps : (n,) int array
        Steps that were over when a sample was decided; 0 for one that was not shown.
    network_ms, wall_ms : (n,) float array
        From a sample's first tick to its decision, and from its arrival.
    changed : int
        Samples that all their steps would decide otherwise.
    repeated : int
        Times that a sample was shown again, as its input was spread over other ticks.
    lost : int
        Packets that came and could not be kept.
    """

    source: str
    confidence: str
    sample_steps: int
    steps: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    network_ms: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    wall_ms: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    changed: int = 0
    repeated: int = 0
    lost: int = 0

    def document(self) -> dict[str, Any]:
        """Return the figures as a document that strict JSON can hold."""
        shown = self.steps > 0
        return {
            "source": self.source,
            "confidence": self.confidence,
            "sample_steps": self.sample_steps,
            "shown": int(np.count_nonzero(shown)),
            "early": int(np.count_nonzero(shown & (self.steps < self.sample_steps))),
            "mean_steps": _mean(self.steps[shown]),
            "mean_network_ms": _mean(self.network_ms[shown]),
            "median_wall_ms": float(np.median(self.wall_ms)) if self.wall_ms.size else None,
            "max_wall_ms": float(self.wall_ms.max()) if self.wall_ms.size else None,
            "changed": self.changed,
            "repeated": self.repeated,
            "lost": self.lost,
        }


def _mean(values: NDArray[Any]) -> float | None:
    return float(values.mean()) if values.size else None


@dataclass(frozen=True, eq=False)
class Report:
    """The result of a deployment.

    Parameters
    ----------
    model, target, engine : str
    emulates : str
        Whose arithmetic the figures show.
    classes : tuple of str
    decisions : Decisions
        Of the target: scores, predictions, ties.
    ideal : Decisions or None
        Of `ideal` on the same samples; None if not computed.
    samples : Samples
        What was run, with labels where known.
    recording : Recording
        Spikes of every population.
    network : Network
        As it ran: lowered, or as trained for `ideal`.
    timing_s : mapping of str to float
        `compile`, `build` and `run`; `ideal` where it was computed.
    warnings : tuple of str
    versions : mapping of str to str
    planned : int
        Samples asked for; more than were run if the run was interrupted.
    path : Path or None
        The HTML report, once written.
    detection : Detection or None
        Of a learner of spatial patterns: what each detector said and ought to have said.
    live : LiveFigures or None
        Of samples that came one by one; `decisions` are then those that were given at once.
    """

    model: str
    target: str
    engine: str
    emulates: str
    classes: tuple[str, ...]
    decisions: Decisions
    ideal: Decisions | None
    samples: Samples
    recording: Recording
    network: Network
    timing_s: Mapping[str, float]
    warnings: tuple[str, ...]
    versions: Mapping[str, str]
    planned: int
    provenance: Mapping[str, str] = field(default_factory=dict)
    path: Path | None = None
    detection: Detection | None = None
    live: LiveFigures | None = None

    @property
    def n_samples(self) -> int:
        """Number of samples run."""
        return len(self.samples)

    @property
    def predictions(self) -> Ints:
        """Class index of each sample, (n,) int array; -1 for undecided."""
        return self.decisions.predictions

    @property
    def scores(self) -> NDArray[np.float64]:
        """Score of each class for each sample, (n, n_classes) float array."""
        return self.decisions.scores

    @property
    def labels(self) -> Ints | None:
        """Class index of each sample, -1 for none; None if there are no labels."""
        return self.samples.y

    @cached_property
    def accuracy(self) -> float | None:
        """Share of labelled samples that are right; None without labels.

        Of detectors without labels: the share of samples to which all of them answer right.
        """
        if self.labels is None and self.detection is not None:
            return self.detection.accuracy
        return None if self.labels is None else metrics.accuracy(self.predictions, self.labels)

    @cached_property
    def balanced_accuracy(self) -> float | None:
        """Mean recall over the classes that have samples; None without labels."""
        if self.labels is None:
            return None if self.detection is None else self.detection.balanced_accuracy
        return metrics.balanced_accuracy(self.predictions, self.labels, len(self.classes))

    @cached_property
    def agreement(self) -> float | None:
        """Share of samples decided as `ideal` decides; None if that was not computed.

        Of detectors, whose silence is an answer: the share that all of them answer alike.
        """
        if self.ideal is None:
            return None
        if self.detection is not None:
            return self.detection.agreement
        return metrics.agreement(self.predictions, self.ideal.predictions)

    @cached_property
    def confusion(self) -> Ints | None:
        """Counts (n_classes, n_classes + 1), rows labels, last column undecided."""
        if self.labels is None:
            return None
        return metrics.confusion(self.predictions, self.labels, len(self.classes))

    @cached_property
    def per_class(self) -> metrics.ClassScores | None:
        """Precision, recall and F1; None without labels."""
        if self.labels is None:
            return None
        return metrics.class_scores(self.predictions, self.labels, len(self.classes))

    @cached_property
    def groups(self) -> GroupDecisions | None:
        """Decisions by vote of each group; None if samples are not grouped."""
        groups = self.samples.groups
        if groups is None:
            return None
        n_groups, n_classes = groups.size, len(self.classes)
        unlabelled = np.full(self.n_samples, -1, dtype=np.int64)
        labels = unlabelled if self.labels is None else self.labels
        return GroupDecisions(
            groups.name,
            packets.majority(self.predictions, groups.of, n_groups, n_classes),
            packets.majority(labels, groups.of, n_groups, n_classes),
            groups.columns,
            np.bincount(groups.of[groups.of >= 0], minlength=n_groups),
        )

    @property
    def interrupted(self) -> bool:
        """Whether fewer samples were run than asked for."""
        return self.n_samples < self.planned

    def __repr__(self) -> str:
        said = "no labels" if self.accuracy is None else f"accuracy {self.accuracy:.4f}"
        return f"<Report {self.model} on {self.target}: {self.n_samples} samples, {said}>"
