"""Random distributions and generators with PyNN's names.

What is drawn on the host comes from NumPy's RandomState, as in PyNN, so that a seed gives the
same numbers. What a core draws is not drawn here; a distribution then only describes it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurodeploy_brian2.errors import ConfigurationError, UnknownNameError, WrongTypeError

Floats = NDArray[np.float64]

DISTRIBUTIONS: dict[str, tuple[str, ...]] = {
    "binomial": ("n", "p"),
    "gamma": ("k", "theta"),
    "exponential": ("beta",),
    "exponential_clipped": ("beta", "low", "high"),
    "lognormal": ("mu", "sigma"),
    "normal": ("mu", "sigma"),
    "normal_clipped": ("mu", "sigma", "low", "high"),
    "normal_clipped_to_boundary": ("mu", "sigma", "low", "high"),
    "poisson": ("lambda_",),
    "uniform": ("low", "high"),
    "uniform_int": ("low", "high"),
    "vonmises": ("mu", "kappa"),
}
"""Parameters of every distribution, in PyNN's order."""

ON_MACHINE = (
    "uniform",
    "uniform_int",
    "normal",
    "normal_clipped",
    "normal_clipped_to_boundary",
    "exponential",
    "exponential_clipped",
)
"""What a core can draw; the rest is drawn on the host."""

_NUMPY = {
    "binomial": ("binomial", {"n": "n", "p": "p"}),
    "gamma": ("gamma", {"k": "shape", "theta": "scale"}),
    "exponential": ("exponential", {"beta": "scale"}),
    "lognormal": ("lognormal", {"mu": "mean", "sigma": "sigma"}),
    "normal": ("normal", {"mu": "loc", "sigma": "scale"}),
    "poisson": ("poisson", {"lambda_": "lam"}),
    "uniform": ("uniform", {"low": "low", "high": "high"}),
    "uniform_int": ("randint", {"low": "low", "high": "high"}),
    "vonmises": ("vonmises", {"mu": "mu", "kappa": "kappa"}),
}

_REDRAWS = 1000


class NumpyRNG:
    """NumPy's legacy generator, as PyNN wraps it.

    Parameters
    ----------
    seed : int or None
        None takes the operating system's entropy.
    parallel_safe : bool
        For PyNN's sake; there is one process.
    """

    def __init__(self, seed: int | None = None, parallel_safe: bool = True) -> None:
        if seed is not None and not isinstance(seed, int):
            raise WrongTypeError("NumpyRNG seed", "is not a whole number", got=repr(seed))
        self.seed, self.parallel_safe = seed, parallel_safe
        self.rng = np.random.RandomState(seed)

    def __getattr__(self, name: str) -> Any:
        if name == "rng":
            raise AttributeError(name)
        return getattr(self.rng, name)

    def __repr__(self) -> str:
        return f"NumpyRNG(seed={self.seed!r})"

    def next(
        self,
        n: int | None = None,
        distribution: str | None = None,
        parameters: dict[str, Any] | None = None,
        mask: NDArray[np.bool_] | None = None,
    ) -> Any:
        """Draw n numbers, or one if n is None; by default uniform in [0, 1)."""
        if n is not None and n < 0:
            raise ConfigurationError("NumpyRNG.next", "the sample number must be positive", got=n)
        if distribution is None:
            distribution, parameters = "uniform", parameters or {"low": 0.0, "high": 1.0}
        values = np.asarray(self._draw(distribution, 1 if n is None else n, parameters or {}))
        if mask is not None:
            values = values[mask]
        return values[0] if n is None else values

    def _draw(self, name: str, n: int, parameters: dict[str, Any]) -> Any:
        if n == 0:
            return np.zeros(0)
        _check_names(name, tuple(parameters))
        if name == "normal_clipped_to_boundary":
            drawn = self.rng.normal(parameters["mu"], parameters["sigma"], n)
            return np.clip(drawn, parameters["low"], parameters["high"])
        if name.endswith("_clipped"):
            return self._redraw(name.removesuffix("_clipped"), n, parameters)
        call, names = _NUMPY[name]
        return getattr(self.rng, call)(
            size=n, **{names[key]: value for key, value in parameters.items()}
        )

    def _redraw(self, name: str, n: int, parameters: dict[str, Any]) -> Floats:
        """Draw again what falls outside [low, high]."""
        inner = {key: value for key, value in parameters.items() if key not in ("low", "high")}
        values: Floats = np.asarray(self._draw(name, n, inner), dtype=np.float64)
        wrong = np.flatnonzero((values > parameters["high"]) | (values < parameters["low"]))
        for _ in range(_REDRAWS):
            if not len(wrong):
                return values
            values[wrong] = self._draw(name, len(wrong), inner)
            again = values[wrong]
            wrong = wrong[(again > parameters["high"]) | (again < parameters["low"])]
        raise ConfigurationError(
            f"random distribution {name}", "hardly ever falls within its bounds", got=parameters
        )


class RandomDistribution:
    """A distribution whose values are drawn later, by a core or by the host.

    Parameters
    ----------
    distribution : str
        A key of `DISTRIBUTIONS`.
    parameters_pos : sequence, optional
        Parameters in PyNN's order, instead of by name.
    rng : NumpyRNG, optional
        Used where the host draws; a core is seeded by the population.

    Examples
    --------
    >>> RandomDistribution("uniform", (0.0, 2.0)).parameters
    {'low': 0.0, 'high': 2.0}
    """

    def __init__(
        self,
        distribution: str,
        parameters_pos: Any = None,
        rng: Any = None,
        **parameters_named: Any,
    ) -> None:
        self.name = distribution
        self.parameters = _parameters(distribution, parameters_pos, parameters_named)
        self.rng = NumpyRNG() if rng is None else rng

    def next(self, n: int | None = None, mask: NDArray[np.bool_] | None = None) -> Any:
        """Draw n values on the host."""
        return self.rng.next(n=n, distribution=self.name, parameters=self.parameters, mask=mask)

    def __repr__(self) -> str:
        return f"RandomDistribution({self.name!r}, {self.parameters}, {self.rng!r})"


def is_random(value: Any) -> bool:
    """Tell whether a value is a random distribution, ours or one of PyNN's own."""
    if isinstance(value, int | float):
        return False  # Nearly always, and asked of every neuron.
    return all(hasattr(value, name) for name in ("name", "parameters", "rng", "next"))


def machine_can_draw(value: Any) -> bool:
    """Tell whether a core can make a value: one number, or a distribution that it knows."""
    if is_random(value):
        return value.name in ON_MACHINE
    return bool(np.isscalar(value)) and not isinstance(value, str)


def draw_again(distribution: Any, seed: int, n: int) -> Floats:
    """Draw n values of a distribution on the host from a seed of its own."""
    values = NumpyRNG(seed).next(n, distribution.name, dict(distribution.parameters))
    return np.asarray(values, dtype=np.float64)


def _check_names(name: str, given: tuple[str, ...]) -> None:
    known = DISTRIBUTIONS.get(name)
    if known is None:
        raise UnknownNameError(
            "random distribution", f"{name} does not exist", limit=", ".join(DISTRIBUTIONS)
        )
    if set(given) != set(known):
        raise UnknownNameError(
            f"random distribution {name}", "has other parameters", got=given, limit=known
        )


def _parameters(name: str, positional: Any, named: dict[str, Any]) -> dict[str, Any]:
    who = f"random distribution {name}"
    if positional is None:
        _check_names(name, tuple(named))
        return dict(named)
    if named:
        raise ConfigurationError(who, "has parameters both by name and by position")
    if isinstance(positional, dict):
        raise WrongTypeError(who, "positional parameters are a tuple, not a dict")
    _check_names(name, DISTRIBUTIONS.get(name, ()))
    known = DISTRIBUTIONS[name]
    if len(positional) != len(known):
        raise ConfigurationError(
            who, "has another number of parameters", got=len(positional), limit=known
        )
    return dict(zip(known, positional, strict=True))


__all__ = [
    "DISTRIBUTIONS",
    "ON_MACHINE",
    "NumpyRNG",
    "RandomDistribution",
    "draw_again",
    "is_random",
    "machine_can_draw",
]
