"""Score a packet model on the fixed test split, on any target, in a command.

``python -m tools.score_packet_apps --data ../shared/data/packets/apps --model models/packet-apps``
prints accuracy, balanced accuracy, the same for packets with payload, the vote per capture and
the agreement with `ideal`. Weight scales are calibrated on packets of the training side.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import neurodeploy as nd
from neurodeploy import metrics, packets
from neurodeploy.errors import NeurodeployError
from neurodeploy.inputs import Samples
from tools.packet_apps.dataset import Dataset, load, read_index

CALIBRATION = 512


def sides(path: Path, dataset: Dataset) -> np.ndarray:
    """Return whether each capture is on the test side, from split.csv."""
    with path.open(newline="", encoding="utf-8") as file:
        side = {row["file"]: row["side"] for row in csv.DictReader(file)}
    return np.array([side[source.file] == "test" for source in dataset.sources])


def lines(data: Path, model_folder: Path, split: Path, target: str) -> list[str]:
    """Return the figures as text."""
    model = nd.load(model_folder)
    ports = model.packets.ports if model.packets else "none"
    dataset = load(data, read_index(data), ports=ports)
    is_test = sides(split, dataset)
    test = dataset.rows_of(np.flatnonzero(is_test))
    train = dataset.rows_of(np.flatnonzero(~is_test))
    chosen = np.random.default_rng(0).choice(train, CALIBRATION, replace=False)
    samples = Samples(dataset.x[test], dataset.y[test])
    report = nd.deploy(model, samples, target=target, calibration=dataset.x[chosen])
    n = len(dataset.classes)
    with_payload = dataset.has_payload[test]
    said, truth = report.predictions, dataset.y[test]
    capture = np.unique(dataset.capture[test], return_inverse=True)[1]
    votes = packets.majority(said, capture, capture.max() + 1, n)
    labels = packets.majority(truth, capture, capture.max() + 1, n)
    loaded = metrics.accuracy(said[with_payload], truth[with_payload])
    balanced = metrics.balanced_accuracy(said[with_payload], truth[with_payload], n)
    return [
        f"{model.name} on {target}: {len(test)} packets of {int(is_test.sum())} captures",
        f"accuracy {report.accuracy:.4f}, balanced {report.balanced_accuracy:.4f}",
        f"with payload: accuracy {loaded:.4f}, balanced {balanced:.4f} (n {with_payload.sum()})",
        f"vote per capture {metrics.accuracy(votes, labels):.4f}",
        f"agreement with ideal {report.agreement:.4f}",
        f"undecided {report.decisions.undecided}, ties {report.decisions.ties}",
        *report.network.notes[-2:],
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=Path("models/packet-apps"))
    parser.add_argument("--split", type=Path, default=Path("models/packet-apps/split.csv"))
    parser.add_argument("--target", default="emulator")
    args = parser.parse_args(argv)
    try:
        for text in lines(args.data, args.model, args.split, args.target):
            print(text)
    except NeurodeployError as err:
        print(f"score_packet_apps: {err}", file=sys.stderr)
        return err.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
