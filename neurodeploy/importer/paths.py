"""Fold the linear nodes between populations into one map for each path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurodeploy.errors import LoweringError, ModelError
from neurodeploy.importer.nodes import Linear, Neurons

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Incoming:
    """What one population sends along one path: y = matrix s + bias.

    Parameters
    ----------
    pre : str
    matrix : (n_out, n_pre) float array, or (n,) float array for a diagonal
    bias : (n_out,) float array or None
    identity : bool
        Whether nothing but the spikes themselves travel.
    """

    pre: str
    matrix: Floats
    bias: Floats | None = None
    identity: bool = True

    @property
    def size(self) -> int:
        """Number of values that arrive."""
        return int(self.matrix.shape[0])

    def dense(self) -> Floats:
        """The map as an (n_out, n_pre) matrix."""
        return np.diag(self.matrix) if self.matrix.ndim == 1 else self.matrix

    def through(self, part: Linear, name: str) -> Incoming:
        """Return the path lengthened by a linear node."""
        if part.matrix is None:
            _check_size(part.size, self.size, name)
            return self
        bias = None if self.bias is None else _times_bias(part.matrix, self.bias, name)
        if part.bias is not None:
            bias = part.bias if bias is None else bias + part.bias
        return Incoming(self.pre, _times_map(part.matrix, self.matrix, name), bias, identity=False)


@dataclass(frozen=True)
class Flow:
    """What reaches a node: its size and the paths that end there."""

    size: int
    incoming: tuple[Incoming, ...]


def follow(
    edges: Sequence[tuple[str, str]],
    parts: Mapping[str, Linear | Neurons],
    entry: str,
    stated: Mapping[str, int],
) -> dict[str, Flow]:
    """Return what reaches every node.

    Parameters
    ----------
    edges : sequence of (pre, post)
    parts : mapping of node name to what it is; Input and Output of the whole are not in it
    entry : str
        Name of the Input node.
    stated : mapping of str to int
        Number of values that the Input states, and the Output if it states one.

    Raises
    ------
    LoweringError
        If linear nodes form a loop without a neuron.
    ModelError
        If shapes do not match, or a node has no input.
    """
    before: dict[str, list[str]] = {}
    for pre, post in edges:
        before.setdefault(post, []).append(pre)
    sizes = _sizes(before, parts, stated)
    flows = {entry: Flow(stated[entry], ())}
    memo: dict[str, tuple[Incoming, ...]] = {}

    def leaving(name: str, trail: tuple[str, ...]) -> tuple[Incoming, ...]:
        if name == entry or isinstance(parts.get(name), Neurons):
            return (Incoming(name, np.ones(sizes[name])),)
        if name in trail:
            loop = " -> ".join(trail[trail.index(name) :])
            raise LoweringError(name, f"a loop without a neuron in it ({loop})")
        if name not in memo:
            part = parts[name]
            if isinstance(part, Linear):
                memo[name] = tuple(
                    path.through(part, name)
                    for pre in before.get(name, [])
                    for path in leaving(pre, (*trail, name))
                )
        return memo[name]

    ends = [n for n in before if n not in parts or isinstance(parts[n], Neurons)]
    for name in ends:
        paths = tuple(path for pre in before[name] for path in leaving(pre, ()))
        flows[name] = _flow(name, sizes.get(name, paths[0].size if paths else 0), paths)
    for name in parts:
        if name not in before:
            raise ModelError(name, "nothing leads to this node", todo="add an edge or remove it")
    return flows


def _flow(name: str, size: int, paths: tuple[Incoming, ...]) -> Flow:
    for path in paths:
        if path.size != size:
            what = f"mismatched shapes: {path.pre} sends"
            raise ModelError(name, what, got=path.size, limit=size)
    return Flow(size, paths)


def order_neurons(
    flows: Mapping[str, Flow], parts: Mapping[str, Linear | Neurons], entry: str
) -> list[str]:
    """Return the populations so that each follows those that feed it, self-loops apart.

    Raises
    ------
    LoweringError
        If two populations feed each other: NIR does not say which edge is a step late.
    """
    todo = [n for n in flows if isinstance(parts.get(n), Neurons)]
    done: list[str] = []
    while todo:
        ready = [n for n in todo if all(p.pre in (entry, n, *done) for p in flows[n].incoming)]
        if not ready:
            raise LoweringError(
                " and ".join(sorted(todo)),
                "feed each other, and NIR does not say which connection is a step late",
                limit="recurrence within one population",
            )
        # By name within a level: the file's order must not matter.
        done += sorted(ready)
        todo = [n for n in todo if n not in ready]
    return done


def _sizes(
    before: Mapping[str, list[str]],
    parts: Mapping[str, Linear | Neurons],
    stated: Mapping[str, int],
) -> dict[str, int]:
    """Return the size of each population, by its parameters or by what reaches it."""
    sizes = dict(stated)
    sizes |= {n: p.size for n, p in parts.items() if isinstance(p, Neurons) and p.size}
    for name, part in parts.items():
        if isinstance(part, Neurons) and name not in sizes:
            sizes[name] = _arriving(name, before, parts, sizes, ())
    return sizes


def _arriving(
    name: str,
    before: Mapping[str, list[str]],
    parts: Mapping[str, Linear | Neurons],
    sizes: Mapping[str, int],
    trail: tuple[str, ...],
) -> int:
    """Return how many values reach a node, from the nearest node that fixes them."""
    for pre in before.get(name, []):
        part = parts.get(pre)
        if pre in sizes:
            return sizes[pre]
        if isinstance(part, Linear) and part.n_out is not None:
            return part.n_out
        if pre not in trail:
            return _arriving(pre, before, parts, sizes, (*trail, pre))
    raise ModelError(name, "its size cannot be told: no shape on it or before it")


def _times_map(matrix: Floats, path: Floats, name: str) -> Floats:
    """Return the map of a path followed by a node's matrix; vectors are diagonals."""
    _check_input(matrix, path.shape[0], name)
    if matrix.ndim == 1:
        return (matrix if path.ndim == 1 else matrix[:, None]) * path
    return matrix * path if path.ndim == 1 else matrix @ path


def _times_bias(matrix: Floats, bias: Floats, name: str) -> Floats:
    """Return the constant of a path after a node's matrix or diagonal."""
    _check_input(matrix, bias.shape[0], name)
    return matrix * bias if matrix.ndim == 1 else matrix @ bias


def _check_input(matrix: Floats, n_values: int, name: str) -> None:
    n_in = matrix.shape[-1]
    _check_size(None if matrix.ndim == 1 and n_in == 1 else n_in, n_values, name)


def _check_size(n_in: int | None, n_values: int, name: str) -> None:
    if n_in is not None and n_in != n_values:
        raise ModelError(name, "mismatched shapes: its input", got=n_values, limit=n_in)
