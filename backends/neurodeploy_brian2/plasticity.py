"""Synapse types: what a script says of synapses, as descriptions.

What a population's synapses can do is decided by one binary on the board, so all that reach
it must agree: `merge` is sPyNNaker's rule for that.
The types refer to each other there, so they are in one module.
"""

from __future__ import annotations

from typing import Any

from neurodeploy_brian2.errors import ParameterError, RefusedError, SynapseError, WrongTypeError
from neurodeploy_brian2.other_synapses import WeightChanger, no_weight_changes
from neurodeploy_brian2.rules import MultiplicativeWeightDependence, TimingRule, WeightRule
from neurodeploy_brian2.synapse_type import Synapse

MODULATORS = ("reward", "punishment")
"""Receptor types of neuromodulation, in the order of their indices."""


REWIRING = ("f_rew", "initial_weight", "initial_delay", "s_max", "with_replacement", "seed")
"""Parameters of structural plasticity beside its three rules."""


class StaticSynapse(Synapse):
    """A synapse that does not change.

    Parameters
    ----------
    pad_to_length : int, optional
        Synapses that the host reckons with in the rows of a core, for how many cores there are.
    """

    def __init__(self, weight: Any = 0.0, delay: Any = None, pad_to_length: Any = None) -> None:
        super().__init__(weight, delay)
        self.pad_to_length = pad_to_length

    def merge(self, other: Synapse) -> Synapse:
        """Return the other, which can do no less."""
        if isinstance(other, Neuromodulation):
            raise SynapseError("Neuromodulation", "can only be added after a projection with STDP")
        if isinstance(other, WeightChanger):
            raise SynapseError("WeightChanger", "can only be added after a WeightChangeable")
        return other


class STDPMechanism(Synapse):
    """A synapse that changes with the times of spikes.

    Parameters
    ----------
    timing_dependence : TimingRule
    weight_dependence : WeightRule
    voltage_dependence
        Must be None.
    dendritic_delay_fraction : float
        Must be 1.
    pad_to_length : int, optional
        As of StaticSynapse.
    backprop_delay : bool
        Whether a spike of the target reaches the synapse after the synapse's delay.
    """

    changes = True

    def __init__(
        self,
        timing_dependence: Any = None,
        weight_dependence: Any = None,
        voltage_dependence: Any = None,
        dendritic_delay_fraction: float = 1.0,
        weight: Any = 0.0,
        delay: Any = None,
        pad_to_length: Any = None,
        backprop_delay: bool = True,
    ) -> None:
        super().__init__(weight, delay)
        if timing_dependence is None or weight_dependence is None:
            raise RefusedError(
                "STDPMechanism", "needs both timing_dependence and weight_dependence"
            )
        if voltage_dependence is not None:
            raise RefusedError("STDPMechanism", "sPyNNaker has no voltage_dependence")
        if float(dendritic_delay_fraction) != 1.0:
            raise RefusedError(
                "STDPMechanism",
                "sPyNNaker's delays are all dendritic",
                got=f"dendritic_delay_fraction {dendritic_delay_fraction}",
                limit=1.0,
            )
        for rule, kind in ((timing_dependence, TimingRule), (weight_dependence, WeightRule)):
            if not isinstance(rule, kind):
                raise WrongTypeError(
                    "STDPMechanism", f"is not a {kind.__name__}", got=type(rule).__name__
                )
        if isinstance(weight_dependence, MultiplicativeWeightDependence) and (
            timing_dependence.n_terms != 1
        ):
            raise RefusedError("MultiplicativeWeightDependence", "does not support triplets")
        weight_dependence.A_plus = timing_dependence.A_plus
        weight_dependence.A_minus = timing_dependence.A_minus
        self.timing_dependence, self.weight_dependence = timing_dependence, weight_dependence
        self.dendritic_delay_fraction = 1.0
        self.backprop_delay = bool(backprop_delay)
        self.pad_to_length = pad_to_length
        self.neuromodulation: Neuromodulation | None = None

    @property
    def suffix(self) -> str:
        """The part of the binary's name that stands for the rules."""
        kind = "izhikevich_neuromodulation_" if self.neuromodulation else "mad_"
        return f"_stdp_{kind}{self.timing_dependence.suffix}_{self.weight_dependence.suffix}"

    def parameters(self) -> dict[str, Any]:
        """Return the numbers of both rules."""
        return {
            **self.timing_dependence.parameters(),
            **self.weight_dependence.parameters(),
            "dendritic_delay_fraction": self.dendritic_delay_fraction,
            "backprop_delay": self.backprop_delay,
        }

    def set_value(self, name: str, value: Any) -> None:
        """Set one parameter of either rule."""
        for rule in (self.timing_dependence, self.weight_dependence, self):
            if hasattr(rule, name):
                setattr(rule, name, value)
                return
        raise ParameterError("STDPMechanism", f"has no parameter {name}", got=value)

    def same_rules(self, other: STDPMechanism) -> bool:
        """Tell whether two are carried out by one binary with the same parameters."""
        return bool(
            self.timing_dependence == other.timing_dependence
            and self.weight_dependence == other.weight_dependence
        )

    def merge(self, other: Synapse) -> Synapse:
        """Accept the same rules, static synapses and neuromodulation."""
        if isinstance(other, Neuromodulation):
            if self.neuromodulation is not None and not self.neuromodulation.same(other):
                raise SynapseError("Neuromodulation", "must be the same within a population")
            self.neuromodulation = other
            return self
        no_weight_changes(other, "STDP")
        if isinstance(other, STDPMechanism):
            if not self.same_rules(other):
                raise SynapseError(
                    "STDPMechanism", "all plastic projections of a population must have one rule"
                )
            other.neuromodulation = other.neuromodulation or self.neuromodulation
            return other
        if isinstance(other, StructuralMechanismStatic):
            return StructuralMechanismSTDP(
                *other.rules,
                self.timing_dependence,
                self.weight_dependence,
                **other.rewiring,
                backprop_delay=self.backprop_delay,
            )
        return self

    def largest_weight(self, largest: float) -> float:
        """Return the bound of the rule, or the initial weight if larger."""
        return max(largest, float(self.weight_dependence.w_max))


class Neuromodulation(Synapse):
    """Projections of dopamine, which turn eligibility into weights."""

    changes = True

    def __init__(
        self,
        weight: Any = 0.0,
        tau_c: float = 1000.0,
        tau_d: float = 200.0,
        w_min: float = 0.0,
        w_max: float = 1.0,
    ) -> None:
        super().__init__(weight, 1)
        if w_min < 0 or w_max < 0:
            raise SynapseError("Neuromodulation", "w_min and w_max must not be negative")
        self.tau_c, self.tau_d, self.w_min, self.w_max = tau_c, tau_d, w_min, w_max

    def same(self, other: Neuromodulation) -> bool:
        """Tell whether two are the same."""
        return vars(self) | {"weight": 0} == vars(other) | {"weight": 0}

    def merge(self, other: Synapse) -> Synapse:
        """Never the first."""
        raise SynapseError("Neuromodulation", "can only be added after a projection with STDP")


class StructuralMechanismStatic(StaticSynapse):
    """Synapses that form and vanish."""

    changes = True
    by_machine = False

    def __init__(
        self,
        partner_selection: Any,
        formation: Any,
        elimination: Any,
        f_rew: float = 10.0**4,
        initial_weight: float = 0.0,
        initial_delay: Any = 1.0,
        s_max: int = 32,
        with_replacement: bool = True,
        seed: int | None = None,
        weight: Any = 0.0,
        delay: Any = None,
    ) -> None:
        super().__init__(weight, delay)
        self.rules = (partner_selection, formation, elimination)
        given = (f_rew, initial_weight, initial_delay, s_max, with_replacement, seed)
        self.rewiring = dict(zip(REWIRING, given, strict=True))

    def merge(self, other: Synapse) -> Synapse:
        """Accept the same rules, and STDP."""
        no_weight_changes(other, "structural plasticity")
        if isinstance(other, StructuralMechanismStatic | StructuralMechanismSTDP):
            _same_rewiring(self, other)
            return other
        return other.merge(self) if isinstance(other, STDPMechanism) else self


class StructuralMechanismSTDP(STDPMechanism):
    """Synapses that form, vanish and change with the times of spikes."""

    by_machine = False

    def __init__(
        self,
        partner_selection: Any,
        formation: Any,
        elimination: Any,
        timing_dependence: Any = None,
        weight_dependence: Any = None,
        voltage_dependence: Any = None,
        dendritic_delay_fraction: float = 1.0,
        f_rew: float = 10.0**4,
        initial_weight: float = 0.0,
        initial_delay: Any = 1.0,
        s_max: int = 32,
        with_replacement: bool = True,
        seed: int | None = None,
        weight: Any = 0.0,
        delay: Any = None,
        backprop_delay: bool = True,
    ) -> None:
        super().__init__(
            timing_dependence,
            weight_dependence,
            voltage_dependence,
            dendritic_delay_fraction,
            weight,
            delay,
            backprop_delay=backprop_delay,
        )
        self.rules = (partner_selection, formation, elimination)
        given = (f_rew, initial_weight, initial_delay, s_max, with_replacement, seed)
        self.rewiring = dict(zip(REWIRING, given, strict=True))

    def merge(self, other: Synapse) -> Synapse:
        """Accept what has the same rules."""
        if isinstance(other, StructuralMechanismStatic | StructuralMechanismSTDP):
            _same_rewiring(self, other)
        if isinstance(other, StructuralMechanismStatic):
            return self
        super().merge(other)
        return self

    def largest_weight(self, largest: float) -> float:
        """Return the bound of the rule, or the initial weight if larger."""
        return max(super().largest_weight(largest), float(self.rewiring["initial_weight"]))


def _same_rewiring(first: Any, second: Any) -> None:
    if (first.rules, first.rewiring) != (second.rules, second.rewiring):
        raise SynapseError(
            "structural plasticity", "must be the same for all projections of a population"
        )


__all__ = [
    "MODULATORS",
    "Neuromodulation",
    "STDPMechanism",
    "StaticSynapse",
    "StructuralMechanismSTDP",
    "StructuralMechanismStatic",
]
