"""The emitter against a null module that records every call."""

from types import SimpleNamespace

import numpy as np
import pytest
from strategies import DT_S, Case, chain, li, linear, random_layer, random_raster

from neurodeploy.compiler import compile_network
from neurodeploy.emit.pynn import connection_list, emit, plain, spike_times_ms, summed_weights_nA
from neurodeploy.errors import VerifyError
from neurodeploy.importer import Timing, import_graph
from neurodeploy.schedule import schedule, source_ticks
from neurodeploy.target.spec import TargetSpec
from neurodeploy.target.weight_scale import ring_buffer_shift

BOARD = TargetSpec("null", "nothing", True, True, ("null",))


class NullModule:
    """A PyNN module of names and records: takes all, runs nothing."""

    def __init__(self):
        self.populations, self.projections = [], []

    def __getattr__(self, name):
        return lambda *args, **fields: SimpleNamespace(kind=name, args=args, **fields)

    def Population(self, size, cell, label, additional_parameters=None):
        made = SimpleNamespace(
            size=size, cell=cell, label=label, more=additional_parameters, start=None
        )
        made.initialize = lambda v: setattr(made, "start", v)
        self.populations.append(made)
        return made

    def Projection(self, pre, post, connector, synapse, receptor_type, label):
        self.projections.append(
            SimpleNamespace(
                pre=pre, post=post, rows=connector.args[0], receptor=receptor_type, label=label
            )
        )


def lowered(kinds=("lif", "cubalif")):
    rng = np.random.default_rng(1)
    case = Case(tuple(random_layer(rng, kind, 3, 3, recurrent=True) for kind in kinds))
    return compile_network(case.network(), BOARD)


def emitted(net, raster):
    sim = NullModule()
    handles = emit(net, sim, source_ticks(net, schedule(net, raster.shape[1]), raster))
    return sim, handles


def test_everything_is_emitted_once():
    net = lowered()
    sim, handles = emitted(net, random_raster(np.random.default_rng(2), 2, 5, 3))
    assert [p.label for p in sim.populations] == [p.name for p in net.populations]
    assert list(handles) == [p.name for p in net.populations]
    assert [p.label for p in sim.projections] == [p.name for p in net.projections]
    for made, proj in zip(sim.projections, net.projections, strict=True):
        assert (made.pre.label, made.post.label, made.receptor) == (
            proj.pre, proj.post, proj.receptor,
        )  # fmt: skip
        np.testing.assert_array_equal(made.rows, connection_list(proj, net.timestep_ms))
        assert made.rows.shape == (proj.n_synapses, 4)
        assert np.all(made.rows[:, 3] == proj.delay_ms)


def test_cells_get_their_parameters():
    net = lowered()
    sim, _ = emitted(net, random_raster(np.random.default_rng(2), 2, 5, 3))
    made = {p.label: p for p in sim.populations}
    for pop in net.neurons:
        cell = made[pop.name].cell
        assert cell.kind == pop.cell.kind
        for name, values in pop.cell.parameters.items():
            np.testing.assert_array_equal(np.broadcast_to(getattr(cell, name), pop.size), values)
        np.testing.assert_array_equal(
            np.broadcast_to(made[pop.name].start, pop.size), pop.cell.v_init_mV
        )


def test_board_rule_chooses_our_shifts():
    net = lowered()
    for pop in net.neurons:
        sums = summed_weights_nA(pop)
        assert tuple(ring_buffer_shift(s) for s in sums) == pop.ring_shift


def test_spike_times():
    tick, index = np.array([1, 5, 0, 2]), np.array([0, 0, 2, 2])
    assert spike_times_ms((tick, index), 4, 1.0) == [[1.0, 5.0], [], [0.0, 2.0], []]
    assert spike_times_ms((tick[:0], index[:0]), 2, 1.0) == [[], []]
    assert spike_times_ms((tick, index), 3, 0.5)[0] == [0.5, 2.5]


def test_source_sends_each_sample_in_its_own_ticks():
    net = lowered()
    raster = random_raster(np.random.default_rng(3), 3, 5, 3)
    sim, _ = emitted(net, raster)
    sent = next(p for p in sim.populations if p.label == "input").cell.spike_times
    ticks = schedule(net, 5).sample_ticks
    for neuron, times in enumerate(sent):
        expected = [s * ticks + k for s in range(3) for k in np.flatnonzero(raster[s, :, neuron])]
        assert times == expected


def test_bias_spikes_in_every_step_of_its_layer():
    net = lowered()
    sim, _ = emitted(net, np.zeros((2, 5, 3), dtype=np.uint8))
    sent = next(p for p in sim.populations if p.label == "bias").cell.spike_times
    plan = schedule(net, 5)
    for k, pop in enumerate(net.neurons):
        (delay,) = {p.delay_ms for p in net.projections if p.pre == "bias" and p.post == pop.name}
        arrives = [t + delay for t in sent[k]]
        expected = [s * plan.sample_ticks + pop.start_tick + n for s in range(2) for n in range(5)]
        assert arrives == expected


def test_several_spikes_in_a_step_are_all_sent():
    net = lowered()
    raster = np.zeros((1, 2, 3), dtype=np.uint8)
    raster[0, 1, 1] = 3
    sim, _ = emitted(net, raster)
    assert next(p for p in sim.populations if p.label == "input").cell.spike_times[1] == [1, 1, 1]


def test_trained_network_cannot_be_emitted():
    graph = chain(linear(np.ones((1, 1))), li(1), n_inputs=1, n_outputs=1)
    net = import_graph(graph, Timing(DT_S, "nir", "hard"))
    with pytest.raises(VerifyError, match="b: cannot be emitted before a cell type is chosen"):
        emitted(net, np.zeros((1, 2, 1), dtype=np.uint8))


def test_plain():
    assert plain(np.array([2.0, 2.0])) == 2.0
    assert plain(np.array([2.0, 3.0])) == [2.0, 3.0]
