"""How many synapse cores the neurons of a population have: what is asked for, or needed.

Below 1 ms sPyNNaker moves synapses to cores of their own; how many it reckons from the
connections and a rate of 30 Hz.
"""

from __future__ import annotations

import logging
import math
from typing import Any
from weakref import WeakKeyDictionary

from neurodeploy.api import DEFAULT_RATE_HZ
from neurodeploy_brian2.connectors.local import Signed
from neurodeploy_brian2.connectors.regular import OneToOneConnector
from neurodeploy_brian2.errors import ConfigurationError, SynapseError
from neurodeploy_brian2.fan_out import connections_of_one
from neurodeploy_brian2.poisson import PoissonType
from neurodeploy_brian2.shipped import is_combined, is_split, rule_of

logger = logging.getLogger(__name__)

CORES_OF_A_CHIP = 18
"""Most cores of a chip."""

_MOST = CORES_OF_A_CHIP - 3
"""What the system, a monitor and the neurons leave."""

_STATIC_A_SECOND = 13_000_000
_PLASTIC_A_SECOND = 1_400_000
"""Synapses that a core handles in a second."""


def n_synapse_cores(network: Any, population: Any) -> int:
    """Return how many synapse cores each core of neurons has; 0 if it does without.

    Parameters
    ----------
    network : Network
    population : Population
        Of neurons.

    Raises
    ------
    SynapseError
        If cores are asked for that no binary ships for, as sPyNNaker.
    ConfigurationError
        If they are more than a chip has.
    """
    asked = population.n_synapse_cores
    links = [link for link in network.projections if link.post is population]
    if any(isinstance(link.projection.connector, Signed) for link in links):
        _refuse(population, asked, "its convolutions run on combined cores only")
        return 0
    rule = rule_of(population.synapse_dynamics)
    combined = is_combined(population.celltype, rule)
    if not is_split(population.celltype, rule):
        _without_split(network, population, links)
        return 0
    if asked is not None:
        _check_number(population, asked, combined)
        return int(asked)
    if combined and network.timestep_us >= 1000:
        return 0
    return _needed(network, population, links)


def is_direct(network: Any, link: Any) -> bool:
    """Tell whether Poisson sources hand their input straight to the neurons.

    They do if each has one neuron, static and one timestep away, and the neurons' cores are
    split.
    """
    return (
        _can_be_direct(network, link)
        and n_synapse_cores(network, link.post) > 0
        and not _is_crowded(network, link.post)
    )


def _without_split(network: Any, population: Any, links: list[Any]) -> None:
    """Refuse split cores that no binary ships for, or say that they would be needed."""
    asked = population.n_synapse_cores
    what = f"{type(population.celltype).__name__} has no binary for split cores"
    _refuse(population, asked, what)
    if network.timestep_us < 1000 and asked is None and _needed(network, population, links):
        logger.warning("%s: %s; a combined core may be too slow", population.label, what)


def _check_number(population: Any, asked: int, combined: bool) -> None:
    if asked > _MOST:
        raise ConfigurationError(
            population.label,
            "does not fit a chip with so many synapse cores",
            got=asked,
            limit=f"at most {_MOST}",
        )
    if not asked and not combined:
        raise SynapseError(
            population.label,
            "has no binary for combined cores",
            got="0 synapse cores",
            todo="let it have synapse cores of its own, n_synapse_cores=1",
        )


def _refuse(population: Any, asked: int | None, why: str) -> None:
    if asked:
        raise SynapseError(
            population.label, why, got=f"{asked} synapse cores", todo="set their number to 0"
        )


def _can_be_direct(network: Any, link: Any) -> bool:
    source, projection = link.pre, link.projection
    return (
        isinstance(source.celltype, PoissonType)
        and len(source.atoms_shape) == 1
        and source.size == link.post.size
        and isinstance(projection.connector, OneToOneConnector)
        and not projection.synapse_type.changes
        and isinstance(projection.delay, float)
        and projection.delay == network.timestep_us / 1000.0
        and sum(one.pre is source for one in network.projections) == 1
    )


def _is_crowded(network: Any, population: Any) -> bool:
    """Tell whether a chip would be too small for the Poisson cores beside the others."""
    poisson = [
        link
        for link in network.projections
        if link.post is population and isinstance(link.pre.celltype, PoissonType)
    ]
    return len(poisson) + n_synapse_cores(network, population) + 1 >= CORES_OF_A_CHIP - 1


def _of_one(link: Any, per_core: int) -> int:
    """Count once: lists are long, and this is asked often."""
    padded = link.projection.synapse_type.pad_to_length
    if padded is not None:
        return int(padded)
    counts = _counts.setdefault(link, {})
    if per_core not in counts:
        projection = link.projection
        counts[per_core] = connections_of_one(projection.connector, projection.ends, per_core)
    return counts[per_core]


_counts: WeakKeyDictionary[Any, dict[int, int]] = WeakKeyDictionary()


def _needed(network: Any, population: Any, links: list[Any]) -> int:
    """Return how many cores the host reckons with, no more than a chip has."""
    rate = population.planning.get("spikes_per_second", DEFAULT_RATE_HZ)
    plastic = any(link.plasticity is not None for link in links)
    capacity = _PLASTIC_A_SECOND if plastic else _STATIC_A_SECOND
    direct = others = 0
    for link in links:
        load = math.ceil(_of_one(link, population.per_core) * rate * link.pre.size)
        if _can_be_direct(network, link):
            direct += load
        else:
            others += load
    n_poisson = sum(isinstance(link.pre.celltype, PoissonType) for link in links)
    needed = math.ceil(others / capacity)
    if needed + n_poisson < _MOST:
        return needed
    needed = math.ceil((others + direct) / capacity)
    if needed > _MOST:
        logger.warning(
            "%s: %d synapse cores would be needed, and a chip has room for %d",
            population.label,
            needed,
            _MOST,
        )
    return min(needed, _MOST)


__all__ = ["CORES_OF_A_CHIP", "is_direct", "n_synapse_cores"]
