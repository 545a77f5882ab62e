"""Where neurons are: PyNN's structures and its distance."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurodeploy_brian2.errors import ConfigurationError
from neurodeploy_brian2.randomness import NumpyRNG

Floats = NDArray[np.float64]

_AXES = {"x": (0,), "y": (1,), "z": (2,), "xy": (0, 1), "yz": (1, 2), "xz": (0, 2)}
_HAIR = 1e-12


class Space:
    """How far apart two positions are.

    Parameters
    ----------
    axes : {'x', 'y', 'z', 'xy', 'yz', 'xz', 'xyz'} or None
        Which coordinates count; None is all.
    scale_factor, offset : float
        Applied to the second position: scale_factor * (position + offset).
    periodic_boundaries : sequence of 3 pairs (low, high) or None, optional
    """

    def __init__(
        self,
        axes: str | None = None,
        scale_factor: float = 1.0,
        offset: Any = 0.0,
        periodic_boundaries: Any = None,
    ) -> None:
        self.axes = np.array(_AXES.get(axes or "xyz", (0, 1, 2)))
        self.scale_factor, self.offset = scale_factor, offset
        self.periodic_boundaries = periodic_boundaries

    def distances(self, A: Any, B: Any, expand: bool = False) -> Floats:
        """Return the distances of all of A to all of B, flattened.

        Parameters
        ----------
        A, B : (n, 3) and (m, 3), or (3,) float arrays
        expand : bool
            Whether every axis is wanted by itself.

        Returns
        -------
        distances : (n * m,) float array; (axes * n * m,) if expanded
        """
        first = np.atleast_2d(np.asarray(A, dtype=np.float64))
        second = self.scale_factor * (np.atleast_2d(np.asarray(B, dtype=np.float64)) + self.offset)
        gaps = np.stack([self._gap(first, second, axis) ** 2 for axis in self.axes])
        result: Floats = np.sqrt(gaps if expand else gaps.sum(axis=0)).reshape(-1)
        return result

    def _gap(self, first: Floats, second: Floats, axis: int) -> Floats:
        gap = first[:, None, axis] - second[:, axis]
        bounds = None if self.periodic_boundaries is None else self.periodic_boundaries[axis]
        if bounds is None:
            return gap
        gap = np.abs(gap)
        around: Floats = np.minimum(gap, bounds[1] - bounds[0] - gap)
        return around


class Structure:
    """An arrangement of neurons."""

    def generate_positions(self, n: int) -> Floats:
        """Return positions, (3, n) float array."""
        raise NotImplementedError

    def describe(self, template: Any = None, engine: Any = None) -> str:
        """Return the structure in words."""
        inner = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({inner})"

    __repr__ = describe


class Line(Structure):
    """Neurons along x."""

    def __init__(self, dx: float = 1.0, x0: float = 0.0, y: float = 0.0, z: float = 0.0) -> None:
        self.dx, self.x0, self.y, self.z = dx, x0, y, z

    def generate_positions(self, n: int) -> Floats:
        """Return positions, (3, n) float array."""
        x = self.dx * np.arange(n, dtype=np.float64) + self.x0
        return np.array([x, np.full(n, float(self.y)), np.full(n, float(self.z))])


class Grid2D(Structure):
    """Neurons on a grid in a plane; y runs fastest."""

    def __init__(
        self,
        aspect_ratio: float = 1.0,
        dx: float = 1.0,
        dy: float = 1.0,
        x0: float = 0.0,
        y0: float = 0.0,
        z: float = 0,
        fill_order: str = "sequential",
        rng: Any = None,
    ) -> None:
        self.aspect_ratio, self.fill_order, self.rng = aspect_ratio, _order(fill_order), rng
        self.dx, self.dy, self.x0, self.y0, self.z = dx, dy, x0, y0, z

    def calculate_size(self, n: int) -> tuple[int, int]:
        """Return the number of columns (x) and of rows (y)."""
        nx = math.sqrt(n * self.aspect_ratio)
        if not math.isclose(n % nx, 0, rel_tol=_HAIR, abs_tol=_HAIR):
            raise ConfigurationError("Grid2D", f"{n} neurons do not fill a grid", got=f"x: {nx}")
        return round(nx), n // round(nx)

    def generate_positions(self, n: int) -> Floats:
        """Return positions, (3, n) float array."""
        at = np.indices((*self.calculate_size(n), 1), dtype=np.float64).reshape(3, -1)
        steps, starts = np.array([self.dx, self.dy, 1.0]), np.array([self.x0, self.y0, self.z])
        return _filled(self, at * steps[:, None] + starts[:, None])


class Grid3D(Structure):
    """Neurons on a grid in space; z runs fastest."""

    def __init__(
        self,
        aspect_ratioXY: float = 1.0,
        aspect_ratioXZ: float = 1.0,
        dx: float = 1.0,
        dy: float = 1.0,
        dz: float = 1.0,
        x0: float = 0.0,
        y0: float = 0.0,
        z0: float = 0,
        fill_order: str = "sequential",
        rng: Any = None,
    ) -> None:
        self.aspect_ratios = (aspect_ratioXY, aspect_ratioXZ)
        self.fill_order, self.rng = _order(fill_order), rng
        self.steps, self.starts = (dx, dy, dz), (x0, y0, z0)

    def calculate_size(self, n: int) -> tuple[int, int, int]:
        """Return the number of neurons along x, y and z."""
        to_y, to_z = self.aspect_ratios
        nx = round(math.pow(n * to_y * to_z, 1 / 3.0))
        size = (nx, round(nx / to_y), round(nx / to_z))
        if math.prod(size) != n:
            raise ConfigurationError("Grid3D", f"{n} neurons do not fill a grid", got=size)
        return size

    def generate_positions(self, n: int) -> Floats:
        """Return positions, (3, n) float array."""
        at = np.indices(self.calculate_size(n), dtype=np.float64).reshape(3, -1)
        return _filled(self, at * np.array(self.steps)[:, None] + np.array(self.starts)[:, None])


class Cuboid:
    """A box around the origin."""

    def __init__(self, width: float, height: float, depth: float) -> None:
        self.width, self.height, self.depth = width, height, depth

    def sample(self, n: int, rng: Any) -> Floats:
        """Return n points inside, (n, 3) float array."""
        points: Floats = 0.5 * rng.uniform(-1, 1, size=(n, 3))
        return points * (self.width, self.height, self.depth)


class Sphere:
    """A ball around the origin."""

    def __init__(self, radius: float) -> None:
        self.radius = radius

    def sample(self, n: int, rng: Any) -> Floats:
        """Return n points inside, (n, 3) float array."""
        points = np.empty((n, 3))
        found = 0
        while found < n:
            point = rng.uniform(-1, 1, size=(1, 3))
            if (point**2).sum() < 1:
                points[found] = point
                found += 1
        return self.radius * points


class RandomStructure(Structure):
    """Neurons at random places inside a shape."""

    def __init__(self, boundary: Any, origin: Any = (0.0, 0.0, 0.0), rng: Any = None) -> None:
        self.boundary, self.origin, self.rng = boundary, np.asarray(origin, float), rng

    def generate_positions(self, n: int) -> Floats:
        """Return positions, (3, n) float array."""
        points = self.boundary.sample(n, self.rng or NumpyRNG())
        result: Floats = (self.origin + points).T
        return result


def distance(
    src_cell: Any,
    tgt_cell: Any,
    mask: Any = None,
    scale_factor: float = 1.0,
    offset: Any = 0.0,
    periodic_boundaries: Any = None,
) -> float:
    """Return the distance of two cells."""
    gap = src_cell.position - scale_factor * (tgt_cell.position + offset)
    if periodic_boundaries is not None:
        gap = np.minimum(np.abs(gap), periodic_boundaries - np.abs(gap))
    if mask is not None:
        gap = gap[mask]
    return float(np.sqrt(np.dot(gap, gap)))


def _order(fill_order: str) -> str:
    if fill_order not in ("sequential", "random"):
        raise ConfigurationError(
            "structure fill_order", "unknown", got=fill_order, limit="sequential or random"
        )
    return fill_order


def _filled(grid: Any, positions: Floats) -> Floats:
    if grid.fill_order == "sequential":
        return positions
    shuffled: Floats = (grid.rng or NumpyRNG()).permutation(positions.T).T
    return shuffled


__all__ = [
    "Cuboid",
    "Grid2D",
    "Grid3D",
    "Line",
    "RandomStructure",
    "Space",
    "Sphere",
    "Structure",
    "distance",
]
