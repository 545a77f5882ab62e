"""Batches of a dense network on the C kernel and on the Brian2 engine, in one interleaved run.

``python -m tools.bench.kernel`` prints ms a sample: 784-800-10, 635,000 synapses, 100 samples of
100 ticks of 1 ms, 1.15 % of the inputs spike in a tick. Building and reading are left out.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import Any

import numpy as np

from neurodeploy.api import SessionOptions
from neurodeploy_brian2 import brian2_engine, kernel
from neurodeploy_brian2.mapping import make_plan
from neurodeploy_brian2.plan import Outcome, Plan
from neurodeploy_brian2.simulator import Simulator

N_SAMPLES, TICKS, ROUNDS = 100, 100, 7
SIZES = (784, 800, 10)
INPUT_RATE = 0.0115
WEIGHT_NA = 0.43
"""Spread of the weights; it makes the hidden layer spike at about 20 Hz."""


def make() -> tuple[Plan, float]:
    """Return the plan of the batch, and the seconds from the first PyNN call to it."""
    rng = np.random.default_rng(1)
    raster = rng.random((N_SAMPLES * TICKS, SIZES[0])) < INPUT_RATE
    trains = [np.flatnonzero(column).astype(float) for column in raster.T]
    weights = [rng.normal(0, WEIGHT_NA, shape) for shape in zip(SIZES[:-1], SIZES[1:], strict=True)]
    begun = time.perf_counter()
    sim = Simulator(SessionOptions(1.0, TICKS))
    layers = [sim.Population(SIZES[0], sim.SpikeSourceArray(spike_times=trains))]
    for size, weight in zip(SIZES[1:], weights, strict=True):
        layers.append(sim.Population(size, sim.IF_curr_exp()))
        for receptor, chosen in (("excitatory", weight > 0), ("inhibitory", weight < 0)):
            pre, post = np.nonzero(chosen)
            rows = np.column_stack([pre, post, np.abs(weight[chosen]), np.ones(len(pre))])
            connector = sim.FromListConnector(rows)
            sim.Projection(layers[-2], layers[-1], connector, receptor_type=receptor)
        layers[-1].record("spikes")
    sent = {layers[0]: layers[0].source_spikes(1000, N_SAMPLES * TICKS, 0)}
    plan = make_plan(sim.network(), sent, N_SAMPLES * TICKS, TICKS)
    return plan, time.perf_counter() - begun


def ms_a_sample(run: Any) -> tuple[float, Outcome]:
    """Return ms a sample of one run, and what it gave."""
    begun = time.perf_counter()
    outcome = run()
    return 1000 * (time.perf_counter() - begun) / N_SAMPLES, outcome


def main() -> int:
    """Run everything, interleaved, check that it is equal, and print medians."""
    if not kernel.available():
        print("not run: the C kernel was not built", file=sys.stderr)
        return 2
    plan, build_s = make()
    engines = {
        "kernel, 1 thread": lambda: kernel.execute(plan, n_threads=1),
        "kernel, 2 threads": lambda: kernel.execute(plan, n_threads=2),
        "Brian2 numpy": lambda: brian2_engine.execute(plan, "numpy"),
    }
    rows: dict[str, list[float]] = {name: [] for name in engines}
    spikes = {}
    for _ in range(ROUNDS):
        for name, run in engines.items():
            value, outcome = ms_a_sample(run)
            rows[name].append(value)
            spikes[name] = (outcome.spike_tick.tobytes(), outcome.spike_index.tobytes())
    if len(set(spikes.values())) != 1:
        print("the engines differ", file=sys.stderr)
        return 1
    hidden = int(np.count_nonzero(outcome.spike_index < SIZES[1]))
    rate_Hz = hidden / SIZES[1] / (N_SAMPLES * TICKS) * 1000
    print(f"{plan.from_sources.n + plan.recurrent.n} synapses, hidden layer {rate_Hz:.1f} Hz")
    print(f"first PyNN call to plan, s         {build_s:8.3f}")
    base = statistics.median(rows["kernel, 2 threads"])
    for name, values in rows.items():
        median = statistics.median(values)
        print(f"{name:<20} ms a sample median {median:8.3f}  min {min(values):8.3f}", end="")
        print(f"  x {median / base:7.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
