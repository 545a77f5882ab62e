"""Writers of a Report: JSON, CSV, npz and one HTML page."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from neurodeploy.report.document import document
from neurodeploy.report.files import group_file, prepare, replacing
from neurodeploy.report.page import page
from neurodeploy.report.tables import group_table, prediction_table, to_csv
from neurodeploy.results import Report

PAGE, DOCUMENT, PREDICTIONS, SPIKES = "report.html", "report.json", "predictions.csv", "spikes.npz"


def write(report: Report, folder: Path) -> Report:
    """Write a report into a folder, each file whole or not at all.

    Parameters
    ----------
    report : Report
    folder : Path
        Gets report.html, report.json, predictions.csv, spikes.npz and, if samples are grouped,
        a table of the groups such as flows.csv. Created if it is missing.

    Returns
    -------
    report : Report
        With `path`, the HTML page.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    folder = prepare(Path(folder))
    report = replace(report, path=folder / PAGE)
    said = document(report)
    groups = group_table(report)
    texts = {
        PREDICTIONS: to_csv(prediction_table(report)),
        DOCUMENT: json.dumps(said, indent=1, allow_nan=False) + "\n",
        PAGE: page(report, said),
    }
    if report.groups is not None and groups is not None:
        texts[group_file(report.groups.name)] = to_csv(groups)
    _write_spikes(report, folder)
    for name, text in texts.items():
        with replacing(folder / name) as file:
            file.write(text.encode("utf-8"))
    return report


def _write_spikes(report: Report, folder: Path) -> None:
    # No sample, step or neuron reaches 2**31, and half the bytes compress in half the time.
    arrays = {
        f"{name}/{key}": getattr(spikes, key).astype(np.int32)
        for name, spikes in report.recording.spikes.items()
        for key in ("sample", "step", "index")
    }
    with replacing(folder / SPIKES) as file:
        np.savez_compressed(file, **arrays)


__all__ = ["document", "prepare", "write"]
