"""Score one-shot spatial detectors: packets of many protocols, a flood, and images.

``python -m tools.score_spatial apps|ddos|digits`` trains detectors of `models/packet-signatures`
(or of thresholded digits) on `emulator` with 1, 2, 5 and 10 samples shown to each class, and
prints Markdown tables of what they say of samples never shown. ``--data`` is the folder of
../shared/data/packets; beside them stand ECOD (`pip install pyod`; left out where it is not
there) and, for the protocols, the trained model packet-apps.
"""

from __future__ import annotations

import argparse
import importlib.util
import logging
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import neurodeploy as nd
from neurodeploy import learning, metrics
from neurodeploy.describe import Spatial
from neurodeploy.learning.examples import pick

Bits = NDArray[np.uint8]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
SHOWN, SEEDS, SIMILARITIES = (1, 2, 5, 10), (0, 1, 2), (0, 1, 2, 4)


@dataclass(frozen=True, eq=False)
class Task:
    """Words to learn from, and words to be judged by.

    Parameters
    ----------
    classes : tuple of str
    x, x_test : (n, n_bits) uint8 array
    y, y_test : (n,) int array
    """

    classes: tuple[str, ...]
    x: Bits
    y: Ints
    x_test: Bits
    y_test: Ints

    def examples(self, shown: int, seed: int) -> dict[str, Bits]:
        """Return the words that each class is shown."""
        return pick(self.x, self.y, self.classes, shown, seed)


@dataclass(frozen=True)
class Score:
    """Figures of a set of detectors: means over classes, and of the decision.

    Parameters
    ----------
    precision, recall, f1 : float
        Of single detectors; one that never fires has no precision and F1 0.
    accuracy : float
        Of the decision: the lowest of the classes that fired.
    silent, several : float
        Shares of samples for which no detector fired, and more than one.
    """

    precision: float
    recall: float
    f1: float
    accuracy: float
    silent: float
    several: float

    @staticmethod
    def of(fired: Bools, labels: Ints) -> Score:
        """Judge (n, n_classes) answers by (n,) labels."""
        wanted = labels[:, None] == np.arange(fired.shape[1])
        hits, said = (fired & wanted).sum(axis=0), fired.sum(axis=0)
        there = wanted.sum(axis=0)
        known = there > 0
        with np.errstate(invalid="ignore"):
            precision = (hits / said)[known]
            recall, f1 = (hits / there)[known], (2 * hits / (said + there))[known]
        spoke = fired.sum(axis=1)
        decided = np.where(spoke > 0, fired.argmax(axis=1), -1)
        shares = (float((decided == labels).mean()), float((spoke == 0).mean()))
        several = float((spoke > 1).mean())
        # Where no detector of any class fires there is no precision at all.
        mean = float(np.nanmean(precision)) if said[known].any() else float("nan")
        return Score(mean, float(recall.mean()), float(f1.mean()), *shares, several)

    def row(self, name: str) -> str:
        """Return a row of a table."""
        return f"| {name} | " + " | ".join(f"{value:.3f}" for value in vars(self).values()) + " |"


HEAD = (
    "| | precision | recall | F1 | accuracy | nothing fires | several fire |\n"
    "|---|---|---|---|---|---|---|"
)


def mean_score(scores: Sequence[Score]) -> Score:
    """Return the mean of each figure."""
    columns = np.array([list(vars(score).values()) for score in scores]).T
    # Where no detector fires there is no precision, and none to average.
    known = [column[~np.isnan(column)] for column in columns]
    return Score(*(float(column.mean()) if column.size else float("nan") for column in known))


def detectors(task: Task, shown: int, similarity: int = 0, seed: int = 0) -> Score:
    """Teach, balance and try detectors on the emulator."""
    training = learning.train(
        Spatial(task.x.shape[1]), task.examples(shown, seed), similarity=similarity
    )
    answers = training.fires(task.x_test)
    # Classes without a sample to learn from have no detector.
    fired = np.zeros((len(answers), len(task.classes)), dtype=bool)
    fired[:, [task.classes.index(name) for name in training.classes]] = answers
    return Score.of(fired, task.y_test)


def ecod(task: Task, shown: int | None, seed: int = 0) -> Score:
    """Fit one ECOD to the words of each class; it accepts what is no odder than those."""
    from pyod.models.ecod import ECOD  # type: ignore[import-untyped]

    fired = np.zeros((len(task.x_test), len(task.classes)), dtype=bool)
    own = task.examples(shown or 1, seed)
    for k, name in enumerate(task.classes):
        words = task.x[task.y == k] if shown is None else own.get(name)
        if words is not None and len(words):
            with warnings.catch_warnings():
                # It warns of columns that never vary, as most bits of one class do.
                warnings.simplefilter("ignore", RuntimeWarning)
                model = ECOD().fit(words.astype(float))
                oddity = model.decision_function(task.x_test.astype(float))
            fired[:, k] = oddity <= np.max(model.decision_scores_)
    return Score.of(fired, task.y_test)


def table(task: Task, similarities: Sequence[int]) -> Iterator[str]:
    """Yield the table of a task."""
    yield f"{len(task.y_test)} samples of {len(task.classes)} classes, {task.x.shape[1]} bits"
    yield HEAD
    seeded: Mapping[str, Callable[[int, int], Score]] = {
        f"similarity {s}": lambda shown, seed, s=s: detectors(task, shown, s, seed)  # type: ignore[misc]
        for s in similarities
    }
    for shown in SHOWN:
        for name, act in seeded.items():
            yield mean_score([act(shown, seed) for seed in SEEDS]).row(f"{shown} shown, {name}")
        if importlib.util.find_spec("pyod"):
            found = mean_score([ecod(task, shown, seed) for seed in SEEDS])
            yield found.row(f"{shown} shown, ECOD")
    if importlib.util.find_spec("pyod"):
        yield ecod(task, None).row("all of the training side, ECOD")


def apps(folder: Path) -> Iterator[str]:
    """Yield the tables of the protocols: the fixed split of packet-apps."""
    from neurodeploy.describe.spatial import chosen_columns
    from tools.packet_apps.dataset import load, read_index
    from tools.packet_apps.split import fixed_split, group_captures

    model = nd.load("models/packet-signatures")
    if model.spatial is None:
        return
    data = folder / "apps"
    sources = read_index(data)
    dataset = load(data, sources, ports="service")
    test = fixed_split(sources, group_captures(data, sources))[dataset.capture]
    words = dataset.x[:, chosen_columns(model.spatial, "service")]
    task = Task(dataset.classes, words[~test], dataset.y[~test], words[test], dataset.y[test])
    yield from table(task, SIMILARITIES)
    large = nd.load("models/packet-apps")
    report = nd.deploy(large, dataset.x[test], dataset.y[test], agreement=False)
    one_hot = report.predictions[:, None] == np.arange(len(large.classes))
    yield Score.of(one_hot, dataset.y[test]).row("packet-apps, trained on all of the training side")


def ddos(folder: Path) -> Iterator[str]:
    """Yield the table of the flood; every second packet is to learn from."""
    model = nd.load("models/packet-signatures")
    place = folder / "ddos2019"
    model = replace(model, classes=("0", "1"))
    samples = nd.read(model, place / "benign-syn.pcap", place / "benign-syn_labels.csv")
    if samples.y is None:
        return
    odd = np.arange(len(samples)) % 2 == 1
    words = samples.x.astype(np.uint8)
    task = Task(("benign", "attack"), words[odd], samples.y[odd], words[~odd], samples.y[~odd])
    for k, name in enumerate(task.classes):
        distinct = len(np.unique(words[samples.y == k], axis=0))
        yield f"{name}: {int((samples.y == k).sum())} packets, {distinct} distinct words"
    yield from table(task, SIMILARITIES)


def digits(folder: Path) -> Iterator[str]:
    """Yield the table of scikit-learn's digits, at half of their grey values."""
    from sklearn.datasets import load_digits  # type: ignore[import-untyped]

    images, labels = load_digits(return_X_y=True)
    words, labels = (images > 8).astype(np.uint8), labels.astype(np.int64)
    half = len(words) // 2
    names = tuple(str(k) for k in range(10))
    task = Task(names, words[:half], labels[:half], words[half:], labels[half:])
    yield from table(task, (0, 4, 8, 12))
    nearest = np.argmax(-_away(task.x_test, task.x), axis=1)
    right = metrics.accuracy(task.y[nearest], task.y_test)
    yield f"nearest of all {half} training images: accuracy {right:.3f}"


def _away(words: Bits, others: Bits) -> Ints:
    from neurodeploy.detectors.words import distances

    return distances(words, others)


TASKS = {"apps": apps, "ddos": ddos, "digits": digits}


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/packets"))
    given = parser.parse_args(argv)
    logging.getLogger().addHandler(logging.NullHandler())
    for line in TASKS[given.task](given.data):
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
