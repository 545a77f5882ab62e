"""Event by event in float32, compiled by numba, samples shared out among threads.

Excitation and inhibition are one sum with signs, which is right as both decay alike here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

try:
    import numba
except ImportError:
    numba = None

from tools.bench.contenders import cell
from tools.bench.contenders.ready import NotRun, Run, timed
from tools.bench.networks import Bench, flat


def numba_events(bench: Bench, n_threads: int) -> Run:
    """Return the network as rows of synapses."""
    if numba is None:
        raise NotRun("numba is not installed")
    numba.set_num_threads(min(n_threads, numba.config.NUMBA_NUM_THREADS))
    synapses = flat(bench)
    n_rows = bench.n_inputs + bench.n_neurons
    row = np.searchsorted(synapses.pre, np.arange(n_rows + 1))
    begin = np.searchsorted(bench.spike_tick, np.arange(bench.n_ticks + 1))
    n_slots = int(synapses.delay_ticks.max()) + 1
    arguments = (
        row,
        (synapses.delay_ticks * bench.n_neurons + synapses.post).astype(np.int32),
        (synapses.weight_nA * cell.STARTING).astype(np.float32),
        bench.offset_nA.astype(np.float32),
        begin,
        bench.spike_input.astype(np.int32),
        np.array([bench.n_samples, bench.sample_ticks, bench.n_inputs, n_threads, n_slots]),
        np.array(
            [
                cell.LEAK,
                cell.DECAY,
                cell.RESISTANCE_MOHM,
                cell.V_REST_MV,
                cell.V_RESET_MV,
                cell.V_THRESH_MV,
            ],
            dtype=np.float32,
        ),
    )
    _batch(*arguments)  # compiles
    return timed(lambda: int(_batch(*arguments).sum()))


def _batch(
    row: Any,
    where: Any,
    weight: Any,
    offset: Any,
    begin: Any,
    sent: Any,
    sizes: Any,
    constants: Any,
) -> Any:
    n_samples, n_ticks, n_inputs, n_threads, n_slots = sizes
    n = len(offset)
    counts = np.zeros(n_threads, dtype=np.int64)
    for thread in numba.prange(n_threads):
        ring = np.zeros(n_slots * n, dtype=np.float32)
        v, current = np.zeros(n, dtype=np.float32), np.zeros(n, dtype=np.float32)
        hold = np.zeros(n, dtype=np.int32)
        for sample in range(n_samples * thread // n_threads, n_samples * (thread + 1) // n_threads):
            ring[:], current[:], hold[:], v[:] = 0, 0, 0, constants[3]
            for tick in range(n_ticks):
                now = sample * n_ticks + tick
                slot = tick % n_slots * n
                _move(v, current, hold, ring[slot : slot + n], offset, constants)
                for e in range(begin[now], begin[now + 1]):
                    _send(sent[e], row, where, weight, ring, slot)
                for i in range(n):
                    # A neuron that has just spiked waits longest.
                    if hold[i] == 1:
                        _send(n_inputs + i, row, where, weight, ring, slot)
                        counts[thread] += 1
    return counts


def _move(v: Any, current: Any, hold: Any, slot: Any, offset: Any, constants: Any) -> None:
    leak, decay, resistance, v_rest, v_reset, v_thresh = constants
    for i in range(len(v)):
        current[i] = current[i] * decay + slot[i]
        slot[i] = 0
        target = (current[i] + offset[i]) * resistance + v_rest
        moved = v[i] if hold[i] else target - leak * (target - v[i])
        hold[i] = moved >= v_thresh
        v[i] = v_reset if hold[i] else moved


def _send(sender: Any, row: Any, where: Any, weight: Any, ring: Any, slot: Any) -> None:
    for k in range(row[sender], row[sender + 1]):
        to = slot + where[k]
        ring[to if to < len(ring) else to - len(ring)] += weight[k]


if numba is not None:
    _batch = numba.njit(parallel=True, fastmath=True)(_batch)
    _move = numba.njit(fastmath=True)(_move)
    _send = numba.njit(fastmath=True)(_send)


__all__ = ["numba_events"]
