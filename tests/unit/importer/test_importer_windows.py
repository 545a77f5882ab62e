"""Convolutions and pools against plain loops over the window."""

import nir
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import DT_S, chain, input_node, lif, linear, make_graph, output_node

from neurodeploy.errors import ModelError
from neurodeploy.importer import Timing, import_graph, read_graph

TIMING = Timing(DT_S, "nir", "hard")


def plain(x, weight, bias, stride, zeros, dilation, groups):
    """Return the convolution of (channels, rows, columns), one output after the other."""
    n_out, per_group, height, width = weight.shape
    (top, bottom), (left, right) = zeros
    padded = np.pad(x, ((0, 0), (top, bottom), (left, right)))
    rows = (padded.shape[1] - dilation[0] * (height - 1) - 1) // stride[0] + 1
    columns = (padded.shape[2] - dilation[1] * (width - 1) - 1) // stride[1] + 1
    y = np.zeros((n_out, rows, columns))
    for o, r, c in np.ndindex(y.shape):
        group = o // (n_out // groups)
        total = bias[o]
        for i, k, m in np.ndindex(per_group, height, width):
            at = r * stride[0] + k * dilation[0], c * stride[1] + m * dilation[1]
            total += weight[o, i, k, m] * padded[(group * per_group + i, *at)]
        y[o, r, c] = total
    return y


def mapped(*nodes, shape, n_out):
    """Return what the folded linear nodes in front of a population compute, as a function."""
    net = import_graph(between(*nodes, shape=shape, n_out=n_out), TIMING)
    (proj,) = net.projections
    matrix = np.zeros((net.population(net.output).size, net.inputs.size))
    np.add.at(matrix, (proj.post_index, proj.pre_index), proj.weight)
    bias = 0.0 if proj.bias is None else proj.bias
    return lambda x: matrix @ x.ravel() + bias


def between(*nodes, shape, n_out):
    graph = chain(*nodes, lif(n_out), n_inputs=1, n_outputs=n_out)
    graph.nodes["input"] = input_node(*shape)
    return graph


pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))


@given(
    seed=st.integers(0, 999), kernel=pairs, stride=pairs, dilation=pairs,
    padding=st.tuples(st.integers(0, 2), st.integers(0, 2)), groups=st.sampled_from([1, 2]),
    stated=st.booleans(),
)  # fmt: skip
def test_conv2d(seed, kernel, stride, dilation, padding, groups, stated):
    rng = np.random.default_rng(seed)
    image = 8, 7
    weight, bias = rng.normal(size=(4, 2, *kernel)), rng.normal(size=4)
    x = rng.normal(size=(2 * groups, *image))
    zeros = [(p, p) for p in padding]
    wanted = plain(x, weight, bias, stride, zeros, dilation, groups)
    node = nir.Conv2d(image if stated else None, weight, stride, padding, dilation, groups, bias)
    found = mapped(node, shape=x.shape, n_out=wanted.size)(x)
    np.testing.assert_allclose(found, wanted.ravel(), atol=1e-12)


@given(
    seed=st.integers(0, 999), kernel=st.integers(1, 4), stride=st.integers(1, 3),
    dilation=st.integers(1, 2), padding=st.integers(0, 2), groups=st.sampled_from([1, 3]),
)  # fmt: skip
def test_conv1d(seed, kernel, stride, dilation, padding, groups):
    rng = np.random.default_rng(seed)
    weight, bias = rng.normal(size=(3, 2, kernel)), rng.normal(size=3)
    x = rng.normal(size=(2 * groups, 9))
    wanted = plain(
        x[:, None], weight[:, :, None], bias, (1, stride), [(0, 0), (padding, padding)],
        (1, dilation), groups,
    )  # fmt: skip
    node = nir.Conv1d(9, weight, stride, padding, dilation, groups, bias)
    found = mapped(node, shape=x.shape, n_out=wanted.size)(x)
    np.testing.assert_allclose(found, wanted.ravel(), atol=1e-12)


@pytest.mark.parametrize(
    ("padding", "zeros"), [("same", [(1, 2), (1, 1)]), ("valid", [(0, 0)] * 2)]
)
def test_padding_by_name(padding, zeros):
    """PyTorch puts the odd one of `same` at the end."""
    rng = np.random.default_rng(1)
    weight, x = rng.normal(size=(2, 1, 4, 3)), rng.normal(size=(1, 6, 5))
    wanted = plain(x, weight, np.zeros(2), (1, 1), zeros, (1, 1), 1)
    node = nir.Conv2d((6, 5), weight, 1, padding, 1, 1, np.zeros(2))
    found = mapped(node, shape=x.shape, n_out=wanted.size)(x)
    np.testing.assert_allclose(found, wanted.ravel(), atol=1e-12)
    assert padding == "valid" or wanted.shape == (2, 6, 5)


@pytest.mark.parametrize(("kind", "one"), [(nir.SumPool2d, 1.0), (nir.AvgPool2d, 1 / 6)])
def test_pools(kind, one):
    rng = np.random.default_rng(2)
    x = rng.normal(size=(3, 7, 6))
    weight = np.full((3, 1, 2, 3), one)
    wanted = plain(x, weight, np.zeros(3), (2, 1), [(1, 1), (0, 0)], (1, 1), 3)
    node = kind(np.array([2, 3]), np.array([2, 1]), np.array([1, 0]))
    found = mapped(node, shape=x.shape, n_out=wanted.size)(x)
    np.testing.assert_allclose(found, wanted.ravel(), atol=1e-12)


def conv(weight, image=None, padding=0, groups=1):
    return nir.Conv2d(image, weight, 1, padding, 1, groups, np.zeros(len(weight)))


def test_a_chain_is_one_map():
    rng = np.random.default_rng(3)
    x, weight, last = (
        rng.normal(size=(2, 6, 6)),
        rng.normal(size=(4, 2, 3, 3)),
        rng.normal(size=(5, 16)),
    )
    factors, offset = rng.normal(size=(4, 1, 1)), rng.normal(size=5)
    pooled = plain(x, weight, np.zeros(4), (1, 1), [(0, 0)] * 2, (1, 1), 1) * factors
    pooled = pooled.reshape(4, 2, 2, 2, 2).sum(axis=(2, 4))
    found = mapped(
        conv(weight), nir.Scale(factors), nir.SumPool2d(2, 2, 0), nir.Flatten(None, 0, -1),
        linear(last, offset), shape=x.shape, n_out=5,
    )(x)  # fmt: skip
    np.testing.assert_allclose(found, last @ pooled.ravel() + offset, atol=1e-12)


def two_layers(first):
    """Return conv, neurons with such parameters, conv, neurons on (1, 5, 5)."""
    rng = np.random.default_rng(4)
    graph = chain(
        conv(rng.normal(size=(2, 1, 2, 2))), first, conv(rng.normal(size=(3, 2, 2, 2))), lif(27),
        n_inputs=25, n_outputs=27,
    )  # fmt: skip
    graph.nodes["input"] = input_node(1, 5, 5)
    return graph


def shaped(*shape):
    return nir.LIF(*(np.full(shape, v) for v in (10e-3, 1.0, 0.0, 1.0)))


def test_neurons_between_convolutions_keep_the_shape():
    """Their parameters may have it, be flat or be one value."""
    found = [
        import_graph(two_layers(node), TIMING) for node in (shaped(2, 4, 4), shaped(32), shaped())
    ]
    for net in found:
        assert [p.size for p in net.populations] == [25, 32, 27]
        np.testing.assert_array_equal(net.projections[1].weight, found[0].projections[1].weight)
        np.testing.assert_array_equal(
            net.projections[1].pre_index, found[0].projections[1].pre_index
        )


def test_a_recurrent_convolution():
    weight = np.random.default_rng(5).normal(size=(1, 1, 3, 3))
    nodes = {"input": input_node(1, 4, 4), "n": shaped(16), "r": conv(weight, padding=1)}
    nodes["output"] = output_node(16)
    edges = [("input", "n"), ("n", "r"), ("r", "n"), ("n", "output")]
    net = import_graph(make_graph(nodes, edges), TIMING)
    (own,) = [p for p in net.projections if p.recurrent]
    assert own.n_synapses == 10 * 10


def refused(graph, *texts):
    with pytest.raises(ModelError) as caught:
        import_graph(graph, TIMING)
    line = str(caught.value)
    assert "\n" not in line
    for text in texts:
        assert text in line


ONES = np.ones((2, 1, 3, 3))


@pytest.mark.parametrize(
    ("node", "shape", "says"),
    [
        (conv(ONES), (16,), ("needs (channels, *image)", "got (16,)", "input_shape at")),
        (conv(ONES, (4, 4)), (17,), ("mismatched shapes: its input", "got 17", "expected 16")),
        (conv(ONES, (4, 4)), (1, 2, 8), ("mismatched shapes", "got (1, 2, 8)", "(1, 4, 4)")),
        (conv(ONES), (2, 4, 4), ("mismatched shapes: its channels", "got 2", "expected 1")),
        (conv(ONES), (1, 2, 4), ("its window (3, 3) is larger than the image", "got (2, 4)")),
        (conv(np.ones((3, 1, 1, 1)), groups=2), (2, 4, 4), ("groups do not divide", "got 2")),
        (conv(np.ones((2, 3, 3))), (1, 4, 4), ("weight is no convolution's", "got (2, 3, 3)")),
        (conv(ONES * np.nan), (1, 4, 4), ("weight holds NaN",)),
        (nir.Conv2d(None, ONES, 2, "same", 1, 1, np.zeros(2)), (1, 4, 4), ("padding", "got same")),
        (nir.Conv2d(None, ONES, 0, 0, 1, 1, np.zeros(2)), (1, 4, 4), ("stride is not usable",)),
        (nir.SumPool2d(2, 2, 0), (16,), ("needs (channels, *image)", "state the shape at")),
        (nir.AvgPool2d(2.5, 2, 0), (1, 4, 4), ("kernel_size is not usable", "got [2.5]")),
    ],
)  # fmt: skip
def test_refusals(node, shape, says):
    refused(between(node, shape=shape, n_out=4), "a: ", *says)


def test_stated_shapes_serve_a_flat_input():
    graph = between(conv(ONES, (4, 4)), shape=(16,), n_out=8)
    assert import_graph(graph, TIMING).projections[0].n_synapses == 2 * 4 * 9


def test_cnn_of_the_nir_paper(shared_data):
    graph = read_graph(shared_data / "models" / "nir" / "cnn_sinabs.nir")
    net = import_graph(graph, Timing(1, "sinabs", "subtract"))
    assert [p.size for p in net.populations] == [2312, 4096, 4096, 512, 256, 10]
    assert sum(p.n_synapses for p in net.projections) == 1_122_848
