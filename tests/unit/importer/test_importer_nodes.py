import nir
import numpy as np
import pytest
from strategies import DT_S, chain, input_node, li, lif, linear, make_graph, output_node

from neurodeploy.errors import LoweringError
from neurodeploy.importer import Timing, import_graph
from neurodeploy.importer.nodes import handles

TIMING = Timing(DT_S, "nir", "hard")
WEIGHT = np.array([[0.5, -1.0, 0.0], [2.0, 0.25, 1.0]])


def dense(net, proj):
    matrix = np.zeros((net.population(proj.post).size, net.population(proj.pre).size))
    np.add.at(matrix, (proj.post_index, proj.pre_index), proj.weight)
    return matrix


def imported(node, timing=TIMING):
    """Return the dynamics of a neuron node behind a 2 x 3 map."""
    net = import_graph(chain(linear(WEIGHT), node, n_inputs=3, n_outputs=2), timing)
    return net.population("b").dynamics


def test_linear_and_lif():
    net = import_graph(chain(linear(WEIGHT), lif(2), n_inputs=3, n_outputs=2), TIMING, "some")
    assert (net.name, net.timestep_ms, net.output) == ("some", 1.0, "b")
    assert [(p.name, p.size, p.kind) for p in net.populations] == [
        ("input", 3, "input"),
        ("b", 2, "neurons"),
    ]
    (proj,) = net.projections
    assert (proj.pre, proj.post, proj.n_synapses, proj.recurrent) == ("input", "b", 5, False)
    np.testing.assert_array_equal(dense(net, proj), WEIGHT)


def test_lif_fields():
    d = imported(lif(2, tau_s=0.02, r=3.0, threshold=0.7, v_leak=0.1, reset=-0.2))
    assert d.tau_syn_ms is None
    found = (d.tau_mem_ms, d.r, d.threshold, d.v_leak, d.reset, d.w_in)
    for values, expected in zip(found, (20.0, 3.0, 0.7, 0.1, -0.2, 1.0), strict=True):
        np.testing.assert_allclose(values, [expected, expected])
    assert (d.integrator, d.jump, d.reset_kind) == ("exact", False, "hard")


def test_li_never_spikes():
    d = imported(li(2, tau_s=0.03, r=2.0))
    assert d.threshold is None
    np.testing.assert_allclose(d.tau_mem_ms, 30.0)
    np.testing.assert_allclose(d.r, 2.0)


def cuba(kind, **more):
    return kind(
        tau_syn=np.array([0.005, 0.01]), tau_mem=np.array([0.02, 0.04]), r=np.array([2.0, 3.0]),
        v_leak=np.array([0.0, 0.1]), w_in=np.array([4.0, 5.0]), **more,
    )  # fmt: skip


def test_cubalif_fields():
    d = imported(cuba(nir.CubaLIF, v_threshold=np.array([1.0, 1.5])))
    np.testing.assert_allclose(d.tau_syn_ms, [5, 10])
    np.testing.assert_allclose(d.tau_mem_ms, [20, 40])
    np.testing.assert_allclose(d.r, [2, 3])
    np.testing.assert_allclose(d.w_in, [4, 5])
    np.testing.assert_allclose(d.v_leak, [0, 0.1])
    np.testing.assert_allclose(d.threshold, [1, 1.5])
    np.testing.assert_allclose(d.reset, [0, 0])


def test_cubali_fields():
    d = imported(cuba(nir.CubaLI))
    assert d.threshold is None
    np.testing.assert_allclose(d.tau_syn_ms, [5, 10])
    np.testing.assert_allclose(d.w_in, [4, 5])


def test_if_gain_is_per_ms():
    d = imported(nir.IF(r=np.full(2, 1000.0), v_threshold=np.ones(2)))
    assert np.all(np.isinf(d.tau_mem_ms))
    np.testing.assert_allclose(d.r, 1.0)
    np.testing.assert_allclose(d.step(1.0).mem_gain, 1.0)


def test_threshold_has_no_memory():
    d = imported(nir.Threshold(threshold=np.array([0.5, 1.5])))
    step = d.step(1.0)
    np.testing.assert_allclose(step.mem_decay, 0.0)
    np.testing.assert_allclose(step.mem_gain * step.syn_gain, 1.0)
    np.testing.assert_allclose(d.threshold, [0.5, 1.5])


@pytest.mark.parametrize("shape", [(), (1,)])
def test_one_value_serves_the_population(shape):
    values = [np.full(shape, v) for v in (0.02, 1.0, 0.0, 1.0)]
    d = imported(nir.LIF(*values))
    np.testing.assert_allclose(d.tau_mem_ms, [20.0, 20.0])


def test_affine_bias_stays_on_the_projection():
    graph = chain(linear(WEIGHT, [0.5, -0.5]), lif(2), n_inputs=3, n_outputs=2)
    np.testing.assert_array_equal(import_graph(graph, TIMING).projections[0].bias, [0.5, -0.5])


def test_scalar_bias_is_broadcast():
    graph = chain(nir.Affine(WEIGHT, np.array([0.5])), lif(2), n_inputs=3, n_outputs=2)
    np.testing.assert_array_equal(import_graph(graph, TIMING).projections[0].bias, [0.5, 0.5])


def test_chain_of_linear_nodes_is_one_map():
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=(4, 6)), rng.normal(size=(2, 4))
    s, s_in, bias_a, bias_b = rng.normal(size=4), rng.normal(size=6), rng.normal(size=4), [1.0, 2.0]
    flat = nir.Flatten({"input": np.array([2, 3])}, start_dim=0)
    graph = chain(
        flat, nir.Scale(s_in), linear(a, bias_a), nir.Scale(s), linear(b, bias_b), lif(2),
        n_inputs=6, n_outputs=2,
    )  # fmt: skip
    graph.nodes["input"] = input_node(2, 3)
    net = import_graph(graph, TIMING)
    (proj,) = net.projections
    np.testing.assert_allclose(dense(net, proj), b @ np.diag(s) @ a @ np.diag(s_in), rtol=1e-12)
    np.testing.assert_allclose(proj.bias, b @ (s * bias_a) + bias_b, rtol=1e-12)
    assert net.inputs.size == 6


def test_scale_of_one_value():
    graph = chain(nir.Scale(np.array([3.0])), lif(2), n_inputs=2, n_outputs=2)
    net = import_graph(graph, TIMING)
    np.testing.assert_array_equal(dense(net, net.projections[0]), np.diag([3.0, 3.0]))


def test_direct_edge_is_the_identity():
    net = import_graph(chain(lif(3), n_inputs=3, n_outputs=3), TIMING)
    np.testing.assert_array_equal(dense(net, net.projections[0]), np.eye(3))


def test_parallel_paths_get_names_of_their_own():
    nodes = {"input": input_node(3), "a": linear(WEIGHT), "b": linear(2 * WEIGHT), "n": lif(2)}
    nodes["output"] = output_node(2)
    edges = [("input", "a"), ("input", "b"), ("a", "n"), ("b", "n"), ("n", "output")]
    net = import_graph(make_graph(nodes, edges), TIMING)
    assert [p.name for p in net.projections] == ["input -> n", "input -> n #2"]
    total = sum(dense(net, p) for p in net.projections)
    np.testing.assert_allclose(total, 3 * WEIGHT)


def test_self_loop_is_recurrent():
    nodes = {"input": input_node(2), "n": lif(2), "r": linear(np.eye(2)), "output": output_node(2)}
    edges = [("input", "n"), ("n", "r"), ("r", "n"), ("n", "output")]
    net = import_graph(make_graph(nodes, edges), TIMING)
    assert {p.pre: p.recurrent for p in net.projections} == {"input": False, "n": True}


@pytest.mark.parametrize(
    ("source", "integrator", "jump", "tau_ms"),
    [
        ("snntorch", "euler", False, 20.0),
        ("norse", "euler", True, 20.0),
        ("spikingjelly", "euler", False, 20.0),
        ("nir", "exact", False, 20.0),
        ("sinabs", "exact", False, 0.02),
    ],
)
def test_conventions_of_the_sources(source, integrator, jump, tau_ms):
    d = imported(lif(2, tau_s=0.02), Timing(0.001, source, "hard_delayed"))
    assert (d.integrator, d.jump, d.reset_kind) == (integrator, jump, "hard_delayed")
    np.testing.assert_allclose(d.tau_mem_ms, tau_ms)


def test_time_unit_goes_before_the_source():
    timing = Timing(0.5, "nir", "hard", time_unit="ms")
    graph = chain(linear(WEIGHT), lif(2, tau_s=20.0), n_inputs=3, n_outputs=2)
    net = import_graph(graph, timing)
    assert net.timestep_ms == 0.5
    np.testing.assert_allclose(net.population("b").dynamics.tau_mem_ms, 20.0)


def test_a_second_handler_is_a_mistake():
    with pytest.raises(TypeError, match="LIF already has a handler"):
        handles(nir.LIF)


def test_all_primitives_without_a_handler_are_refused():
    for kind in (nir.Delay(np.ones(2)), nir.I(np.ones(2))):
        graph = chain(linear(WEIGHT), kind, n_inputs=3, n_outputs=2)
        with pytest.raises(LoweringError, match=f"b: no lowering for {type(kind).__name__}"):
            import_graph(graph, TIMING)
