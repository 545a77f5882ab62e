"""Writers of a Report: JSON, CSV, npz and one HTML page."""

from __future__ import annotations

import csv
import html
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from neurodeploy.errors import InputError
from neurodeploy.results import Report


def prepare(folder: Path) -> Path:
    """Create a folder and return it; refuse one that cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".probe"
        probe.touch()
        probe.unlink()
    except OSError as err:
        raise InputError(
            str(folder), "cannot be written", got=err.strerror, todo="choose another --out"
        ) from err
    return folder


def document(report: Report) -> dict[str, Any]:
    """Return the report as a JSON document."""
    names = [*report.classes, None]
    labels = report.labels
    return {
        "model": report.model,
        "target": report.target,
        "engine": report.engine,
        "emulates": report.emulates,
        "n_samples": report.n_samples,
        "planned": report.planned,
        "classes": list(report.classes),
        "predictions": [names[p] for p in report.predictions],
        "labels": None if labels is None else [names[p] for p in labels],
        "accuracy": report.accuracy,
        "balanced_accuracy": report.balanced_accuracy,
        "agreement": report.agreement,
        "undecided": report.decisions.undecided,
        "ties": report.decisions.ties,
        "spikes": {name: spikes.total for name, spikes in report.recording.spikes.items()},
        "timing_s": dict(report.timing_s),
        "warnings": list(report.warnings),
        "versions": dict(report.versions),
        "notes": list(report.network.notes),
        "report": None if report.path is None else str(report.path),
    }


def write(report: Report, folder: Path) -> Report:
    """Write report.html, report.json, predictions.csv and spikes.npz into a folder."""
    report = replace(report, path=prepare(folder) / "report.html")
    text = json.dumps(document(report), indent=1, allow_nan=False)
    (folder / "report.json").write_text(text, encoding="utf-8")
    with (folder / "predictions.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        columns = report.samples.columns or {"sample": list(range(report.n_samples))}
        out.writerow([*columns, "label", "prediction"])
        names = [*report.classes, ""]
        labels = report.labels if report.labels is not None else np.full(report.n_samples, -1)
        for k, said in enumerate(report.predictions):
            out.writerow([*(c[k] for c in columns.values()), names[labels[k]], names[said]])
    arrays = {}
    for name, spikes in report.recording.spikes.items():
        for key in ("sample", "step", "index"):
            arrays[f"{name}/{key}"] = getattr(spikes, key)
    np.savez_compressed(folder / "spikes.npz", **arrays)
    page = f"<!doctype html><meta charset=utf-8><title>{html.escape(report.model)}</title>"
    page += f"<h1>{html.escape(report.model)}</h1><pre>{html.escape(text)}</pre>"
    (folder / "report.html").write_text(page, encoding="utf-8")
    return report


__all__ = ["document", "prepare", "write"]
