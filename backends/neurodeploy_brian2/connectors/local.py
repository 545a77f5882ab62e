"""Convolution and pooling: weights with signs that a core keeps once and not in rows.

A grid's neuron with index i is in column i % width and row i // width. Positive weights go to
one receptor, the magnitudes of negative ones to another.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from neurodeploy.api import IncomingProjection
from neurodeploy_brian2.connectors.base import Connector, Ends, Floats
from neurodeploy_brian2.errors import ConfigurationError, SynapseError
from neurodeploy_brian2.plan_parts import Ints
from neurodeploy_brian2.randomness import is_random


class Signed(Connector):
    """A connector whose weights' signs choose the receptor."""

    positive_receptor_type: str
    negative_receptor_type: str

    def check(self, ends: Ends) -> None:
        """Refuse what is no grid or lacks a receptor."""
        if len(ends.pre.population.atoms_shape) != 2:
            raise ConfigurationError(
                ends.who, f"a {type(self).__name__} needs a source with a Grid2D structure"
            )
        receptors = ends.post.population.celltype.receptors
        for name in (self.positive_receptor_type, self.negative_receptor_type):
            if name not in receptors:
                raise ConfigurationError(
                    ends.who, "the target has no such receptor", got=name, limit=receptors
                )

    @abstractmethod
    def synapses(self, ends: Ends) -> tuple[Ints, Ints, Floats]:
        """Return sources, targets and weights with their signs."""

    def pairs(self, ends: Ends) -> tuple[Ints, Ints]:
        """Return sources and targets."""
        pre, post, _ = self.synapses(ends)
        return pre, post

    @abstractmethod
    def numbers(self) -> Floats:
        """Return the weights as the host looks at them when it sizes ring buffers."""

    def estimates(self, ends: Ends) -> dict[str, IncomingProjection]:
        """Return what the shifts of both receptors depend on."""
        numbers = self.numbers().reshape(-1)
        sides = (
            (self.positive_receptor_type, numbers[numbers > 0]),
            (self.negative_receptor_type, -numbers[numbers < 0]),
        )
        return {
            name: IncomingProjection(
                n_to_one=int(self.n_to_one(ends)),
                weight_mean_nA=float(np.mean(chosen)) if len(chosen) else 0.0,
                weight_variance=float(np.var(chosen)) if len(chosen) else 0.0,
                weight_max_nA=float(np.max(chosen)) if len(chosen) else 0.0,
                delay_variance=0.0,
            )
            for name, chosen in sides
        }


class ConvolutionConnector(Signed):
    """A kernel of weights that is moved over a grid.

    Parameters
    ----------
    kernel_weights : number, list, 2D array or RandomDistribution
    kernel_shape : int or pair, optional
        Needed unless the weights have two dimensions.
    strides, padding, pool_shape, pool_stride : int or pair, optional
    """

    def __init__(
        self,
        kernel_weights: Any,
        kernel_shape: Any = None,
        strides: Any = None,
        padding: Any = None,
        pool_shape: Any = None,
        pool_stride: Any = None,
        positive_receptor_type: str = "excitatory",
        negative_receptor_type: str = "inhibitory",
        safe: bool = True,
        verbose: bool = False,
        callback: Any = None,
        filter_edges: bool = True,
    ) -> None:
        super().__init__(safe, callback, verbose)
        self.kernel_weights = _kernel(kernel_weights, kernel_shape)
        self.strides = _pair(strides if strides is not None else 1, "strides")
        # True is taken as 1, as by sPyNNaker.
        self.padding = _pair(0 if padding is None else padding, "padding")
        shape = None if pool_shape is None else _pair(pool_shape, "pool_shape")
        self.pool_stride = shape if pool_stride is None else _pair(pool_stride, "pool_stride")
        if shape is not None:
            self.kernel_weights = self.kernel_weights / np.prod(shape)
        self.pools = shape is not None
        self.positive_receptor_type = positive_receptor_type
        self.negative_receptor_type = negative_receptor_type

    def get_post_shape(self, shape: Any) -> tuple[int, ...]:
        """Return the shape of the target for a source of a shape."""
        pooled = np.array(shape)
        if self.pools:
            pooled = pooled // np.array(self.pool_stride)
        reach = pooled - (np.array(self.kernel_weights.shape) - 1) + 2 * np.array(self.padding)
        return tuple(int(n) for n in np.maximum(reach // np.array(self.strides), 1))

    def check(self, ends: Ends) -> None:
        """Refuse a target of another shape."""
        super().check(ends)
        want = self.get_post_shape(ends.pre.population.atoms_shape)
        have = tuple(ends.post.population.atoms_shape)
        if have != want:
            raise ConfigurationError(
                ends.who,
                "the target of a ConvolutionConnector has another shape",
                got=have,
                limit=want,
                todo="give it a Grid2D structure of that shape",
            )

    def synapses(self, ends: Ends) -> tuple[Ints, Ints, Floats]:
        """Return sources, targets and weights with their signs."""
        width, height = ends.post.population.atoms_shape
        k_width, k_height = self.kernel_weights.shape
        row, column = np.divmod(
            np.arange(ends.pre.n, dtype=np.int64), ends.pre.population.atoms_shape[0]
        )
        mid_row, mid_column = self._middle(row, 1, k_height), self._middle(column, 0, k_width)
        flat = self.kernel_weights.reshape(-1)
        parts = []
        for k, weight in enumerate(flat):
            down, right = k // k_width - k_height // 2, k % k_width - k_width // 2
            r, c = mid_row + down, mid_column + right
            inside = (r >= 0) & (r < height) & (c >= 0) & (c < width)
            pre = np.flatnonzero(inside)
            parts.append((pre, (r * width + c)[inside], np.full(len(pre), weight)))
        return _stack(parts)

    def numbers(self) -> Floats:
        """Return the kernel."""
        return self.kernel_weights

    def n_to_one(self, ends: Ends) -> float:
        """Return the size of the kernel, or the number of sources."""
        return min(self.kernel_weights.size, ends.pre.n)

    def _middle(self, at: Ints, axis: int, size: int) -> Ints:
        """Return the target under the middle of the kernel, along one axis."""
        stride = 1 if self.pool_stride is None else self.pool_stride[axis]
        middle: Ints = (at // stride - size // 2 + self.padding[axis]) // self.strides[axis]
        return middle


class PoolDenseConnector(Signed):
    """Every pooled pixel of a grid to every neuron.

    Parameters
    ----------
    weights : array
        (pooled pixels, targets), or in shapes that multiply to it.
    pool_shape, pool_stride : int or tuple, optional
    """

    def __init__(
        self,
        weights: Any,
        pool_shape: Any = None,
        pool_stride: Any = None,
        positive_receptor_type: str = "excitatory",
        negative_receptor_type: str = "inhibitory",
        safe: bool = True,
        verbose: bool = False,
        callback: Any = None,
    ) -> None:
        super().__init__(safe, callback, verbose)
        self.weights = np.array(weights, dtype=np.float64)
        self.pool_shape = None if pool_shape is None else _pair(pool_shape, "pool_shape")
        stride = pool_shape if pool_stride is None else pool_stride
        self.pool_stride = None if stride is None else _pair(stride, "pool_stride")
        self.positive_receptor_type = positive_receptor_type
        self.negative_receptor_type = negative_receptor_type

    @classmethod
    def get_post_pool_shape(
        cls, pre_shape: Any, pool_shape: Any = None, pool_stride: Any = None
    ) -> Ints:
        """Return the shape of the pooled grid."""
        shape = np.array(pre_shape, dtype=np.int64)
        if pool_shape is None:
            return shape
        stride = _pair(pool_shape if pool_stride is None else pool_stride, "pool_stride")
        pooled: Ints = shape // np.array(stride)
        return pooled

    def check(self, ends: Ends) -> None:
        """Refuse another number of weights."""
        super().check(ends)
        want = int(np.prod(self._pooled(ends))) * ends.post.n
        if self.weights.size != want:
            raise ConfigurationError(
                ends.who, "has another number of weights", got=self.weights.size, limit=want
            )

    def synapses(self, ends: Ends) -> tuple[Ints, Ints, Floats]:
        """Return sources, targets and weights with their signs."""
        columns, rows = self._pooled(ends)
        row, column = np.divmod(
            np.arange(ends.pre.n, dtype=np.int64), ends.pre.population.atoms_shape[0]
        )
        stride = self.pool_stride or (1, 1)
        column, row = column // stride[0], row // stride[1]
        pre = np.flatnonzero((column < columns) & (row < rows))
        area = 1 if self.pool_shape is None else np.prod(self.pool_shape)
        table = (self.weights / area).reshape(columns * rows, ends.post.n)
        chosen = table[column[pre] * rows + row[pre]]
        return (
            np.repeat(pre, ends.post.n),
            np.tile(np.arange(ends.post.n, dtype=np.int64), len(pre)),
            chosen.reshape(-1),
        )

    def numbers(self) -> Floats:
        """Return the weights, before they are divided by the pooled area."""
        return self.weights

    def n_to_one(self, ends: Ends) -> float:
        """Return the number of sources."""
        return ends.pre.n

    def _pooled(self, ends: Ends) -> Ints:
        shape = ends.pre.population.atoms_shape
        return self.get_post_pool_shape(shape, self.pool_shape, self.pool_stride)


def _kernel(weights: Any, shape: Any) -> Floats:
    if is_random(weights):
        size = _kernel_shape(shape)
        return np.asarray(weights.next(int(np.prod(size))), dtype=np.float64).reshape(size)
    if isinstance(weights, int | float):
        return np.full(_kernel_shape(shape), weights, dtype=np.float64)
    if not isinstance(weights, Sequence | np.ndarray):
        raise SynapseError("ConvolutionConnector", "unknown kernel_weights", got=type(weights))
    try:
        array = np.array(weights, dtype=np.float64)
        return array if array.ndim == 2 else array.reshape(_kernel_shape(shape))
    except ValueError as err:
        raise SynapseError("ConvolutionConnector", f"kernel_weights: {err}") from err


def _kernel_shape(shape: Any) -> tuple[int, int]:
    if shape is None:
        raise SynapseError("ConvolutionConnector", "kernel_shape must be provided")
    return _pair(shape, "kernel_shape")


def _pair(value: Any, who: str) -> tuple[int, int]:
    if np.isscalar(value):
        return int(value), int(value)  # type: ignore[arg-type]
    if len(value) == 2:
        return int(value[0]), int(value[1])
    raise SynapseError(who, "must be an int or a pair of ints", got=value)


def _stack(parts: list[tuple[Ints, Ints, Floats]]) -> tuple[Ints, Ints, Floats]:
    pre, post, weight = (np.concatenate(column) for column in zip(*parts, strict=True))
    return pre.astype(np.int64), post.astype(np.int64), weight


__all__ = ["ConvolutionConnector", "PoolDenseConnector", "Signed"]
