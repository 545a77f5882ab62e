"""Report -> tables: one row a sample, one row a group."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from neurodeploy.report.document import names_of
from neurodeploy.results import Report


class Table(NamedTuple):
    """Named columns and rows of values; None is an empty cell."""

    header: list[str]
    rows: list[list[Any]]


def prediction_table(report: Report) -> Table:
    """Return one row a sample: what it is, its label and what was said of it.

    `correct` is empty for a sample without a label; `tied` and `correct` are 1 or 0.
    """
    n = report.n_samples
    columns = report.samples.columns or {"sample": list(range(n))}
    nothing: list[Any] = [None] * n
    labels = nothing if report.labels is None else names_of(report, report.labels)
    ideal = nothing if report.ideal is None else names_of(report, report.ideal.predictions)
    cells = [
        *columns.values(),
        labels,
        names_of(report, report.predictions),
        ideal,
        report.decisions.tied.astype(int).tolist(),
        _correct(report.predictions, report.labels),
    ]
    header = [*columns, "label", "prediction", "ideal", "tied", "correct"]
    return Table(header, _rows(cells, n))


def group_table(report: Report) -> Table | None:
    """Return one row a group: what it is, its samples, label and vote; None without groups."""
    groups = report.groups
    if groups is None:
        return None
    cells = [
        *groups.columns.values(),
        groups.sizes.tolist(),
        names_of(report, groups.labels),
        names_of(report, groups.predictions),
        _correct(groups.predictions, groups.labels),
    ]
    header = [*groups.columns, "samples", "label", "prediction", "correct"]
    return Table(header, _rows(cells, len(groups.predictions)))


def to_csv(table: Table) -> str:
    """Return a table as CSV text."""
    text = io.StringIO(newline="")
    out = csv.writer(text)
    out.writerow(table.header)
    out.writerows(table.rows)
    return text.getvalue()


def _correct(predictions: np.ndarray[Any, Any], labels: Any) -> list[int | None]:
    if labels is None:
        return [None] * len(predictions)
    return [
        None if label < 0 else int(said == label)
        for said, label in zip(predictions, labels, strict=True)
    ]


def _rows(cells: Iterable[list[Any]], n: int) -> list[list[Any]]:
    columns = list(cells)
    return [[column[k] for column in columns] for k in range(n)]
