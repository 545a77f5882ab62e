"""Fields of NIR nodes as arrays of numbers that can be computed with."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurodeploy.errors import ModelError
from neurodeploy.importer.linear import Floats


def finite(values: Any, name: str, key: str) -> Floats:
    """Return a field as a float array.

    Raises
    ------
    ModelError
        If it holds NaN or infinity.
    """
    array = np.asarray(values, dtype=np.float64)
    bad = int(np.count_nonzero(~np.isfinite(array)))
    if bad:
        raise ModelError(
            name, f"{key} holds NaN or infinity", got=f"{bad} of {array.size}", limit="finite"
        )
    return array


def one_each(bias: Any, name: str, n: int) -> Floats:
    """Return a bias as one value for each of n outputs, an (n,) float array.

    Raises
    ------
    ModelError
        If it has another length than 1 or n.
    """
    values = finite(bias, name, "bias").ravel()
    if values.size not in (1, n):
        raise ModelError(name, "bias and weight differ", got=values.shape, limit=f"({n},)")
    return np.broadcast_to(values, (n,))


def whole(values: Any, name: str, key: str, n: int, least: int) -> tuple[int, ...]:
    """Return a field as n whole numbers, one of which may stand for all.

    Raises
    ------
    ModelError
        If it is something else, or holds a number below `least`.
    """
    array = np.ravel(np.asarray(values))
    usable = array.dtype.kind in "iuf" and array.size in (1, n)
    if not usable or np.any(array != np.floor(array)) or np.any(array < least):
        raise ModelError(
            name, f"{key} is not usable", got=array.tolist(),
            limit=f"{n} whole numbers of at least {least}",
        )  # fmt: skip
    return tuple(int(v) for v in np.broadcast_to(array, (n,)))


__all__ = ["finite", "one_each", "whole"]
