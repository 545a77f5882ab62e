"""Parameters of cell types as tables, and how the host encodes what a script gave."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurodeploy.api import InputError, TargetError
from neurodeploy.target.fixed_point import Ints, encode_s1615


def anything(value: float) -> str:
    """Accept any value that S16.15 can hold."""
    return ""


def positive(value: float) -> str:
    """Accept what is more than half the smallest step of S16.15."""
    return "" if encode_s1615(value) > 0 else "must be at least 2**-15"


def not_negative(value: float) -> str:
    """Accept zero and more."""
    return "" if value >= 0 else "must not be negative"


@dataclass(frozen=True)
class Parameter:
    """One row of a cell type's table.

    Parameters
    ----------
    name, unit : str
        As in PyNN.
    default : float
        sPyNNaker's default.
    check : callable
        Returns what is wrong with a value, or an empty string.
    """

    name: str
    default: float
    unit: str
    check: Callable[[float], str] = anything


def encode_rows(
    who: str, rows: tuple[Parameter, ...], given: Mapping[str, Any], size: int
) -> dict[str, Ints]:
    """Encode parameters as the host does.

    Parameters
    ----------
    who : str
        Whose parameters they are, for errors.
    rows : tuple of Parameter
    given : mapping
        Scalars or sequences of `size`; what is missing takes its default.
    size : int

    Returns
    -------
    bits : {name: (size,) int64 array}

    Raises
    ------
    TargetError
        If a value is not finite, outside S16.15 or makes no sense for its parameter.
    """
    return {
        row.name: _encode(f"{who}.{row.name}", row, given.get(row.name, row.default), size)
        for row in rows
    }


def _encode(who: str, row: Parameter, value: Any, size: int) -> Ints:
    if isinstance(value, str) or (np.ndim(value) and np.shape(value) != (size,)):
        raise InputError(
            who, "is neither a number nor one number a neuron", got=value, limit=f"{size} numbers"
        )
    try:
        values = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as err:
        raise InputError(who, "is not a number", got=value) from err
    distinct, where = np.unique(values, return_inverse=True)
    bits = np.array([_encode_one(who, row, float(one)) for one in distinct], dtype=np.int64)
    return np.ascontiguousarray(np.broadcast_to(bits[where.reshape(values.shape)], (size,)))


def _encode_one(who: str, row: Parameter, value: float) -> int:
    if not math.isfinite(value):
        raise TargetError(who, "is not finite", got=value)
    try:
        bits, wrong = encode_s1615(value), row.check(value)
    except OverflowError as err:
        raise TargetError(
            who, "does not fit S16.15", got=value, limit="-65536 to 65535.99997", todo="rescale it"
        ) from err
    if wrong:
        raise TargetError(who, wrong, got=f"{value} {row.unit}")
    return bits


__all__ = ["Parameter", "anything", "encode_rows", "not_negative", "positive"]
