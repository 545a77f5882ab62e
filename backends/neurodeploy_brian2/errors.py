"""Refusals: what sPyNNaker refuses, and what PyNN has and the emulator does not.

Each class is also the builtin that a script written for sPyNNaker would catch.
"""

from __future__ import annotations

from neurodeploy.api import InputError, TargetError


class UnsupportedError(TargetError, AttributeError):
    """A part of PyNN that the emulator does not have; also what `hasattr` looks for."""


class ConfigurationError(InputError):
    """Where sPyNNaker raises ConfigurationException or SpynnakerException."""


class SynapseError(ConfigurationError):
    """Where sPyNNaker raises SynapticConfigurationException."""


class ParameterError(ConfigurationError):
    """Where sPyNNaker raises InvalidParameterType."""


class RefusedError(TargetError, NotImplementedError):
    """What sPyNNaker itself does not implement; it raises NotImplementedError."""


class ViewError(TargetError, NotImplementedError, IndexError):
    """A view where sPyNNaker stops with one of these."""


class WrongTypeError(InputError, TypeError):
    """Where sPyNNaker raises TypeError."""


class UnknownNameError(InputError, KeyError):
    """A parameter, variable or distribution of that name does not exist."""

    def __str__(self) -> str:
        # KeyError would print the text in quotes.
        return str(self.args[0])


class NotRunError(ConfigurationError, NotImplementedError):
    """Connections were asked for before there are any."""


def refuse_extra(who: str, extra: dict[str, object]) -> None:
    """Refuse keyword arguments that would change what the board does."""
    for name, value in extra.items():
        if value is not None:
            raise UnsupportedError(who, f"the emulator does not support {name}", got=value)


__all__ = [
    "ConfigurationError",
    "NotRunError",
    "ParameterError",
    "RefusedError",
    "SynapseError",
    "UnknownNameError",
    "UnsupportedError",
    "ViewError",
    "WrongTypeError",
    "refuse_extra",
]
