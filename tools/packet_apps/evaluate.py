"""Run a stored graph in numpy, step by step as the machine does; no torch here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from neurodeploy.errors import ModelError
from tools.nir_export import Dense

N_STEPS = 8
"""Steps of one packet; its bits spike once, in the first."""


def run(
    layers: Sequence[Dense], x: npt.NDArray[np.uint8]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Present packets to a network of one hidden layer.

    Parameters
    ----------
    layers : two Dense
        Spiking hidden layer, leaky integrators.
    x : (n, n_features) uint8 array
        Each set bit is one spike in the first step.

    Returns
    -------
    scores : (n, n_classes) float array
        Sum of each output membrane over the steps.
    n_spikes : (n,) int array
        Hidden spikes of each packet.
    """
    if [layer.spiking for layer in layers] != [True, False]:
        raise ModelError("graph", "is not one spiking layer and one of leaky integrators")
    hidden, output = layers
    current = x.astype(np.float64) @ hidden.weight.T.astype(np.float64)
    bias = 0.0 if hidden.bias is None else hidden.bias.astype(np.float64)
    out_bias = 0.0 if output.bias is None else output.bias.astype(np.float64)
    membrane = np.zeros_like(current)
    out_membrane = np.zeros((len(x), len(output.weight)))
    scores, n_spikes = np.zeros_like(out_membrane), np.zeros(len(x), dtype=np.int64)
    for step in range(N_STEPS):
        membrane = hidden.beta * membrane + bias + (current if step == 0 else 0.0)
        fired = membrane > 1.0
        membrane[fired] = 0.0
        out_membrane = output.beta * out_membrane + fired @ output.weight.T + out_bias
        scores += out_membrane
        n_spikes += fired.sum(axis=1)
    return scores, n_spikes


def decide(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Take the class of the highest score.

    Parameters
    ----------
    scores : (n, n_classes) float array

    Returns
    -------
    decisions : (n,) int array
        A tie goes to the lowest class; -1 if no hidden neuron fired (all scores 0).
    """
    return np.where(scores.any(axis=1), scores.argmax(axis=1), -1)
