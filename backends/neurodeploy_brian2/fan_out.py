"""How many connections of one source the host expects on a core of the target.

sPyNNaker's figures, by which it decides how many synapse cores a population needs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from neurodeploy_brian2 import bounds
from neurodeploy_brian2.connectors.base import Ends
from neurodeploy_brian2.connectors.chance import (
    FixedNumberPostConnector,
    FixedNumberPreConnector,
    FixedProbabilityConnector,
    FixedTotalNumberConnector,
)
from neurodeploy_brian2.connectors.kernel import KernelConnector
from neurodeploy_brian2.connectors.listed import ArrayConnector, FromListConnector
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
from neurodeploy_brian2.errors import ConfigurationError

_RARE = 1.0 / 10000.0
_VERY_RARE = 1.0 / 100000.0


def connections_of_one(connector: Any, ends: Ends, per_core: int) -> int:
    """Return the most connections from one source to the neurons of one core.

    Parameters
    ----------
    connector : Connector
    ends : Ends
    per_core : int
        Neurons that a core of the target can have, whether or not there are so many.

    Raises
    ------
    ConfigurationError
        If sPyNNaker has no such figure of the connector.
    """
    for kind, count in _COUNTS.items():
        if isinstance(connector, kind):
            return math.ceil(count(connector, ends, per_core))
    raise ConfigurationError(
        ends.who,
        f"sPyNNaker cannot tell how many synapse cores a {type(connector).__name__} needs",
        todo="give the target population n_synapse_cores, or a timestep of 1 ms",
    )


def _all(connector: Any, ends: Ends, per_core: int) -> float:
    return per_core


def _one(connector: Any, ends: Ends, per_core: int) -> float:
    return 1


def _others(connector: Any, ends: Ends, per_core: int) -> float:
    group = connector.n_neurons_per_group
    return per_core if group is None else min(group - 1, per_core)


def _kernel(connector: Any, ends: Ends, per_core: int) -> float:
    return min(int(np.prod(connector.shape)), per_core)


def _probable(connector: Any, ends: Ends, per_core: int) -> float:
    return bounds.probable_maximum_selected(ends.n_pairs, per_core, connector.p_connect, _RARE)


def _likeliest(connector: Any, ends: Ends, per_core: int) -> float:
    return bounds.probable_maximum_selected(ends.n_pairs, per_core, connector.largest(ends))


def _share(ends: Ends, per_core: int) -> float:
    return min(per_core / ends.post.n, 1.0)


def _fixed_post(connector: Any, ends: Ends, per_core: int) -> float:
    return bounds.probable_maximum_selected(
        ends.n_pairs, connector.n, _share(ends, per_core), _VERY_RARE
    )


def _fixed_pre(connector: Any, ends: Ends, per_core: int) -> float:
    total = bounds.probable_maximum_selected(
        ends.n_pairs, connector.n * ends.post.n, 1.0 / ends.pre.n, _RARE
    )
    return bounds.probable_maximum_selected(ends.n_pairs, total, _share(ends, per_core), _VERY_RARE)


def _fixed_total(connector: Any, ends: Ends, per_core: int) -> float:
    on_core = bounds.probable_maximum_selected(connector.n, connector.n, _share(ends, per_core))
    of_one = bounds.probable_maximum_selected(connector.n, max(on_core, 1), 1.0 / ends.pre.n)
    return max(of_one, 1)


def _listed(connector: Any, ends: Ends, per_core: int) -> float:
    pre, post = connector.pairs(ends)
    if not len(pre):
        return 0
    key = pre * (int(post.max()) // per_core + 1) + post // per_core
    return int(np.unique(key, return_counts=True)[1].max())


def _whole_row(connector: Any, ends: Ends, per_core: int) -> float:
    """The host means to divide the matrix by targets and divides it by sources."""
    return int((connector.array == 1).sum(axis=1).max(initial=0))


def _near(connector: Any, ends: Ends, per_core: int) -> float:
    return int(connector.near(ends).sum(axis=1).max(initial=0))


_COUNTS: dict[type, Callable[[Any, Ends, int], float]] = {
    AllToAllConnector: _all,
    AllButMeConnector: _others,
    OneToOneConnector: _one,
    OneToOneOffsetConnector: _one,
    KernelConnector: _kernel,
    FixedProbabilityConnector: _probable,
    FixedNumberPostConnector: _fixed_post,
    FixedNumberPreConnector: _fixed_pre,
    FixedTotalNumberConnector: _fixed_total,
    DistanceDependentProbabilityConnector: _likeliest,
    IndexBasedProbabilityConnector: _likeliest,
    SmallWorldConnector: _near,
    FromListConnector: _listed,
    ArrayConnector: _whole_row,
}

__all__ = ["connections_of_one"]
