"""Where the kernel's time goes: ``python -m tools.bench.breakdown [A B C]``.

Processor time on one thread, the least of several rounds. A run of one tick tells what it costs to
sort the synapses, which only the first run of a network does, and what every run costs at once;
the same batch without synapses what neurons cost. Bytes that pass through the processor are set
against what it can add up from its cache and from memory.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from neurodeploy_brian2 import kernel
from neurodeploy_brian2.plan import Outcome, Plan
from neurodeploy_brian2.plan_parts import Wires
from tools.bench.networks import NETWORKS, Bench, flat, plan_of

ROUNDS = 7
_HEAD = (
    "| network | sorting, ms | at once, ms | neurons, ms | ns an update "
    "| synapses, ms | ns an event | bytes a synapse | GB/s |"
)
_NEURON_BYTES = 60
"""Of a tick: v, hold and two currents read and written, the offset read, two sums of the ring
read, written and cleared."""


@dataclass(frozen=True)
class Parts:
    """Seconds of a batch, and what it does.

    Parameters
    ----------
    sorting : float
        Of the synapses, in the first run only.
    at_once : float
        What else does not grow with the ticks.
    neurons, synapses : float
    n_events, n_updates : int
    bytes_a_synapse : float
    """

    sorting: float
    at_once: float
    neurons: float
    synapses: float
    n_events: int
    n_updates: int
    bytes_a_synapse: float

    @property
    def bandwidth_GBs(self) -> float:
        """Return how fast rows and state pass through, in GB/s."""
        n_bytes = self.n_events * self.bytes_a_synapse + self.n_updates * _NEURON_BYTES
        return n_bytes / (self.neurons + self.synapses) / 1e9


def least_s(run: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the least processor time of several calls, in seconds."""
    times = []
    for _ in range(rounds):
        begun = time.process_time()
        run()
        times.append(time.process_time() - begun)
    return min(times)


def parts(bench: Bench) -> Parts:
    """Measure a network."""
    plan = plan_of(bench)
    bare = replace(plan, from_sources=Wires.none(), recurrent=Wires.none())
    whole, once = _run_s(plan), _run_s(_shortest(plan))
    neurons = _run_s(bare) - _run_s(_shortest(bare))
    n = plan.from_sources.n + plan.recurrent.n
    return Parts(
        sorting=_run_s(_shortest(plan), sorts=True) - once,
        at_once=once,
        neurons=neurons,
        synapses=whole - once - neurons,
        n_events=count_events(bench, kernel.execute(plan)),
        n_updates=plan.n * plan.n_ticks,
        bytes_a_synapse=kernel.packed_bytes(plan) / n,
    )


def _run_s(plan: Plan, *, sorts: bool = False) -> float:
    kernel.execute(plan, n_threads=1)

    def run() -> None:
        if sorts:
            kernel.forget()
        kernel.execute(plan, n_threads=1)

    return least_s(run)


def _shortest(plan: Plan) -> Plan:
    """Return the same for one tick."""
    kept = plan.spike_tick < 1
    return replace(
        plan,
        n_ticks=1,
        sample_ticks=None,
        spike_tick=plan.spike_tick[kept],
        spike_source=plan.spike_source[kept],
        spike_times=plan.spike_times[kept],
    )


def count_events(bench: Bench, outcome: Outcome) -> int:
    """Return how many synapses were passed."""
    targets = np.bincount(flat(bench).pre, minlength=bench.n_inputs + bench.n_neurons)
    sent = np.bincount(bench.spike_input, minlength=bench.n_inputs)
    fired = np.bincount(outcome.spike_index, minlength=bench.n_neurons)
    return int(targets @ np.concatenate([sent[: bench.n_inputs], fired]))


def stream_GBs(n_bytes: int) -> float:
    """Return how fast numpy adds arrays of so many bytes, in GB/s on one thread."""
    a, b = (np.ones(n_bytes // 4, dtype=np.float32) for _ in range(2))
    total = np.empty_like(a)
    repeats = max(1, (1 << 28) // n_bytes)

    def add() -> None:
        for _ in range(repeats):
            np.add(a, b, out=total)

    return 3 * n_bytes * repeats / least_s(add) / 1e9


def main(argv: Sequence[str] | None = None) -> int:
    """Print a table."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.breakdown", description=__doc__)
    parser.add_argument("networks", nargs="*", default=["A", "B", "C"], help="of A, B and C")
    if not kernel.available():
        print("not run: the C kernel was not built", file=sys.stderr)
        return 2
    print(_HEAD)
    print("|---" * _HEAD.count(" | ") + "|---|")
    for name in parser.parse_args(argv).networks:
        bench = NETWORKS[name]()
        found, n = parts(bench), bench.n_samples
        print(
            f"| {name}, {n} samples | {1e3 * found.sorting:.3g} "
            f"| {1e3 * found.at_once:.3g} | {1e3 * found.neurons:.3g} "
            f"| {1e9 * found.neurons / found.n_updates:.2g} | {1e3 * found.synapses:.3g} "
            f"| {1e9 * found.synapses / found.n_events:.2g} | {found.bytes_a_synapse:.2g} "
            f"| {found.bandwidth_GBs:.3g} |"
        )
    cached, memory = stream_GBs(1 << 16), stream_GBs(1 << 26)
    print(f"\nnumpy adds {cached:.3g} GB/s in its cache, {memory:.3g} GB/s from memory")
    return 0


if __name__ == "__main__":
    sys.exit(main())
