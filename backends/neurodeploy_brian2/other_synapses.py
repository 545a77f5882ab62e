"""Synapse types that go only with their own kind: changed by others, and without rows."""

from __future__ import annotations

from typing import Any

from neurodeploy_brian2.errors import SynapseError
from neurodeploy_brian2.synapse_type import Synapse


class WeightChangeable(Synapse):
    """Synapses whose weights another projection changes."""

    changes = True

    def __init__(
        self, weight_min: float, weight_max: float, weight: Any = 0.0, delay: Any = None
    ) -> None:
        super().__init__(weight, delay)
        if not 0.0 <= weight_min < weight_max:
            raise SynapseError(
                "WeightChangeable",
                "weight_min must not be negative and weight_max must be larger",
                got=f"{weight_min} and {weight_max}",
            )
        self.weight_min, self.weight_max = weight_min, weight_max

    def merge(self, other: Synapse) -> Synapse:
        """Accept its changer, and others with the same bounds."""
        if isinstance(other, WeightChanger):
            return self
        if not isinstance(other, WeightChangeable):
            raise SynapseError("WeightChangeable", "only goes with a WeightChanger")
        if (self.weight_min, self.weight_max) != (other.weight_min, other.weight_max):
            raise SynapseError("WeightChangeable", "all must have the same bounds")
        return self

    def largest_weight(self, largest: float) -> float:
        """Return the upper bound, even if the initial weight is larger."""
        return self.weight_max


class WeightChanger(Synapse):
    """Synapses whose spikes change the weights of another projection."""

    changes = True

    def __init__(self, weight_change: float, projection: Any) -> None:
        super().__init__(weight_change, 1)
        if not isinstance(projection.synapse_type, WeightChangeable):
            raise SynapseError("WeightChanger", "the projection is not WeightChangeable")
        self.projection = projection

    def largest_weight(self, largest: float) -> float:
        """Return the bound of the weights that it changes."""
        return float(self.projection.synapse_type.weight_max)

    def merge(self, other: Synapse) -> Synapse:
        """Never the first."""
        raise SynapseError("WeightChanger", "can only be added after a WeightChangeable")


class Local(Synapse):
    """Synapses without rows, for a connector that has the weights itself."""

    def __init__(self, delay: Any = None) -> None:
        super().__init__(0.0, delay)
        self.weight = None
        if self.delay is not None and not isinstance(self.delay, int | float):
            raise SynapseError(type(self).__name__, "takes one delay", got=delay)

    def merge(self, other: Synapse) -> Synapse:
        """Accept only its own kind."""
        if type(other) is not type(self):
            raise SynapseError(
                type(self).__name__, "all projections onto the population must be of this type"
            )
        return other


class Convolution(Local):
    """The synapse type of a ConvolutionConnector."""


class PoolDense(Local):
    """The synapse type of a PoolDenseConnector."""


def no_weight_changes(other: Synapse, what: str) -> None:
    """Refuse weights that others change beside another kind of synapses."""
    if isinstance(other, WeightChangeable | WeightChanger):
        raise SynapseError(type(other).__name__, f"does not go with {what}")


__all__ = [
    "Convolution",
    "Local",
    "PoolDense",
    "WeightChangeable",
    "WeightChanger",
    "no_weight_changes",
]
