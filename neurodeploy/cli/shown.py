"""A report as plain text that fits 80 columns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from neurodeploy.detectors.detection import Detection
    from neurodeploy.results import LiveFigures, Report

#: Rows of a table that are printed; all are in the files.
ROWS = 40


def show_report(report: Report, as_json: bool) -> None:
    """Print a report, as one JSON document or as text."""
    if as_json:
        from neurodeploy.report import document

        click.echo(json.dumps(document(report), allow_nan=False))
        return
    for line in _lines(report):
        click.echo(line)


def _lines(report: Report) -> Iterator[str]:
    """Yield the report as plain text that fits 80 columns."""
    if report.groups is not None:
        yield from _group_lines(report)
    if report.confusion is not None:
        yield from _confusion_lines(report)
    if report.detection is not None:
        yield from _detection_lines(report.detection)
    yield ""
    if report.accuracy is not None and report.balanced_accuracy is not None:
        yield f"accuracy    {report.accuracy:.4f}   balanced {report.balanced_accuracy:.4f}"
    if report.agreement is not None:
        yield f"agreement   {report.agreement:.4f}   of decisions with ideal"
    decisions = report.decisions
    planned = f" of {report.planned} (interrupted)" if report.interrupted else ""
    said = f"undecided {decisions.undecided}, tied {decisions.ties}"
    yield f"samples     {report.n_samples}{planned}   {said}"
    if report.live is not None:
        yield from _live_lines(report.live)
    yield f"arithmetic  {report.emulates} (target {report.target}, engine {report.engine})"
    spent = ", ".join(f"{name} {seconds:.2f}" for name, seconds in report.timing_s.items())
    yield f"time in s   {spent}"
    for warning in report.warnings:
        yield f"warning     {warning}"
    yield f"report      {report.path}"


def _live_lines(live: LiveFigures) -> Iterator[str]:
    """Yield how soon packets were decided."""
    said = live.document()
    yield f"live        {said['shown']} shown, {said['early']} decided early ({live.confidence})"
    if said["mean_steps"] is not None:
        steps = f"{said['mean_steps']:.2f} of {live.sample_steps} steps"
        yield f"            on average {steps}, {said['mean_network_ms']:.2f} ms of network time"
    if live.changed:
        yield f"            {live.changed} would be decided otherwise by all steps"
    if live.repeated:
        yield f"            {live.repeated} shown again: their input was spread over steps"
    if live.lost:
        yield f"            {live.lost} packets were lost before they could be read"


def _detection_lines(found: Detection) -> Iterator[str]:
    """Yield what each detector said; shares that do not exist are left out."""
    for k, name in enumerate(found.classes[:ROWS]):
        figures = found.counts(k).metrics()
        counts = ", ".join(f"{key} {figures[key]}" for key in ("TP", "FP", "TN", "FN"))
        yield f"{name}: {figures['positives']} positives ({counts})"
        shares = {key: value for key, value in figures.items() if isinstance(value, float)}
        for key, value in shares.items():
            yield f"  {key.replace('_', ' '):<26} {value:.6f}"
        words = found.firing_words(k) or []
        more = f" ... and {len(words) - 10} more" if len(words) > 10 else ""
        yield f"  fires for {', '.join(map(str, words[:10])) or 'nothing'}{more}"


def _group_lines(report: Report) -> Iterator[str]:
    groups = report.groups
    if groups is None:
        return
    yield f"{groups.name}s, {len(groups.predictions)} by vote:"
    names = [*report.classes, "undecided"]
    for k in range(min(ROWS, len(groups.predictions))):
        who = " ".join(str(column[k]) for column in groups.columns.values())
        label = groups.labels[k]
        truth = "" if label < 0 else f" (label {names[label]})"
        yield f"  {who}: {names[groups.predictions[k]]}{truth}"
    if len(groups.predictions) > ROWS:
        from neurodeploy.report.files import group_file

        yield f"  ... and {len(groups.predictions) - ROWS} more, all in {group_file(groups.name)}"
    from neurodeploy.metrics import accuracy

    right = accuracy(groups.predictions, groups.labels)
    if right is not None:
        yield f"vote per {groups.name}: accuracy {right:.4f}"


def _confusion_lines(report: Report) -> Iterator[str]:
    """Yield each label with what it was taken for, most frequent first."""
    if report.confusion is None:
        return
    yield "confusion (label: what its samples were taken for):"
    names = [*report.classes, "undecided"]
    for label, row in zip(report.classes, report.confusion, strict=True):
        if row.sum():
            order = [k for k in (-row).argsort(kind="stable") if row[k]]
            said = ", ".join(f"{row[k]} as {names[k]}" for k in order[:5])
            more = f", {len(order) - 5} others" if len(order) > 5 else ""
            yield f"  {label}: {said}{more}"


__all__ = ["show_report"]
