"""Nodes without memory, as sparse maps once the shape of what arrives is known."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from neurodeploy.errors import ModelError

Floats = NDArray[np.float64]
Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Linear(ABC):
    """A node without memory: y = matrix x + bias, values in C order.

    Parameters
    ----------
    name : str
        For error lines.
    """

    name: str

    @property
    def fixed_shape(self) -> Shape | None:
        """Shape of y where what arrives does not decide it."""
        return None

    @abstractmethod
    def shape(self, arriving: Shape) -> Shape:
        """Return the shape of y.

        Raises
        ------
        ModelError
            If x cannot have that shape.
        """

    @abstractmethod
    def matrix(self, arriving: Shape) -> csr_array | None:
        """Return the (n_out, n_in) map; None is the identity."""

    def bias(self, arriving: Shape) -> Floats | None:
        """Return what is added, an (n_out,) float array or None."""
        return None

    def check_size(self, arriving: Shape, n_in: int) -> None:
        """Refuse another number of values than the node takes."""
        if math.prod(arriving) != n_in:
            what = "mismatched shapes: its input"
            raise ModelError(self.name, what, got=math.prod(arriving), limit=n_in)


@dataclass(frozen=True, eq=False)
class Same(Linear):
    """Y = x, of the shape that a node states if it states one.

    Parameters
    ----------
    stated : tuple of int or None
    """

    stated: Shape | None = None

    @property
    def fixed_shape(self) -> Shape | None:
        """The shape it states."""
        return self.stated

    def shape(self, arriving: Shape) -> Shape:
        """Return the shape it states."""
        if self.stated is None:
            return arriving
        self.check_size(arriving, math.prod(self.stated))
        # Several dimensions say more than their product.
        return max(self.stated, arriving, key=len)

    def matrix(self, arriving: Shape) -> csr_array | None:
        """Return the identity."""
        return None


@dataclass(frozen=True, eq=False)
class Flatten(Linear):
    """Y = x, with the dimensions from `start` to `end` as one."""

    start: int
    end: int

    def shape(self, arriving: Shape) -> Shape:
        """Return the shape with those dimensions multiplied."""
        start, end, _ = slice(self.start, None).indices(len(arriving))
        end = end if self.end == -1 else min(end, self.end % max(1, len(arriving)) + 1)
        if start >= end:
            return arriving
        return (*arriving[:start], math.prod(arriving[start:end]), *arriving[end:])

    def matrix(self, arriving: Shape) -> csr_array | None:
        """Return the identity: neurons are numbered in C order anyway."""
        return None


@dataclass(frozen=True, eq=False)
class Dense(Linear):
    """Y = weight x + offset.

    Parameters
    ----------
    weight : (n_out, n_in) float array
    offset : (n_out,) float array or None
    """

    weight: Floats
    offset: Floats | None = None

    @property
    def fixed_shape(self) -> Shape | None:
        """Its own number of outputs."""
        return (self.weight.shape[0],)

    def shape(self, arriving: Shape) -> Shape:
        """Return its own number of outputs."""
        self.check_size(arriving, self.weight.shape[1])
        return (self.weight.shape[0],)

    def matrix(self, arriving: Shape) -> csr_array | None:
        """Return the weights that are not 0."""
        self.check_size(arriving, self.weight.shape[1])
        return csr_array(self.weight)

    def bias(self, arriving: Shape) -> Floats | None:
        """Return the offset."""
        return self.offset


@dataclass(frozen=True, eq=False)
class Scaled(Linear):
    """Y = factors x, element by element.

    Parameters
    ----------
    factors : float array
        One value, one a value of x, or one that broadcasts to the shape of x.
    """

    factors: Floats

    @property
    def fixed_shape(self) -> Shape | None:
        """The shape of the factors, where they are several."""
        return self.factors.shape if self.factors.size > 1 else None

    def shape(self, arriving: Shape) -> Shape:
        """Return the shape of x."""
        self._of(arriving)
        return arriving

    def matrix(self, arriving: Shape) -> csr_array | None:
        """Return the diagonal."""
        return csr_array(diags_array(self._of(arriving)))

    def _of(self, arriving: Shape) -> Floats:
        if self.factors.size == math.prod(arriving):
            return self.factors.ravel()
        try:
            return np.broadcast_to(self.factors, arriving).ravel()
        except ValueError:
            self.check_size(arriving, self.factors.size)
            raise


__all__ = ["Dense", "Flatten", "Linear", "Same", "Scaled", "Shape"]
