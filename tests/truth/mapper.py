"""Map networks with sPyNNaker's mapping-only mode; one JSON request a line in, one answer out.

Run as a program, in a process and a home of its own: sPyNNaker keeps its state in globals, reads
its configuration from the home and the working folder, and prints. Every request is built,
mapped and read; what sPyNNaker refuses is answered with the class and text of its error.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from neurodeploy.emit.pynn import emit
from truth.networks import jittered, network_of, sources_of

#: Vertices of sPyNNaker that no network asked for.
SYSTEM = ("DataSpeedUpPacketGatherMachineVertex", "ExtraMonitorSupportMachineVertex")
TICKS = 16


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Map one network and return what sPyNNaker made of it."""
    import pyNN.spiNNaker as pynn  # noqa: N813

    net = network_of(request)
    configure(request)
    pynn.setup(net.timestep_ms)
    try:
        if request.get("numbers", False):
            return numbers()
        for cell, n in request.get("per_core", {}).items():
            pynn.set_number_of_neurons_per_core(getattr(pynn, cell), n)
        module = Noting(pynn, not request.get("own_shifts", False))
        sizes = request.get("sizes_of", {})
        handles = emit(net, module, sources_of(net, request), per_core=sizes)
        for name, variables in request.get("record", {}).items():
            handles[name].record(variables)
        pynn.run(TICKS * net.timestep_ms)
        return facts(module.projections)
    finally:
        pynn.end()


def refusals_too(request: dict[str, Any]) -> dict[str, Any]:
    """Return an answer; an error, whatever it is, is one."""
    try:
        return answer(request)
    except Exception as err:
        return {"refused": type(err).__name__, "said": str(err)}


def numbers() -> dict[str, Any]:
    """Return the numbers of the board's version, and the energy of two seconds on it."""
    from spynnaker.pyNN.data import SpynnakerDataView
    from spynnaker.pyNN.models.utility_models.delays import DelayExtensionVertex
    from spynnaker.pyNN.utilities import constants

    version = SpynnakerDataView.get_machine_version()
    packets = {(0, 0): {"Local_Multicast_Packets": 1_000_000}}
    return {
        "chips": len(version.chip_core_map),
        "processors": sum(version.chip_core_map.values()),
        "router_entries": version.n_router_entries,
        "sdram_bytes": version.max_sdram_per_chip,
        "dtcm_bytes": version.dtcm_bytes,
        "clock_Hz": version.clock_speeds_hz[0],
        "row_words": constants.POP_TABLE_MAX_ROW_LENGTH,
        "ring_buffer_bits": constants.MAX_RING_BUFFER_BITS,
        "delay_stages": DelayExtensionVertex.MAX_SLOTS,
        "energy_J": version.get_active_energy(2.0, 0, 1, 1, {(0, 0): (2.0 * 10, 10)}, packets),
    }


def configure(request: dict[str, Any]) -> None:
    """Write the configuration of the next set-up into the working folder."""
    lines = ["[Machine]", f"version = {request.get('board', 5)}", "virtual_board = True"]
    if "width" in request:
        lines += [f"width = {request['width']}", f"height = {request['width']}"]
    lines += ["[Mode]", "mode = Production"]
    Path("spynnaker.cfg").write_text("\n".join(lines))


class Noting:
    """A PyNN module that keeps its projections by label; without scales it leaves shifts free."""

    def __init__(self, pynn: Any, scaled: bool) -> None:
        self._pynn, self._scaled = pynn, scaled
        self.projections: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pynn, name)

    def Population(self, *args: Any, additional_parameters: Any = None, **more: Any) -> Any:
        if additional_parameters and self._scaled:
            more["additional_parameters"] = additional_parameters
        return self._pynn.Population(*args, **more)

    def FromListConnector(self, rows: Any) -> Any:
        return self._pynn.FromListConnector(rows if self._scaled else jittered(rows))

    def Projection(self, *args: Any, label: str, **more: Any) -> None:
        self.projections[label] = self._pynn.Projection(*args, label=label, **more)


def facts(projections: dict[str, Any]) -> dict[str, Any]:
    """Read the data view: cores, shifts, slots, stages, keys, table entries and synapses."""
    from spynnaker.pyNN.data import SpynnakerDataView as View
    from spynnaker.pyNN.models.neuron import PopulationVertex
    from spynnaker.pyNN.models.utility_models.delays import DelayExtensionVertex

    found: dict[str, Any] = {"refused": None, "shifts": {}, "slots": {}, "stages": {}}
    for vertex in View.iterate_vertices():
        if isinstance(vertex, PopulationVertex):
            found["shifts"][vertex.label] = [int(s) for s in vertex.get_ring_buffer_shifts()]
            found["slots"][vertex.label] = int(vertex.splitter.max_support_delay())
        if isinstance(vertex, DelayExtensionVertex):
            found["stages"][vertex.source_vertex.label] = int(vertex.n_delay_stages)
    keys = {info.vertex: info for info in View.get_routing_infos()}
    places = [p for p in View.iterate_placemements() if type(p.vertex).__name__ not in SYSTEM]
    found["cores"] = [core(place, keys.get(place.vertex)) for place in places]
    tables = View.get_uncompressed().routing_tables
    found["entries"] = max((t.number_of_entries for t in tables), default=0)
    found["chips"] = int(View.get_n_chips_needed())
    found["synapses"] = {label: synapses(proj) for label, proj in projections.items()}
    return found


def core(place: Any, info: Any) -> dict[str, Any]:
    """Return one core of the network."""
    vertex, piece = place.vertex, place.vertex.vertex_slice
    return {
        "kind": type(vertex).__name__,
        "population": getattr(vertex.app_vertex, "source_vertex", vertex.app_vertex).label,
        "first": int(piece.lo_atom),
        "neurons": int(piece.n_atoms),
        "fixed_bytes": int(vertex.sdram_required.fixed),
        "tick_bytes": int(vertex.sdram_required.per_timestep),
        "key": None if info is None else int(info.key),
        "mask": None if info is None else int(info.mask),
    }


def synapses(proj: Any) -> list[list[float]]:
    """Return (pre, post, weight, delay) of every synapse, as encoded for the machine."""
    return [list(map(float, row)) for row in proj.get(["weight", "delay"], "list")]


def main() -> None:
    """Serve until stdin ends; only answers go to stdout."""
    # Without this file sPyNNaker writes one of its own and ends the process.
    Path("~/.spynnaker.cfg").expanduser().write_text("")
    with os.fdopen(os.dup(1), "w") as out:
        os.dup2(2, 1)
        for line in sys.stdin:
            out.write(json.dumps(refusals_too(json.loads(line))) + "\n")
            out.flush()


if __name__ == "__main__":
    main()
