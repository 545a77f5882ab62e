"""What the virtual board raises when a core fails, and where a core's state is read."""

from __future__ import annotations

from dataclasses import dataclass

from neurodeploy.errors import BackendFailure

_REGISTER_NAMES = (*(f"r{i}" for i in range(13)), "sp", "lr", "pc", "psr")


@dataclass(frozen=True)
class CoreState:
    """A core that failed.

    Parameters
    ----------
    x, y, p : int
        Chip and core.
    binary : str
        Name of its program, as far as the program has told it.
    reason : str
        What happened, in words.
    address : int or None
        The address that was touched, if the failure has one.
    pc : int or None
        Where the program was.
    registers : tuple of int
        r0 to r12, sp, lr, pc and psr, or what of them is known.
    iobuf : str
        What the program printed.
    """

    x: int
    y: int
    p: int
    binary: str
    reason: str
    address: int | None = None
    pc: int | None = None
    registers: tuple[int, ...] = ()
    iobuf: str = ""

    def text(self) -> str:
        """Return all of it, over several lines."""
        lines = [f"core {self.x},{self.y},{self.p} ({self.binary or 'no name'}): {self.reason}"]
        if self.address is not None:
            lines[0] += f" at address 0x{self.address:08x}"
        if self.pc is not None:
            lines[0] += f", pc 0x{self.pc:08x}"
        named = [
            f"{name}=0x{value:08x}"
            for name, value in zip(_REGISTER_NAMES, self.registers, strict=False)
        ]
        lines += ["  " + " ".join(named[i : i + 6]) for i in range(0, len(named), 6)]
        lines += [f"  | {line}" for line in self.iobuf.rstrip().splitlines()]
        return "\n".join(lines)


class BoardFault(BackendFailure):
    """A core of the virtual board failed; a traceback of this shows the whole report.

    Parameters
    ----------
    cores : tuple of CoreState
        The cores that failed, the first one first.
    log : str
        A file that holds the report, if one does.
    """

    def __init__(self, cores: tuple[CoreState, ...], log: str = "") -> None:
        first = cores[0]
        where = f"core {first.x},{first.y},{first.p} ({first.binary or 'no name'})"
        what = first.reason
        if first.pc is not None:
            what += f", pc 0x{first.pc:08x}"
        if len(cores) > 1:
            what += f"; {len(cores) - 1} more cores failed"
        super().__init__(where, what, todo=f"registers and printed text: {log}" if log else "")
        self.cores = cores
        self.add_note(self.report())

    def report(self) -> str:
        """Return registers and printed text of every failed core."""
        return "\n".join(core.text() for core in self.cores)


class BoardTimeout(BackendFailure):
    """A script went on past the limit it was given."""


def past_limit(seconds: float) -> BoardTimeout:
    """Return the error for a script that went on for longer than so many seconds."""
    return BoardTimeout(
        "script", "ran past its limit", limit=f"{seconds:g} s", todo="raise --limit"
    )


__all__ = ["BoardFault", "BoardTimeout", "CoreState", "past_limit"]
