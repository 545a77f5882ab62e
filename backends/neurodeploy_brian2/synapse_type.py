"""A synapse type: weight, delay, and what a population's synapses can be together."""

from __future__ import annotations

import logging
from typing import Any, ClassVar

import numpy as np

from neurodeploy.api import TargetError
from neurodeploy_brian2.connectors.listed import round_delays
from neurodeploy_brian2.errors import ParameterError, WrongTypeError
from neurodeploy_brian2.randomness import is_random

logger = logging.getLogger(__name__)


class Synapse:
    """A synapse type.

    Parameters
    ----------
    weight : number, str of the distance `d`, RandomDistribution, or list for a FromList
        nA or uS; only its magnitude counts, the receptor type decides the sign.
    delay : as `weight`, or None
        ms; None is the shortest delay.
    """

    changes: ClassVar[bool] = False
    """Whether weights change during a run, so that reset makes them anew."""

    pad_to_length: int | None = None
    """Synapses that the host reckons with in the rows of a core, whatever there are."""

    by_machine: ClassVar[bool] = True
    """Whether cores can make its rows."""

    def __init__(self, weight: Any = 0.0, delay: Any = None) -> None:
        who = type(self).__name__
        self.weight = _value(f"{who}.weight", weight)
        self.delay = None if delay is None else _value(f"{who}.delay", delay)

    def rounded_delay(self, timestep_us: int, min_delay_ms: float) -> Any:
        """Return the delay as the host rounds it before anything else, in ms."""
        if self.delay is None:
            return min_delay_ms
        if isinstance(self.delay, str) or is_random(self.delay):
            return self.delay
        rounded = round_delays(self.delay, timestep_us)
        if not np.allclose(self.delay, rounded):
            logger.warning(
                "%s: delay %s ms is taken as %s ms, whole timesteps",
                type(self).__name__,
                self.delay,
                rounded,
            )
        return rounded if rounded.ndim else float(rounded)

    def parameters(self) -> dict[str, Any]:
        """Return what `Projection.get` can ask for beside weight and delay."""
        return {}

    def set_value(self, name: str, value: Any) -> None:
        """Set one parameter, as a column of a FromListConnector does."""
        if name not in self.parameters():
            raise ParameterError(type(self).__name__, f"has no parameter {name}", got=value)
        setattr(self, name, value)

    def merge(self, other: Synapse) -> Synapse:
        """Return what a population that has these synapses becomes with others added."""
        raise NotImplementedError

    def largest_weight(self, largest: float) -> float:
        """Return the largest weight that a synapse can reach."""
        return largest


def _value(who: str, value: Any) -> Any:
    if isinstance(value, str) or is_random(value):
        return value
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as err:
        raise WrongTypeError(
            who, "is no number, list, expression or distribution", got=repr(value)
        ) from err
    if isinstance(value, dict) or array.ndim > 1:
        raise WrongTypeError(who, "is no number or list", got=type(value).__name__)
    if not np.isfinite(array).all():
        raise TargetError(who, "is not finite", got=value)
    return array if array.ndim else float(array)


__all__ = ["Synapse"]
