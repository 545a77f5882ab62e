"""The seam between the compiler and a simulator: a name and three methods."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from neurodeploy.target.spec import TargetSpec


@dataclass(frozen=True)
class MachineOptions:
    """Which machine a session is to use, for targets that need one; plain data.

    Parameters
    ----------
    board : str or None
        Name or address of a board on the network.
    version : int or None
        Of the board: 3 has 4 chips, 5 has 48; None takes 5.
    spalloc : str or None
        URL, or host of an older server, that allots boards.
    user : str or None
        Who asks the spalloc server; a password comes from SPALLOC_PASSWORD alone.
    ebrains : bool
        Whether boards are asked for with an EBRAINS token, from OIDC_BEARER_TOKEN alone.
    map_only : bool
        Map the network and run nothing.
    allow_loss : bool
        Whether a run counts though the machine lost or delayed spikes.
    allow_version : bool
        Whether another version of the vendor's software than the one this is built for may run.
    settings : Path or None
        A configuration file of the vendor to start from; read only if given.
    folder : Path or None
        Gets the vendor's log and reports; None takes a temporary one.
    """

    board: str | None = None
    version: int | None = None
    spalloc: str | None = None
    user: str | None = None
    ebrains: bool = False
    map_only: bool = False
    allow_loss: bool = False
    allow_version: bool = False
    settings: Path | None = None
    folder: Path | None = None


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
    machine : MachineOptions
        Which machine, where the target needs one.
    time_scale_factor : int or None
        How many times slower than real time a machine runs; None leaves it to the target.
    """

    timestep_ms: float = 1.0
    sample_ticks: int | None = None
    engine: str | None = None
    progress: Callable[[float], None] | None = None
    strict: bool = False
    machine: MachineOptions = MachineOptions()
    time_scale_factor: int | None = None


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
