"""The seam between the compiler and a simulator: a name and three methods."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from neurodeploy.target.spec import TargetSpec


@dataclass(frozen=True)
class SessionOptions:
    """How one session of a backend is to run.

    Parameters
    ----------
    timestep_ms : float
        Length of one tick.
    sample_ticks : int or None
        If given, the backend restores its initial state at every multiple of so many
        ticks, so that samples laid one after the other cannot see each other. Only asked
        of a target whose `restores_state` is true.
    engine : str or None
        The engine inside the backend (`numpy`, `cython`, ...); None takes its default.
    progress : callable or None
        Called with the share done, 0 to 1.
    strict : bool
        Whether what a run reports is an error, as far as the backend says so.
    """

    timestep_ms: float = 1.0
    sample_ticks: int | None = None
    engine: str | None = None
    progress: Callable[[float], None] | None = None
    strict: bool = False


class Backend(Protocol):
    """A target that runs PyNN descriptions."""

    name: str

    def target(self) -> TargetSpec:
        """What the backend can do; must not import its vendor."""
        ...

    def missing(self) -> str | None:
        """Why it cannot run here and what to install, or None when it can."""
        ...

    def session(self, options: SessionOptions) -> AbstractContextManager[Any]:
        """Set up on entry, yield a PyNN module (or its like), always end on exit."""
        ...
