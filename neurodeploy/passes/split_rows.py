"""Divide projections with several delays so that each fits the board's rows and delay stages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from neurodeploy.ir.network import Network, Projection
from neurodeploy.passes.settings import Settings
from neurodeploy.target.spinnaker import SPINN5, delay_slots

#: Synapses of a row at most; a little below what a row may have.
ROW_WORDS = SPINN5.row_words - 16
#: Ticks that every core's ring buffers hold, however many neurons it has. Slots are a power of two
#: from there on, so delays between multiples of it never stand before and behind an extension.
WINDOW_TICKS = delay_slots(SPINN5.neurons_per_core)


def split_rows(net: Network, settings: Settings) -> Network:
    """Return the network with lags spread over as many projections as rows need.

    All synapses of a source neuron in one projection are one row on a core. Lags that follow each
    other share a projection while their rows fit it and their delays are in one window.
    """
    parts = tuple(part for proj in net.projections for part in _parts(proj, settings.tick_ms))
    if len(parts) == len(net.projections):
        return net
    return replace(net, projections=parts).noted(
        f"split_rows: {len(net.projections)} projections became {len(parts)}"
    )


def _parts(proj: Projection, tick_ms: float) -> Iterator[Projection]:
    if proj.lag is None or not proj.n_synapses:
        yield proj
        return
    groups = list(_groups(proj, round((proj.delay_ms or 0.0) / tick_ms)))
    for k, (first, last) in enumerate(groups):
        name = proj.name if len(groups) == 1 else f"{proj.name} part {k + 1}"
        record = proj.quantisation
        if k and record is not None:
            # Counted of the whole, said once.
            record = replace(record, zeroed=0, clipped=0)
        part = proj.chosen((proj.lag >= first) & (proj.lag < last))
        yield replace(part, name=name, quantisation=record)


def _groups(proj: Projection, delay_ticks: int) -> Iterator[tuple[int, int]]:
    """Yield (first, last + 1) lags of each part."""
    lag = np.zeros(0, dtype=np.int32) if proj.lag is None else proj.lag
    core = proj.post_index // SPINN5.neurons_per_core
    row = proj.pre_index.astype(np.int64) * (int(core.max(initial=0)) + 1) + core
    lags = np.unique(lag)
    words, first = np.zeros(int(row.max(initial=0)) + 1, dtype=np.int64), int(lags[0])
    for step in lags:
        here = np.bincount(row[lag == step], minlength=words.size)
        crosses = _window(delay_ticks + step) > _window(delay_ticks + first)
        if step > first and (crosses or (words + here).max() > ROW_WORDS):
            yield first, int(step)
            words, first = np.zeros_like(words), int(step)
        words = words + here
    yield first, int(lags[-1]) + 1


def _window(delay_ticks: int) -> int:
    return (delay_ticks - 1) // WINDOW_TICKS


__all__ = ["split_rows"]
