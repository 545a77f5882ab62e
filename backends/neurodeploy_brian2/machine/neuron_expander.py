"""Neuron parameters as the neuron expander of a core draws them.

The expander goes through the model's structures in order, in each through the parameters, and in
each through the neurons of the core. It starts from the core's seed, the same that the synapse
expander of the core starts from: the two do not know of each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurodeploy_brian2.machine.distributions import Distribution
from neurodeploy_brian2.machine.kiss64 import Kiss64, Seed

KINDS = ("S1615", "UINT32", "INT32", "U032")
"""How a parameter is stored; the position is the number that the host writes."""


@dataclass(frozen=True)
class Parameter:
    """
    One parameter of a structure.

    Parameters
    ----------
    name : str
    parts : tuple of (int, Distribution)
        Ranges of neurons of the core, one after the other: how many, and what they get. A
        parameter that exists once for the whole core has one part of one neuron.
    kind : str
        One of `KINDS`.
    """

    name: str
    parts: tuple[tuple[int, Distribution], ...]
    kind: str = "S1615"


def expand_parameters(
    parameters: Iterable[Parameter], core_seed: Seed
) -> dict[str, NDArray[np.int64]]:
    """
    Draw the parameters and the initial state of the neurons of one core.

    Parameters
    ----------
    parameters : iterable of Parameter
        Of all structures, in the order of the model's structures.
    core_seed : tuple of int
        The core's KISS64 seed.

    Returns
    -------
    dict of str to numpy.ndarray
        int64, shape (n,): the stored word, signed for S16.15 and INT32.
    """
    rng = Kiss64(core_seed)
    drawn = {}
    for parameter in parameters:
        values = [source.draw(rng, n) for n, source in parameter.parts]
        bits = np.concatenate([np.zeros(0, np.int32), *values]).astype(np.int64)
        drawn[parameter.name] = stored(bits, parameter.kind)
    return drawn


def stored(bits: NDArray[np.int64], kind: str) -> NDArray[np.int64]:
    """
    Convert drawn S16.15 values to what is stored.

    Parameters
    ----------
    bits : numpy.ndarray
        int64, shape (n,), S16.15.
    kind : str
        One of `KINDS`. Integers are cut toward zero; U0.32 keeps the 15 bits of the fraction, so
        1.0 is 0.

    Returns
    -------
    numpy.ndarray
        int64, shape (n,).
    """
    if kind == "S1615":
        return bits
    if kind == "U032":
        return (bits << 17) & 0xFFFFFFFF
    whole: NDArray[np.int64] = np.sign(bits) * (np.abs(bits) >> 15)
    return whole & 0xFFFFFFFF if kind == "UINT32" else whole


__all__ = ["KINDS", "Parameter", "expand_parameters", "stored"]
