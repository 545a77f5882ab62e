"""Arrays of a trained feed-forward network to a NIR graph, and back.

The convention of every model in this repository: times in seconds, one training step is
``dt``, and a decay ``beta`` is stored as ``tau = dt / (1 - beta)`` with ``r = tau / dt``, so
that the Euler step of the NIR equation is the trained update ``u' = beta u + W s + b``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nir
import numpy as np
from numpy.typing import NDArray

from neurodeploy.errors import ModelError

DT_S = 1e-3


@dataclass(frozen=True, eq=False)
class Dense:
    """One fully connected layer of leaky neurons.

    Parameters
    ----------
    name : str
        Name of the neuron node; its weights become the node ``<name>_weights``.
    weight : (n_out, n_in) float array
        Input a spike adds to the membrane, in units of the threshold (1).
    bias : (n_out,) float array or None
        Input added in every step; None stores a Linear node instead of an Affine one.
    beta : float
        Part of the membrane kept from step to step, 0 <= beta < 1.
    spiking : bool
        LIF with threshold 1 and hard reset to 0, or a leaky integrator (LI) without spikes.
    """

    name: str
    weight: NDArray[np.floating[Any]]
    bias: NDArray[np.floating[Any]] | None
    beta: float
    spiking: bool = True


def graph_of(layers: Sequence[Dense], *, dt_s: float = DT_S) -> Any:
    """Return the chain Input -> (weights -> neurons)... -> Output.

    Parameters
    ----------
    layers : sequence of Dense
        At least one, in the order the spikes take.
    dt_s : float
        Length of one training step in seconds.

    Returns
    -------
    nir.NIRGraph
        All arrays float32.

    Raises
    ------
    ModelError
        If shapes do not fit together, a value is not finite or a beta is out of range.
    """
    if not layers:
        raise ModelError("graph", "needs at least one layer", got=0, limit=">= 1")
    width = int(layers[0].weight.shape[-1])
    nodes: dict[str, Any] = {"input": nir.Input(input_type=np.array([width]))}
    for layer in layers:
        _check(layer, width)
        weights = f"{layer.name}_weights"
        if {weights, layer.name, "output"} & {*nodes} or layer.name == "output":
            raise ModelError(layer.name, "node name is taken", todo="give each layer its own name")
        nodes[weights] = _weights(layer)
        nodes[layer.name] = _neurons(layer, dt_s)
        width = int(layer.weight.shape[0])
    nodes["output"] = nir.Output(output_type=np.array([width]))
    names = list(nodes)
    return nir.NIRGraph(nodes=nodes, edges=list(zip(names, names[1:], strict=False)))


def layers_of(graph: Any, *, dt_s: float = DT_S) -> tuple[Dense, ...]:
    """Return the layers of a chain that `graph_of` wrote.

    Parameters
    ----------
    graph : nir.NIRGraph
        A chain from the node ``input`` to the node ``output``.
    dt_s : float
        Length of one training step in seconds; the file does not say.

    Raises
    ------
    ModelError
        If the graph is not such a chain.
    """
    after = dict(graph.edges)
    if len(after) != len(graph.edges):
        raise ModelError("graph", "is not a chain", got=f"{len(graph.edges)} edges")
    layers: list[Dense] = []
    name = after.get("input", "output")
    while name != "output":
        weights, neurons = graph.nodes[name], after.get(name, "output")
        layers.append(_layer(neurons, weights, graph.nodes[neurons], dt_s))
        name = after.get(neurons, "output")
    return tuple(layers)


def write(path: Path, layers: Sequence[Dense], *, dt_s: float = DT_S) -> None:
    """Write the layers as a NIR file; equal arrays give equal bytes."""
    nir.write(path, graph_of(layers, dt_s=dt_s))


def read(path: Path, *, dt_s: float = DT_S) -> tuple[Dense, ...]:
    """Return the layers of a NIR file that `write` wrote."""
    return layers_of(nir.read(path), dt_s=dt_s)


def _check(layer: Dense, width: int) -> None:
    """Raise if `layer` cannot take `width` inputs or holds impossible numbers."""
    shape = layer.weight.shape
    if len(shape) != 2 or shape[1] != width:
        raise ModelError(layer.name, "weight has the wrong shape", got=shape, limit=f"(n, {width})")
    if layer.bias is not None and layer.bias.shape != shape[:1]:
        raise ModelError(
            layer.name, "bias has the wrong shape", got=layer.bias.shape, limit=shape[:1]
        )
    if not 0 <= layer.beta < 1:
        raise ModelError(layer.name, "beta is out of range", got=layer.beta, limit="0 <= beta < 1")
    arrays = [layer.weight] + ([] if layer.bias is None else [layer.bias])
    if not all(np.isfinite(array).all() for array in arrays):
        raise ModelError(layer.name, "weights or bias are not finite", todo="check the training")


def _weights(layer: Dense) -> Any:
    weight = layer.weight.astype(np.float32)
    if layer.bias is None:
        return nir.Linear(weight=weight)
    return nir.Affine(weight=weight, bias=layer.bias.astype(np.float32))


def _neurons(layer: Dense, dt_s: float) -> Any:
    ones = np.ones(layer.weight.shape[0], dtype=np.float32)
    tau = np.float32(dt_s / (1 - layer.beta)) * ones
    r = np.float32(1 / (1 - layer.beta)) * ones
    if not layer.spiking:
        return nir.LI(tau=tau, r=r, v_leak=0 * ones)
    return nir.LIF(tau=tau, r=r, v_leak=0 * ones, v_threshold=ones, v_reset=0 * ones)


def _layer(name: str, weights: Any, neurons: Any, dt_s: float) -> Dense:
    if not isinstance(weights, nir.Affine | nir.Linear):
        raise ModelError(name, "is not fed by a weight node", got=type(weights).__name__)
    if not isinstance(neurons, nir.LIF | nir.LI):
        raise ModelError(name, "is not a LIF or LI node", got=type(neurons).__name__)
    # Seven digits are all a float32 holds: without the rounding 0.8 comes back as 0.79999998.
    betas = np.round(1 - dt_s / neurons.tau.astype(np.float64), 6)
    if np.ptp(betas) > 0:
        raise ModelError(name, "has more than one beta", got=betas, limit="one for the layer")
    bias = weights.bias if isinstance(weights, nir.Affine) else None
    return Dense(name, weights.weight, bias, float(betas[0]), isinstance(neurons, nir.LIF))


__all__ = ["DT_S", "Dense", "graph_of", "layers_of", "read", "write"]
