"""One decay of a neuron that has two, as synapses with several delays."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from neurodeploy.errors import LoweringError
from neurodeploy.ir.network import Floats, Projection

#: What is left of a decay where the taps end.
NEGLIGIBLE = 1e-4
#: Each tap is a synapse more for every weight.
MOST_TAPS = 128
#: Poles that are nearer to each other leave no tail that one tap could stand for.
_APART = 1e-3


def taps_needed(decay: Floats, name: str) -> int:
    """Return after how many steps a decay has become negligible.

    Raises
    ------
    LoweringError
        If it takes more steps than taps are reasonable.
    """
    slowest = float(np.max(decay, initial=0.0))
    if slowest <= NEGLIGIBLE:
        return 1
    most = NEGLIGIBLE ** (1.0 / MOST_TAPS)
    if slowest > most:
        raise LoweringError(
            name,
            "a reset by subtraction needs a synaptic or a membrane decay that ends sooner",
            got=f"{slowest:.4g} a step in both",
            limit=f"{most:.4g} in one of them",
            todo="train with shorter time constants, or with a reset to zero",
        )
    return math.ceil(math.log(NEGLIGIBLE) / math.log(slowest))


def tapped(proj: Projection, fast: Floats, slow: Floats, taps: int) -> Projection:
    """Return the projection as its target filters it once more.

    A synapse whose target decays by `slow` stands for one that also decays by `fast`, if it is
    repeated with `fast**j` of its weight j steps later. The last tap carries the rest, as much as
    a target that decays by `slow` makes of it in the end.

    Parameters
    ----------
    proj : Projection
    fast, slow : (n_post,) float array
        Decays in a step, `fast` at most `slow`.
    taps : int
    """
    factors = powers(fast, slow, taps)[:, proj.post_index]
    lag = np.zeros(proj.n_synapses, dtype=np.int32) if proj.lag is None else proj.lag
    later = np.arange(taps, dtype=np.int32)[:, None] + lag
    return replace(
        proj,
        pre_index=np.tile(proj.pre_index, taps),
        post_index=np.tile(proj.post_index, taps),
        weight=(factors * proj.weight).ravel(),
        lag=later.ravel(),
    )


def powers(fast: Floats, slow: Floats, taps: int) -> Floats:
    """Return the weights of the taps, a (taps, n) float array, the tail in the last one."""
    factors = fast ** np.arange(taps)[:, None]
    gap = slow - fast
    with np.errstate(divide="ignore", invalid="ignore"):
        tail = fast**taps / gap
    factors[-1] += np.where(gap > _APART, tail, 0.0)
    return np.asarray(factors)


__all__ = ["powers", "taps_needed", "tapped"]
