"""The refusal of what PyNN has and the emulator does not."""

from __future__ import annotations

from neurodeploy.api import TargetError


class UnsupportedError(TargetError, AttributeError):
    """A part of PyNN that the emulator does not have; also what `hasattr` looks for."""


def refuse_extra(who: str, extra: dict[str, object]) -> None:
    """Refuse keyword arguments that would change what the board does."""
    for name, value in extra.items():
        if value is not None:
            raise UnsupportedError(who, f"the emulator does not support {name}", got=value)


__all__ = ["UnsupportedError", "refuse_extra"]
