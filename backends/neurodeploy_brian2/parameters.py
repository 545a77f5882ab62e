"""Parameters of cell types as tables, and how the host encodes what a script gave."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import numpy as np

from neurodeploy.api import InputError, TargetError
from neurodeploy.target.fixed_point import ONE, S1615_MAX, S1615_MIN, Ints, encode_s1615


@dataclass(frozen=True)
class Form:
    """How a number is stored in a word.

    Parameters
    ----------
    name : str
    scale : int
        Steps of the word to one; whole numbers are cut, others rounded half to even.
    least, most : int
        Ends of the range, in steps.
    """

    name: str
    scale: int
    least: int
    most: int

    def encode(self, value: float) -> int:
        """Return the bits of a finite value; OverflowError if it is outside."""
        exact = Decimal(str(value)) * self.scale
        bits = int(exact if self.scale == 1 else exact.to_integral_value(ROUND_HALF_EVEN))
        if not self.least <= bits <= self.most:
            raise OverflowError(f"{value} is outside {self.name}")
        return bits

    def decode(self, bits: int) -> float:
        """Return the value of bits."""
        return bits / self.scale

    @property
    def limit(self) -> str:
        """The ends of the range as numbers."""
        return f"{self.least / self.scale:.10g} to {self.most / self.scale:.10g}"


S1615 = Form("S16.15", ONE, S1615_MIN, S1615_MAX)
U1616 = Form("U16.16", 1 << 16, 0, 0xFFFFFFFF)
UINT32 = Form("32 unsigned bits", 1, 0, 0xFFFFFFFF)


def anything(value: float) -> str:
    """Accept any value that S16.15 can hold."""
    return ""


def positive(value: float) -> str:
    """Accept what is more than half the smallest step of S16.15."""
    return "" if encode_s1615(value) > 0 else "must be at least 2**-15"


def some(value: float) -> str:
    """Accept what is more than half the smallest step of U16.16."""
    return "" if U1616.encode(value) > 0 else "must be at least 2**-16"


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
    form : Form
    """

    name: str
    default: float
    unit: str
    check: Callable[[float], str] = anything
    form: Form = S1615


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
        If a value is not finite, outside its form or makes no sense for its parameter.
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
        bits, wrong = row.form.encode(value), row.check(value)
    except OverflowError as err:
        raise TargetError(
            who, f"does not fit {row.form.name}", got=value, limit=row.form.limit, todo="rescale it"
        ) from err
    if wrong:
        raise TargetError(who, wrong, got=f"{value} {row.unit}")
    return bits


__all__ = [
    "S1615", "U1616", "UINT32", "Form", "Parameter", "anything", "encode_rows", "not_negative",
    "positive", "some",
]  # fmt: skip
