"""Connectors: who connects to whom."""

from neurodeploy_brian2.connectors.base import Connector, Ends, Side
from neurodeploy_brian2.connectors.chance import (
    FixedNumberPostConnector,
    FixedNumberPreConnector,
    FixedProbabilityConnector,
    FixedTotalNumberConnector,
)
from neurodeploy_brian2.connectors.kernel import KernelConnector
from neurodeploy_brian2.connectors.listed import (
    ArrayConnector,
    CSAConnector,
    FromFileConnector,
    FromListConnector,
)
from neurodeploy_brian2.connectors.local import ConvolutionConnector, PoolDenseConnector
from neurodeploy_brian2.connectors.placed import (
    DistanceDependentProbabilityConnector,
    IndexBasedProbabilityConnector,
    SmallWorldConnector,
)
from neurodeploy_brian2.connectors.regular import (
    AllButMeConnector,
    AllToAllConnector,
    OneToOneConnector,
    OneToOneOffsetConnector,
)

__all__ = [
    "AllButMeConnector",
    "AllToAllConnector",
    "ArrayConnector",
    "CSAConnector",
    "Connector",
    "ConvolutionConnector",
    "DistanceDependentProbabilityConnector",
    "Ends",
    "FixedNumberPostConnector",
    "FixedNumberPreConnector",
    "FixedProbabilityConnector",
    "FixedTotalNumberConnector",
    "FromFileConnector",
    "FromListConnector",
    "IndexBasedProbabilityConnector",
    "KernelConnector",
    "OneToOneConnector",
    "OneToOneOffsetConnector",
    "PoolDenseConnector",
    "Side",
    "SmallWorldConnector",
]
