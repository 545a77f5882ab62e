"""Report -> figures as SVG data for one page: the confusion matrix and rasters of samples."""

from __future__ import annotations

import base64
import io
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from neurodeploy.ir.network import Population
from neurodeploy.report.document import names_of
from neurodeploy.results import Report

#: CSS pixels of an inch.
_PX = 96
#: Widths up to this shrink to a phone's screen; wider figures would be illegible there.
_SHRINKS_PX = 640
_NAME_LENGTH = 16
#: Spikes of one panel above which they are drawn as an image, which is smaller than shapes.
_SHAPES = 600
_INK, _FAINT, _RULE = "#1f2933", "#9aa5b1", "#e4e7eb"
_RIGHT, _WRONG = "#1b7f4b", "#c2410c"
_SHADES = LinearSegmentedColormap.from_list("share", ["#ffffff", "#9ecae1", "#2171b5", "#08306b"])
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9.0,
    "axes.edgecolor": _FAINT,
    "axes.labelcolor": _INK,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}


@dataclass(frozen=True)
class Image:
    """A figure for a page.

    Parameters
    ----------
    source : str
        A `data:` address.
    alt, caption : str
    width_px, least_px : int
        Natural width, and the width below which it scrolls rather than shrinks.
    """

    source: str
    alt: str
    caption: str
    width_px: int
    least_px: int


def confusion_image(report: Report) -> Image | None:
    """Return the confusion matrix; None without labels."""
    counts = report.confusion
    if counts is None or not counts.sum():
        return None
    n = len(report.classes)
    cell = 0.42 if n <= 15 else 0.29
    names = [short(name) for name in report.classes]
    margin = 0.35 + 0.075 * max(map(len, [*names, "undecided"]))
    size = (margin + cell * (n + 1) + 0.15, margin + cell * n + 0.15)
    with rc_context({**_STYLE, "svg.hashsalt": "confusion"}):
        figure = Figure(figsize=size)
        box = (margin / size[0], margin / size[1], cell * (n + 1) / size[0], cell * n / size[1])
        _draw_confusion(figure.add_axes(box), counts, names, n)
        alt = f"Confusion matrix of {n} classes"
        caption = "Samples of each label (row) by decision (column); shaded by share of the row."
        return _image(figure, alt, caption)


def _draw_confusion(axes: Axes, counts: Any, names: list[str], n: int) -> None:
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(share, cmap=_SHADES, vmin=0, vmax=1, aspect="auto", interpolation="none")
    for row, column in zip(*np.nonzero(counts), strict=True):
        axes.text(
            column,
            row,
            str(counts[row, column]),
            ha="center",
            va="center",
            fontsize=8 if counts[row, column] < 1000 else 7,
            color="white" if share[row, column] > 0.45 else _INK,
        )
    axes.set_xticks(range(n + 1), [*names, "undecided"], rotation=90, parse_math=False)
    if max(map(len, names)) <= 2:
        for text in axes.get_xticklabels()[:-1]:
            text.set_rotation(0)
    axes.set_yticks(range(n), names, parse_math=False)
    axes.vlines(np.arange(n) + 0.5, -0.5, n - 0.5, color=_RULE, linewidth=0.5)
    axes.hlines(np.arange(n - 1) + 0.5, -0.5, n + 0.5, color=_RULE, linewidth=0.5)
    axes.tick_params(length=0)
    axes.axvline(n - 0.5, color=_INK, linewidth=1)
    axes.set_xlabel("decision")
    axes.set_ylabel("label")


def chosen_samples(report: Report) -> list[int]:
    """Return the samples to draw: the first right and the first wrong, or the first two."""
    labels = report.labels
    if labels is None or not np.any(labels >= 0):
        return list(range(min(2, report.n_samples)))
    right = (labels >= 0) & (labels == report.predictions)
    wrong = (labels >= 0) & ~right
    return [int(np.flatnonzero(kind)[0]) for kind in (right, wrong) if kind.any()]


def raster_image(report: Report, sample: int) -> Image:
    """Return spikes of input, hidden layers and output of one sample on one axis of steps."""
    panels = _panels(report)
    output = report.network.output
    traced = report.recording.membrane is not None
    tall = 2.6 if traced else max(1.2, 0.15 * len(report.classes))
    heights = [tall if p.name == output else 1.1 for p in panels]
    with rc_context({**_STYLE, "svg.hashsalt": f"raster {sample}"}):
        names = [] if traced else report.classes
        margin = max(0.5, 0.2 + 0.075 * max((len(short(name)) for name in names), default=0))
        figure, stack = _stacked(heights, margin)
        for axes, population, height in zip(stack, panels, heights, strict=True):
            if population.name == output:
                _draw_output(axes, report, population, sample, height)
            else:
                _draw_spikes(axes, report, population, sample, [_INK] * population.size, height)
                axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
            title = f"{short(population.name)}: {population.size}"
            axes.set_title(title, loc="left", fontsize=9, parse_math=False)
        stack[-1].set_xlim(-0.7, _steps(report) - 0.3)
        stack[-1].xaxis.set_major_locator(MaxNLocator(8, integer=True))
        stack[-1].set_xlabel("step of the layer")
        return _image(figure, f"Spikes of sample {sample}", _verdict(report, sample))


def _stacked(heights: list[float], margin: float) -> tuple[Figure, list[Axes]]:
    """Return axes below each other; heights and the left margin are in inches."""
    width, gap, foot = 6.4, 0.3, 0.5
    size = (width, sum(heights) + gap * len(heights) + foot)
    figure = Figure(figsize=size)
    stack: list[Axes] = []
    top = size[1]
    for k, height in enumerate(heights):
        top -= gap + height
        box = (margin / width, top / size[1], 1 - (margin + 0.1) / width, height / size[1])
        stack.append(figure.add_axes(box, sharex=stack[0] if stack else None))
        stack[-1].tick_params(labelbottom=k == len(heights) - 1)
    return figure, stack


def _panels(report: Report) -> list[Population]:
    net = report.network
    return [
        p
        for p in (net.inputs, *net.neurons)
        if p.name in report.recording.spikes or p.name == net.output
    ]


def _steps(report: Report) -> int:
    spikes = report.recording.spikes
    seen = [int(spikes[p.name].step.max(initial=0)) + 1 for p in _panels(report)]
    membrane = report.recording.membrane
    return max([1, *seen, 0 if membrane is None else membrane.shape[1]])


def _draw_output(
    axes: Axes, report: Report, population: Population, sample: int, height_in: float
) -> None:
    colours = _class_colours(report, sample)
    membrane = report.recording.membrane
    if membrane is not None:
        _draw_membrane(axes, report, membrane[sample], colours)
        return
    _draw_spikes(axes, report, population, sample, colours, height_in)
    names = [short(name) for name in report.classes]
    axes.set_yticks(range(len(names)), names, fontsize=8, parse_math=False)
    for text, colour in zip(axes.get_yticklabels(), colours, strict=True):
        text.set_color(colour)


def _draw_membrane(axes: Axes, report: Report, traces: Any, colours: list[str]) -> None:
    """Draw the membrane of each class, (steps, n_classes); the two in question are named."""
    steps = np.arange(len(traces))
    for k, colour in enumerate(colours):
        named = colour in (_RIGHT, _WRONG)
        axes.plot(
            steps,
            traces[:, k],
            color=colour if named else "#cbd2d9",
            linewidth=1.8 if named else 0.7,
            zorder=3 if named else 2,
        )
    best = [k for k, colour in enumerate(colours) if colour in (_RIGHT, _WRONG)]
    top = np.linspace(0.93, 0.93 - 0.13 * len(best), len(best), endpoint=False)
    for k, y in zip(best, top, strict=True):
        axes.text(
            0.01,
            y,
            short(report.classes[k]),
            color=colours[k],
            transform=axes.transAxes,
            va="top",
            fontsize=8,
            fontweight="bold",
            parse_math=False,
        )
    axes.set_title("membrane", loc="right", fontsize=9)


def _class_colours(report: Report, sample: int) -> list[str]:
    """Return a colour a class: green the label or an unchallenged decision, orange a wrong one."""
    colours = [_INK] * len(report.classes)
    said = int(report.predictions[sample])
    label = -1 if report.labels is None else int(report.labels[sample])
    if said >= 0:
        colours[said] = _RIGHT if label < 0 else _WRONG
    if label >= 0:
        colours[label] = _RIGHT
    return colours


def _draw_spikes(
    axes: Axes,
    report: Report,
    population: Population,
    sample: int,
    colours: list[str],
    height_in: float,
) -> None:
    step, index = report.recording.spikes[population.name].of_sample(sample)
    side_pt = float(np.clip(54 * height_in / population.size, 1.4, 5.0))
    axes.scatter(
        step,
        index,
        s=side_pt**2,
        marker="s",
        linewidths=0,
        c=[colours[k] for k in index],
        rasterized=step.size > _SHAPES,
    )
    axes.set_ylim(population.size - 0.5, -0.5)
    axes.grid(axis="x", color=_RULE, linewidth=0.5)
    axes.set_axisbelow(True)


def _verdict(report: Report, sample: int) -> str:
    said = names_of(report, report.predictions[[sample]])[0]
    text = f"Sample {sample}: " + ("undecided" if said is None else f"decided {said}")
    if report.labels is None or report.labels[sample] < 0:
        return text
    label = names_of(report, report.labels[[sample]])[0]
    return f"{text}, label {label}: {'right' if said == label else 'wrong'}"


def short(name: str) -> str:
    """Return a name that fits a figure: printable characters only, cut if long."""
    clean = "".join(c if c.isprintable() else "?" for c in name)
    return (
        clean
        if len(clean) <= _NAME_LENGTH
        else clean[: _NAME_LENGTH - 1] + "\N{HORIZONTAL ELLIPSIS}"
    )


def _image(figure: Figure, alt: str, caption: str) -> Image:
    text = io.BytesIO()
    with warnings.catch_warnings():
        # The browser draws the names, in its own fonts; matplotlib only measures them.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(text, format="svg", dpi=160, metadata={"Date": None})
    width = round(figure.get_figwidth() * _PX)
    least = 300 if width <= _SHRINKS_PX else round(0.8 * width)
    source = "data:image/svg+xml;base64," + base64.b64encode(text.getvalue()).decode("ascii")
    return Image(source, alt, caption, width, min(width, least))
