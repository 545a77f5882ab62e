"""What is on the machine: how it was last mapped, and how long its programs have run.

A reset alone leaves programs and connections where they are, and the host writes all
parameters and state anew: what is random is drawn again, by the host. A change of the network
or of what is recorded, or synapses that changed, make it load everything again.
"""

from __future__ import annotations

from typing import Any


class Loaded:
    """The machine of one network."""

    def __init__(self) -> None:
        self._is_stale = True
        self._has_run = False
        self.mapping = 0
        """How many times the network was mapped."""
        self.ticks = 0
        """How long the programs have run since they were loaded."""

    def change(self) -> None:
        """Note that the next start needs a new mapping."""
        self._is_stale = True

    def start(self, network: Any) -> None:
        """Get ready to start at tick 0, for the first time or after a reset."""
        plastic = any(link.plasticity is not None for link in network.projections)
        reloads = self._is_stale or plastic
        if self._has_run:
            for population in network.populations:
                population.redraw(by_host=not reloads)
        if self._is_stale:
            self.mapping += 1
        if reloads:
            self.ticks = 0
        self._is_stale, self._has_run = False, True


__all__ = ["Loaded"]
