"""How far a population's ring buffers reach, and what lies beyond them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from neurodeploy.target import spinnaker as target
from neurodeploy.target.delays import slots_used
from neurodeploy_brian2.connectors.base import value_maximum


def delay_slots(population: Any) -> int:
    """Return the ticks that ring buffers of a population's cores can reach."""
    return target.delay_slots(_core_neurons(population), receptors=_receptors(population))


def ring_slots(network: Any, population: Any) -> int:
    """Return the slots that the cores of a population have: a power of two, no more than needed.

    A delay of so many ticks is stored as 0, which static synapses make up for and plastic
    ones do not.
    """
    longest_ms = max(
        (longest_delay_ms(link) for link in network.projections if link.post is population),
        default=0.0,
    )
    needed = math.ceil(longest_ms / (network.timestep_us / 1000.0))
    return slots_used(needed, _core_neurons(population), _receptors(population))


def _core_neurons(population: Any) -> int:
    return max(len(cells) for cells in population.slices())


def _receptors(population: Any) -> int:
    return len(population.celltype.receptors)


def read_delays(network: Any, link: Any) -> Any:
    """Return delays as `Projection.get` finds them in the rows of cores, (n,) int64 array, ticks.

    Behind a delay extension, one that fills the ring is stored as 0 and read as that.
    """
    ticks = link.connections.delay_ticks(network.timestep_us)
    slots = ring_slots(network, link.post)
    return np.where((ticks > slots) & (ticks % slots == 0), ticks - slots, ticks)


def longest_delay_ms(link: Any) -> float:
    """Return the longest delay that the host reckons with, in ms."""
    projection = link.projection
    given = projection.connector.given("delay")
    if given is None:
        given = projection.delay
    if isinstance(given, np.ndarray):
        return float(given.max(initial=0.0))
    ends, connector = projection.ends, projection.connector
    return value_maximum(ends, given, lambda: connector.n_drawn(ends))


__all__ = ["delay_slots", "longest_delay_ms", "read_delays", "ring_slots"]
