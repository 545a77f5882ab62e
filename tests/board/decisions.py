"""What a deployment of digits decided, and what the emulator decides."""

import csv

from running import ROOT

import neurodeploy as nd
from neurodeploy.deployment import shipped_samples


def decided(out):
    """Return the classes that a deployment into a folder decided on, in the samples' order."""
    with (out / "predictions.csv").open(encoding="utf-8", newline="") as file:
        return [row["prediction"] for row in csv.DictReader(file)]


def emulated(n_samples):
    """Return the classes that the emulator decides on for the first samples."""
    model = nd.load(ROOT / "models" / "digits")
    found = nd.deploy(model, shipped_samples(model).first(n_samples))
    return [model.classes[k] for k in found.predictions]
