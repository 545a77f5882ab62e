"""Poisson sources that write to the memory of split neurons, without packets.

Each has a neuron of its own; the cores of the sources are those of the neurons. The host
computes where a core writes from its number of neurons, not from the places that a synapse
core keeps for them, so all receptors but the first are off unless that is a power of two.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from neurodeploy.api import TargetError
from neurodeploy.target.spinnaker import index_bits
from neurodeploy_brian2.plan_parts import Wires


def landed(link: Any, wires: Wires, first: int) -> Wires:
    """Return synapses from direct sources as they end up; some are lost.

    Parameters
    ----------
    link : Link
    wires : Wires
        Of the link.
    first : int
        Index of the first neuron of its target.

    Raises
    ------
    TargetError
        If a weight ends up where no neuron is, which stops the core.
    """
    slices = link.post.slices()
    places = 1 << index_bits(max(len(cells) for cells in slices))
    core = np.searchsorted([cells.start for cells in slices], wires.post - first, "right") - 1
    start = np.array([cells.start for cells in slices], dtype=np.int64)[core] + first
    n = np.array([len(cells) for cells in slices], dtype=np.int64)[core]
    receptor, place = np.divmod(wires.receptor * n + wires.post - start, places)
    if np.any((place > n) & (wires.weight > 0)):
        raise TargetError(
            link.label,
            "its Poisson sources write past the last neuron, which stops the board",
            got=f"{n[(place > n) & (wires.weight > 0)][0]} neurons on a core",
            limit=f"{places}, or the first receptor of a population",
            todo="give the source a second projection, or neurons_per_core a power of two",
        )
    kept = place < n
    moved = Wires(wires.pre, start + place, wires.weight, wires.delay_ticks, receptor)
    return Wires(**{name: column[kept] for name, column in vars(moved).items()})


__all__ = ["landed"]
