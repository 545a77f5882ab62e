"""Report -> one self-contained HTML page."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from neurodeploy.checking import PopulationNeeds, needs
from neurodeploy.report.figures import chosen_samples, confusion_image, raster_image
from neurodeploy.report.files import group_file
from neurodeploy.report.tables import group_table
from neurodeploy.results import Report

#: Groups that the page shows; all are in the file beside it.
GROUP_ROWS = 200
_NOTHING = "\N{EN DASH}"
_NO_BOARD = {
    "emulator": "the arithmetic of {emulates} computed on Brian2; no board was used.",
    "ideal": "{emulates}; no board was used.",
}


def page(report: Report, said: dict[str, Any]) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    report : Report
    said : dict
        The report's JSON document: page and document show the same figures.
    """
    return (
        _environment()
        .get_template("template.html.j2")
        .render(
            said=said,
            arithmetic=arithmetic(report),
            tiles=_tiles(said),
            confusion=confusion_image(report),
            rasters=[raster_image(report, sample) for sample in chosen_samples(report)],
            groups=_groups(report),
            lowered=any(p.cell is not None for p in report.network.populations),
            needs=needs(report.network),
            total=_total(needs(report.network)),
            spike_rates=_spike_rates(report),
        )
    )


def arithmetic(report: Report) -> str:
    """Return the sentence that says whose arithmetic the figures show."""
    known = _NO_BOARD.get(report.target, "engine {engine}, the arithmetic of {emulates}.")
    text = known.format(emulates=report.emulates, engine=report.engine)
    return f"Target {report.target}: {text}"


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("neurodeploy.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"share": _share, "figure": _figure, "count": _count}
    return environment


def _share(value: float | None) -> str:
    return _NOTHING if value is None else f"{100 * value:.2f} %"


def _figure(value: float | None, digits: int = 3) -> str:
    return _NOTHING if value is None else f"{value:.{digits}f}"


def _count(value: int | None) -> str:
    """Return a count with thin gaps between thousands."""
    return _NOTHING if value is None else f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def _tiles(said: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the headline figures as (name, text)."""
    tiles = [
        ("accuracy", _share(said["accuracy"])),
        ("balanced accuracy", _share(said["balanced_accuracy"])),
        ("agreement with ideal", _share(said["agreement"])),
        ("undecided", _count(said["undecided"])),
        ("ties", _count(said["ties"])),
    ]
    groups = said["groups"]
    if groups is not None:
        tiles.append(
            (f"accuracy of {_count(groups['n'])} {groups['name']}s", _share(groups["accuracy"]))
        )
    return [*tiles, ("time", f"{sum(said['timing_s'].values()):.2f} s")]


def _groups(report: Report) -> dict[str, Any] | None:
    table = group_table(report)
    if table is None or report.groups is None:
        return None
    return {
        "name": report.groups.name,
        "header": table.header[:-1],
        "rows": table.rows[:GROUP_ROWS],
        "more": max(0, len(table.rows) - GROUP_ROWS),
        "file": group_file(report.groups.name),
    }


def _total(populations: tuple[PopulationNeeds, ...]) -> dict[str, int]:
    return {
        what: sum(getattr(p, what) for p in populations)
        for what in ("neurons", "cores", "synapses")
    }


def _spike_rates(report: Report) -> dict[str, float]:
    """Return spikes a sample of each population."""
    n = max(report.n_samples, 1)
    return {name: spikes.total / n for name, spikes in report.recording.spikes.items()}
