"""Small random networks: layers as plain numbers, as NIR graphs, and as hypothesis strategies."""

from dataclasses import dataclass

import nir
import numpy as np
from hypothesis import strategies as st

from neurodeploy.importer import Timing, import_graph

DT_S = 1e-3
KINDS = ("lif", "cubalif", "if")
RESETS = ("hard", "hard_delayed", "subtract", "subtract_delayed")


@dataclass(frozen=True, eq=False)
class Layer:
    """A map and the neurons behind it; `beta` and `alpha` are factors of one step."""

    kind: str
    weight: np.ndarray
    bias: np.ndarray | None
    beta: np.ndarray
    alpha: np.ndarray
    threshold: np.ndarray
    w_rec: np.ndarray | None = None

    @property
    def size(self):
        return len(self.weight)


@dataclass(frozen=True, eq=False)
class Case:
    """A feed-forward stack of layers; `skip` is a map from the input to the last layer."""

    layers: tuple[Layer, ...]
    source: str = "snntorch"
    reset: str = "hard"
    skip: np.ndarray | None = None

    @property
    def n_inputs(self):
        return self.layers[0].weight.shape[1]

    @property
    def timing(self):
        return Timing(DT_S, self.source, self.reset)

    def graph(self):
        nodes, edges = {"input": input_node(self.n_inputs)}, []
        before = "input"
        for k, layer in enumerate(self.layers):
            nodes |= {f"w{k}": linear(layer.weight, layer.bias), f"n{k}": neurons(layer, self)}
            edges += [(before, f"w{k}"), (f"w{k}", f"n{k}")]
            if layer.w_rec is not None:
                nodes[f"r{k}"] = linear(layer.w_rec, None)
                edges += [(f"n{k}", f"r{k}"), (f"r{k}", f"n{k}")]
            before = f"n{k}"
        if self.skip is not None:
            nodes["skip"] = linear(self.skip, None)
            edges += [("input", "skip"), ("skip", before)]
        nodes["output"] = output_node(self.layers[-1].size)
        return make_graph(nodes, [*edges, (before, "output")])

    def network(self):
        return import_graph(self.graph(), self.timing)


def make_graph(nodes, edges):
    return nir.NIRGraph(nodes=dict(nodes), edges=list(edges), type_check=False)


def chain(*nodes, n_inputs, n_outputs):
    """Return the graph input -> nodes -> output, nodes called a, b, c and so on."""
    named = {chr(ord("a") + k): node for k, node in enumerate(nodes)}
    named = {"input": input_node(n_inputs)} | named | {"output": output_node(n_outputs)}
    names = list(named)
    return make_graph(named, list(zip(names[:-1], names[1:], strict=True)))


def input_node(*shape):
    return nir.Input({"input": np.array(shape)})


def output_node(*shape):
    return nir.Output({"output": np.array(shape)})


def linear(weight, bias=None):
    weight = np.asarray(weight, dtype=float)
    return nir.Linear(weight) if bias is None else nir.Affine(weight, np.asarray(bias, dtype=float))


def lif(n, *, tau_s=10e-3, r=1.0, threshold=1.0, v_leak=0.0, reset=0.0):
    def full(value):
        return np.full(n, float(value))

    return nir.LIF(
        tau=full(tau_s), r=full(r), v_leak=full(v_leak), v_threshold=full(threshold),
        v_reset=full(reset),
    )  # fmt: skip


def li(n, *, tau_s=10e-3, r=1.0):
    return nir.LI(tau=np.full(n, tau_s), r=np.full(n, float(r)), v_leak=np.zeros(n))


def neurons(layer, case):
    """Return the NIR node whose steps multiply by beta and alpha and add the whole input."""
    exact = case.source == "nir"
    n = layer.size

    def tau_s(factor):
        return -DT_S / np.log(factor) if exact else DT_S / (1 - factor)

    rest = {"v_threshold": layer.threshold, "v_reset": np.zeros(n)}
    if layer.kind == "if":
        return nir.IF(r=np.full(n, 1 / DT_S), **rest)
    rest |= {"r": 1 / (1 - layer.beta), "v_leak": np.zeros(n)}
    if layer.kind == "lif":
        return nir.LIF(tau=tau_s(layer.beta), **rest)
    return nir.CubaLIF(
        tau_mem=tau_s(layer.beta), tau_syn=tau_s(layer.alpha), w_in=1 / (1 - layer.alpha), **rest
    )


def random_layer(rng, kind, n_pre, n_post, *, biased=True, recurrent=False):
    return Layer(
        kind,
        weight=rng.normal(0.3, 0.6, (n_post, n_pre)),
        bias=rng.normal(0.0, 0.2, n_post) if biased else None,
        beta=rng.uniform(0.5, 0.97, n_post),
        alpha=rng.uniform(0.3, 0.9, n_post),
        threshold=rng.uniform(0.5, 1.5, n_post),
        w_rec=rng.normal(0.0, 0.4, (n_post, n_post)) if recurrent else None,
    )


def random_raster(rng, n, steps, n_inputs, rate=0.3):
    return (rng.random((n, steps, n_inputs)) < rate).astype(np.uint8)


@st.composite
def cases(draw, kinds=KINDS, sources=("snntorch", "nir"), resets=("hard", "hard_delayed")):
    """Draw a stack of one to three layers; arrays come from a drawn seed."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sizes = draw(st.lists(st.integers(1, 5), min_size=2, max_size=4))
    layers = tuple(
        random_layer(
            rng,
            draw(st.sampled_from(kinds)),
            n_pre,
            n_post,
            biased=draw(st.booleans()),
            recurrent=draw(st.booleans()),
        )
        for n_pre, n_post in zip(sizes[:-1], sizes[1:], strict=True)
    )
    skip = rng.normal(0.0, 0.5, (sizes[-1], sizes[0])) if draw(st.booleans()) else None
    return Case(layers, draw(st.sampled_from(sources)), draw(st.sampled_from(resets)), skip)


@st.composite
def rasters(draw, n_inputs, max_samples=3, max_steps=15):
    """Draw spikes, (n, steps, n_inputs), mostly 0 and 1, sometimes several in a step."""
    shape = (draw(st.integers(1, max_samples)), draw(st.integers(1, max_steps)), n_inputs)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.choice([0, 1, 2], size=shape, p=[0.65, 0.3, 0.05]).astype(np.uint8)
