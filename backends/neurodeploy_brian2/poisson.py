"""Poisson sources: rates as a script gives them; the spikes are drawn as cores draw them.

Their rates do not reach the ring buffers of their targets: sPyNNaker 7.4.1 reckons with its
usual 30 Hz for them too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from neurodeploy.api import InputError, TargetError
from neurodeploy_brian2.cells import CellType
from neurodeploy_brian2.errors import ConfigurationError, UnknownNameError
from neurodeploy_brian2.parameters import Parameter
from neurodeploy_brian2.selection import PerNeuron


class PoissonType(CellType):
    """What both Poisson sources share: one or more rates a neuron, each with its stretch."""

    max_per_core: ClassVar[int] = 500
    receptors = ()
    recordable = ("spikes",)

    def phases(self, who: str, size: int) -> Iterator[tuple[tuple[float, ...], ...]]:
        """Yield rates (Hz), starts and durations (ms; inf is for ever) of every neuron."""
        raise NotImplementedError

    def check(self, who: str, size: int) -> None:
        """Refuse what is no rate or no time."""
        for rates, starts, durations in self.phases(who, size):
            if not len(rates) == len(starts) == len(durations):
                raise InputError(who, "each rate must have its own start and duration")
            if any(not math.isfinite(rate) or rate < 0 for rate in rates):
                raise TargetError(who, "a rate is not a positive number", got=rates)
            if any(not math.isfinite(start) for start in starts):
                raise TargetError(who, "a start is not finite", got=starts)


class SpikeSourcePoisson(PoissonType):
    """Spikes at a rate.

    Parameters
    ----------
    rate : float or sequence of float
        Hz.
    start : float or sequence of float
        ms.
    duration : float, sequence of float or None
        ms; None is for ever.
    """

    rows = (
        Parameter("rate", 0.0, "Hz"),
        Parameter("start", 0.0, "ms"),
        Parameter("duration", 0.0, "ms"),
    )

    def __init__(self, rate: Any = 0.0, start: Any = 0, duration: Any = None) -> None:
        super().__init__(rate=rate, start=start, duration=duration)

    def listed(self, name: str, which: Sequence[int]) -> list[Any]:
        """Return one parameter of some neurons."""
        value = self.parameters[name]
        if isinstance(value, PerNeuron):
            return value.listed(which)
        return [value[index] if np.ndim(value) else value for index in which]

    def set_parameters(
        self, who: str, size: int, given: Mapping[str, Any], which: Sequence[int] | None
    ) -> None:
        """Set parameters of some neurons."""
        fresh = {}
        for name, value in given.items():
            values = PerNeuron(f"{who}.{name}", size, self._plain(name, size))
            values.set(value, which)
            fresh[name] = values.listed()
        self.parameters = {**self.parameters, **fresh}
        self.check(who, size)

    def phases(self, who: str, size: int) -> Iterator[tuple[tuple[float, ...], ...]]:
        """Yield rates, starts and durations of every neuron."""
        columns = [
            PerNeuron(f"{who}.{name}", size, self._plain(name, size)).listed()
            for name in ("rate", "start", "duration")
        ]
        for rate, start, duration in zip(*columns, strict=True):
            ever = math.inf if duration is None else float(duration)
            yield (float(rate),), (float(start),), (ever,)

    def _plain(self, name: str, size: int) -> Any:
        value = self.parameters[name]
        return [None] * size if value is None else value


class SpikeSourcePoissonVariable(PoissonType):
    """Spikes at rates that follow each other.

    Parameters
    ----------
    rates, starts : sequence of float, or one a neuron
        Hz and ms.
    durations : as `starts`, or None
        ms; None is for ever, until the next start.
    """

    rows = (
        Parameter("rates", 0.0, "Hz"),
        Parameter("starts", 0.0, "ms"),
        Parameter("durations", 0.0, "ms"),
    )

    def __init__(self, rates: Any, starts: Any, durations: Any = None) -> None:
        if rates is None or starts is None:
            raise InputError("SpikeSourcePoissonVariable", "needs rates and starts")
        super().__init__(rates=rates, starts=starts, durations=durations)

    def listed(self, name: str, which: Sequence[int]) -> list[Any]:
        """Return one parameter of some neurons."""
        value = self.parameters[name]
        return [value[index] if _nested(value) else value for index in which]

    def set_parameters(
        self, who: str, size: int, given: Mapping[str, Any], which: Sequence[int] | None
    ) -> None:
        """Refused, as by sPyNNaker."""
        raise UnknownNameError(who, "rates of a variable source cannot be set", got=tuple(given))

    def phases(self, who: str, size: int) -> Iterator[tuple[tuple[float, ...], ...]]:
        """Yield rates, starts and durations of every neuron."""
        for index in range(size):
            rates, starts = (self._of(who, name, index, size) for name in ("rates", "starts"))
            if self.parameters["durations"] is None:
                durations: tuple[float, ...] = (math.inf,) * len(rates)
            else:
                durations = self._of(who, "durations", index, size)
            yield rates, starts, durations

    def _of(self, who: str, name: str, index: int, size: int) -> tuple[float, ...]:
        value = self.parameters[name]
        if not _nested(value):
            return tuple(float(one) for one in np.atleast_1d(value))
        if len(value) != size:
            raise ConfigurationError(
                f"{who}.{name}", "is one list for all or one a neuron", got=len(value), limit=size
            )
        return tuple(float(one) for one in np.atleast_1d(value[index]))


def _nested(value: Any) -> bool:
    return hasattr(value, "__len__") and len(value) > 0 and hasattr(value[0], "__len__")


__all__ = ["PoissonType", "SpikeSourcePoisson", "SpikeSourcePoissonVariable"]
