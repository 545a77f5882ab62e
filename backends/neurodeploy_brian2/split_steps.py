"""Sums of several synapse cores in a neuron core: two 16-bit entries in each 32-bit word."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurodeploy_brian2.steps import Step

_FULL = 0xFFFF


def _saturated(total: Any) -> Any:
    return np.minimum(total, _FULL)


def _spill(total: Any) -> Any:
    return total >> 16


def _entry(total: Any, carry: Any) -> Any:
    return (total + carry) & _FULL


SPLIT_STEPS = {
    "nd_saturated": Step(_saturated, "total", "return total > 65535 ? 65535 : total;"),
    "nd_spill": Step(_spill, "total", "return total >> 16;"),
    "nd_entry": Step(_entry, "total carry", "return (total + carry) & 65535;"),
}
"""Every step by the name it has in Brian2 code."""

__all__ = ["SPLIT_STEPS"]
