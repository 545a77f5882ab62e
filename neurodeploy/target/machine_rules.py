"""Rules of the machine: memory, cores, chips and time."""

from __future__ import annotations

from collections.abc import Iterator

from neurodeploy.target.chips import chips_needed, cores_bytes
from neurodeploy.target.design import Design, Violation
from neurodeploy.target.memory import core_memory, dtcm_bytes
from neurodeploy.target.spinnaker import SOURCES, SPINN5


def core_fits_chip(design: Design) -> Iterator[Violation]:
    """A core's rows, parameters and recordings fit the SDRAM of an empty chip."""
    limit = SPINN5.sdram_bytes - SPINN5.monitor_bytes
    for block in design.layout.blocks:
        memory = core_memory(design.layout, block, design.recorded)
        got = memory.planned_bytes
        if got > limit:
            yield Violation(
                "core_fits_chip", block.population, "bytes of SDRAM of a core", got, limit,
                "use fewer synapses, sources or neurons per core", SOURCES["sdram_bytes"],
            )  # fmt: skip


def core_fits_memory(design: Design) -> Iterator[Violation]:
    """Ring buffers, neurons and population table fit a core's data memory."""
    for block in design.layout.blocks:
        if block.kind != "neurons":
            continue
        membranes = block.population in design.recorded.membranes
        got = dtcm_bytes(design.layout, block, membranes=membranes)
        if got > SPINN5.dtcm_bytes:
            yield Violation(
                "core_fits_memory", block.population, "bytes of DTCM of a core", got,
                SPINN5.dtcm_bytes, "use fewer projections or neurons per core",
                SOURCES["dtcm_bytes"],
            )  # fmt: skip


def cores_fit_machine(design: Design) -> Iterator[Violation]:
    """The cores fit the boards that there are."""
    limit = design.board.cores * design.boards
    if design.layout.cores > limit:
        yield Violation(
            "cores_fit_machine", design.network.name, f"cores of {_machine(design)}",
            design.layout.cores, limit, _larger(design), "chip_core_map of the board's version",
        )  # fmt: skip


def chips_fit_machine(design: Design) -> Iterator[Violation]:
    """The chips that its cores and their SDRAM take are on the boards that there are."""
    limit = design.board.chips * design.boards
    cores = cores_bytes(design.layout, design.recorded)
    got = chips_needed(cores)
    if got > limit:
        yield Violation(
            "chips_fit_machine", design.network.name, f"chips of {_machine(design)}", got, limit,
            _larger(design), "ChipCounter",
        )  # fmt: skip


def keeps_up(design: Design) -> Iterator[Violation]:
    """With a time scale factor that was asked for, no core is known to fall behind."""
    if design.time_scale_factor is None:
        return
    hardware_ms = design.network.timestep_ms * design.time_scale_factor
    for counts, field_name, what in (
        (design.events, "most_events_per_ms", "synaptic events of a core in a tick"),
        (design.instructions, "most_instructions_per_ms", "instructions of a core in a tick"),
    ):
        limit = int(getattr(SPINN5, field_name) * hardware_ms)
        for name, got in counts.items():
            if got > limit:
                yield Violation(
                    "keeps_up", name, what, got, limit,
                    "raise the time scale factor, or fewer neurons per core", SOURCES[field_name],
                )  # fmt: skip


def _machine(design: Design) -> str:
    many = "" if design.boards == 1 else "s"
    return f"{design.boards} {design.board.name} board{many}"


def _larger(design: Design) -> str:
    return "use more boards" if design.board.several else "use a SpiNN-5 board"


__all__ = [
    "core_fits_chip",
    "core_fits_memory",
    "cores_fit_machine",
    "chips_fit_machine",
    "keeps_up",
]
