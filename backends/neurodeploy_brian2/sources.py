"""SpikeSourceArray: times in ms to ticks, as the host converts them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurodeploy.api import InputError
from neurodeploy_brian2.plan_parts import Ints


@dataclass(frozen=True)
class SourceSpikes:
    """Spikes of a source, sorted by tick, then by neuron; a pair may occur twice.

    Parameters
    ----------
    tick, index : (n,) int64 arrays
    """

    tick: Ints
    index: Ints


def source_spikes(
    who: str, times_ms: Any, size: int, timestep_us: int, n_ticks: int, first_tick: int = 0
) -> SourceSpikes:
    """Return the spikes that a run of so many ticks sends.

    Parameters
    ----------
    who : str
        The population, for errors.
    times_ms : None, float, sequence of floats or sequence of sequences
        One list for every neuron, or one that all share.
    size : int
    timestep_us, n_ticks, first_tick : int
        Only ticks in [first_tick, n_ticks) are sent.

    Examples
    --------
    >>> spikes = source_spikes("in", [[0.0, 1.2], [1.0, 1.0]], 2, 1000, 10)
    >>> spikes.tick.tolist(), spikes.index.tolist()
    ([0, 1, 1, 2], [0, 1, 1, 0])
    """
    lists = _lists(f"{who}.spike_times", times_ms, size)
    index = np.repeat(np.arange(size, dtype=np.int64), [len(one) for one in lists])
    times = np.concatenate(lists)
    if not np.isfinite(times).all():
        raise InputError(f"{who}.spike_times", "is not finite", got=times[~np.isfinite(times)][0])
    # Microseconds are truncated, ticks are rounded up.
    tick = np.ceil(np.floor(times * 1000.0) / timestep_us)
    kept = (tick >= first_tick) & (tick < n_ticks)
    tick, index = tick[kept].astype(np.int64), index[kept]
    order = np.lexsort((index, tick))
    return SourceSpikes(tick[order], index[order])


def _lists(who: str, times_ms: Any, size: int) -> list[NDArray[np.float64]]:
    """Return the times of each neuron."""
    if times_ms is None:
        times_ms = []
    if not hasattr(times_ms, "__len__"):
        times_ms = [times_ms]
    nested = len(times_ms) > 0 and hasattr(times_ms[0], "__len__")
    if nested and len(times_ms) != size:
        raise InputError(who, "has the wrong number of lists", got=len(times_ms), limit=size)
    try:
        if not nested:
            return [np.asarray(times_ms, dtype=np.float64)] * size
        return [np.asarray(one, dtype=np.float64).reshape(-1) for one in times_ms]
    except (TypeError, ValueError) as err:
        raise InputError(who, "is neither times nor one list of times a neuron") from err


__all__ = ["SourceSpikes", "source_spikes"]
