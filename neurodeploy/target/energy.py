"""Energy of a run, from the constants that sPyNNaker's own energy report uses."""

from __future__ import annotations

from dataclasses import dataclass

from neurodeploy.target.spinnaker import Board

#: Power of a core that runs, above an idle board's (VersionSpin1: from a boxed 48-chip board,
#: 806 cores active for an hour).
CORE_W = 0.034
#: A packet of 40 bits through one router, 25 pJ a bit (VersionSpin1).
PACKET_J = 1e-9

SOURCE = (
    "spinn_machine 7.4.1, VersionSpin1 and the board's version: idle board, "
    "0.034 W for each core of the application all the time, 1 nJ a packet and router"
)


@dataclass(frozen=True)
class Energy:
    """An estimate of the energy of one inference.

    Parameters
    ----------
    seconds : float
        Time on the machine.
    boards_J, cores_J, packets_J : float
        Idle boards, cores at work, and packets through one router each.
    """

    seconds: float
    boards_J: float
    cores_J: float
    packets_J: float

    @property
    def total_J(self) -> float:
        """The whole."""
        return self.boards_J + self.cores_J + self.packets_J


def energy(board: Board, boards: int, cores: int, seconds: float, packets: float) -> Energy:
    """Return what an inference takes.

    Parameters
    ----------
    board : Board
    boards, cores : int
        Boards that are on, and cores of the application.
    seconds : float
        Time on the machine.
    packets : float
        Spikes sent.

    Examples
    --------
    >>> from neurodeploy.target.spinnaker import BOARDS
    >>> round(energy(BOARDS[5], 1, 10, 0.1, 1000).total_J, 6)
    2.718001
    """
    return Energy(
        seconds, boards * board.idle_W * seconds, cores * CORE_W * seconds, packets * PACKET_J
    )


__all__ = ["CORE_W", "PACKET_J", "SOURCE", "Energy", "energy"]
