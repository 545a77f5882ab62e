"""The classes of a PyNN module: what `sim.NAME` is."""

from __future__ import annotations

from typing import Any

from neurodeploy_brian2 import (
    cells,
    connectors,
    current_sources,
    extra_models,
    other_synapses,
    plasticity,
    poisson,
    randomness,
    rules,
    space,
    views,
)

CELL_TYPES: dict[str, Any] = {
    "IF_cond_exp": cells.IF_cond_exp,
    "IF_curr_exp": cells.IF_curr_exp,
    "IF_curr_alpha": cells.IF_curr_alpha,
    "IF_curr_delta": cells.IF_curr_delta,
    "Izhikevich": cells.Izhikevich,
    "SpikeSourceArray": cells.SpikeSourceArray,
    "SpikeSourcePoisson": poisson.SpikeSourcePoisson,
}
"""What `list_standard_models` returns, in its order."""

_PARTS = {
    connectors: (
        "AllToAllConnector ArrayConnector CSAConnector ConvolutionConnector "
        "DistanceDependentProbabilityConnector FixedNumberPostConnector "
        "FixedNumberPreConnector FixedProbabilityConnector FixedTotalNumberConnector "
        "FromFileConnector FromListConnector IndexBasedProbabilityConnector KernelConnector "
        "OneToOneConnector PoolDenseConnector SmallWorldConnector"
    ),
    other_synapses: "Convolution PoolDense",
    plasticity: ("STDPMechanism StaticSynapse StructuralMechanismSTDP StructuralMechanismStatic"),
    rules: (
        "AdditiveWeightDependence DistanceDependentFormation LastNeuronSelection "
        "MultiplicativeWeightDependence RandomByWeightElimination RandomSelection SpikePairRule"
    ),
    current_sources: "ACSource DCSource NoisyCurrentSource StepCurrentSource",
    randomness: "NumpyRNG RandomDistribution",
    space: "Cuboid Grid2D Grid3D Line RandomStructure Space Sphere distance",
    views: "Assembly IDMixin PopulationView",
}

EXPORTS: dict[str, Any] = {
    **CELL_TYPES,
    **{name: getattr(part, name) for part, words in _PARTS.items() for name in words.split()},
    "extra_models": extra_models,
}
"""Every class and module by the name that a script uses."""

__all__ = ["CELL_TYPES", "EXPORTS"]
