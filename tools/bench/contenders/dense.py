"""Dense products: one matrix product a layer and tick, all samples side by side, float32.

Excitation and inhibition are one sum with signs, which is right as both decay alike here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.bench.contenders import cell
from tools.bench.contenders.ready import NotRun, Run, timed
from tools.bench.networks import Bench, Link

Floats = NDArray[np.float32]


@dataclass
class _Layer:
    weight: Floats
    v: Floats
    current: Floats
    hold: NDArray[np.int8]


def dense(bench: Bench) -> Run:
    """Return the network as matrices."""
    sizes = (bench.n_inputs, *bench.layers)
    weights = [_matrix(link, sizes, number) for number, link in enumerate(bench.links)]
    raster = np.zeros((bench.n_samples, bench.sample_ticks, bench.n_inputs), dtype=np.float32)
    sample, tick = np.divmod(bench.spike_tick, bench.sample_ticks)
    raster[sample, tick, bench.spike_input] = 1

    def run() -> int:
        layers = [_fresh(weight, bench.n_samples) for weight in weights]
        total = 0
        sent = [np.zeros((bench.n_samples, n), dtype=np.float32) for n in sizes]
        for tick in range(bench.sample_ticks):
            # Delays are one tick: a layer takes what the one before sent in the last tick.
            arrived = [spikes @ one.weight for spikes, one in zip(sent, layers, strict=False)]
            sent = [raster[:, tick], *map(_step, layers, arrived)]
            total += sum(int(np.count_nonzero(spikes)) for spikes in sent[1:])
        return total

    return timed(run)


def _matrix(link: Link, sizes: tuple[int, ...], number: int) -> Floats:
    shape = sizes[link.pre_layer], sizes[link.post_layer]
    chained = (link.pre_layer, link.post_layer) == (number, number + 1)
    if not chained or len(link.pre) < np.prod(shape) or link.delay_ticks.max() > 1:
        raise NotRun("its layers are not dense")
    made = np.zeros(shape, dtype=np.float32)
    made[link.pre, link.post] = link.weight_nA * cell.STARTING
    return made


def _fresh(weight: Floats, n_samples: int) -> _Layer:
    shape = n_samples, weight.shape[1]
    rest = np.full(shape, cell.V_REST_MV, dtype=np.float32)
    return _Layer(weight, rest, np.zeros(shape, np.float32), np.zeros(shape, np.int8))


def _step(one: _Layer, arrived: Floats) -> Floats:
    one.current *= np.float32(cell.DECAY)
    one.current += arrived
    target = one.current * np.float32(cell.RESISTANCE_MOHM) + np.float32(cell.V_REST_MV)
    moved = target - np.float32(cell.LEAK) * (target - one.v)
    held = one.hold > 0
    moved = np.where(held, one.v, moved)
    fires = moved >= np.float32(cell.V_THRESH_MV)
    one.v = np.where(fires, np.float32(cell.V_RESET_MV), moved)
    one.hold = np.where(fires, np.int8(cell.REFRACTORY_TICKS), one.hold - held).astype(np.int8)
    return fires.astype(np.float32)


__all__ = ["dense"]
