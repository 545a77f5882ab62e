"""Fold the linear nodes between populations into one map for each path."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, eye_array

from neurodeploy.errors import LoweringError, ModelError
from neurodeploy.importer.linear import Floats, Linear, Shape
from neurodeploy.importer.nodes import Neurons


@dataclass(frozen=True, eq=False)
class Incoming:
    """What one population sends along one path: y = matrix s + bias.

    Parameters
    ----------
    pre : str
    matrix : (n_out, n_pre) csr_array
    shape : tuple of int
        Of what arrives; the product is n_out.
    bias : (n_out,) float array or None
    identity : bool
        Whether nothing but the spikes themselves travel.
    """

    pre: str
    matrix: csr_array
    shape: Shape
    bias: Floats | None = None
    identity: bool = True

    @property
    def size(self) -> int:
        """Number of values that arrive."""
        return int(self.matrix.shape[0])

    def through(self, part: Linear) -> Incoming:
        """Return the path lengthened by a linear node."""
        shape = part.shape(self.shape)
        matrix, added = part.matrix(self.shape), part.bias(self.shape)
        if matrix is None:
            return replace(self, shape=shape)
        bias = None if self.bias is None else np.asarray(matrix @ self.bias)
        if added is not None:
            bias = added if bias is None else bias + added
        return Incoming(self.pre, csr_array(matrix @ self.matrix), shape, bias, identity=False)


@dataclass(frozen=True)
class Flow:
    """What reaches a node: its size and the paths that end there."""

    size: int
    incoming: tuple[Incoming, ...]


def follow(
    edges: Sequence[tuple[str, str]],
    parts: Mapping[str, Linear | Neurons],
    entry: str,
    stated: Mapping[str, Shape],
) -> dict[str, Flow]:
    """Return what reaches every node.

    Parameters
    ----------
    edges : sequence of (pre, post)
    parts : mapping of node name to what it is; Input and Output of the whole are not in it
    entry : str
        Name of the Input node.
    stated : mapping of str to tuple of int
        Shape that the Input states, and the Output if it states one.

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
    shapes = Shapes(before, parts, stated)
    flows = {entry: Flow(math.prod(stated[entry]), ())}
    memo: dict[str, tuple[Incoming, ...]] = {}

    def leaving(name: str, trail: tuple[str, ...]) -> tuple[Incoming, ...]:
        if name == entry or isinstance(parts.get(name), Neurons):
            shape = shapes.of_end(name)
            return (Incoming(name, csr_array(eye_array(math.prod(shape))), shape),)
        if name in trail:
            loop = " -> ".join(trail[trail.index(name) :])
            raise LoweringError(name, f"a loop without a neuron in it ({loop})")
        if name not in memo:
            part = parts[name]
            if isinstance(part, Linear):
                memo[name] = tuple(
                    path.through(part)
                    for pre in before.get(name, [])
                    for path in leaving(pre, (*trail, name))
                )
        return memo[name]

    ends = [n for n in before if n not in parts or isinstance(parts[n], Neurons)]
    for name in ends:
        paths = tuple(path for pre in before[name] for path in leaving(pre, ()))
        flows[name] = _flow(name, shapes, paths)
    for name in parts:
        if name not in before:
            raise ModelError(name, "nothing leads to this node", todo="add an edge or remove it")
    return flows


def _flow(name: str, shapes: Shapes, paths: tuple[Incoming, ...]) -> Flow:
    size = math.prod(shapes.of_end(name))
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


class Shapes:
    """Shapes of what leaves each node, found backwards from the nodes that ask.

    Parameters
    ----------
    before : mapping of node name to the names of those that lead to it
    parts : mapping of node name to what it is
    stated : mapping of node name to shape
        Of Input and Output.
    """

    def __init__(
        self,
        before: Mapping[str, Sequence[str]],
        parts: Mapping[str, Linear | Neurons],
        stated: Mapping[str, Shape],
    ) -> None:
        self._before, self._parts, self._known = before, parts, dict(stated)

    def of_end(self, name: str) -> Shape:
        """Return the shape of a population, or of what reaches the Output.

        Raises
        ------
        ModelError
            If neither it nor what leads to it states one.
        """
        shape = self._leaving(name, (name,))
        if shape is None:
            raise ModelError(name, "its size cannot be told: no shape on it or before it")
        return shape

    def _leaving(self, name: str, trail: tuple[str, ...]) -> Shape | None:
        if name not in self._known:
            part = self._parts.get(name)
            if isinstance(part, Linear):
                found = self._linear(part, trail)
            else:
                found = self._arriving(name, trail)
                found = found if part is None else _of_neurons(part.shape, found)
            if found is None:
                return None
            self._known[name] = found
        return self._known[name]

    def _linear(self, part: Linear, trail: tuple[str, ...]) -> Shape | None:
        arriving = self._arriving(part.name, trail)
        return part.fixed_shape if arriving is None else part.shape(arriving)

    def _arriving(self, name: str, trail: tuple[str, ...]) -> Shape | None:
        """Return the shape of what reaches a node; of several, the one that says most."""
        found = [
            self._leaving(pre, (*trail, pre))
            for pre in self._before.get(name, ())
            if pre not in trail
        ]
        return max((shape for shape in found if shape is not None), key=len, default=None)


def _of_neurons(own: Shape | None, arriving: Shape | None) -> Shape | None:
    """Return the shape of the parameters; one dimension may stand for those that arrive."""
    if own is None or arriving is None:
        return arriving if own is None else own
    return arriving if len(own) == 1 and math.prod(arriving) == own[0] else own
