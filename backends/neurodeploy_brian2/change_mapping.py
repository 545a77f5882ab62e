"""From WeightChangeable and WeightChanger to the integers of a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from neurodeploy_brian2.delays import ring_slots
from neurodeploy_brian2.errors import ConfigurationError, UnsupportedError
from neurodeploy_brian2.plan_parts import Ints
from neurodeploy_brian2.plan_plastic import Doses
from neurodeploy_brian2.plastic_memory import Rule
from neurodeploy_brian2.shipped import WEIGHT_CHANGE, is_combined
from neurodeploy_brian2.synapses import DrawnConnections


def change_rule(network: Any, link: Any, ticks: Ints, shift: int) -> Rule:
    """Return the bounds of weights that others change, as the host writes them.

    Parameters
    ----------
    network : Network
    link : Link
    ticks : (n,) int64 array
        Delays.
    shift : int
        Left shift of the ring buffers it feeds.

    Raises
    ------
    ConfigurationError
        If no binary ships for these neurons.
    UnsupportedError
        If it is behind a delay extension, or one of several.
    """
    cell = link.post.celltype
    if not is_combined(cell, WEIGHT_CHANGE):
        raise ConfigurationError(
            link.label,
            f"sPyNNaker 7.4.1 ships no binary of {type(cell).__name__} for its synapses",
            got=WEIGHT_CHANGE,
            limit="IF_curr_exp",
        )
    slots = ring_slots(network, link.post)
    if ticks.max(initial=0) > slots:
        raise UnsupportedError(
            link.label,
            "the emulator does not change weights behind a delay extension",
            got=f"{ticks.max()} ticks",
            limit=slots,
        )
    others = [one for one in network.projections if one.post is link.post and _is_open(one)]
    if len(others) > 1:
        raise UnsupportedError(
            link.label,
            f"the emulator runs one WeightChangeable projection to {link.post.label}",
            got=len(others),
            limit=1,
        )
    synapse = link.plasticity
    scale = 2.0 ** (15 - shift) * cell.weight_factor
    names = ("w_min", synapse.weight_min), ("w_max", synapse.weight_max)
    numbers = {name: int(value * scale) & 0xFFFF for name, value in names}
    return Rule("change", False, numbers, {})


def changes(network: Any, link: Any, places: Mapping[Any, int], shift: int) -> Iterator[Doses]:
    """Yield the synapses that change the weights of a link."""
    for one in network.projections:
        if not one.projection.is_changer or one.plasticity.projection is not link.projection:
            continue
        found = one.connections
        yield Doses(
            from_sources=one.pre.is_source,
            pre=found.pre + places[one.pre],
            post=found.post + places[one.post],
            amount=change_amounts(one, shift),
            of=found.pre + places[link.pre],
        )


def change_amounts(link: Any, shift: int) -> Ints:
    """Return by how much each synapse of a WeightChanger changes stored weights.

    Raises
    ------
    UnsupportedError
        If they are not one number that cores make.
    """
    found, given = link.connections, link.plasticity.weight
    on_core = found.on_machine or isinstance(found, DrawnConnections)
    if not (on_core and isinstance(given, float)):
        raise UnsupportedError(
            link.label,
            "the emulator runs a WeightChanger with one weight_change and connectors that cores "
            "make",
            got=f"{link.projection.connector!r}, {given!r}",
        )
    size = found.stored(shift, link.post.celltype.weight_factor)
    signed = np.where(size < 1 << 15, size, size - (1 << 16))
    return signed if given >= 0 else -signed


def _is_open(link: Any) -> bool:
    return link.plasticity is not None and not link.projection.is_changer


__all__ = ["change_amounts", "change_rule", "changes"]
