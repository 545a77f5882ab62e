"""Rules of plastic synapses: named numbers, compared by them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from neurodeploy.api import TargetError
from neurodeploy_brian2.errors import WrongTypeError


class Rule:
    """Part of a plastic synapse: named numbers, compared by them."""

    names: ClassVar[tuple[str, ...]] = ()
    suffix: ClassVar[str] = ""

    def _set(self, values: Mapping[str, Any]) -> None:
        for name in self.names:
            setattr(self, name, values[name])

    def parameters(self) -> dict[str, Any]:
        """Return its numbers by name."""
        return {name: getattr(self, name) for name in self.names}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rule) and type(self) is type(other) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        inner = ", ".join(f"{name}={value!r}" for name, value in self.parameters().items())
        return f"{type(self).__name__}({inner})"


class TimingRule(Rule):
    """How the times of two spikes change a weight."""

    n_terms: ClassVar[int] = 1
    A_plus: float
    A_minus: float


class SpikePairRule(TimingRule):
    """Every pair of spikes counts."""

    names = ("tau_plus", "tau_minus")
    suffix = "pair"

    def __init__(
        self,
        tau_plus: float = 20.0,
        tau_minus: float = 20.0,
        A_plus: float = 0.01,
        A_minus: float = 0.01,
    ) -> None:
        self.tau_plus = _positive("SpikePairRule.tau_plus", tau_plus)
        self.tau_minus = _positive("SpikePairRule.tau_minus", tau_minus)
        self.A_plus, self.A_minus = _finite("A_plus", A_plus), _finite("A_minus", A_minus)


class SpikeNearestPairRule(SpikePairRule):
    """Only the nearest spikes count."""

    suffix = "nearest_pair"


class Vogels2011Rule(TimingRule):
    """Vogels' rule for inhibition; every spike before depresses by `alpha`."""

    names = ("tau", "alpha")
    suffix = "vogels_2011"

    def __init__(
        self, alpha: float, tau: float = 20.0, A_plus: float = 0.01, A_minus: float = 0.01
    ) -> None:
        self.alpha, self.tau = _finite("Vogels2011Rule.alpha", alpha), _positive("tau", tau)
        self.A_plus, self.A_minus = _finite("A_plus", A_plus), _finite("A_minus", A_minus)


class PfisterSpikeTriplet(TimingRule):
    """Triplets of spikes count too."""

    names = ("tau_plus", "tau_minus", "tau_x", "tau_y")
    suffix = "pfister_triplet"
    n_terms = 2
    tau_x: float
    tau_y: float

    def __init__(
        self,
        tau_plus: float,
        tau_minus: float,
        tau_x: float,
        tau_y: float,
        A_plus: float,
        A_minus: float,
    ) -> None:
        given = dict(zip(self.names, (tau_plus, tau_minus, tau_x, tau_y), strict=True))
        self._set({name: _positive(name, value) for name, value in given.items()})
        self.A_plus, self.A_minus = _finite("A_plus", A_plus), _finite("A_minus", A_minus)


class RecurrentRule(TimingRule):
    """A stochastic rule with a counter in every synapse."""

    names = (
        "accumulator_depression",
        "accumulator_potentiation",
        "mean_pre_window",
        "mean_post_window",
        "dual_fsm",
    )

    def __init__(
        self,
        accumulator_depression: int = -6,
        accumulator_potentiation: int = 6,
        mean_pre_window: float = 35.0,
        mean_post_window: float = 35.0,
        dual_fsm: bool = True,
        A_plus: float = 0.01,
        A_minus: float = 0.01,
    ) -> None:
        given = (accumulator_depression, accumulator_potentiation, mean_pre_window)
        self._set(dict(zip(self.names, (*given, mean_post_window, dual_fsm), strict=True)))
        self.A_plus, self.A_minus = A_plus, A_minus
        self.suffix = "recurrent_dual_fsm" if dual_fsm else "recurrent_pre_stochastic"  # type: ignore[misc]


class WeightRule(Rule):
    """How far a weight moves."""

    names: ClassVar[tuple[str, ...]] = ("w_min", "w_max", "A_plus", "A_minus")
    w_min: float
    w_max: float

    def __init__(self, w_min: float = 0.0, w_max: float = 1.0) -> None:
        self.w_min, self.w_max = _finite("w_min", w_min), _finite("w_max", w_max)
        self.A_plus = self.A_minus = 0.0


class AdditiveWeightDependence(WeightRule):
    """By steps that do not depend on the weight."""

    suffix = "additive"


class MultiplicativeWeightDependence(WeightRule):
    """By steps that shrink near the bounds; without a clamp on the board."""

    suffix = "multiplicative"


class WeightDependenceAdditiveTriplet(WeightRule):
    """As AdditiveWeightDependence, with two amplitudes for triplets."""

    suffix = "additive"
    names = (*WeightRule.names, "A3_plus", "A3_minus")

    def __init__(
        self,
        w_min: float = 0.0,
        w_max: float = 1.0,
        A3_plus: float = 0.01,
        A3_minus: float = 0.01,
    ) -> None:
        super().__init__(w_min, w_max)
        self.A3_plus, self.A3_minus = _finite("A3_plus", A3_plus), _finite("A3_minus", A3_minus)


class LastNeuronSelection(Rule):
    """The source that spiked last."""

    names = ("spike_buffer_size",)

    def __init__(self, spike_buffer_size: int = 64) -> None:
        self.spike_buffer_size = spike_buffer_size


class RandomSelection(Rule):
    """Any source."""


class DistanceDependentFormation(Rule):
    """Synapses form by distance on a grid."""

    names = (
        "grid",
        "p_form_forward",
        "sigma_form_forward",
        "p_form_lateral",
        "sigma_form_lateral",
    )

    def __init__(
        self,
        grid: Any = (16, 16),
        p_form_forward: float = 0.16,
        sigma_form_forward: float = 2.5,
        p_form_lateral: float = 1.0,
        sigma_form_lateral: float = 1.0,
    ) -> None:
        given = (tuple(int(n) for n in grid), p_form_forward, sigma_form_forward)
        values = (*given, p_form_lateral, sigma_form_lateral)
        self._set(dict(zip(self.names, values, strict=True)))


class RandomByWeightElimination(Rule):
    """Weak synapses go more often."""

    names = ("threshold", "prob_elim_depressed", "prob_elim_potentiated")

    def __init__(
        self,
        threshold: float,
        prob_elim_depressed: float = 0.0245,
        prob_elim_potentiated: float = 1.36e-4,
    ) -> None:
        values = (threshold, prob_elim_depressed, prob_elim_potentiated)
        self._set(dict(zip(self.names, values, strict=True)))


def _finite(who: str, value: Any) -> float:
    if not isinstance(value, int | float | np.number):
        raise WrongTypeError(who, "is no number", got=repr(value))
    if not math.isfinite(value):
        raise TargetError(who, "is not finite", got=value)
    return float(value)


def _positive(who: str, value: Any) -> float:
    number = _finite(who, value)
    if number <= 0:
        raise TargetError(who, "must be above 0", got=f"{number} ms")
    return number


__all__ = [
    "AdditiveWeightDependence",
    "DistanceDependentFormation",
    "LastNeuronSelection",
    "MultiplicativeWeightDependence",
    "PfisterSpikeTriplet",
    "RandomByWeightElimination",
    "RandomSelection",
    "RecurrentRule",
    "Rule",
    "SpikeNearestPairRule",
    "SpikePairRule",
    "TimingRule",
    "Vogels2011Rule",
    "WeightDependenceAdditiveTriplet",
    "WeightRule",
]
