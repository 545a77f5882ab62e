"""TargetSpec: what a target can do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TargetSpec:
    """What the compiler and the runner must know of a target.

    Parameters
    ----------
    name : str
        The name used on the command line.
    emulates : str
        Whose arithmetic a result shows, for the report.
    fixed_point : bool
        Whether numbers are the board's (S16.15, 16-bit weights) or float.
    restores_state : bool
        Whether a session can restore its initial state at each sample's start.
    engines : tuple of str
        Engines it can be asked for; the first is the default.
    """

    name: str
    emulates: str
    fixed_point: bool
    restores_state: bool
    engines: tuple[str, ...]
