"""Report -> one JSON document: plain values only, null where there is no figure."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurodeploy import metrics
from neurodeploy.results import Report


def document(report: Report) -> dict[str, Any]:
    """Return the report as a document that strict JSON can hold.

    Parameters
    ----------
    report : Report

    Returns
    -------
    document : dict
        Classes by name; null for undecided, unlabelled and every figure that does not exist.
    """
    return {
        "model": report.model,
        "target": report.target,
        "engine": report.engine,
        "emulates": report.emulates,
        "n_samples": report.n_samples,
        "planned": int(report.planned),
        "interrupted": report.interrupted,
        "classes": list(report.classes),
        "predictions": names_of(report, report.predictions),
        "labels": None if report.labels is None else names_of(report, report.labels),
        "accuracy": report.accuracy,
        "balanced_accuracy": report.balanced_accuracy,
        "agreement": report.agreement,
        "undecided": report.decisions.undecided,
        "ties": report.decisions.ties,
        "per_class": _per_class(report),
        "confusion": None if report.confusion is None else report.confusion.tolist(),
        "groups": _groups(report),
        "subsets": {tag: _subset(report, of) for tag, of in report.samples.tags.items()},
        "spikes": {name: s.total for name, s in report.recording.spikes.items()},
        "quantisation": _quantisation(report),
        "saturations": {name: int(n) for name, n in report.recording.saturations.items()},
        "timing_s": {name: float(s) for name, s in report.timing_s.items()},
        "warnings": list(report.warnings),
        "versions": dict(report.versions),
        "data": {
            "name": report.samples.name,
            "counts": {what: int(n) for what, n in report.samples.counts.items()},
        },
        "provenance": dict(report.provenance),
        "notes": list(report.network.notes),
        "report": None if report.path is None else str(report.path),
        **({} if report.live is None else {"live": report.live.document()}),
        **({} if report.detection is None else report.detection.document()),
    }


def names_of(report: Report, indices: NDArray[np.int64]) -> list[str | None]:
    """Return class names, (n,) list; None for -1."""
    names = (*report.classes, None)
    return [names[index] for index in indices]


def finite(value: float) -> float | None:
    """Return a figure, or None for nan and infinities."""
    return float(value) if math.isfinite(value) else None


def _per_class(report: Report) -> list[dict[str, Any]] | None:
    scores = report.per_class
    if scores is None:
        return None
    return [
        {
            "class": name,
            "precision": finite(scores.precision[k]),
            "recall": finite(scores.recall[k]),
            "f1": finite(scores.f1[k]),
            "support": int(scores.support[k]),
        }
        for k, name in enumerate(report.classes)
    ]


def _groups(report: Report) -> dict[str, Any] | None:
    groups = report.groups
    if groups is None:
        return None
    return {
        "name": groups.name,
        "n": len(groups.predictions),
        "accuracy": metrics.accuracy(groups.predictions, groups.labels),
        "undecided": int(np.count_nonzero(groups.predictions < 0)),
    }


def _subset(report: Report, chosen: NDArray[np.bool_]) -> dict[str, Any]:
    figures: dict[str, Any] = {"n": int(np.count_nonzero(chosen))}
    figures |= {"accuracy": None, "balanced_accuracy": None}
    if report.labels is not None:
        said, labels = report.predictions[chosen], report.labels[chosen]
        figures["accuracy"] = metrics.accuracy(said, labels)
        figures["balanced_accuracy"] = metrics.balanced_accuracy(said, labels, len(report.classes))
    return figures


def _quantisation(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "projection": projection.name,
            "synapses": projection.n_synapses,
            "lsb_nA": finite(projection.quantisation.lsb_nA),
            "snr_dB": finite(projection.quantisation.snr_dB),
            "zeroed": int(projection.quantisation.zeroed),
            "clipped": int(projection.quantisation.clipped),
        }
        for projection in report.network.projections
        if projection.quantisation is not None
    ]
