"""How engines grow with samples, synapses and spikes: ``python -m tools.bench.scaling FILE.svg``.

Network A with one of the three changed at a time; the least processor time of a few rounds, as
that depends little on what else the machine does.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib

from tools.bench.contenders.ready import NotRun
from tools.bench.networks import Bench, dense_network
from tools.bench.table import ENGINES

# Engines on one thread: those that wait for each other in a loop use up processor time.
NAMES = (
    "emulator, kernel, 1 thread",
    "numba, 1 thread",
    "emulator, Brian2 numpy",
)
ROUNDS = 3


@dataclass(frozen=True)
class Sweep:
    """One property of network A, by the arguments of `networks.dense_network`."""

    title: str
    options: tuple[dict[str, Any], ...]
    values: tuple[float, ...]
    per_sample: bool
    """Whether ms a sample are shown, not those of the whole run."""


_HIDDEN = (20, 63, 200, 630, 2000)
_RATES = (0.001, 0.003, 0.01, 0.03, 0.1)
_SAMPLES = (5, 16, 50, 160, 500)
_MOST_SAMPLES = {"emulator, Brian2 numpy": 50}
"""A slow engine grows no differently beyond."""
SWEEPS = (
    Sweep("samples", tuple({"n_samples": n} for n in _SAMPLES), _SAMPLES, False),
    Sweep(
        "synapses",
        tuple({"n_samples": 10, "n_hidden": n} for n in _HIDDEN),
        tuple(794 * n for n in _HIDDEN),
        True,
    ),
    Sweep(
        "input spikes a sample",
        tuple({"n_samples": 10, "rate": rate} for rate in _RATES),
        tuple(rate * 784 * 100 for rate in _RATES),
        True,
    ),
)


def measure(sweep: Sweep) -> dict[str, list[tuple[float, float]]]:
    """Return (value, processor ms) of each engine."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in NAMES}
    for options, value in zip(sweep.options, sweep.values, strict=True):
        bench = dense_network(**options)
        for name in NAMES:
            if bench.n_samples > _MOST_SAMPLES.get(name, bench.n_samples):
                continue
            cpu_s = least_cpu_s(name, bench)
            if cpu_s is not None:
                n_samples = bench.n_samples if sweep.per_sample else 1
                found[name].append((value, 1000 * cpu_s / n_samples))
    return found


def least_cpu_s(name: str, bench: Bench) -> float | None:
    """Return the least processor time of a few runs; None if the engine does not run here."""
    engine = ENGINES[name]
    try:
        run = engine.prepare(bench)
    except NotRun:
        return None
    rounds = ROUNDS if engine.rounds > ROUNDS else 1
    return min(run().cpu_s or 0.0 for _ in range(rounds))


def draw(path: Path) -> None:
    """Measure everything and draw it, three plots side by side."""
    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(SWEEPS), figsize=(11, 3.4), layout="constrained")
    for axis, sweep in zip(axes, SWEEPS, strict=True):
        for name, points in measure(sweep).items():
            if points:
                axis.loglog(*zip(*points, strict=True), marker="o", markersize=3, label=name)
                shown = ", ".join(f"{x:g} {y:.3g}" for x, y in points)
                print(f"{sweep.title}: {name}: {shown}", flush=True)
        axis.set_xlabel(sweep.title)
        axis.set_ylabel("processor ms a " + ("sample" if sweep.per_sample else "run"))
        axis.grid(alpha=0.3)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    matplotlib.rcParams["svg.hashsalt"] = "scaling"
    figure.savefig(path, metadata={"Date": None})


def main(argv: Sequence[str] | None = None) -> int:
    """Draw to the file that is named."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.scaling", description=__doc__)
    parser.add_argument("path", type=Path)
    draw(parser.parse_args(argv).path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
