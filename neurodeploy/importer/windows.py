"""Convolutions and pools as sparse maps: one entry for each weight that meets a value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from neurodeploy.errors import ModelError
from neurodeploy.importer.linear import Floats, Linear, Shape

Ints = NDArray[np.int64]
Pair = tuple[int, int]


@dataclass(frozen=True)
class Axis:
    """How a window moves along one dimension.

    Parameters
    ----------
    kernel, stride, dilation : int
    before, after : int
        Zeros added at the ends.
    """

    kernel: int
    stride: int = 1
    dilation: int = 1
    before: int = 0
    after: int = 0

    def places(self, n: int) -> int:
        """Return the places of the window along n values; 0 or less if it does not fit."""
        room = n + self.before + self.after - self.dilation * (self.kernel - 1) - 1
        return room // self.stride + 1

    def meetings(self, n: int) -> tuple[Ints, Ints, Ints]:
        """Return (place, offset in the window, value) of all that meet inside the n values."""
        place, offset = (part.ravel() for part in np.indices((self.places(n), self.kernel)))
        value = place * self.stride + offset * self.dilation - self.before
        inside = (value >= 0) & (value < n)
        return place[inside], offset[inside], value[inside]


@dataclass(frozen=True, eq=False)
class Windowed(Linear):
    """A window of weights that moves over the last dimensions of (channels, *image).

    Parameters
    ----------
    axes : tuple of Axis
        One for each dimension of the image: one or two.
    weights : callable
        Number of channels that arrive to (n_out, channels of a group, *kernel) weights.
    groups : callable
        Number of channels that arrive to the groups that they fall into.
    image : tuple of int or None
        As stated; None takes what arrives.
    channels : int or None
        That it takes; None for any number.
    offset : (n_out,) float array or None
        Of each output channel.
    """

    axes: tuple[Axis, ...]
    weights: Callable[[int], Floats]
    groups: Callable[[int], int]
    image: Shape | None = None
    channels: int | None = None
    offset: Floats | None = None

    @property
    def fixed_shape(self) -> Shape | None:
        """What leaves it where the shape of the image is stated."""
        if self.image is None or self.channels is None:
            return None
        return self._out((self.channels, *self.image))

    def shape(self, arriving: Shape) -> Shape:
        """Return (channels, *image) of what leaves."""
        return self._out(self._taken(arriving))

    def matrix(self, arriving: Shape) -> csr_array | None:
        """Return the map, sparse."""
        shape = self._taken(arriving)
        out = self._out(shape)
        flat = len(self.axes) == 1
        height, width = (1, shape[1]) if flat else (shape[1], shape[2])
        rows, columns = (Axis(1), *self.axes) if flat else self.axes
        y_out, y_in_window, y_in = rows.meetings(height)
        x_out, x_in_window, x_in = columns.meetings(width)
        weights = self.weights(shape[0])
        n_out, per_group = weights.shape[:2]
        groups = self.groups(shape[0])
        channel_out, member = (part[:, None, None] for part in _pairs(n_out, per_group))
        channel_in = channel_out // (n_out // groups) * per_group + member
        n_rows, n_columns = rows.places(height), columns.places(width)
        post = (channel_out * n_rows + y_out[:, None]) * n_columns + x_out
        pre = (channel_in * height + y_in[:, None]) * width + x_in
        kernel = weights.reshape(n_out * per_group, rows.kernel, columns.kernel)
        values = kernel[:, y_in_window[:, None], x_in_window]
        sizes = int(np.prod(out)), int(np.prod(shape))
        return csr_array((values.ravel(), (post.ravel(), pre.ravel())), shape=sizes)

    def bias(self, arriving: Shape) -> Floats | None:
        """Return the offset of each channel at every place."""
        if self.offset is None or not np.any(self.offset):
            return None
        return np.repeat(self.offset, int(np.prod(self.shape(arriving)[1:])))

    def _taken(self, arriving: Shape) -> Shape:
        """Return what arrives as (channels, *image)."""
        if self.image is not None and self.channels is not None:
            stated = (self.channels, *self.image)
            if arriving == stated or len(arriving) <= 1:
                self.check_size(arriving, int(np.prod(stated)))
                return stated
            raise ModelError(self.name, "mismatched shapes: its input", got=arriving, limit=stated)
        if len(arriving) != 1 + len(self.axes):
            raise ModelError(
                self.name, "needs (channels, *image)", got=arriving,
                limit=f"{1 + len(self.axes)} dimensions",
                todo="state the shape at the Input, or input_shape at the convolution",
            )  # fmt: skip
        if self.channels not in (None, arriving[0]):
            what = "mismatched shapes: its channels"
            raise ModelError(self.name, what, got=arriving[0], limit=self.channels)
        return arriving

    def _out(self, shape: Shape) -> Shape:
        places = tuple(axis.places(n) for axis, n in zip(self.axes, shape[1:], strict=True))
        if min(places) < 1:
            kernel = tuple(axis.kernel for axis in self.axes)
            what = f"its window {kernel} is larger than the image"
            raise ModelError(self.name, what, got=shape[1:])
        return (self.weights(shape[0]).shape[0], *places)


def _pairs(one: int, other: int) -> tuple[Ints, Ints]:
    first, second = (part.ravel() for part in np.indices((one, other)))
    return first, second


__all__ = ["Axis", "Windowed"]
