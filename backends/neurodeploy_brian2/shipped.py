"""Which programs sPyNNaker 7.4.1 ships: rules of plasticity, on combined and on split cores."""

from __future__ import annotations

from typing import Any

from neurodeploy_brian2.other_synapses import WeightChangeable
from neurodeploy_brian2.plasticity import STDPMechanism

RULES = (
    "pair_additive",
    "pair_multiplicative",
    "nearest_pair_additive",
    "nearest_pair_multiplicative",
    "pfister_triplet_additive",
    "vogels_2011_additive",
)
"""Rules that there are synapse cores for, and the emulator runs."""

MODULATED = "izhikevich_neuromodulation_"
"""Before the names of rules that dopamine modulates."""

MODULATED_RULES = tuple(
    MODULATED + rule for rule in ("pair_additive", "pair_multiplicative", "vogels_2011_additive")
)
"""Those that there are synapse cores for; combined binaries ship, but are never used."""

WEIGHT_CHANGE = "weight_change"
"""The name of weights that others change."""

SHIPPED: dict[str, tuple[str, ...]] = {
    "IF_curr_exp": (*RULES, WEIGHT_CHANGE),
    "IF_cond_exp": ("pair_additive", "nearest_pair_additive"),
    "IF_curr_delta": ("pair_additive", "nearest_pair_additive"),
    "IF_curr_alpha": ("pair_additive",),
    "IFCurrExpCa2Adaptive": ("pair_additive",),
    "Izhikevich": ("pair_additive",),
    "Izhikevich_cond": ("pair_additive",),
    "Izhikevich_cond_dual": ("pair_additive",),
}
"""Rules of which there is a binary with the neurons on one core, by cell type."""

COMBINED_ONLY = (
    "IFCurrDeltaFixedProb",
    "IFTruncDelta",
    "StocExp",
    "StocExpStable",
    "StocSigma",
)
"""Cell types without a neuron core."""


def rule_of(mechanism: Any) -> str:
    """Return the name of a rule; static synapses have none."""
    if isinstance(mechanism, WeightChangeable):
        return WEIGHT_CHANGE
    if not isinstance(mechanism, STDPMechanism):
        return ""
    kind = MODULATED if mechanism.neuromodulation is not None else ""
    return f"{kind}{mechanism.timing_dependence.suffix}_{mechanism.weight_dependence.suffix}"


def is_combined(celltype: Any, rule: str) -> bool:
    """Tell whether neurons and synapses with a rule can share a core."""
    return not rule or rule in SHIPPED.get(type(celltype).__name__, ())


def is_split(celltype: Any, rule: str) -> bool:
    """Tell whether neurons and synapses with a rule can have cores of their own."""
    known = ("", *RULES, *MODULATED_RULES)
    return type(celltype).__name__ not in COMBINED_ONLY and rule in known


__all__ = [
    "COMBINED_ONLY",
    "MODULATED",
    "MODULATED_RULES",
    "RULES",
    "SHIPPED",
    "WEIGHT_CHANGE",
    "is_combined",
    "is_split",
    "rule_of",
]
