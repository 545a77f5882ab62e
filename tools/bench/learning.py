"""The published experiments of one, two and three words, all on the emulator in one go.

``python -m tools.bench.learning [--figures DIR]`` trains, balances and tries the 83 experiments
(1, 15 and 67) on all 1,024 words, prints how long that took and the figures that the authors
give, and with ``--figures`` draws what a factor costs in false positives.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from neurodeploy import learning
from neurodeploy.describe import Spatial
from neurodeploy.detectors import Counts, Detector, closed_form
from neurodeploy.detectors.words import all_words, distances, from_numbers
from neurodeploy.learning import Place, Training

N_BITS = 10
FIRST = 0b1111100000
"""The word of the experiments with one and with two words."""

Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Outcome:
    """One experiment.

    Parameters
    ----------
    words : tuple of int
    training : Training
    fired : (1024,) bool array
    """

    words: tuple[int, ...]
    training: Training
    fired: Bools

    @property
    def counts(self) -> Counts:
        """Counts over all words."""
        wanted = np.isin(np.arange(1 << N_BITS), self.words)
        return Counts.of(self.fired, wanted)

    @property
    def distances(self) -> tuple[int, ...]:
        """Hamming distances between each two of the words."""
        own = from_numbers(self.words, N_BITS)
        rows, columns = np.triu_indices(len(own), 1)
        return tuple(distances(own, own)[rows, columns].tolist())


def experiments() -> list[tuple[int, ...]]:
    """Return the words of each: one, the 15 pairs, the first triple of each set of distances."""
    downs = [FIRST & ~((1 << k) - 1) for k in range(6, 11)]
    both = [31 & ~((1 << k) - 1) for k in range(4, -1, -1)]
    ups = [FIRST | low for low in both]
    pairs = [(FIRST, other) for other in (*ups, *downs, *both)]
    triples: dict[tuple[int, ...], tuple[int, ...]] = {}
    for one in range(1 << N_BITS):
        for other in range(1 << N_BITS):
            key = (one.bit_count(), other.bit_count(), (one ^ other).bit_count())
            if list(key) == sorted(key):
                triples.setdefault(key, (0, one, other))
    return [(FIRST,), *pairs, *triples.values()]


def run() -> list[Outcome]:
    """Train, balance and try all experiments."""
    chosen, place = experiments(), Place("emulator")
    trained = learning.train_each(
        Spatial(N_BITS), [from_numbers(words, N_BITS) for words in chosen], target=place
    )
    detectors = [training.detectors[0] for training in trained]
    fired = learning.detect(place, detectors, all_words(N_BITS))
    return [Outcome(*parts) for parts in zip(chosen, trained, fired.T, strict=True)]


def told(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the figures of the authors' tables."""
    for outcome in outcomes:
        if len(outcome.words) < 3:
            factor = outcome.training.factors[0]
            found = outcome.counts
            said = "no factor" if factor is None else f"factor {factor:.5f}"
            yield f"{outcome.words}: {said}, positives {found.TP + found.FP}, FN {found.FN}"
    plotted = triples(outcomes)
    yield f"{len(plotted)} triples of different words:"
    columns = {
        "factor": [o.training.factors[0] or np.nan for o in plotted],
        "positives": [o.counts.TP + o.counts.FP for o in plotted],
        "false negatives": [o.counts.FN for o in plotted],
        **{
            name: [o.counts.metrics()[name] for o in plotted]
            for name in ("accuracy", "precision", "negative_predictive_value", "sensitivity",
                         "specificity")
        },
    }  # fmt: skip
    for name, values in columns.items():
        row = np.array(values, dtype=float)
        parts = (row.min(), row.mean(), float(np.median(row)), row.max())
        yield f"  {name:<26} min, mean, median, max  " + "  ".join(f"{v:.6g}" for v in parts)


def triples(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the experiments with three different words."""
    return [o for o in outcomes if len(set(o.words)) == 3]


def draw(outcomes: Sequence[Outcome], folder: Path) -> Iterator[Path]:
    """Draw both figures and yield their files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in (
        ("learning-triples.svg", _triples_figure(triples(outcomes))),
        ("learning-factor.svg", _factor_figure(outcomes)),
    ):
        path = folder / name
        figure.savefig(path, metadata={"Date": None})
        # Lines that end in blanks are not for a repository.
        lines = [line.rstrip() for line in path.read_text().splitlines()]
        path.write_text("\n".join(lines) + "\n")
        yield path


def _triples_figure(plotted: Sequence[Outcome]) -> Figure:
    """Accuracy, precision and sensitivity by the distances between three words."""
    figure = Figure(figsize=(12.0, 4.4))
    away = np.array([o.distances for o in plotted]).T
    for k, name in enumerate(("accuracy", "precision", "sensitivity")):
        axes = figure.add_subplot(1, 3, k + 1, projection="3d")
        values = [o.counts.metrics()[name] for o in plotted]
        points = axes.scatter(*away, c=values, cmap="viridis", vmin=0.0, vmax=1.0, s=28)
        axes.set_xlabel("distance 1, 2")
        axes.set_ylabel("distance 1, 3")
        axes.set_zlabel("distance 2, 3")
        axes.set_title(name)
        # Room for the label of the third axis, which no layout engine sees.
        axes.set_box_aspect(None, zoom=0.82)
    figure.subplots_adjust(left=0.0, right=0.88, wspace=0.05)
    figure.colorbar(points, cax=figure.add_axes((0.93, 0.2, 0.012, 0.6)))
    return figure


def _factor_figure(outcomes: Sequence[Outcome]) -> Figure:
    """False positives by factor, as measured and by the closed form."""
    figure = Figure(figsize=(7.0, 4.0), layout="constrained")
    axes = figure.add_subplot()
    chosen = [o for o in outcomes if o.words in ((FIRST,), (FIRST, 1008), (FIRST, 1020), (0, 3, 5))]
    for outcome in chosen:
        one = outcome.training.learned[0]
        factors = (outcome.training.factors[0] or 1.0) * np.geomspace(0.9, 11.0, 120)
        detectors = [one.with_factor(float(factor)) for factor in factors]
        fired = learning.detect(Place("emulator"), detectors, all_words(N_BITS))
        wanted = np.isin(np.arange(1 << N_BITS), outcome.words)
        measured = (fired & ~wanted[:, None]).sum(axis=0)
        line = axes.plot(factors, measured, label=", ".join(map(str, outcome.words)))[0]
        exact = [_exact_false_positives(d, wanted) for d in detectors]
        axes.plot(factors, exact, ":", color=line.get_color(), linewidth=2.5, alpha=0.5)
    axes.set_xscale("log")
    axes.set_yscale("symlog", linthresh=1)
    axes.set_ylim(-0.3, 1 << N_BITS)
    axes.set_xlabel("factor")
    axes.set_ylabel("false positives of 1,024 words")
    axes.set_title("emulator, and the closed form (dotted)")
    axes.legend(title="trained words")
    return figure


def _exact_false_positives(detector: Detector, wanted: Bools) -> int:
    scores = closed_form.scores(all_words(N_BITS), detector.weights_1, detector.weights_0)
    return int((~wanted & (detector.factor * scores >= closed_form.threshold_nA())).sum())


def main(argv: Sequence[str] | None = None) -> int:
    """Run, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--figures", type=Path, help="Folder of the figures.")
    given = parser.parse_args(argv)
    logging.getLogger().addHandler(logging.NullHandler())
    begun = time.perf_counter()
    outcomes = run()
    spent = time.perf_counter() - begun
    for line in told(outcomes):
        print(line)
    print(f"{len(outcomes)} experiments, all words: {spent:.1f} s")
    for path in draw(outcomes, given.figures) if given.figures else ():
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
