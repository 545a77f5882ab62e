"""The chips and boards that sPyNNaker asks for."""

from __future__ import annotations

from collections.abc import Iterable

from neurodeploy.target.layout import Layout
from neurodeploy.target.memory import Recorded, core_memory
from neurodeploy.target.spinnaker import COUNTED_PER_CHIP, SPINN5, Board


def cores_bytes(layout: Layout, recorded: Recorded) -> list[int]:
    """Return the SDRAM that is planned for every core, in order."""
    sizes = []
    for block in layout.blocks:
        memory = core_memory(layout, block, recorded)
        sizes += [memory.planned_bytes] * block.cores
    return sizes


def chips_needed(cores: Iterable[int]) -> int:
    """Return the chips that sPyNNaker asks for: one after the other, none used again.

    Parameters
    ----------
    cores : iterable of int
        SDRAM of each core, in order.
    """
    chips = free_cores = free_bytes = 0
    for n_bytes in cores:
        if free_cores < 1 or free_bytes < n_bytes:
            chips += 1
            free_cores = COUNTED_PER_CHIP
            free_bytes = SPINN5.sdram_bytes - SPINN5.monitor_bytes
        free_cores -= 1
        free_bytes -= n_bytes
    return chips


def boards_needed(chips: int, cores: int, board: Board) -> int:
    """Return the boards on which so many chips and cores are."""
    return max(1, -(-chips // board.chips), -(-cores // board.cores))


__all__ = ["boards_needed", "chips_needed", "cores_bytes"]
