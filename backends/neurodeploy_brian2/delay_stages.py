"""Delay extensions: who needs one, and how many ring buffers' lengths it waits."""

from __future__ import annotations

from typing import Any

from neurodeploy.target.delays import stages_needed
from neurodeploy_brian2.delays import longest_delay_ms, ring_slots


def needs_extension(network: Any, source: Any, target: Any) -> bool:
    """Tell whether spikes from a population to another take a delay extension too.

    Parameters
    ----------
    network : Network
    source, target : Population
    """
    return _own_stages(network, source, target) > 0


def delay_stages(network: Any, source: Any, target: Any) -> int:
    """Return the stages of the delay extension between two populations; 0 is none.

    A source has one extension for all its targets, so the longest delay to any of them
    decides.

    Parameters
    ----------
    network : Network
    source, target : Population
    """
    if not needs_extension(network, source, target):
        return 0
    targets = {link.post for link in network.projections if link.pre is source}
    return max(_own_stages(network, source, one) for one in targets)


def _own_stages(network: Any, source: Any, target: Any) -> int:
    longest_ms = max(
        longest_delay_ms(link)
        for link in network.projections
        if link.pre is source and link.post is target
    )
    return stages_needed(longest_ms / (network.timestep_us / 1000.0), ring_slots(network, target))


__all__ = ["delay_stages", "needs_extension"]
