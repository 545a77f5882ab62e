"""RunOptions: everything that can be said of a run beside network, samples and target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from neurodeploy.presentation import Presentation
from neurodeploy.runtime.backend import MachineOptions
from neurodeploy.runtime.journal import Journal

Progress = Callable[[float], None]


@dataclass(frozen=True)
class RunOptions:
    """How samples are run.

    Parameters
    ----------
    engine : str or None
        Engine inside the backend; None takes its default.
    progress : callable or None
        Called with the share of all samples done, 0 to 1.
    machine : MachineOptions
        Which machine, where the target needs one.
    presentation : Presentation
        How samples follow each other.
    journal : Journal or None
        Has batches of an earlier run, and gets those of this one.
    strict : bool
        Whether what a run reports is an error, as far as the backend says so.
    """

    engine: str | None = None
    progress: Progress | None = None
    machine: MachineOptions = MachineOptions()
    presentation: Presentation = Presentation()
    journal: Journal | None = None
    strict: bool = False


__all__ = ["Progress", "RunOptions"]
