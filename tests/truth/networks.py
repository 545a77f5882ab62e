"""Networks for the truth tests: built alike in the test and in sPyNNaker's process.

A request is JSON. `{"model": folder}` is a model of the project as compiled, `{"trained": case}` a
stack of layers with a reset by subtraction, `{"kind", "alpha", "beta", "sizes", "seed"}`; anything
else is a lowered network drawn from its seed: `{"seed", "inputs", "sizes", "links", "cell"}`, where
a link is `[pre, post, fan_out, delay_ticks, receptor]` with population 0 the input. Optional:
`"by_target"` sorts synapses by target; `"own_shifts"` leaves shifts to sPyNNaker, with delays
that differ; `"spread"` is of `sources_of`; neurons per core are in `"per_core"`
by cell and in `"sizes_of"` by population; `"record"`, `"board"` and `"width"` are for the mapper.
"""

from dataclasses import replace

import numpy as np
from strategies import Case, random_layer

from neurodeploy.compiler import Compiled, compile_model, compile_network
from neurodeploy.deployment import calibration_raster
from neurodeploy.describe import load
from neurodeploy.ir.network import RECEPTORS, Cell, Network, Population, Projection
from neurodeploy.target.spec import TargetSpec
from neurodeploy.target.weight_scale import weight_scale

BOARD = TargetSpec("board", "nothing", True, True, ("none",))
COMMON = {"tau_m": 20.0, "cm": 1.0, "v_rest": 0.0, "v_reset": 0.0, "v_thresh": 10.0}
SYNAPSES = {"IF_curr_exp": {"tau_syn_E": 5.0, "tau_syn_I": 3.0}, "IF_curr_delta": {}}


def network_of(request: dict) -> Network:
    """Return the lowered network that a request describes."""
    if "trained" in request:
        return trained(**request["trained"])
    return compiled_model(request["model"]).network if "model" in request else drawn(request)


def trained(kind: str, alpha: float, beta: float, sizes: list[int], seed: int) -> Network:
    """Return a lowered stack of recurrent layers that reset by subtraction."""
    rng = np.random.default_rng(seed)
    layers = []
    for n, m in zip(sizes[:-1], sizes[1:], strict=True):
        layer = random_layer(rng, kind, n, m, recurrent=m < n)
        layers.append(replace(layer, alpha=np.full(m, alpha), beta=np.full(m, beta)))
    return compile_network(Case(tuple(layers), reset="subtract").network(), BOARD, steps=20)


def compiled_model(folder: str) -> Compiled:
    """Return a model of the project as compiled for a board."""
    model = load(folder)
    return compile_model(model, BOARD, calibration=calibration_raster(model))


def drawn(request: dict) -> Network:
    """Return a network drawn from a request's seed."""
    rng = np.random.default_rng(request["seed"])
    sizes = [request["inputs"], *request["sizes"]]
    names = ["input", *(f"n{k}" for k in range(len(request["sizes"])))]
    shifts = rng.integers(0, 9, (len(sizes), 2))
    if "shifts" in request:
        shifts[:] = request["shifts"]
    populations = [Population("input", sizes[0], kind="input")]
    for name, size, shift in zip(names[1:], sizes[1:], shifts[1:], strict=True):
        cell = _cell(request.get("cell", "IF_curr_exp"), size, request.get("parameters", {}))
        pair = (int(shift[0]), int(shift[1]))
        populations.append(Population(name, size, cell=cell, start_tick=1, ring_shift=pair))
    projections = []
    by_target = request.get("by_target", False)
    for k, (pre, post, fan, ticks, receptor) in enumerate(request["links"]):
        shift = populations[post].ring_shift[receptor]
        projections.append(
            _link(rng, k, names, sizes, (pre, post, fan), ticks, receptor, shift, by_target)
        )
    return Network("drawn", 1.0, tuple(populations), tuple(projections), names[-1])


def sources_of(net: Network, request: dict) -> dict:
    """Return one spike of every source neuron: all in tick 1, or `"spread"` over eight."""
    ticks = 8 if request.get("spread", False) else 1
    return {
        pop.name: (1 + np.arange(pop.size) % ticks, np.arange(pop.size, dtype=np.int64))
        for pop in net.populations
        if pop.kind != "neurons"
    }


def jittered(rows):
    """Return rows of a connection list with delays that differ, as no lowered network has."""
    return rows + np.outer(np.arange(len(rows)) % 3, [0, 0, 0, 1])


def _cell(kind, n, changed):
    values = COMMON | {"tau_refrac": 1.0} | SYNAPSES[kind] | changed
    parameters = {key: np.full(n, value) for key, value in values.items()}
    return Cell(kind, parameters, np.zeros(n), np.ones(n), 1.0, np.full(n, 0.8))


def _link(rng, k, names, sizes, ends, ticks, receptor, shift, by_target):
    """Return a projection: each source neuron on `fan` targets, different if there are so many."""
    pre, post, fan = ends
    pre_index = np.repeat(np.arange(sizes[pre]), fan)
    several = fan > sizes[post]
    post_index = np.concatenate(
        [rng.choice(sizes[post], fan, replace=several) for _ in range(sizes[pre])]
    ).astype(np.int64)
    # Between words and at halves, where rounding decides.
    if by_target:
        order = np.argsort(post_index, kind="stable")
        pre_index, post_index = pre_index[order], post_index[order]
    words = rng.integers(1, 60_000, pre_index.size) + rng.choice([0.0, 0.25, 0.5], pre_index.size)
    return Projection(
        f"p{k}", names[pre], names[post], pre_index.astype(np.int32), post_index.astype(np.int32),
        words / weight_scale(shift), receptor=RECEPTORS[receptor], delay_ms=float(ticks),
    )  # fmt: skip


__all__ = ["BOARD", "compiled_model", "jittered", "network_of", "sources_of"]
