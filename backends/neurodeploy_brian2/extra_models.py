"""What sPyNNaker has beside PyNN: `import neurodeploy_brian2.pynn as sim; sim.extra_models`."""

from __future__ import annotations

from typing import Any

from neurodeploy_brian2.cells import (
    IF_curr_delta,
    IF_curr_dual_exp,
    IFCurrDeltaCa2Adaptive,
    IFCurrExpCa2Adaptive,
    IFTruncDelta,
    Izhikevich_cond,
    Izhikevich_cond_dual,
)
from neurodeploy_brian2.chance_cells import (
    IF_curr_exp_sEMD,
    IFCondExpStoc,
    IFCurrDeltaFixedProb,
    StocExp,
    StocExpStable,
    StocSigma,
)
from neurodeploy_brian2.connectors import AllButMeConnector, OneToOneOffsetConnector
from neurodeploy_brian2.errors import UnsupportedError
from neurodeploy_brian2.other_synapses import WeightChangeable, WeightChanger
from neurodeploy_brian2.plasticity import Neuromodulation
from neurodeploy_brian2.poisson import SpikeSourcePoissonVariable
from neurodeploy_brian2.rules import (
    PfisterSpikeTriplet,
    RecurrentRule,
    SpikeNearestPairRule,
    Vogels2011Rule,
    WeightDependenceAdditiveTriplet,
)

IFCurDelta = IF_curr_delta

__all__ = [
    "AllButMeConnector",
    "IFCondExpStoc",
    "IFCurDelta",
    "IFCurrDeltaCa2Adaptive",
    "IFCurrDeltaFixedProb",
    "IFCurrExpCa2Adaptive",
    "IFTruncDelta",
    "IF_curr_dual_exp",
    "IF_curr_exp_sEMD",
    "Izhikevich_cond",
    "Izhikevich_cond_dual",
    "Neuromodulation",
    "OneToOneOffsetConnector",
    "PfisterSpikeTriplet",
    "RecurrentRule",
    "SpikeNearestPairRule",
    "SpikeSourcePoissonVariable",
    "StocExp",
    "StocExpStable",
    "StocSigma",
    "Vogels2011Rule",
    "WeightChangeable",
    "WeightChanger",
    "WeightDependenceAdditiveTriplet",
]


def __getattr__(name: str) -> Any:
    """Refuse the rest by name."""
    if name.startswith("__"):
        raise AttributeError(name)
    raise UnsupportedError(f"extra_models.{name}", "the emulator does not support it")
