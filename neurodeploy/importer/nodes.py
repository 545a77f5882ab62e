"""One small function for each NIR primitive, in one table."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import nir
import numpy as np

from neurodeploy.errors import LoweringError, ModelError
from neurodeploy.importer.linear import Dense, Flatten, Floats, Linear, Same, Scaled, Shape
from neurodeploy.importer.sources import Timing
from neurodeploy.importer.values import finite, one_each
from neurodeploy.importer.window_nodes import convolution, pool
from neurodeploy.ir.dynamics import Dynamics


@dataclass(frozen=True, eq=False)
class Neurons:
    """A node with memory or a threshold.

    Parameters
    ----------
    shape : tuple of int or None
        None if one value serves the whole population: its input then decides the shape.
    build : callable
        Size to `Dynamics`.
    """

    shape: Shape | None
    build: Callable[[int], Dynamics]


@singledispatch
def import_node(node: Any, name: str, timing: Timing) -> Linear | Neurons:
    """Return what a NIR node is; each primitive registers its own function.

    Raises
    ------
    LoweringError
        If no function is registered, naming those that are.
    """
    raise unknown_node(name, type(node).__name__)


def unknown_node(name: str, kind: str) -> LoweringError:
    """Return the error for a primitive that has no lowering."""
    known = [c.__name__ for c in import_node.registry if c is not object]
    known = sorted([*known, nir.NIRGraph.__name__])
    return LoweringError(name, f"no lowering for {kind}", limit=f"one of {', '.join(known)}")


def handles(kind: type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the function of one NIR primitive; twice is a mistake."""
    if kind in import_node.registry:
        raise TypeError(f"{kind.__name__} already has a handler")
    return import_node.register(kind)


@handles(nir.Linear)
def import_linear(node: nir.Linear, name: str, timing: Timing) -> Linear:
    """Y = W x."""
    return Dense(name, _matrix(node.weight, name))


@handles(nir.Affine)
def import_affine(node: nir.Affine, name: str, timing: Timing) -> Linear:
    """Y = W x + b."""
    matrix = _matrix(node.weight, name)
    return Dense(name, matrix, one_each(node.bias, name, matrix.shape[0]))


@handles(nir.Scale)
def import_scale(node: nir.Scale, name: str, timing: Timing) -> Linear:
    """Y = s x, element by element."""
    return Scaled(name, finite(node.scale, name, "scale"))


@handles(nir.Flatten)
def import_flatten(node: nir.Flatten, name: str, timing: Timing) -> Linear:
    """Y = x, of another shape."""
    return Flatten(name, int(node.start_dim), int(node.end_dim))


@handles(nir.Input)
def import_input(node: nir.Input, name: str, timing: Timing) -> Linear:
    """Y = x, of the shape it states: the way into a subgraph."""
    return Same(name, stated_shape(node.input_type["input"], name))


@handles(nir.Output)
def import_output(node: nir.Output, name: str, timing: Timing) -> Linear:
    """Y = x, of the shape it states: the way out of a subgraph."""
    return Same(name, stated_shape(node.output_type["output"], name))


@handles(nir.Conv1d)
def import_conv1d(node: nir.Conv1d, name: str, timing: Timing) -> Linear:
    """Y[o, x] = b[o] + sum of W[o, i, k] x[i, x stride + k dilation - padding]."""
    return convolution(node, name, n_axes=1)


@handles(nir.Conv2d)
def import_conv2d(node: nir.Conv2d, name: str, timing: Timing) -> Linear:
    """Return the same with rows and columns."""
    return convolution(node, name, n_axes=2)


@handles(nir.SumPool2d)
def import_sum_pool(node: nir.SumPool2d, name: str, timing: Timing) -> Linear:
    """Sums of the values under a window, channel by channel."""
    return pool(node, name, mean=False)


@handles(nir.AvgPool2d)
def import_avg_pool(node: nir.AvgPool2d, name: str, timing: Timing) -> Linear:
    """Means of the values under a window, padding included, channel by channel."""
    return pool(node, name, mean=True)


@handles(nir.LIF)
def import_lif(node: nir.LIF, name: str, timing: Timing) -> Neurons:
    """Tau dv/dt = (v_leak - v) + R I, reset to v_reset above v_threshold."""
    return _neurons(node, name, timing, tau_mem="tau", threshold=True)


@handles(nir.LI)
def import_li(node: nir.LI, name: str, timing: Timing) -> Neurons:
    """Tau dv/dt = (v_leak - v) + R I, never a spike."""
    return _neurons(node, name, timing, tau_mem="tau", threshold=False)


@handles(nir.CubaLIF)
def import_cubalif(node: nir.CubaLIF, name: str, timing: Timing) -> Neurons:
    """Tau_syn dI/dt = -I + w_in S into a leaky membrane with a threshold."""
    return _neurons(node, name, timing, tau_mem="tau_mem", tau_syn="tau_syn", threshold=True)


@handles(nir.CubaLI)
def import_cubali(node: nir.CubaLI, name: str, timing: Timing) -> Neurons:
    """Tau_syn dI/dt = -I + w_in S into a leaky membrane, never a spike."""
    return _neurons(node, name, timing, tau_mem="tau_mem", tau_syn="tau_syn", threshold=False)


@handles(nir.IF)
def import_if(node: nir.IF, name: str, timing: Timing) -> Neurons:
    """Dv/dt = R I, reset to v_reset above v_threshold."""
    return _neurons(node, name, timing, tau_mem=np.inf, threshold=True)


@handles(nir.Threshold)
def import_threshold(node: nir.Threshold, name: str, timing: Timing) -> Neurons:
    """A spike in every step whose input is above the threshold; no memory."""
    return _neurons(node, name, timing, tau_mem=0.0, threshold=True)


def _neurons(
    node: Any,
    name: str,
    timing: Timing,
    *,
    tau_mem: str | float,
    tau_syn: str | None = None,
    threshold: bool,
) -> Neurons:
    """Read the fields that a NIR neuron has, each a scalar or one value a neuron."""

    def field(key: str, default: float = 0.0) -> Floats:
        return finite(getattr(node, key, default), name, key).ravel()

    def time_ms(key: str) -> Floats:
        values = timing.ms(1.0) * field(key)
        if np.any(values <= 0):
            raise ModelError(name, f"{key} must be above 0", got=float(values.min()))
        return values

    fields = {
        "tau_mem_ms": time_ms(tau_mem) if isinstance(tau_mem, str) else np.array([tau_mem]),
        "r": field("r", 1.0) / (timing.ms(1.0) if tau_mem == np.inf else 1.0),
        "w_in": field("w_in", 1.0),
        "v_leak": field("v_leak"),
        "reset": field("v_reset"),
    }
    fields |= {"tau_syn_ms": time_ms(tau_syn)} if tau_syn else {}
    key = "threshold" if isinstance(node, nir.Threshold) else "v_threshold"
    fields |= {"threshold": field(key)} if threshold else {}
    sizes = {v.size for v in fields.values() if v.size != 1}
    if len(sizes) > 1:
        raise ModelError(name, "parameters of different lengths", got=sorted(sizes))
    # A membrane without memory or without leak is the same in either integrator.
    special = isinstance(tau_mem, float)
    integrator = "exact" if special else timing.convention.integrator
    # Without memory there is nothing to reset.
    reset_kind = "none" if tau_mem == 0.0 else timing.reset
    if threshold and reset_kind.startswith("subtract") and np.any(fields["reset"]):
        raise ModelError(
            name, "a reset by subtraction has no v_reset", got=float(fields["reset"].flat[0]),
            limit=0, todo="state --reset hard, or export without v_reset",
        )  # fmt: skip
    rest = {"integrator": integrator, "jump": timing.convention.jump, "reset_kind": reset_kind}

    def build(n: int) -> Dynamics:
        arrays: dict[str, Any] = {k: np.broadcast_to(v, (n,)) for k, v in fields.items()}
        return Dynamics(**({"tau_syn_ms": None, "threshold": None} | arrays | rest))

    return Neurons(_shape_of(node), build)


def _shape_of(node: Any) -> Shape | None:
    """Return the shape of the parameters that are not one value for all."""
    shapes = [np.shape(v) for v in vars(node).values() if isinstance(v, np.ndarray)]
    several = [shape for shape in shapes if math.prod(shape) != 1]
    return max(several, key=len, default=None)


def stated_shape(shape: Any, name: str) -> Shape | None:
    """Return a shape that a node states; None if it states none.

    Raises
    ------
    ModelError
        If a dimension is no whole number above 0.
    """
    if shape is None:
        return None
    sizes = np.ravel(np.asarray(shape))
    if sizes.size == 0:
        return None
    if sizes.dtype.kind not in "iuf" or np.any(sizes < 1) or np.any(sizes != np.floor(sizes)):
        raise ModelError(
            name, "has no usable shape", got=tuple(sizes.tolist()), limit="sizes above 0"
        )
    return tuple(int(n) for n in sizes)


def _matrix(weight: Any, name: str) -> Floats:
    matrix = finite(weight, name, "weight")
    if matrix.ndim != 2:
        raise ModelError(name, "weight is not a matrix", got=matrix.shape, limit="(out, in)")
    return matrix
