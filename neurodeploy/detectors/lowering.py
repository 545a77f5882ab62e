"""A trained learner -> Network: the network that was balanced, and no other.

The general passes would scale and join its weights anew, and words near the threshold would
change sides; here every word and every shift is the one that homeostasis has seen.
"""

from __future__ import annotations

import nir
import numpy as np
from numpy.typing import NDArray

from neurodeploy.describe import Model
from neurodeploy.describe.spatial import Learned
from neurodeploy.detectors.cell import (
    CELL,
    RELAY_DELAY_MS,
    SYNAPSE_DELAY_MS,
    TIMESTEP_MS,
    RELAY_nA,
)
from neurodeploy.detectors.closed_form import balance
from neurodeploy.detectors.graph import DETECTORS, INPUT, RELAYS, receptor_weights, to_graph
from neurodeploy.detectors.machine import Detector, shared_shifts
from neurodeploy.detectors.words import from_text
from neurodeploy.errors import ModelError
from neurodeploy.importer import import_graph
from neurodeploy.ir.network import Cell, Network, Population, Projection, Receptor
from neurodeploy.ir.verify import verify
from neurodeploy.passes.quantise import quantise
from neurodeploy.passes.settings import Settings
from neurodeploy.target.weight_scale import ring_buffer_shift

Floats = NDArray[np.float64]


def exact_graph(model: Model) -> nir.NIRGraph:
    """Return a trained learner's graph with the factors of the closed form.

    A factor that was found on the machine makes up for rounded weights; in float the same one
    could leave every trained word a hair below the threshold.

    Raises
    ------
    ModelError
        If it has not learned anything yet, or its graph is another network.
    """
    learned = trained_facts(model)
    exc, _ = _weights(model)
    detectors = []
    for row, words, factor in zip(exc, learned.patterns, learned.factors, strict=True):
        weights_1, weights_0 = np.split(row / (factor or 1.0), 2)
        trained = from_text(words, weights_1.size)
        exact = balance(trained, weights_1, weights_0, learned.similarity).factor
        detectors.append(Detector(weights_1, weights_0, (exact or 0.0) if factor else 0.0))
    return to_graph(detectors)


def lower(model: Model) -> Network:
    """Return the lowered network of a trained learner.

    Raises
    ------
    ModelError
        As `exact_graph`.
    """
    learned = trained_facts(model)
    return verify(quantise(_lowered(model.name, *_weights(model), learned), Settings()))


def _weights(model: Model) -> tuple[Floats, Floats]:
    return receptor_weights(import_graph(model.graph, model.timing, model.name))


def trained_facts(model: Model) -> Learned:
    """Return what a learner has learned."""
    if model.spatial is None or model.spatial.learned is None:
        raise ModelError(
            model.name, "has not learned anything yet", todo=f"neurodeploy train {model.name}"
        )
    return model.spatial.learned


def _lowered(name: str, exc: Floats, inh: Floats, learned: Learned) -> Network:
    n_detectors, n_lines = exc.shape
    half = n_lines // 2
    shifts = learned.ring_shifts or shared_shifts(exc[:, :half], exc[:, half:])
    relay_shift = ring_buffer_shift(RELAY_nA)
    first = round(RELAY_DELAY_MS / TIMESTEP_MS)
    second = first + round(SYNAPSE_DELAY_MS / TIMESTEP_MS)
    lines = np.arange(n_lines, dtype=np.int32)
    return Network(
        name=name,
        timestep_ms=TIMESTEP_MS,
        populations=(
            Population(INPUT, n_lines, "input", start_tick=0),
            _cells(RELAYS, n_lines, first, (relay_shift, 0)),
            _cells(DETECTORS, n_detectors, second, shifts),
        ),
        projections=(
            Projection(
                f"{INPUT} -> {RELAYS}",
                INPUT,
                RELAYS,
                lines,
                lines,
                np.full(n_lines, RELAY_nA),
                receptor="excitatory",
                delay_ms=RELAY_DELAY_MS,
            ),
            *(
                _synapses(weights, receptor)
                for weights, receptor in ((exc, "excitatory"), (inh, "inhibitory"))
                if weights.any()
            ),
        ),
        output=DETECTORS,
    ).noted(
        f"stdp-spatial: {n_detectors} detectors as balanced, ring shifts {shifts[0]}/{shifts[1]}"
    )


def _cells(name: str, n: int, start_tick: int, shifts: tuple[int, int]) -> Population:
    cell = Cell(
        kind="IF_curr_delta",
        parameters={key: np.full(n, value) for key, value in CELL.items()},
        v_init_mV=np.full(n, CELL["v_rest"]),
        gain_nA=np.ones(n),
        mV_per_unit=1.0,
        decay=np.zeros(n),
    )
    return Population(name, n, cell=cell, start_tick=start_tick, ring_shift=shifts)


def _synapses(weights: Floats, receptor: str) -> Projection:
    detector, line = np.nonzero(weights)
    kind: Receptor = "excitatory" if receptor == "excitatory" else "inhibitory"
    return Projection(
        f"{RELAYS} -> {DETECTORS} ({receptor[:3]})",
        RELAYS,
        DETECTORS,
        line.astype(np.int32),
        detector.astype(np.int32),
        weights[detector, line],
        receptor=kind,
        delay_ms=SYNAPSE_DELAY_MS,
    )


__all__ = ["exact_graph", "lower", "trained_facts"]
