"""Benchmarks: ``python -m tools.bench`` prints the figures of docs/performance.md.

Compile time of a dense 784-800-10 network and, interleaved, time a packet on the engines of
`emulator` and on `ideal`, as medians of several rounds.
"""

from __future__ import annotations

import statistics
import sys
import time

import nir
import numpy as np

import neurodeploy as nd
from neurodeploy.compiler import compile_network
from neurodeploy.deployment import shipped_samples, target_spec
from neurodeploy.importer import Timing, import_graph

ROUNDS = 3
WHERE = (("emulator", "numpy"), ("emulator", "auto"), ("ideal", None))
"""Targets and engines; `auto` is the C kernel where it was built."""


def dense_graph(*sizes: int) -> nir.NIRGraph:
    """Return layers of LIF neurons with random weights."""
    rng = np.random.default_rng(0)
    parts = [nir.Input(np.array([sizes[0]]))]
    for n_in, n_out in zip(sizes, sizes[1:], strict=False):
        ones = np.ones(n_out)
        weight = rng.normal(0, 0.05, (n_out, n_in))
        parts += [nir.Affine(weight, 0.01 * ones)]
        parts += [nir.LIF(0.01 * ones, 10 * ones, 0 * ones, ones, 0 * ones)]
    return nir.NIRGraph.from_list(*parts, nir.Output(np.array([sizes[-1]])))


def compile_s(n_samples: int = 100) -> float:
    """Return the seconds from a NIR graph of 784-800-10 to 16-bit weights, calibrated."""
    graph = dense_graph(784, 800, 10)
    raster = (np.random.default_rng(1).random((n_samples, 10, 784)) < 0.02).astype(np.uint8)
    begun = time.perf_counter()
    net = import_graph(graph, Timing(1e-3, "snntorch", "hard"))
    compile_network(net, target_spec("emulator"), calibration=raster)
    return time.perf_counter() - begun


def packet_ms(target: str, engine: str | None) -> tuple[str, float]:
    """Return the engine and ms a packet of `deploy` on the shipped capture, all included."""
    model = nd.load("models/packet-apps")
    begun = time.perf_counter()
    samples = shipped_samples(model)
    report = nd.deploy(model, samples, target=target, engine=engine, agreement=False)
    return report.engine, 1000 * (time.perf_counter() - begun) / len(samples)


def main() -> int:
    """Run all benchmarks, interleaved, and print their medians."""
    for target, engine in WHERE:
        packet_ms(target, engine)
    rows: dict[str, list[float]] = {"compile 784-800-10, s": []}
    for _ in range(ROUNDS):
        rows["compile 784-800-10, s"].append(compile_s())
        for target, engine in WHERE:
            used, value = packet_ms(target, engine)
            rows.setdefault(f"{target} ({used}), ms a packet", []).append(value)
    for name, values in rows.items():
        print(f"{name:<34} median {statistics.median(values):8.3f}  min {min(values):8.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
