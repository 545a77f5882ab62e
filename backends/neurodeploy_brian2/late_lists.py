"""Lists of connections behind two or more delay stages, as the board finds them.

The host of sPyNNaker 7.4.1 sorts the rows of late synapses by cores of the target's size, while
delay extensions are on cores of the source's. With one stage both come to the same; with more,
synapses are found under other sources and delays, or nowhere.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from neurodeploy_brian2.delay_stages import delay_stages
from neurodeploy_brian2.delays import ring_slots
from neurodeploy_brian2.synapses import Connections


def relocated(network: Any, source: Any, target: Any, made: Connections) -> Connections | None:
    """Return connections as the board finds them; None if they are where they belong.

    Parameters
    ----------
    network : Network
    source, target : Population
    made : Connections
        Made by the host, between whole populations.
    """
    n_stages = delay_stages(network, source, target)
    if n_stages < 2:
        return None
    slots = ring_slots(network, target)
    ticks = made.delay_ticks(network.timestep_us)
    stage, rest = np.divmod(ticks - 1, slots)
    of_target, of_source = (min(pop.per_core, pop.size) for pop in (target, source))
    core, place = np.divmod(made.pre, of_target)
    row = (core * n_stages + stage - 1) * of_target + place
    found, within = np.divmod(row, of_source * n_stages)
    size = np.maximum(1, np.minimum(of_source, source.size - found * of_source))
    new_stage, new_place = within // size + 1, within % size
    late = stage > 0
    kept = ~late | (row < source.size * n_stages)
    pre = np.where(late, found * of_source + new_place, made.pre)
    new_ticks = np.where(late, new_stage * slots + rest + 1, ticks)
    if kept.all() and (pre == made.pre).all() and (new_ticks == ticks).all():
        return None
    step_ms = network.timestep_us / 1000.0
    return replace(
        made,
        pre=pre[kept],
        post=made.post[kept],
        weight_nA=made.weight_nA[kept],
        delay_ms=np.where(new_ticks == ticks, made.delay_ms, new_ticks * step_ms)[kept],
    )


def n_moved(made: Connections, found: Connections) -> int:
    """Return how many connections are lost or found elsewhere."""
    rows = [
        set(zip(one.pre.tolist(), one.post.tolist(), one.delay_ms.tolist(), strict=True))
        for one in (made, found)
    ]
    return len(rows[0] - rows[1])


__all__ = ["n_moved", "relocated"]
