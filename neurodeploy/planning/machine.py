"""The machine that a network is planned for."""

from __future__ import annotations

from dataclasses import dataclass

from neurodeploy.errors import InputError
from neurodeploy.target.spinnaker import BOARDS, Board


@dataclass(frozen=True)
class Machine:
    """Boards of one kind, and how fast they are to run.

    Parameters
    ----------
    version : int
        sPyNNaker's number of the kind of board: 3 (4 chips) or 5 (48).
    boards : int
    time_scale_factor : int or None
        None chooses the smallest with which every core keeps up.
    """

    version: int = 5
    boards: int = 1
    time_scale_factor: int | None = None

    def __post_init__(self) -> None:
        """Refuse boards that there are not."""
        if self.version not in BOARDS:
            known = ", ".join(str(v) for v in BOARDS)
            raise InputError("board", "unknown version", got=self.version, limit=known)
        if self.boards < 1 or (self.boards > 1 and not self.board.several):
            raise InputError(
                "boards", f"not so many of {self.board.name}", got=self.boards,
                limit="1 or more" if self.board.several else 1,
            )  # fmt: skip

    @property
    def board(self) -> Board:
        """The kind of board."""
        return BOARDS[self.version]

    @property
    def cores(self) -> int:
        """Cores for an application."""
        return self.board.cores * self.boards


__all__ = ["Machine"]
