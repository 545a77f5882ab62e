"""Samples -> input spikes: one small function for each encoder, in one table."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurodeploy.errors import InputError, ModelError

Raster = NDArray[np.uint8]


@dataclass(frozen=True)
class Encoder:
    """How a sample becomes spikes.

    Parameters
    ----------
    kind : str
        Key of `ENCODERS`.
    steps : int
        Steps in which a sample is shown and computed.
    scale : float
        Value of the input that stands for 1.
    threshold : float
        For `spike_once` and `complement`: scaled values above it are ones.
    """

    kind: str
    steps: int
    scale: float = 1.0
    threshold: float = 0.5


def encode(x: NDArray[Any], encoder: Encoder, n_inputs: int) -> Raster:
    """Return the spikes of a batch.

    Parameters
    ----------
    x : (n, features) array, or (n, steps, features) spike counts for `events`, whose features may
        have several dimensions: (n, steps, channels, rows, columns)
    encoder : Encoder
    n_inputs : int
        Size of the network's input.

    Returns
    -------
    raster : (n, steps, n_inputs) uint8 array
        Number of spikes of each input neuron in each step.

    Raises
    ------
    InputError
        If the array has the wrong shape or holds values that no encoder takes.
    """
    if encoder.kind not in ENCODERS:
        raise ModelError("encoder", "unknown", got=encoder.kind, limit=" | ".join(ENCODERS))
    if x.dtype.kind not in "buif":
        raise InputError("x", "does not hold numbers", got=x.dtype, limit="an array of numbers")
    if x.dtype.kind == "f" and not np.all(np.isfinite(x)):
        raise InputError("x", "holds NaN or infinity", limit="finite numbers")
    return ENCODERS[encoder.kind](x, encoder, n_inputs)


def spike_once(x: NDArray[Any], encoder: Encoder, n_inputs: int) -> Raster:
    """Features above the threshold spike once, in step 0."""
    _check_shape(x, (n_inputs,), encoder)
    raster = np.zeros((len(x), encoder.steps, n_inputs), dtype=np.uint8)
    raster[:, 0] = x > encoder.threshold * encoder.scale
    return raster


def complement(x: NDArray[Any], encoder: Encoder, n_inputs: int) -> Raster:
    """Each feature has two inputs: one spikes, in step 0, if it is above the threshold.

    The first half of the inputs stands for ones, the second for zeros.
    """
    _check_shape(x, (n_inputs // 2,), encoder)
    ones = x > encoder.threshold * encoder.scale
    raster = np.zeros((len(x), encoder.steps, n_inputs), dtype=np.uint8)
    raster[:, 0, : ones.shape[1]] = ones
    raster[:, 0, ones.shape[1] :] = ~ones
    return raster


def rate(x: NDArray[Any], encoder: Encoder, n_inputs: int) -> Raster:
    """Features in 0..1 spike at that rate, without chance.

    A feature p spikes in step k if floor((k+1) p + 1/2) > floor(k p + 1/2): its spikes are
    as even as can be, and its first comes after half an interval.
    """
    _check_shape(x, (n_inputs,), encoder)
    p = _unit_interval(x, encoder)[:, None, :]
    k = np.arange(encoder.steps + 1)[None, :, None]
    return np.asarray(np.diff(np.floor(k * p + 0.5), axis=1), dtype=np.uint8)


def latency(x: NDArray[Any], encoder: Encoder, n_inputs: int) -> Raster:
    """Features in 0..1 spike once, 1 in step 0, smaller ones later, 0 never."""
    _check_shape(x, (n_inputs,), encoder)
    p = _unit_interval(x, encoder)[:, None, :]
    step = np.rint((1 - p) * (encoder.steps - 1))
    fires = (step == np.arange(encoder.steps)[None, :, None]) & (p > 0)
    return np.asarray(fires, dtype=np.uint8)


def events(x: NDArray[Any], encoder: Encoder, n_inputs: int) -> Raster:
    """The input is spike counts already, (n, steps, features) or (n, steps, *image)."""
    if x.ndim > 3 and math.prod(x.shape[2:]) == n_inputs:
        x = x.reshape(*x.shape[:2], n_inputs)
    _check_shape(x, (encoder.steps, n_inputs), encoder)
    if x.size and (x.min() < 0 or x.max() > 255 or np.any(x != np.floor(x))):
        raise InputError(
            "x",
            "holds no spike counts",
            got=f"values from {x.min()} to {x.max()}",
            limit="whole numbers 0..255",
        )
    return x.astype(np.uint8)


ENCODERS: Mapping[str, Callable[[NDArray[Any], Encoder, int], Raster]] = MappingProxyType(
    {
        "events": events,
        "latency": latency,
        "rate": rate,
        "spike_once": spike_once,
        "complement": complement,
    }
)


def _unit_interval(x: NDArray[Any], encoder: Encoder) -> NDArray[np.float64]:
    scaled = x.astype(np.float64) / encoder.scale
    if scaled.size and (scaled.min() < 0 or scaled.max() > 1):
        raise InputError(
            "x",
            f"values outside the range of encoder {encoder.kind}",
            got=f"{x.min():g} to {x.max():g}",
            limit=f"0 to {encoder.scale:g}",
        )
    return scaled


def _check_shape(x: NDArray[Any], tail: tuple[int, ...], encoder: Encoder) -> None:
    if x.ndim != 1 + len(tail) or x.shape[1:] != tail:
        want = ", ".join(str(n) for n in ("n", *tail))
        raise InputError(
            "x", f"wrong shape for encoder {encoder.kind}", got=x.shape, limit=f"({want})"
        )
