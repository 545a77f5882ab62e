import h5py
import nir
import numpy as np
import pytest
from strategies import chain, input_node, li, lif, linear, make_graph, output_node

from neurodeploy.errors import LoweringError, ModelError
from neurodeploy.importer import Timing, import_graph, read_graph

TIMING = Timing(1e-3, "snntorch", "hard")
WEIGHT = np.ones((2, 3))


def refused(graph, kind, *texts, timing=TIMING):
    """Import, and check that one clear line names everything in `texts`."""
    with pytest.raises(kind) as caught:
        import_graph(graph, timing)
    line = str(caught.value)
    assert "\n" not in line
    for text in texts:
        assert text in line


def with_nodes(graph, edges, **nodes):
    return make_graph({**graph.nodes, **nodes}, [*graph.edges, *edges])


def small():
    return chain(linear(WEIGHT), lif(2), n_inputs=3, n_outputs=2)


def test_dangling_edge():
    refused(
        with_nodes(small(), [("b", "nobody")]), ModelError,
        "edge b -> nobody", "there is no node 'nobody'", "one of a, b, input, output",
    )  # fmt: skip


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_weights(value):
    graph = small()
    weight = WEIGHT.copy()
    weight[0, 0] = value
    graph.nodes["a"] = linear(weight)
    refused(graph, ModelError, "a: weight holds NaN or infinity", "1 of 6", "expected finite")


def test_nan_in_a_neuron():
    graph = small()
    graph.nodes["b"] = lif(2, tau_s=np.nan)
    refused(graph, ModelError, "b: tau holds NaN", "2 of 2")


def test_mismatched_input():
    graph = chain(linear(WEIGHT), lif(2), n_inputs=4, n_outputs=2)
    refused(graph, ModelError, "a: mismatched shapes", "got 4", "expected 3")


def test_mismatched_neurons():
    graph = chain(linear(WEIGHT), lif(5), n_inputs=3, n_outputs=5)
    refused(graph, ModelError, "b: mismatched shapes", "got 2", "expected 5")


def test_mismatched_bias():
    graph = small()
    graph.nodes["a"] = nir.Affine(WEIGHT, np.zeros(2))
    graph.nodes["a"].bias = np.zeros(5)
    refused(graph, ModelError, "a: bias and weight differ", "(5,)", "(2,)")


def test_weight_that_is_no_matrix():
    graph = small()
    graph.nodes["a"].weight = np.ones((2, 3, 1))
    refused(graph, ModelError, "a: weight is not a matrix", "(2, 3, 1)")


def test_parameters_of_different_lengths():
    graph = small()
    graph.nodes["b"].v_threshold = np.ones(3)
    refused(graph, ModelError, "b: parameters of different lengths", "[2, 3]")


def test_time_constant_of_zero():
    graph = small()
    graph.nodes["b"] = lif(2, tau_s=0.0)
    refused(graph, ModelError, "b: tau must be above 0")


@pytest.mark.parametrize("kind", ["subtract", "subtract_delayed"])
def test_subtraction_and_a_reset_potential_contradict_each_other(kind):
    graph = small()
    graph.nodes["b"] = lif(2, reset=-0.5)
    refused(
        graph, ModelError, "b: a reset by subtraction has no v_reset", "got -0.5", "--reset hard",
        timing=Timing(1e-3, "snntorch", kind),
    )  # fmt: skip


def test_unknown_reset():
    timing = Timing(1e-3, "snntorch", "soft")
    refused(small(), ModelError, "reset: unknown kind", "got soft", "hard |", timing=timing)


def test_unknown_source():
    timing = Timing(1e-3, "lava", "hard")
    refused(small(), ModelError, "source: unknown framework", "got lava", "snntorch", timing=timing)


def test_loop_of_linear_nodes():
    square = linear(np.eye(2))
    edges = [("a", "p"), ("p", "q"), ("q", "p"), ("q", "b")]
    refused(
        with_nodes(small(), edges, p=square, q=square), LoweringError,
        "a loop without a neuron", "p", "q",
    )  # fmt: skip


def test_mutual_recurrence():
    edges = [("b", "c"), ("c", "b")]
    refused(
        with_nodes(small(), edges, c=lif(2)), LoweringError,
        "b and c", "feed each other", "recurrence within one population",
    )  # fmt: skip


def test_li_in_the_middle():
    graph = chain(linear(WEIGHT), li(2), linear(np.eye(2)), lif(2), n_inputs=3, n_outputs=2)
    refused(graph, LoweringError, "b: never spikes", "drive d", "readout only")


def test_two_inputs():
    graph = with_nodes(small(), [("more", "b")], more=input_node(2))
    refused(graph, ModelError, "2 Input nodes", "['input', 'more']", "expected 1")


def test_no_output():
    graph = small()
    graph = make_graph({k: v for k, v in graph.nodes.items() if k != "output"}, graph.edges[:-1])
    refused(graph, ModelError, "0 Output nodes", "expected 1")


def test_two_populations_at_the_output():
    graph = with_nodes(small(), [("input", "x"), ("c", "output"), ("x", "c")], x=linear(WEIGHT),
                       c=lif(2))  # fmt: skip
    refused(graph, ModelError, "output: needs one population before it", "got 2", "expected 1")


def test_output_behind_a_map():
    graph = chain(linear(WEIGHT), lif(2), linear(np.eye(2)), n_inputs=3, n_outputs=2)
    refused(graph, LoweringError, "output: must follow a population", "end the network with LIF")


def test_output_of_the_input_itself():
    graph = make_graph({"input": input_node(2), "output": output_node(2)}, [("input", "output")])
    refused(graph, LoweringError, "output: must follow a population")


@pytest.mark.parametrize("node", [lif(2), linear(np.eye(2))], ids=["neurons", "map"])
def test_node_that_nothing_reaches(node):
    refused(
        with_nodes(small(), [("c", "b")], c=node), ModelError,
        "c: nothing leads to this node", "add an edge or remove it",
    )  # fmt: skip


def test_size_that_nobody_tells():
    graph = chain(nir.Threshold(np.array(1.0)), n_inputs=1, n_outputs=1)
    graph.nodes["input"] = input_node(0)
    refused(graph, ModelError, "input: has no usable shape", "got (0,)")


def test_input_that_states_no_shape():
    graph = small()
    graph.nodes["input"] = nir.Input({"input": None})
    refused(graph, ModelError, "input: states no shape", "number of inputs")


@pytest.mark.parametrize("shape", [(0,), (-2,), (1.5,)])
def test_output_of_no_usable_shape(shape):
    graph = small()
    graph.nodes["output"] = output_node(*shape)
    refused(graph, ModelError, "output: has no usable shape")


def test_output_of_another_size_than_the_neurons_before_it():
    graph = chain(linear(WEIGHT), lif(2), n_inputs=3, n_outputs=7)
    refused(graph, ModelError, "output: mismatched shapes: b sends", "got 2", "expected 7")


@pytest.mark.parametrize("first", [linear(WEIGHT), lif(3), nir.Scale(np.ones(3))])
def test_input_of_another_size_than_the_first_layer_takes(first):
    n = 2 if isinstance(first, nir.Linear) else 3
    graph = chain(first, lif(n), n_inputs=5, n_outputs=n)
    refused(graph, ModelError, "a: mismatched shapes", "got 5", "expected 3")


@pytest.mark.parametrize(
    ("n_inputs", "n_outputs", "says"),
    [
        (4, 2, ("g.input: mismatched shapes", "got 3", "expected 4")),
        (3, 7, ("g.output: mismatched shapes", "got 2", "expected 7")),
    ],
)
def test_ends_of_a_subgraph_of_another_size(n_inputs, n_outputs, says):
    # The map outside takes 3 and the neurons behind take 2: only the subgraph's ends are wrong.
    inner = small()
    inner.nodes["input"], inner.nodes["output"] = input_node(n_inputs), output_node(n_outputs)
    outer = {"input": input_node(3), "g": inner, "last": lif(2), "output": output_node(2)}
    graph = make_graph(outer, [("input", "g"), ("g", "last"), ("last", "output")])
    refused(graph, ModelError, *says)


def test_subgraph_of_two_inputs():
    inner = with_nodes(small(), [("more", "b")], more=input_node(2))
    outer = {"input": input_node(3), "g": inner, "output": output_node(2)}
    graph = make_graph(outer, [("input", "g"), ("g", "output")])
    refused(graph, ModelError, "g: 2 Input nodes", "['g.input', 'g.more']")


@pytest.mark.parametrize("edge", [("b", "input"), ("output", "b")])
def test_edge_against_the_ends(edge):
    refused(with_nodes(small(), [edge]), ModelError, f"edge {edge[0]} -> {edge[1]}: leads into")


# Files


def write_small(tmp_path):
    path = tmp_path / "some.nir"
    nir.write(path, small())
    return path


def test_missing_file(tmp_path):
    with pytest.raises(ModelError, match=r"gone\.nir: no such file; check the path"):
        read_graph(tmp_path / "gone.nir")


def test_not_hdf5(tmp_path):
    path = tmp_path / "some.nir"
    path.write_bytes(b"not hdf5 at all" * 100)
    with pytest.raises(ModelError, match=r"some\.nir: is not a NIR file.*HDF5 written by nir"):
        read_graph(path)


def test_truncated(tmp_path):
    path = write_small(tmp_path)
    path.write_bytes(path.read_bytes()[:1500])
    with pytest.raises(ModelError, match=r"some\.nir: is not a NIR file"):
        read_graph(path)


def test_folder(tmp_path):
    with pytest.raises(ModelError, match="is not a NIR file"):
        read_graph(tmp_path)


def test_hdf5_without_a_graph(tmp_path):
    path = tmp_path / "some.nir"
    with h5py.File(path, "w") as file:
        file["x"] = np.zeros(3)
    with pytest.raises(ModelError, match=r"some\.nir: is HDF5 but holds no readable NIR graph"):
        read_graph(path)


def test_single_node(tmp_path):
    path = tmp_path / "some.nir"
    nir.write(path, lif(2))
    with pytest.raises(ModelError, match="holds a single node"):
        read_graph(path)


def test_type_that_nir_does_not_know(tmp_path):
    path = write_small(tmp_path)
    with h5py.File(path, "r+") as file:
        del file["node/nodes/b/type"]
        file["node/nodes/b/type"] = "AdEx"
    with pytest.raises(LoweringError, match=r"^b: no lowering for AdEx.*one of Affine"):
        read_graph(path)


def test_type_that_is_a_name_of_nir_but_no_primitive(tmp_path):
    path = write_small(tmp_path)
    with h5py.File(path, "r+") as file:
        del file["node/nodes/b/type"]
        file["node/nodes/b/type"] = "Dict"
    with pytest.raises((LoweringError, ModelError), match="Dict"):
        read_graph(path)


def test_node_without_a_field(tmp_path):
    path = write_small(tmp_path)
    with h5py.File(path, "r+") as file:
        del file["node/nodes/b/tau"]
    with pytest.raises(ModelError, match=r"some\.nir.*no readable NIR graph.*tau"):
        read_graph(path)


@pytest.mark.parametrize("value", [7, "text"])
def test_node_type_that_is_no_text(tmp_path, value):
    path = write_small(tmp_path)
    with h5py.File(path, "r+") as file:
        del file["node/nodes/b"]
        file["node/nodes/b"] = value
    with pytest.raises(ModelError, match="no readable NIR graph"):
        read_graph(path)
