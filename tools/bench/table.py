"""The contenders: one row an engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tools.bench.contenders.brian2_plain import on_cython, on_standalone
from tools.bench.contenders.dense import dense
from tools.bench.contenders.emulator import on_brian2, on_kernel
from tools.bench.contenders.nest import on_nest
from tools.bench.contenders.numba_events import numba_events
from tools.bench.contenders.pynn_brian2 import on_pynn
from tools.bench.contenders.ready import Run
from tools.bench.networks import Bench

_ONE_SAMPLE = {"C": "one sample is one thread"}


@dataclass(frozen=True)
class Engine:
    """A contender.

    Parameters
    ----------
    prepare : callable
        From a network to a run; what it does before the first run is the build time.
    exact : bool
        Whether its spikes must be those of every other exact one.
    n_samples : int or None
        How many samples at most, if it is slow.
    rounds : int
        How many rounds at most, if it is slow.
    why_not : mapping
        Networks on which it does not run, and why.
    smaller : mapping
        Networks that it takes minutes to build, by arguments that make them smaller.
    """

    prepare: Callable[[Bench], Run]
    exact: bool = False
    n_samples: int | None = None
    rounds: int = 1000
    why_not: Mapping[str, str] = field(default_factory=dict)
    smaller: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


ENGINES: dict[str, Engine] = {
    "emulator, kernel, 2 threads": Engine(
        lambda bench: on_kernel(bench, 2), exact=True, why_not=_ONE_SAMPLE
    ),
    "emulator, kernel, 1 thread": Engine(lambda bench: on_kernel(bench, 1), exact=True),
    "emulator, kernel, 2 threads, sorting": Engine(
        lambda bench: on_kernel(bench, 2, sorts=True), exact=True
    ),
    "emulator, Brian2 numpy": Engine(lambda bench: on_brian2(bench, "numpy"), exact=True, rounds=3),
    "emulator, Brian2 cython": Engine(
        lambda bench: on_brian2(bench, "cython"), exact=True, rounds=3
    ),
    "emulator, Brian2 cpp_standalone": Engine(
        lambda bench: on_brian2(bench, "cpp_standalone"), exact=True, rounds=2
    ),
    "numba, 2 threads": Engine(lambda bench: numba_events(bench, 2), why_not=_ONE_SAMPLE),
    "numba, 1 thread": Engine(lambda bench: numba_events(bench, 1)),
    "dense products, numpy float32": Engine(dense),
    "Brian2 cpp_standalone": Engine(on_standalone, rounds=5),
    "Brian2 cython": Engine(on_cython, rounds=5),
    "NEST, 2 threads": Engine(lambda bench: on_nest(bench, 2), rounds=3),
    "NEST, 1 thread": Engine(lambda bench: on_nest(bench, 1), rounds=3),
    "pyNN.brian2, one run a sample": Engine(
        on_pynn,
        n_samples=3,
        rounds=1,
        why_not={"B": "takes 56 to 75 us a synapse to build"},
        smaller={"A": {"n_hidden": 40}, "C": {"n_neurons": 1000, "n_targets": 30}},
    ),
}
"""Rounds of slow engines do not count the first, which fills caches."""


__all__ = ["ENGINES", "Engine"]
