"""Train models/packet-apps: 33 application protocols from the bits of single packets.

``python -m tools.train_packet_apps --data DATA --ports service --out models/packet-apps`` trains
on the fixed split, writes graph.nir (and split.csv), and prints its figures beside those of a
random forest and of logistic regression on the same bits. ``--splits 3`` adds the means of three
further grouped splits; ``--validate`` trains within the train side only and never sees the test.

The labels are nDPI's, which itself knows ports: a model that sees ports partly learns its table.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import astuple
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tools import nir_export
from tools.packet_apps import baselines, command, evaluate, split
from tools.packet_apps.dataset import Dataset, load, read_index
from tools.packet_apps.network import Recipe, train
from tools.packet_apps.scores import Scores, mean, score

Rows = npt.NDArray[np.int64]

_HEADER = f"{'':22}  accuracy balanced | with payload: accuracy balanced | vote per capture"


def line(name: str, scores: Scores) -> str:
    """One line of the table."""
    figures = "   ".join(f"{value:8.3f}" for value in astuple(scores))
    return f"{name:22} {figures}"


def fit_network(dataset: Dataset, rows: Rows, seed: int) -> tuple[nir_export.Dense, ...]:
    """Train the network on some packets."""
    return train(
        dataset.x[rows],
        dataset.y[rows],
        dataset.capture[rows],
        len(dataset.classes),
        seed=seed,
        recipe=Recipe(),
    )


def network_scores(
    dataset: Dataset, rows: Rows, layers: Sequence[nir_export.Dense]
) -> tuple[Scores, str]:
    """Score a network with the numpy semantics, and say how busy and how mute it is."""
    sums, n_spikes = evaluate.run(layers, dataset.x[rows])
    decisions = evaluate.decide(sums)
    note = (
        f"spikes a packet: {dataset.x[rows].sum(axis=1).mean():.1f} input, "
        f"{n_spikes.mean():.1f} hidden (most {n_spikes.max()}); "
        f"undecided {(decisions < 0).sum()} of {len(rows)}"
    )
    return score(dataset, rows, decisions), note


def baseline_scores(dataset: Dataset, rows: Rows, test: Rows, seed: int) -> dict[str, Scores]:
    """Score the baselines on the same bits and split."""
    x, y, x_test = dataset.x[rows], dataset.y[rows], dataset.x[test]
    return {
        name: score(dataset, test, baselines.decide(name, x, y, x_test, seed=seed))
        for name in baselines.BASELINES
    }


def sides(dataset: Dataset, is_test: npt.NDArray[np.bool_]) -> tuple[Rows, Rows]:
    """Packets of the train and of the test captures."""
    return dataset.rows_of(np.flatnonzero(~is_test)), dataset.rows_of(np.flatnonzero(is_test))


def classes_table(
    dataset: Dataset, test: Rows, layers: Sequence[nir_export.Dense]
) -> Iterator[str]:
    """Share of right packets of each class, and what it is taken for most."""
    decisions = evaluate.decide(evaluate.run(layers, dataset.x[test])[0])
    y = dataset.y[test]
    for number, name in enumerate(dataset.classes):
        own = decisions[y == number]
        wrong = own[(own != number) & (own >= 0)]
        most = dataset.classes[np.bincount(wrong).argmax()] if len(wrong) else "-"
        share = (own == number).mean() if len(own) else float("nan")
        yield f"  {name:12} {len(own):5} packets  {share:.3f}  most taken for {most}"


def build(data: Path, ports: str, out: Path, seed: int) -> Iterator[str]:
    """Train on the fixed split, store the graph and yield the figures of the stored file."""
    sources = read_index(data)
    groups = split.group_captures(data, sources)
    is_test = split.fixed_split(sources, groups)
    dataset = load(data, sources, ports=ports)  # type: ignore[arg-type]
    rows, test = sides(dataset, is_test)
    yield (
        f"{len(sources)} captures in {len(np.unique(groups))} groups, {is_test.sum()} for the "
        f"test; {len(rows)} train and {len(test)} test packets ({dataset.n_not_ip} not IP left "
        f"out), {dataset.x.shape[1]} features, seed {seed}, {baselines.N_TREES} trees"
    )
    out.mkdir(parents=True, exist_ok=True)
    nir_export.write(out / "graph.nir", fit_network(dataset, rows, seed))
    if ports == "service":
        split.write_split(out / "split.csv", sources, groups, is_test)
    layers = nir_export.read(out / "graph.nir")
    scores, note = network_scores(dataset, test, layers)
    yield _HEADER
    yield line("spiking network", scores)
    for name, others in baseline_scores(dataset, rows, test, seed).items():
        yield line(name, others)
    yield note
    yield from classes_table(dataset, test, layers)


def further(data: Path, ports: str, seed: int, n_splits: int, *, inner: bool) -> Iterator[str]:
    """Yield means over further grouped splits; `inner` keeps to the train side."""
    sources = read_index(data)
    groups = split.group_captures(data, sources)
    dataset = load(data, sources, ports=ports)  # type: ignore[arg-type]
    out_of_it = split.fixed_split(sources, groups) & inner
    table: dict[str, list[Scores]] = {}
    for number in range(n_splits):
        is_test = split.random_split(sources, groups, seed + 100 * inner + number)
        rows, test = (kept[~out_of_it[dataset.capture[kept]]] for kept in sides(dataset, is_test))
        layers = fit_network(dataset, rows, seed + number)
        table.setdefault("spiking network", []).append(network_scores(dataset, test, layers)[0])
        for name, scores in baseline_scores(dataset, rows, test, seed + number).items():
            table.setdefault(name, []).append(scores)
    yield f"means of {n_splits} {'validation' if inner else 'further grouped'} splits"
    yield _HEADER
    yield from (line(name, mean(each)) for name, each in table.items())


def figures(options: argparse.Namespace) -> Iterator[str]:
    """Yield what the options ask for."""
    data, ports, seed = options.data, options.ports, options.seed
    if options.out is not None:
        yield from build(data, ports, options.out, seed)
    if options.splits:
        yield from further(data, ports, seed, options.splits, inner=options.validate)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool; 2 if its input is wrong."""
    parser = command.parser(__doc__)
    parser.add_argument("--ports", choices=["service", "none"], default="service")
    parser.add_argument("--out", type=Path, help="model folder to write to")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--splits", type=int, default=0, help="further grouped splits")
    parser.add_argument("--validate", action="store_true", help="only within the train side")
    options = parser.parse_args(argv)
    if options.out is None and not options.splits:
        parser.error("give --out, --splits or both")
    if options.out is not None and options.validate:
        parser.error("--validate writes nothing: leave out --out")
    return command.say("train_packet_apps", figures(options))


if __name__ == "__main__":
    sys.exit(main())
