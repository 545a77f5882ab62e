import copy
import random

import h5py
import nir
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import Case, cases, random_layer

from neurodeploy.importer import Timing, import_graph, read_graph
from neurodeploy.ir.show import show

BRAILLE = Timing(1e-4, "snntorch", "hard")


def shuffled(graph, seed):
    rng = random.Random(seed)
    nodes, edges = list(graph.nodes.items()), list(graph.edges)
    rng.shuffle(nodes)
    rng.shuffle(edges)
    return nir.NIRGraph(dict(nodes), edges, type_check=False)


def arrays(net):
    """Return everything that a network computes with, by names."""
    return [
        (p.pre, p.post, p.pre_index.tolist(), p.post_index.tolist(), p.weight.tolist())
        for p in net.projections
    ]


@given(cases(), st.integers(0, 999))
def test_order_in_the_graph_does_not_matter(case, seed):
    graph = case.graph()
    one = import_graph(graph, case.timing)
    other = import_graph(shuffled(graph, seed), case.timing)
    assert show(one) == show(other)
    assert arrays(one) == arrays(other)


def test_order_of_parallel_paths_does_not_matter():
    rng = np.random.default_rng(1)
    case = Case((random_layer(rng, "lif", 3, 2),), skip=rng.normal(size=(2, 3)))
    graph = case.graph()
    nets = [import_graph(shuffled(graph, seed), case.timing) for seed in range(8)]
    assert len({show(net) for net in nets}) == 1


def test_order_in_the_file_does_not_matter(tmp_path):
    case = Case(tuple(random_layer(np.random.default_rng(2), "cubalif", 3, 3) for _ in range(2)))
    shown = set()
    for seed in range(3):
        path = tmp_path / f"{seed}.nir"
        nir.write(path, shuffled(case.graph(), seed))
        shown.add(show(import_graph(read_graph(path), case.timing)))
    assert shown == {show(case.network())}


@given(cases())
def test_graph_is_not_changed(case):
    graph = case.graph()
    before = copy.deepcopy(graph)
    import_graph(graph, case.timing)
    assert list(graph.nodes) == list(before.nodes)
    assert graph.edges == before.edges
    for name, node in graph.nodes.items():
        for key, value in vars(before.nodes[name]).items():
            if isinstance(value, np.ndarray):
                np.testing.assert_array_equal(getattr(node, key), value)


def test_populations_follow_those_that_feed_them():
    rng = np.random.default_rng(3)
    case = Case(tuple(random_layer(rng, "lif", 2, 2, recurrent=True) for _ in range(3)))
    net = import_graph(shuffled(case.graph(), 4), case.timing)
    assert [p.name for p in net.populations] == ["input", "n0", "n1", "n2"]
    assert net.output == "n2"


def test_nested_graph_equals_flat_one(shared_data):
    folder = shared_data / "models" / "nir"
    flat = import_graph(read_graph(folder / "braille_noDelay_bias_zero.nir"), BRAILLE)
    nested = import_graph(read_graph(folder / "braille_noDelay_bias_zero_subgraph.nir"), BRAILLE)
    renamed = {"lif1.lif1": "lif1.lif"}
    found = [(renamed.get(a, a), renamed.get(b, b), i, j, w) for a, b, i, j, w in arrays(nested)]
    assert found == arrays(flat)
    for pop in flat.neurons:
        other = nested.population({v: k for k, v in renamed.items()}.get(pop.name, pop.name))
        np.testing.assert_array_equal(pop.dynamics.tau_mem_ms, other.dynamics.tau_mem_ms)
        np.testing.assert_array_equal(pop.dynamics.tau_syn_ms, other.dynamics.tau_syn_ms)
        np.testing.assert_array_equal(pop.dynamics.threshold, other.dynamics.threshold)


def test_nested_weights_are_those_of_the_file(shared_data):
    path = shared_data / "models" / "nir" / "braille_noDelay_bias_zero_subgraph.nir"
    net = import_graph(read_graph(path), BRAILLE)
    with h5py.File(path) as file:
        weight = file["node/nodes/lif1/nodes/lin/weight"][()]
        bias = file["node/nodes/lif1/nodes/lin/bias"][()]
    (proj,) = [p for p in net.projections if p.recurrent]
    dense = np.zeros(weight.shape)
    dense[proj.post_index, proj.pre_index] = proj.weight
    np.testing.assert_allclose(dense, weight, rtol=1e-7)
    np.testing.assert_allclose(proj.bias, bias, rtol=1e-7)


def test_written_graph_reads_back_the_same(tmp_path):
    case = Case((random_layer(np.random.default_rng(6), "lif", 4, 3, recurrent=True),))
    path = tmp_path / "graph.nir"
    nir.write(path, case.graph())
    assert arrays(import_graph(read_graph(path), case.timing)) == arrays(case.network())


def test_ends_without_a_shape_take_any():
    """The Output and the ends of subgraphs may leave their shapes open, as some exporters do."""
    case = Case((random_layer(np.random.default_rng(8), "lif", 2, 3),))
    inner = case.graph()
    inner.nodes |= {"input": nir.Input({"input": None}), "output": nir.Output({"output": None})}
    graph = nir.NIRGraph(
        {"input": nir.Input(np.array([2])), "g": inner, "output": nir.Output({"output": None})},
        [("input", "g"), ("g", "output")],
        type_check=False,
    )
    assert arrays(import_graph(graph, case.timing))[0][2:] == arrays(case.network())[0][2:]


def test_shapes_of_several_dimensions_count_their_values():
    case = Case((random_layer(np.random.default_rng(9), "lif", 6, 4),))
    graph = case.graph()
    graph.nodes |= {"input": nir.Input(np.array([2, 3])), "output": nir.Output(np.array([2, 2]))}
    assert arrays(import_graph(graph, case.timing)) == arrays(case.network())


def test_neurons_behind_a_scale_of_one_value_are_as_many_as_the_inputs():
    nodes = {
        "input": nir.Input(np.array([4])),
        "scale": nir.Scale(np.array([2.0])),
        "out": nir.Threshold(np.array(1.0)),
        "output": nir.Output(np.array([4])),
    }
    edges = [("input", "scale"), ("scale", "out"), ("out", "output")]
    net = import_graph(nir.NIRGraph(nodes, edges, type_check=False), BRAILLE)
    assert net.population("out").size == 4


@pytest.mark.parametrize("depth", [1, 2])
def test_graph_nested_deeply(depth):
    case = Case((random_layer(np.random.default_rng(7), "lif", 2, 2),))
    graph = case.graph()
    for _ in range(depth):
        graph = nir.NIRGraph(
            {"input": graph.nodes["input"], "g": graph, "output": graph.nodes["output"]},
            [("input", "g"), ("g", "output")],
            type_check=False,
        )
    net = import_graph(graph, case.timing)
    assert net.output == "g." * depth + "n0"
    assert arrays(net)[0][2:] == arrays(case.network())[0][2:]
