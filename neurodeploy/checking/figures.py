"""Figures of a whole network on a machine, and what to be warned of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from neurodeploy.checking.needs import PopulationNeeds, ProjectionNeeds
from neurodeploy.checking.result import Figure
from neurodeploy.planning import CoreLoad, Pace
from neurodeploy.target import energy as power
from neurodeploy.target.chips import boards_needed, chips_needed, cores_bytes
from neurodeploy.target.rules import Design
from neurodeploy.target.spinnaker import SOURCES, SPINN5
from neurodeploy.target.work import factor_of

_MAPPING = "sPyNNaker 7.4.1's mapping, repeated"
_COUNTED = "counted on calibration samples"
#: An SNR below this is worth a warning.
POOR_SNR_dB = 20.0
#: So is a larger share of weights that became zero.
MANY_ZEROED = 0.05


def figures_of(
    design: Design,
    populations: tuple[PopulationNeeds, ...],
    projections: tuple[ProjectionNeeds, ...],
    loads: Mapping[str, CoreLoad],
) -> dict[str, Figure]:
    """Return the figures of a network on a machine."""
    layout = design.layout
    chips = chips_needed(cores_bytes(layout, design.recorded))
    found = {
        "cores": Figure(layout.cores, "cores", "exact", _MAPPING),
        "chips": Figure(chips, "chips", "exact", f"{_MAPPING} (ChipCounter)"),
        "boards": Figure(
            boards_needed(chips, layout.cores, design.board), design.board.name, "exact", _MAPPING
        ),
        "core_sdram": Figure(_most(populations, "sdram_bytes"), "bytes", "exact", _MAPPING),
        "core_dtcm": Figure(
            _most(populations, "dtcm_bytes"), "bytes", "estimate", SOURCES["dtcm_bytes"]
        ),
        "longest_row": Figure(
            max((p.longest_row for p in projections), default=0), "words", "exact", _MAPPING
        ),
        "routing_entries": Figure(
            routing_entries(design), "entries a chip", "upper bound",
            "one for each core that sends, before compression",
        ),
    }  # fmt: skip
    if loads:
        busiest = max(load.instructions for load in loads.values())
        burst = max(load.packets for load in loads.values())
        found["input_burst"] = Figure(burst, "packets a tick", "upper bound", _COUNTED)
        found["core_events"] = Figure(
            max(load.events for load in loads.values()), "events a tick", "estimate", _COUNTED
        )
        found["core_instructions"] = Figure(busiest, "instructions a tick", "estimate", _COUNTED)
    return found


def routing_entries(design: Design) -> int:
    """Return the most entries that a chip's routing table can need: one a core that sends."""
    return sum(len(block.keys) for block in design.layout.blocks)


def energy_of(
    design: Design, pace: Pace, ticks: int | None, packets: float, boards: int
) -> power.Energy | None:
    """Return what one inference takes; None if its length is not known."""
    if ticks is None:
        return None
    slow = pace.time_scale_factor or 1
    seconds = ticks * design.network.timestep_ms * slow / 1000.0
    return power.energy(design.board, boards, design.layout.cores, seconds, packets)


def warnings_of(
    design: Design, pace: Pace, projections: tuple[ProjectionNeeds, ...]
) -> tuple[str, ...]:
    """Return what fits, but may not run as it should."""
    net = design.network
    found = list(_load_warnings(pace, net.timestep_ms))
    found += _weight_warnings(projections)
    entries = routing_entries(design)
    if entries > SPINN5.router_entries:
        found.append(
            f"{net.name}: up to {entries} routing entries on a chip (of {SPINN5.router_entries}): "
            "only compressed tables may fit"
        )
    return tuple(found)


def _load_warnings(pace: Pace, timestep_ms: float) -> Iterator[str]:
    slow = pace.time_scale_factor or 1
    for name, load in pace.loads.items():
        if load.packets > SPINN5.spike_buffer:
            yield (
                f"{name}: up to {load.packets} packets reach a core in a tick (input buffer "
                f"{SPINN5.spike_buffer}): some are lost if it is behind"
            )
        needed = factor_of(load.events, load.instructions, timestep_ms)
        if needed > slow:
            yield (
                f"{name}: {load.events} synaptic events and up to {load.instructions} "
                f"instructions of a core in a tick at time scale factor {slow}: it may fall "
                f"behind; {needed} is safe"
            )


def _weight_warnings(projections: tuple[ProjectionNeeds, ...]) -> Iterator[str]:
    for proj in projections:
        if proj.snr_dB is not None and proj.snr_dB < POOR_SNR_dB:
            yield f"{proj.name}: weights keep {proj.snr_dB:.1f} dB in 16 bits"
        if proj.zeroed > MANY_ZEROED * (proj.synapses + proj.zeroed):
            yield f"{proj.name}: {proj.zeroed} weights became zero in 16 bits"


def _most(populations: tuple[PopulationNeeds, ...], what: str) -> int:
    return max((int(getattr(pop, what)) for pop in populations), default=0)


__all__ = ["energy_of", "figures_of", "routing_entries", "warnings_of"]
