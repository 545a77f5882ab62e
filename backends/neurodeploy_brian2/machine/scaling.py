"""What a core makes of a drawn weight and delay: 16 bits, whole ticks and a place in its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neurodeploy_brian2.machine.distributions import fixed_point
from neurodeploy_brian2.machine.kiss64 import wrap32

if TYPE_CHECKING:
    from neurodeploy_brian2.machine.expander import Edge

Ints = NDArray[np.int64]


def weights16(bits: Ints, factor: int) -> Ints:
    """
    Scale S16.15 weights as the core does: U32.32 product rounded, then rounded again to 16 bits.

    Parameters
    ----------
    bits : numpy.ndarray
        int64, shape (n,), S16.15; the sign is lost.
    factor : int
        Weight scale, U32.32.

    Returns
    -------
    numpy.ndarray
        int64, shape (n,), 0 ... 65535; what is larger wraps.
    """
    sizes = np.abs(bits)
    if int(np.max(sizes, initial=0)) * factor < 1 << 62:
        return ((sizes * factor + (1 << 14) >> 15) + (1 << 31) >> 32) & 0xFFFF
    exact = (((b * factor + (1 << 14) >> 15) + (1 << 31) >> 32) & 0xFFFF for b in sizes.tolist())
    return np.fromiter(exact, np.int64, sizes.size)


def delay_ticks(bits: int, edge: Edge) -> int:
    """
    Ticks of a delay.

    The core cuts (it does not round) to whole ticks, makes them at least 1 and at most what the
    stages hold.

    Parameters
    ----------
    bits : int
        S16.15, ms.
    edge : Edge

    Returns
    -------
    int
    """
    per_stage = edge.max_delay_steps
    scaled = wrap32(bits * fixed_point(edge.steps_per_ms) >> 15)
    ticks = 1 if scaled < 0 else max(1, (scaled >> 15) & 0xFFFF)
    stage = (ticks - 1) // per_stage
    if stage >= edge.n_stages:
        stage = edge.n_stages - 1
        ticks = (stage * per_stage) & 0xFFFF
    return stage * per_stage + ((ticks - 1) & 0xFFFFFFFF) % per_stage + 1


def landing(pre: Ints, ticks: Ints, edge: Edge) -> tuple[Ints, Ints]:
    """
    Source and delay under which a synapse is found when its source spikes.

    With two or more delayed stages the core takes the first neuron of every source core but core 0
    for one neuron too many of the core before. Its delayed synapses end in the row of that core's
    first neuron one stage later, or, from the last stage, in its own row of the first delayed
    stage.

    Parameters
    ----------
    pre, ticks : numpy.ndarray
        int64, shape (n,): the source and delay that were meant.
    edge : Edge

    Returns
    -------
    pre, ticks : numpy.ndarray
        int64, shape (n,).
    """
    stage, rest = np.divmod(ticks - 1, edge.max_delay_steps)
    wrong = (pre > 0) & (pre % edge.pre_per_core == 0) & (stage > 0)
    if edge.n_stages <= 2 or not wrong.any():
        return pre, ticks
    last = stage == edge.n_stages - 1
    found = np.where(last, 1, stage + 1) * edge.max_delay_steps + rest + 1
    return np.where(wrong & ~last, pre - edge.pre_per_core, pre), np.where(wrong, found, ticks)


__all__ = ["delay_ticks", "landing", "weights16"]
