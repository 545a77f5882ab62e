"""Score a packet model on the fixed test split, on any target, in a command.

``python -m tools.score_packet_apps --data ../shared/data/packets/apps --model models/packet-apps``
prints accuracy, balanced accuracy, the same for packets with payload, the vote per capture and
the agreement with `ideal`. Weight scales are calibrated on packets of the training side.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

import neurodeploy as nd
from neurodeploy.inputs import Samples
from tools.packet_apps import command
from tools.packet_apps.dataset import Dataset, load, read_index
from tools.packet_apps.scores import score

CALIBRATION = 512


def sides(path: Path, dataset: Dataset) -> np.ndarray:
    """Return whether each capture is on the test side, from split.csv."""
    with path.open(newline="", encoding="utf-8") as file:
        side = {row["file"]: row["side"] for row in csv.DictReader(file)}
    return np.array([side[source.file] == "test" for source in dataset.sources])


def lines(data: Path, model_folder: Path, split: Path, target: str) -> Iterator[str]:
    """Yield the figures as text."""
    model = nd.load(model_folder)
    ports = model.packets.ports if model.packets else "none"
    dataset = load(data, read_index(data), ports=ports)
    is_test = sides(split, dataset)
    test = dataset.rows_of(np.flatnonzero(is_test))
    train = dataset.rows_of(np.flatnonzero(~is_test))
    chosen = np.random.default_rng(0).choice(train, CALIBRATION, replace=False)
    samples = Samples(dataset.x[test], dataset.y[test])
    report = nd.deploy(model, samples, target=target, calibration=dataset.x[chosen])
    found = score(dataset, test, report.predictions)
    yield f"{model.name} on {target}: {len(test)} packets of {int(is_test.sum())} captures"
    yield f"accuracy {found.accuracy:.4f}, balanced {found.balanced:.4f}"
    yield (
        f"with payload: accuracy {found.payload_accuracy:.4f}, "
        f"balanced {found.payload_balanced:.4f} (n {dataset.has_payload[test].sum()})"
    )
    yield f"vote per capture {found.vote:.4f}"
    yield f"agreement with ideal {report.agreement:.4f}"
    yield f"undecided {report.decisions.undecided}, ties {report.decisions.ties}"
    yield from report.network.notes[-2:]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = command.parser(__doc__)
    parser.add_argument("--model", type=Path, default=Path("models/packet-apps"))
    parser.add_argument("--split", type=Path, default=Path("models/packet-apps/split.csv"))
    parser.add_argument("--target", default="emulator")
    args = parser.parse_args(argv)
    return command.say("score_packet_apps", lines(args.data, args.model, args.split, args.target))


if __name__ == "__main__":
    sys.exit(main())
