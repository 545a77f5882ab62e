"""Which sample runs when and where: runs, replicas side by side, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurodeploy.errors import TargetError
from neurodeploy.ir.network import Network
from neurodeploy.presentation import Presentation, apart
from neurodeploy.schedule import Schedule
from neurodeploy.target.spec import TargetSpec

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Arrangement:
    """Samples over runs and replicas.

    Parameters
    ----------
    net : Network
        What is emitted: with a flush where samples lie apart.
    plan : Schedule
        Ticks of one sample, the gap to the next one in them.
    restored : bool
        Whether the target restores its state at every sample.
    per_run : int or None
        Samples that a replica runs before a reset; None is all of them.
    replicas : int
        Copies of the network that run side by side.
    """

    net: Network
    plan: Schedule
    restored: bool
    per_run: int | None
    replicas: int = 1

    def runs(self, n_samples: int) -> Iterator[list[Ints]]:
        """Yield for each run the samples of each replica, in their order."""
        size = n_samples if self.per_run is None else self.per_run * self.replicas
        for first in range(0, n_samples, max(1, size)):
            chosen = np.arange(first, min(n_samples, first + size), dtype=np.int64)
            yield [chosen[replica :: self.replicas] for replica in range(self.replicas)]


def arrange(
    net: Network, plan: Schedule, target: TargetSpec, presentation: Presentation, fit: int = 1
) -> Arrangement:
    """Return how samples are presented to a target.

    Parameters
    ----------
    net : Network
        Lowered.
    plan : Schedule
        Of samples that do not have to wait for each other.
    target : TargetSpec
    presentation : Presentation
        `auto` takes what the target can do, in the order restored, apart, reset.
    fit : int
        Replicas that the machine holds, for a presentation that takes as many.

    Raises
    ------
    TargetError
        If the target, or the network, does not allow what is asked for.
    """
    how, replicas = presentation.how, presentation.replicas or fit
    if how == "restored" and not target.restores_state:
        raise TargetError(
            f"target {target.name}",
            "does not restore its state between samples",
            todo="use --presentation apart or reset",
        )
    if how == "restored" or (how == "auto" and target.restores_state):
        return Arrangement(net, plan, True, None, replicas)
    spread = None if how == "reset" else apart(net, plan)
    if spread is not None:
        return Arrangement(*spread, False, None, replicas)
    if how == "apart":
        raise TargetError(
            "presentation apart",
            "cannot be proved to keep samples apart: the network has loops or remembers too long",
            todo="use --presentation reset",
        )
    return Arrangement(net, plan, False, 1, replicas)


__all__ = ["Arrangement", "arrange"]
