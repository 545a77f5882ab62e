"""The virtual board as a backend of the compiler: sPyNNaker's session, on a board in software."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from neurodeploy.api import BackendUnavailable, SessionOptions, TargetSpec
from neurodeploy_spinnaker import live, session, versions
from neurodeploy_spinnaker.live import LiveBoard
from neurodeploy_spinnaker.machine import SECRETS, Witness
from neurodeploy_spinnaker.simulation import Simulation
from neurodeploy_virtual.board import ADDRESS, Board, BoardOptions
from neurodeploy_virtual.errors import BoardFault
from neurodeploy_virtual.transport.inprocess import connected

_EXTENSION = "neurodeploy_virtual.core._board"


@dataclass(frozen=True)
class VirtualMachine:
    """A board of this process; no server is asked for one, so no secret is shown.

    Parameters
    ----------
    version : int
        3 (4 chips) or 5 (48 chips).
    """

    version: int = 5
    runs: bool = field(default=True, init=False)
    hidden: tuple[str, ...] = field(default=SECRETS, init=False)

    def settings(self) -> Mapping[str, str]:
        """Return sPyNNaker's settings that lead to the board."""
        return {
            "machine_name": ADDRESS,
            "version": str(self.version),
            "spalloc_retry": "0",
            # The board's clock is not the wall's.
            "post_simulation_overrun_before_error": "3600",
        }

    @contextmanager
    def attached(self) -> Iterator[Witness]:
        """Have the board as long as the session lasts; it knows which cores failed, and why."""
        with Board(BoardOptions(version=self.version)) as board, connected(board.hub):

            def failed(log: str) -> BoardFault | None:
                failures = board.failures()
                return BoardFault(failures, log=log) if failures else None

            yield failed


class VirtualBackend:
    """sPyNNaker and its shipped binaries, executed in software."""

    name = "virtual"

    def target(self) -> TargetSpec:
        """Return what the board can do."""
        return TargetSpec(
            name=self.name,
            emulates=f"{versions.emulated()}, the shipped binaries executed in software",
            fixed_point=True,
            restores_state=False,
            engines=("sPyNNaker",),
        )

    def missing(self) -> str | None:
        """Return why the board cannot run here and what to install, or None."""
        reason = versions.missing()
        if reason is None and importlib.util.find_spec(_EXTENSION) is None:
            reason = (
                "its C extension is not built; install a C compiler, then: pip install neurodeploy"
            )
        return reason

    def session(self, options: SessionOptions) -> AbstractContextManager[Simulation]:
        """Yield pyNN.spiNNaker, set up on a board of this process."""
        reason = self.missing()
        if reason is not None:
            raise BackendUnavailable(f"target {self.name}", reason)
        return session.opened(options, VirtualMachine(options.machine.version or 5))

    def live(self, options: SessionOptions) -> AbstractContextManager[LiveBoard]:
        """Yield pyNN.spiNNaker for a network that is fed while it runs."""
        machine = VirtualMachine(options.machine.version or 5)
        return live.opened(options, machine, self.name, drives=True)


__all__ = ["VirtualBackend", "VirtualMachine"]
