"""NIR's convolutions and pools as windows that move over an image."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurodeploy.errors import ModelError
from neurodeploy.importer.linear import Floats
from neurodeploy.importer.values import finite, one_each, whole
from neurodeploy.importer.windows import Axis, Windowed

_KINDS = ("same", "valid")


def convolution(node: Any, name: str, n_axes: int) -> Windowed:
    """Return a nir.Conv1d or nir.Conv2d, as PyTorch computes it.

    Raises
    ------
    ModelError
        If its fields contradict each other.
    """
    weight = finite(node.weight, name, "weight")
    if weight.ndim != 2 + n_axes or 0 in weight.shape:
        limit = "(channels out, channels in, *kernel)"
        raise ModelError(name, "weight is no convolution's", got=weight.shape, limit=limit)
    (groups,) = whole(node.groups, name, "groups", 1, least=1)
    if weight.shape[0] % groups:
        raise ModelError(name, "groups do not divide its outputs", got=groups, limit=len(weight))
    image = node.input_shape
    return Windowed(
        name,
        axes=_axes(node, name, weight.shape[2:]),
        weights=lambda channels: weight,
        groups=lambda channels: groups,
        image=None if image is None else whole(image, name, "input_shape", n_axes, least=1),
        channels=weight.shape[1] * groups,
        offset=one_each(node.bias, name, weight.shape[0]),
    )


def pool(node: Any, name: str, *, mean: bool) -> Windowed:
    """Return a nir.SumPool2d or nir.AvgPool2d."""
    kernel = whole(node.kernel_size, name, "kernel_size", 2, least=1)
    one = 1.0 / float(np.prod(kernel)) if mean else 1.0

    def weights(channels: int) -> Floats:
        return np.full((channels, 1, *kernel), one)

    return Windowed(name, _axes(node, name, kernel), weights, groups=lambda channels: channels)


def _axes(node: Any, name: str, kernel: tuple[int, ...]) -> tuple[Axis, ...]:
    n = len(kernel)
    stride = whole(node.stride, name, "stride", n, least=1)
    dilation = whole(getattr(node, "dilation", 1), name, "dilation", n, least=1)
    padding = node.padding.decode() if isinstance(node.padding, bytes) else node.padding
    if isinstance(padding, str):
        return _named(name, padding, kernel, stride, dilation)
    zeros = whole(padding, name, "padding", n, least=0)
    return tuple(
        Axis(k, s, d, p, p) for k, s, d, p in zip(kernel, stride, dilation, zeros, strict=True)
    )


def _named(
    name: str,
    padding: str,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
) -> tuple[Axis, ...]:
    """Return the axes of padding `same` (as many places as values) or `valid` (none)."""
    if padding not in _KINDS or (padding == "same" and max(stride) > 1):
        limit = "same (with stride 1), valid or whole numbers"
        raise ModelError(name, "padding is not usable", got=padding, limit=limit)
    axes = []
    for k, s, d in zip(kernel, stride, dilation, strict=True):
        total = d * (k - 1) if padding == "same" else 0
        axes.append(Axis(k, s, d, total // 2, total - total // 2))
    return tuple(axes)


__all__ = ["convolution", "pool"]
