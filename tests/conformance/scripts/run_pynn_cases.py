"""Run the scripts of `pynn_cases` on a module and write what they return: MODULE OUT."""

import importlib
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from pynn_cases import CASES

BUILTINS = (NotImplementedError, KeyError, IndexError, TypeError, AttributeError, ValueError)


class Probe:
    """What only looks the same from outside."""

    def __init__(self, sim):
        self.is_ours = sim.__name__.startswith("neurodeploy")

    def shifts(self, population):
        if not self.is_ours:
            return [int(shift) for shift in population._vertex.get_ring_buffer_shifts()]
        from neurodeploy_brian2.mapping import ring_shifts

        return list(ring_shifts(population._simulator.network(), population))

    def stages(self, projection):
        """Return slots of the target's ring buffers, delay stages and neurons of a source core."""
        if not self.is_ours:
            edge = projection._projection_edge
            slots = edge.post_vertex.splitter.max_support_delay()
            source = edge.pre_vertex
            size = min(source.n_atoms, source.get_max_atoms_per_core())
            return [int(slots), int(edge.n_delay_stages), int(size)]
        from neurodeploy_brian2.delay_stages import delay_stages
        from neurodeploy_brian2.delays import ring_slots

        network = projection._simulator.network()
        source, target = projection.pre, projection.post
        size = min(source.size, source.per_core)
        return [ring_slots(network, target), delay_stages(network, source, target), size]

    def routes(self, sim, population):
        """Run; return which synapse core gets each core of a source: [target, source, cores]."""
        if self.is_ours:
            sim.run(1.0)
            dealt = population._simulator._running._routes._dealt
            return [
                [target.label, source.label + "_delayed" * late, cores.tolist()]
                for ((source, late), target), cores in dealt.items()
            ]
        return watched_routes(sim)


def watched_routes(sim):
    """Run, and return what sPyNNaker's router was told."""
    module = importlib.import_module(
        "spynnaker.pyNN.extra_algorithms.splitter_components."
        "splitter_population_vertex_neurons_synapses"
    )
    splitter, told = module.SplitterPopulationVertexNeuronsSynapses, []
    ask = splitter.get_source_specific_in_coming_vertices

    def watch(self, source, partition):
        answer = ask(self, source, partition)
        parts = source.splitter.get_out_going_vertices(partition)
        cores = {
            parts.index(part): int(vertex.label.rsplit("(", 1)[1][:-1])
            for vertex, sources in answer
            for part in sources
        }
        told.append([self.governed_app_vertex.label, source.label,
                     [cores[k] for k in sorted(cores)]])  # fmt: skip
        return answer

    splitter.get_source_specific_in_coming_vertices = watch
    try:
        sim.run(1.0)
    finally:
        splitter.get_source_specific_in_coming_vertices = ask
    return told


def kinds(error):
    """Return the builtin exceptions that an error also is."""
    return [kind.__name__ for kind in BUILTINS if isinstance(error, kind)]


def facts(sim, script):
    """Run one script in a network of its own."""
    sim.setup(1.0)
    try:
        return {"returns": script(sim, Probe(sim))}
    except Exception as error:  # whatever a module raises is a fact
        text = re.sub(r" at 0x[0-9a-f]+", "", f"{type(error).__name__}: {error}")
        return {"raises": kinds(error), "text": text[:200]}
    finally:
        sim.end()


def plain(value):
    """Return numbers that JSON knows; a holder of one number is that number."""
    return value.item() if hasattr(value, "item") else float(str(value))


def main(module, out):
    sim = importlib.import_module(module)
    every = {name: facts(sim, script) for name, script in CASES.items()}
    Path(out).write_text(json.dumps(every, default=plain, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:3])
