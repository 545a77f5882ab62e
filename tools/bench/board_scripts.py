"""sPyNNaker scripts that the benchmarks of the board run, unmodified."""

_CELL = (
    "dict(tau_m=20.0, v_rest=-60.0, v_reset=-60.0, v_thresh=-50.0, tau_syn_E=5.0, tau_syn_I=10.0,"
    " cm=0.2, tau_refrac=5.0)"
)


def thousand(run_ms: int = 1000) -> str:
    """1,000 neurons, 800 excitatory and 200 inhibitory, on 5 neuron and 2 Poisson cores."""
    return f"""
import pyNN.spiNNaker as sim
sim.setup(1.0)
cell = {_CELL}
groups, sources = {{}}, {{}}
for k, (name, n) in enumerate((("E", 800), ("I", 200))):
    groups[name] = sim.Population(n, sim.IF_curr_exp(**cell), label=name, seed=k)
    groups[name].initialize(v=-60.0)
    groups[name].record(["v", "spikes"])
    poisson = sim.SpikeSourcePoisson(rate=20.0)
    sources[name] = sim.Population(n, poisson, label="source " + name, seed=k + 10)
    one = sim.OneToOneConnector()
    sim.Projection(sources[name], groups[name], one, sim.StaticSynapse(weight=1.0, delay=1.0))
for pre, weight, kind in (("E", 0.05, "excitatory"), ("I", 0.25, "inhibitory")):
    for post in groups.values():
        some = sim.FixedProbabilityConnector(0.1)
        synapse = sim.StaticSynapse(weight=weight, delay=2.0)
        sim.Projection(groups[pre], post, some, synapse, receptor_type=kind)
sim.run({run_ms})
spikes = sum(len(t) for g in groups.values() for t in g.get_data("spikes").segments[0].spiketrains)
sim.end()
"""


def synfire(delay_ms: int = 17, run_ms: int = 500) -> str:
    """A ring of 20 neurons around which one spike runs, as it was recorded on a board."""
    return f"""
import pyNN.spiNNaker as sim
sim.setup(1.0)
cell = dict(cm=0.25, i_offset=0.0, tau_m=20.0, tau_refrac=2.0, tau_syn_E=5.0, tau_syn_I=5.0,
            v_reset=-70.0, v_rest=-65.0, v_thresh=-50.0)
ring = sim.Population(20, sim.IF_curr_exp(**cell))
source = sim.Population(1, sim.SpikeSourceArray([[0]]))
links = [(i, (i + 1) % 20, 2.0, {delay_ms}) for i in range(20)]
sim.Projection(ring, ring, sim.FromListConnector(links))
sim.Projection(source, ring, sim.FromListConnector([(0, 0, 2.0, 1)]))
ring.record(["spikes", "v"])
sim.run({run_ms})
segment = ring.get_data().segments[0]
spikes = sum(len(t) for t in segment.spiketrains)
sim.end()
"""


def many_cores(n_cores: int, run_ms: int = 200) -> str:
    """So many cores, each of 256 neurons that a constant current makes spike."""
    return f"""
import pyNN.spiNNaker as sim
sim.setup(1.0)
cell = {_CELL}
groups = []
for k in range({n_cores}):
    group = sim.Population(256, sim.IF_curr_exp(i_offset=0.12, **cell), label=str(k), seed=k)
    group.initialize(v=-60.0)
    group.record("spikes")
    groups.append(group)
for k, group in enumerate(groups):
    some = sim.FixedProbabilityConnector(0.1)
    synapse = sim.StaticSynapse(weight=0.05, delay=2.0)
    sim.Projection(group, groups[(k + 1) % {n_cores}], some, synapse)
sim.run({run_ms})
spikes = sum(len(t) for g in groups for t in g.get_data("spikes").segments[0].spiketrains)
sim.end()
"""


__all__ = ["many_cores", "synfire", "thousand"]
