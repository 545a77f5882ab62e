"""What goes into a machine and what it tells."""

from __future__ import annotations

from dataclasses import dataclass

Link = tuple[int, int] | None


@dataclass(frozen=True)
class ChipSpec:
    """One chip of a machine.

    Attributes
    ----------
    x, y : int
    cores : int
        Cores, the monitor with them; at most 18.
    links : tuple of 6 (x, y) or None
        Neighbours: east, north-east, north, west, south-west, south.
    """

    x: int
    y: int
    cores: int
    links: tuple[Link, Link, Link, Link, Link, Link]


@dataclass(frozen=True)
class Stop:
    """Why time stopped.

    Attributes
    ----------
    reason : str
        "time" (all has passed), "fault" (a core did what no program may), "mailbox" (a core has
        a message for the monitor), "state" (a core has a new state) or "idle" (all sleep, and no
        timer would wake any).
    x, y, p : int
        Chip and core; -1 for "time" and "idle".
    elapsed_us : int
        How long it ran.
    """

    reason: str
    x: int
    y: int
    p: int
    elapsed_us: int


@dataclass(frozen=True)
class Fault:
    """What a core did that no program may.

    Attributes
    ----------
    x, y, p : int
        Chip and core.
    kind : str
        "data abort", "alignment", "prefetch abort", "undefined", "register" (one that is not
        emulated) or "dma".
    address : int
        The address that was touched; for "undefined", the instruction.
    pc : int
        Address of the instruction.
    registers : tuple of 17 int
        r0 to r15 and the cpsr.
    """

    x: int
    y: int
    p: int
    kind: str
    address: int
    pc: int
    registers: tuple[int, ...]


__all__ = ["ChipSpec", "Fault", "Link", "Stop"]
