"""The detecting network as a NIR graph, and back."""

from __future__ import annotations

from collections.abc import Sequence

import nir
import numpy as np
from numpy.typing import NDArray

from neurodeploy.detectors.cell import CELL, RELAY_nA
from neurodeploy.detectors.machine import Detector
from neurodeploy.errors import ModelError
from neurodeploy.ir.network import Network, Projection

Floats = NDArray[np.float64]
#: What a NIR file is written as: the differential equation, in ms steps.
SOURCE, TIME_UNIT, DT, RESET = "nir", "s", 1e-3, "hard"
INPUT, RELAYS, DETECTORS = "input", "relays", "detectors"


def to_graph(detectors: Sequence[Detector]) -> nir.NIRGraph:
    """Return lines -> relays -> detectors; potentials are mV above rest, weights nA.

    The lines of ones come first, then those of zeros.
    """
    exc = np.stack([d.excitatory for d in detectors])
    inh = np.stack([d.inhibitory for d in detectors])
    n_detectors, n_lines = exc.shape
    nodes = {
        INPUT: nir.Input(input_type={"input": np.array([n_lines])}),
        "relay weights": nir.Scale(scale=np.full(n_lines, RELAY_nA)),
        RELAYS: _cells(n_lines),
        "excitatory": nir.Linear(weight=exc),
        "inhibitory": nir.Linear(weight=-inh),
        DETECTORS: _cells(n_detectors),
        "output": nir.Output(output_type={"output": np.array([n_detectors])}),
    }
    edges = [
        (INPUT, "relay weights"),
        ("relay weights", RELAYS),
        (RELAYS, "excitatory"),
        (RELAYS, "inhibitory"),
        ("excitatory", DETECTORS),
        ("inhibitory", DETECTORS),
        (DETECTORS, "output"),
    ]
    return nir.NIRGraph(nodes, edges)


def _cells(n: int) -> nir.LIF:
    return nir.LIF(
        tau=np.full(n, CELL["tau_m"] / 1000.0),
        r=np.full(n, CELL["tau_m"] / CELL["cm"]),
        v_leak=np.zeros(n),
        v_threshold=np.full(n, CELL["v_thresh"] - CELL["v_rest"]),
        v_reset=np.full(n, CELL["v_reset"] - CELL["v_rest"]),
    )


def receptor_weights(net: Network) -> tuple[Floats, Floats]:
    """Return (excitatory, inhibitory) of an imported graph, each (n_detectors, n_lines) in nA.

    Raises
    ------
    ModelError
        If the graph is not one that `to_graph` writes.
    """
    names = {p.name for p in net.populations}
    if names != {INPUT, RELAYS, DETECTORS}:
        raise ModelError(
            net.name,
            "its graph is not that of spatial detectors",
            got=", ".join(sorted(names)),
            limit=f"{INPUT}, {RELAYS}, {DETECTORS}",
            todo="train it with `neurodeploy train`",
        )
    _check_cells(net)
    parts = net.incoming(DETECTORS)
    return _magnitudes(net, parts, 1.0), _magnitudes(net, parts, -1.0)


def _magnitudes(net: Network, parts: tuple[Projection, ...], sign: float) -> Floats:
    found = np.zeros((net.population(DETECTORS).size, net.population(RELAYS).size))
    for proj in parts:
        np.add.at(found, (proj.post_index, proj.pre_index), np.maximum(sign * proj.weight, 0.0))
    return found


def _check_cells(net: Network) -> None:
    for pop in net.neurons:
        dynamics = pop.dynamics
        like = _cells(pop.size)
        known = dynamics is not None and dynamics.threshold is not None
        if not known or not (
            np.allclose(dynamics.tau_mem_ms, like.tau * 1000.0)  # type: ignore[union-attr]
            and np.allclose(dynamics.r, like.r)  # type: ignore[union-attr]
            and np.allclose(dynamics.threshold, like.v_threshold)  # type: ignore[union-attr, arg-type]
        ):
            raise ModelError(net.name, f"{pop.name} are not the neurons that learning uses")


__all__ = [
    "DETECTORS",
    "DT",
    "INPUT",
    "RELAYS",
    "RESET",
    "SOURCE",
    "TIME_UNIT",
    "receptor_weights",
    "to_graph",
]
