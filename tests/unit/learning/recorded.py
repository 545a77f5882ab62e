"""The authors' recorded experiments, for tests of several modules."""

import json

import numpy as np

from neurodeploy.detectors.words import from_numbers

#: What one lesson adds on the machine: 47/128 nA.
UNIT_nA = 0.3671875


def experiments(shared_data):
    """Return the recorded rows as dicts."""
    return json.loads((shared_data / "davies" / "recorded.json").read_text())["experiments"]


def summed_weights(patterns, n_bits=10):
    """Return the weights of ones and zeros that the machine learns from words."""
    words = from_numbers(patterns, n_bits)
    ones = words.sum(axis=0).astype(float)
    return ones * UNIT_nA, (len(words) - ones) * UNIT_nA


def numbers(fired):
    """Return the words of a (1024,) bool array."""
    return np.flatnonzero(fired).tolist()
