"""SpiNNaker machines as a backend of the compiler."""

from __future__ import annotations

from contextlib import AbstractContextManager

from neurodeploy.api import BackendUnavailable, SessionOptions, TargetSpec
from neurodeploy_spinnaker import live, session, versions
from neurodeploy_spinnaker.live import LiveBoard
from neurodeploy_spinnaker.machine import choose
from neurodeploy_spinnaker.simulation import Simulation


class SpiNNakerBackend:
    """sPyNNaker on a board, on allotted boards, or mapping only."""

    name = "spinnaker"

    def target(self) -> TargetSpec:
        """Return what SpiNNaker can do."""
        return TargetSpec(
            name=self.name,
            emulates=versions.emulated(),
            fixed_point=True,
            restores_state=False,
            engines=("sPyNNaker",),
        )

    def missing(self) -> str | None:
        """Return why sPyNNaker cannot run here and what to install, or None."""
        return versions.missing()

    def session(self, options: SessionOptions) -> AbstractContextManager[Simulation]:
        """Yield pyNN.spiNNaker, set up on the machine that the options ask for."""
        reason = self.missing()
        if reason is not None:
            raise BackendUnavailable(f"target {self.name}", reason)
        return session.opened(options, choose(options.machine))

    def live(self, options: SessionOptions) -> AbstractContextManager[LiveBoard]:
        """Yield pyNN.spiNNaker for a network that is fed while it runs."""
        return live.opened(options, choose(options.machine), self.name)


__all__ = ["SpiNNakerBackend"]
