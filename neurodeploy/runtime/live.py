"""A network that runs while its input is still to come: the seam.

A target's session takes spikes and tells spikes, tick by tick; it knows no samples. What a
sample is, when it is over and what lies between two is the same for all: `presenter.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from neurodeploy.runtime.backend import SessionOptions

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Heard:
    """What a network has told since the last look.

    Parameters
    ----------
    until : int
        All spikes of earlier ticks have been told. Ticks count on, whatever is restored.
    spikes : mapping of population name to (tick, index)
        (m,) int arrays; of sources, too.
    membrane_mV : (size,) float array or None
        Of the output as tick `until` - 1 found it, where it was asked for.
    """

    until: int
    spikes: Mapping[str, tuple[Ints, Ints]]
    membrane_mV: NDArray[np.float64] | None = None


class LiveSession(Protocol):
    """A PyNN module, and a network on it that is fed while it runs.

    Attributes
    ----------
    sim : module
        Of PyNN's shape, set up.
    engine_used : str
    slack_ticks : int
        By how much input can be late.
    tells : collection of str
        Populations whose spikes it tells, once it is started.
    now : int
        The tick it is; at least the `until` of what was told last.
    """

    sim: Any
    engine_used: str
    slack_ticks: int
    tells: Collection[str]
    now: int

    def source(self, size: int, label: str) -> Any:
        """Make a population that sends what `step` is given."""
        ...

    def start(self, handles: Mapping[str, Any], output: str, *, membrane: bool) -> None:
        """Let the network run that was built.

        Parameters
        ----------
        handles : mapping of population name to the module's Population
        output : str
            What must be told; more may be.
        membrane : bool
            Whether that is its membrane, else its spikes.
        """
        ...

    def step(self, spikes: Mapping[str, Ints], ticks: int = 1) -> Heard:
        """Send spikes of sources, neuron indices by name, and return so many ticks later."""
        ...

    def restore(self) -> None:
        """Go back to the initial state; only asked where the target can."""
        ...

    def said(self) -> Mapping[str, Any]:
        """Return what is known of the run beside its data, by the names of `Recording`."""
        ...


@runtime_checkable
class LiveBackend(Protocol):
    """A backend that can run a network live."""

    def missing(self) -> str | None:
        """Why it cannot run here and what to install, or None when it can."""
        ...

    def live(self, options: SessionOptions) -> AbstractContextManager[LiveSession]:
        """Set up on entry, always end on exit."""
        ...


__all__ = ["Heard", "LiveBackend", "LiveSession"]
