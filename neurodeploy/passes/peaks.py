"""The largest one-tick input of each neuron, from sample data or from the worst case."""

from __future__ import annotations

import numpy as np

from neurodeploy.ideal import Peaks
from neurodeploy.ir.network import Network, Population
from neurodeploy.passes.settings import Settings


def policy(settings: Settings) -> str:
    """Return the policy in force: without sample data it is `safe`."""
    return "safe" if settings.peaks is None else settings.weight_scale.policy


def receptor_peaks(net: Network, pop: Population, settings: Settings) -> Peaks:
    """Return what a population's receptors must hold in one tick.

    Parameters
    ----------
    net : Network
        With weights in trained units, before signs are split.

    Returns
    -------
    peaks : Peaks
        In trained units; the margin of the policy included.
    """
    if policy(settings) == "calibrated" and settings.peaks is not None:
        seen = settings.peaks[pop.name]
        margin = settings.weight_scale.margin
        return Peaks(seen.excitatory * margin, seen.inhibitory * margin)
    return worst_case(net, pop)


def worst_case(net: Network, pop: Population) -> Peaks:
    """Return the peaks if every synapse of a neuron carried one spike in the same tick."""
    sums = np.zeros((2, pop.size))
    for proj in net.incoming(pop.name):
        for row, sign in enumerate((1.0, -1.0)):
            part = np.maximum(sign * proj.weight, 0.0)
            sums[row] += np.bincount(proj.post_index, part, pop.size)
    return Peaks(sums[0], sums[1])
