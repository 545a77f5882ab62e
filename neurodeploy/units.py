"""Named conversions between units: the only place with factors of 1000."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from neurodeploy.errors import ModelError

Value = TypeVar("Value", float, NDArray[np.float64])

#: Length in ms of one unit of time as a graph may count it. NIR itself fixes no unit in
#: practice: snnTorch, Norse and SpikingJelly write seconds, its documentation says ms,
#: sinabs counts steps of one ms.
MS_PER_UNIT = {"s": 1000.0, "ms": 1.0, "us": 1e-3, "step": 1.0}


def to_ms(value: Value, unit: str) -> Value:
    """Convert a time from a graph's declared unit to ms.

    Parameters
    ----------
    value : float or float array
    unit : str
        A key of `MS_PER_UNIT`.

    Raises
    ------
    ModelError
        If the unit is not known.

    Examples
    --------
    >>> to_ms(0.02, "s")
    20.0
    """
    if unit not in MS_PER_UNIT:
        raise ModelError("time_unit", "unknown", got=unit, limit=" | ".join(MS_PER_UNIT))
    return value * MS_PER_UNIT[unit]
