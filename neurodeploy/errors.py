"""The exception tree: every error says who, what, got, limit and what to do."""

from __future__ import annotations

from typing import Any


class NeurodeployError(Exception):
    """Root of every error this project raises on purpose.

    Parameters
    ----------
    who : str
        The file, node, population or option that is wrong.
    what : str
        What is wrong with it, in plain words.
    got, limit : object, optional
        The value met and the bound or form that was expected.
    todo : str, optional
        What the user can do about it.
    """

    exit_code = 2

    def __init__(
        self, who: str, what: str, *, got: Any = None, limit: Any = None, todo: str = ""
    ) -> None:
        self.who, self.what, self.got, self.limit, self.todo = who, what, got, limit, todo
        facts = [f"got {got}"] if got is not None else []
        facts += [f"expected {limit}"] if limit is not None else []
        text = f"{who}: {what}"
        text += f" ({', '.join(facts)})" if facts else ""
        text += f"; {todo}" if todo else ""
        super().__init__(" ".join(text.split()))


class InputError(NeurodeployError, ValueError):
    """The user's data or options are wrong."""


class ModelError(NeurodeployError, ValueError):
    """A model folder or NIR file cannot be taken as it is."""


class LoweringError(NeurodeployError, ValueError):
    """A network holds something the machine cannot do, or not yet."""


class VerifyError(NeurodeployError, ValueError):
    """A network breaks a rule that every stage must keep."""


class TargetError(NeurodeployError, ValueError):
    """A target cannot run what it was given."""


class BackendUnavailable(NeurodeployError, ImportError):
    """A backend's software is not installed."""


class BackendFailure(NeurodeployError, RuntimeError):
    """The board or the vendor's software failed."""

    exit_code = 3


__all__ = [
    "BackendFailure",
    "BackendUnavailable",
    "InputError",
    "LoweringError",
    "ModelError",
    "NeurodeployError",
    "TargetError",
    "VerifyError",
]
