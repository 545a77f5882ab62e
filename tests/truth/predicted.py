"""What `check` and `compile` predict of a request, in the shape of sPyNNaker's answer."""

from dataclasses import dataclass

import numpy as np

from neurodeploy.ir.network import RECEPTORS, Network
from neurodeploy.target.chips import chips_needed, cores_bytes
from neurodeploy.target.layout import Layout, delay_ticks, lay_out
from neurodeploy.target.memory import Recorded, core_memory
from neurodeploy.target.rules import Design, Violation, violations
from neurodeploy.target.spinnaker import BOARDS
from neurodeploy.target.weight_scale import quantise_weights, stored_weight_nA
from truth.networks import network_of, sources_of

KINDS = {
    "source": "SpikeSourceArrayMachineVertex",
    "neurons": "PopulationMachineVertex",
    "delay": "DelayExtensionMachineVertex",
}
#: What sPyNNaker raises where a rule is broken; other rules it passes over in silence.
REFUSALS = {
    "delay_within_reach": {"DelayExtensionException"},
    "one_length_of_stage": {"DelayExtensionException"},
    "rows_fit": {"SynapseRowTooBigException"},
    "sources_fit": {"SynapticConfigurationException"},
    "parameters_in_range": {"ValueError"},
    "core_fits_chip": {"PacmanTooBigToPlace"},
    "cores_fit_machine": {"PacmanPlaceException"},
    "chips_fit_machine": {"PacmanPlaceException"},
}


@dataclass(frozen=True, eq=False)
class Predicted:
    """A network with all that is predicted of it."""

    network: Network
    layout: Layout
    recorded: Recorded
    violations: tuple[Violation, ...]

    @property
    def refusals(self) -> set[str]:
        """Errors of which sPyNNaker must raise one; empty if it must not."""
        return set().union(*(REFUSALS.get(v.rule, set()) for v in self.violations))

    @property
    def lost(self) -> set[str]:
        """Projections of which sPyNNaker loses synapses."""
        return {v.who for v in self.violations if v.rule == "delayed_rows_are_found"}

    def cores(self) -> list[dict[str, object]]:
        """Return every core, in no order."""
        found = []
        for block in self.layout.blocks:
            memory = core_memory(self.layout, block, self.recorded)
            for k in range(block.cores):
                key = block.keys[k] if block.keys else None
                found.append(
                    {
                        "kind": KINDS[block.kind],
                        "population": block.population,
                        "first": k * block.per_core,
                        "neurons": block.core_size(k),
                        "fixed_bytes": memory.fixed_bytes,
                        "tick_bytes": memory.tick_bytes,
                        "key": None if key is None else key.key,
                        "mask": None if key is None else key.mask,
                    }
                )
        return found

    def chips(self) -> int:
        """Return the chips asked for."""
        return chips_needed(cores_bytes(self.layout, self.recorded))

    def entries(self) -> int:
        """Return the routing entries of a chip, at most."""
        return sum(len(block.keys) for block in self.layout.blocks)

    def shifts(self) -> dict[str, list[int]]:
        """Return the shifts of every population."""
        return {pop.name: list(pop.ring_shift or ()) for pop in self.network.neurons}

    def synapses(self, name: str) -> list[list[float]]:
        """Return the synapses of a projection as stored, sorted."""
        proj = next(p for p in self.network.projections if p.name == name)
        shift = self.network.population(proj.post).ring_shift[RECEPTORS.index(proj.receptor)]
        words = quantise_weights(proj.weight, shift)
        weight = stored_weight_nA(words, shift)
        lag = 0 if proj.lag is None else proj.lag - proj.longest_lag
        ticks = np.full(weight.size, delay_ticks(self.network, proj)) + lag
        delay = ticks * self.network.timestep_ms
        return sorted(np.column_stack([proj.pre_index, proj.post_index, weight, delay]).tolist())


def predict(request) -> Predicted:
    """Return what is predicted of a request."""
    net = network_of(request)
    sizes = request.get("per_core", {})
    per_core = {p.name: sizes[p.cell.kind] for p in net.neurons if p.cell.kind in sizes}
    layout = lay_out(net, per_core | request.get("sizes_of", {}))
    kept = request.get("record", {})
    sent = sources_of(net, request)
    peaks = {name: int(np.bincount(tick).max()) for name, (tick, _) in sent.items()}
    recorded = Recorded(
        frozenset(name for name, variables in kept.items() if "spikes" in variables),
        frozenset(name for name, variables in kept.items() if "v" in variables),
        peaks,
    )
    # Without a size sPyNNaker makes the machine as large as it needs.
    boards = 1 if "width" in request else 1000
    design = Design(layout, BOARDS[request.get("board", 5)], boards, recorded)
    return Predicted(net, layout, recorded, violations(design))


__all__ = ["REFUSALS", "Predicted", "predict"]
