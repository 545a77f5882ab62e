"""Probable bounds of random numbers, as the host estimates them when it sizes ring buffers.

sPyNNaker asks SciPy; so does this, and passes the parameters in the same places, right or
wrong (an exponential's `beta` goes where SciPy expects a shift, for one).
"""

from __future__ import annotations

import importlib
import math
from typing import Any

from neurodeploy.api import BackendUnavailable
from neurodeploy_brian2.errors import ConfigurationError, UnknownNameError

_CHANCE = 1.0 / 100.0

_SCIPY = {
    "binomial": ("binom", ("n", "p")),
    "gamma": ("gamma", ("k", "theta")),
    "exponential": ("expon", ("beta",)),
    "exponential_clipped": ("expon", ("beta",)),
    "lognormal": ("lognorm", ("mu", "sigma")),
    "normal": ("norm", ("mu", "sigma")),
    "poisson": ("poisson", ("lambda_",)),
    "vonmises": ("vonmises", ("mu", "kappa")),
}


def probable_maximum_selected(
    n_total: int, n_trials: float, probability: float, chance: float = _CHANCE
) -> float:
    """Return how many of so many trials succeed at most, but for a small chance.

    >>> probable_maximum_selected(100, 10, 0.1, 1 / 10000)
    7.0
    """
    most = float(_stats().binom.ppf(1.0 - chance / float(n_total), n_trials, probability))
    if math.isnan(most):
        raise ConfigurationError(
            "connector", "the number of its connections cannot be estimated", got=probability
        )
    return most


def probable_maximum(distribution: Any, n: float) -> float:
    """Return what n draws hardly ever exceed."""
    frozen, arguments = _scipy(distribution)
    return float(frozen.ppf(1.0 - _CHANCE / float(n), *arguments))


def probable_minimum(distribution: Any, n: float) -> float:
    """Return what n draws hardly ever fall below."""
    frozen, arguments = _scipy(distribution)
    return float(frozen.ppf(_CHANCE / float(n), *arguments))


def mean(distribution: Any) -> float:
    """Return the mean."""
    frozen, arguments = _scipy(distribution)
    return float(frozen.mean(*arguments))


def variance(distribution: Any) -> float:
    """Return the variance."""
    frozen, arguments = _scipy(distribution)
    return float(frozen.var(*arguments))


def largest_magnitude(distribution: Any, n: float) -> float:
    """Return the largest magnitude that n draws of a weight probably reach."""
    named = distribution.parameters
    if mean(distribution) < 0:
        lowest = probable_minimum(distribution, n)
        return abs(max(lowest, float(named.get("low", lowest))))
    highest = probable_maximum(distribution, n)
    return abs(min(highest, float(named.get("high", highest))))


def _stats() -> Any:
    try:
        return importlib.import_module("scipy.stats")
    except ImportError as err:
        raise BackendUnavailable(
            "emulator", "random connectors and weights need SciPy", todo="pip install scipy"
        ) from err


def _scipy(distribution: Any) -> tuple[Any, tuple[float, ...]]:
    named = distribution.parameters
    if distribution.name == "uniform":
        return _stats().uniform, (named["low"], named["high"] - named["low"])
    if distribution.name.startswith("normal_clipped"):
        edges = [(named[side] - named["mu"]) / named["sigma"] for side in ("low", "high")]
        return _stats().truncnorm, (*edges, named["mu"], named["sigma"])
    if distribution.name not in _SCIPY:
        # sPyNNaker knows `uniform_int` under another name and stops with a KeyError.
        raise UnknownNameError(
            f"random distribution {distribution.name}",
            "cannot be a weight or delay, as sPyNNaker knows no bounds of it",
            limit=", ".join(("uniform", "normal_clipped", *_SCIPY)),
        )
    call, names = _SCIPY[distribution.name]
    return getattr(_stats(), call), tuple(named[name] for name in names)


__all__ = [
    "largest_magnitude",
    "mean",
    "probable_maximum",
    "probable_maximum_selected",
    "probable_minimum",
    "variance",
]
