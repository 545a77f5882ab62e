"""`ideal` against plain loops over the layers' own numbers."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import (
    DT_S,
    RESETS,
    Case,
    Layer,
    cases,
    chain,
    li,
    linear,
    random_layer,
    random_raster,
    rasters,
)

from neurodeploy import ideal
from neurodeploy.errors import VerifyError
from neurodeploy.importer import Timing, import_graph, read_graph


def plain_run(case, sample):
    """Run one sample, (steps, n_inputs), neuron by neuron; returns spikes of each layer.

    As snnTorch and the NIR paper write them: current = alpha current + input,
    potential = beta potential + current, a spike above the threshold, then 0 or less by that.
    """
    state = [
        {"i": [0.0] * layer.size, "u": [0.0] * layer.size, "s": [0] * layer.size}
        for layer in case.layers
    ]
    found = [[] for _ in case.layers]
    for k, now in enumerate(sample):
        first = before = [int(v) for v in now]
        for depth, layer in enumerate(case.layers):
            cells, last = state[depth], depth == len(case.layers) - 1
            skip = case.skip if last and case.skip is not None else None
            spikes = []
            for n in range(layer.size):
                total = sum(float(layer.weight[n, m]) * before[m] for m in range(len(before)))
                if skip is not None:
                    total += sum(float(skip[n, m]) * first[m] for m in range(len(first)))
                if layer.bias is not None:
                    total += float(layer.bias[n])
                if layer.w_rec is not None:
                    total += sum(
                        float(layer.w_rec[n, m]) * cells["s"][m] for m in range(layer.size)
                    )
                spikes.append(plain_neuron(layer, case.reset, cells, n, total))
                if spikes[-1]:
                    found[depth].append((k, n))
            cells["s"] = before = spikes
    return found


def plain_neuron(layer, reset, cells, n, total):
    if layer.kind == "cubalif":
        cells["i"][n] = float(layer.alpha[n]) * cells["i"][n] + total
        total = cells["i"][n]
    beta = 1.0 if layer.kind == "if" else float(layer.beta[n])
    u = beta * cells["u"][n] + total
    threshold = float(layer.threshold[n])
    if reset == "hard_delayed" and cells["s"][n]:
        u = 0.0
    if reset == "subtract_delayed" and cells["s"][n]:
        u -= threshold
    spike = int(u > threshold)
    after = {"hard": 0.0, "subtract": u - threshold}.get(reset, u)
    cells["u"][n] = after if spike else u
    return spike


def spikes_of(recording, name, sample):
    step, index = recording.spikes[name].of_sample(sample)
    return list(zip(step.tolist(), index.tolist(), strict=True))


@given(st.data(), cases(resets=RESETS))
def test_ideal_is_the_plain_loop(data, case):
    raster = data.draw(rasters(case.n_inputs))
    recording = ideal.run(case.network(), raster)
    for sample in range(len(raster)):
        for depth, expected in enumerate(plain_run(case, raster[sample])):
            assert spikes_of(recording, f"n{depth}", sample) == expected


@pytest.mark.parametrize("reset", RESETS)
@pytest.mark.parametrize("kind", ["lif", "cubalif", "if"])
@pytest.mark.parametrize("recurrent", [False, True])
def test_busy_networks_agree_too(kind, reset, recurrent):
    rng = np.random.default_rng(8)
    layers = (
        random_layer(rng, kind, 6, 8, recurrent=recurrent),
        random_layer(rng, kind, 8, 4, recurrent=recurrent),
    )
    case = Case(layers, reset=reset)
    raster = random_raster(rng, 2, 60, 6)
    recording = ideal.run(case.network(), raster)
    for sample in range(2):
        expected = plain_run(case, raster[sample])
        assert min(len(e) for e in expected) > 5
        for depth, spikes in enumerate(expected):
            assert spikes_of(recording, f"n{depth}", sample) == spikes


def single(kind, *, beta=0.5, alpha=0.5, weight=1.0, threshold=1.0, reset="hard"):
    one = np.ones(1)
    layer = Layer(kind, weight * np.ones((1, 1)), None, beta * one, alpha * one, threshold * one)
    return Case((layer,), reset=reset).network()


def steps_of(net, pattern):
    recording = ideal.run(net, np.array(pattern, dtype=np.uint8)[None, :, None])
    return recording.spikes["n0"].step.tolist()


def test_threshold_is_strict():
    assert steps_of(single("if"), [1, 1, 0, 0]) == [1]


def test_delayed_reset_loses_the_next_input():
    pattern = [1, 1, 1, 1, 1, 1]
    assert steps_of(single("if", weight=1.5), pattern) == [0, 1, 2, 3, 4, 5]
    assert steps_of(single("if", weight=1.5, reset="hard_delayed"), pattern) == [0, 2, 4]


def test_membrane_of_a_readout():
    """LI with beta 0.5 and unit gain: u = 0.5 u + s."""
    graph = chain(linear([[1.0]]), li(1, tau_s=2e-3, r=2.0), n_inputs=1, n_outputs=1)
    net = import_graph(graph, Timing(DT_S, "snntorch", "hard"))
    recording = ideal.run(net, np.array([[[1], [0], [1]], [[0], [0], [3]]], dtype=np.uint8))
    np.testing.assert_allclose(recording.membrane[..., 0], [[1, 0.5, 1.25], [0, 0, 3]], atol=1e-15)
    assert recording.n_samples == 2
    assert recording.spikes["b"].total == 0


def test_exact_readout_follows_the_differential_equation():
    tau, r = 7e-3, 3.0
    graph = chain(linear([[2.0]]), li(1, tau_s=tau, r=r), n_inputs=1, n_outputs=1)
    net = import_graph(graph, Timing(DT_S, "nir", "hard"))
    recording = ideal.run(net, np.ones((1, 20, 1), dtype=np.uint8))
    expected = [r * 2.0 * (1 - math.exp(-(k + 1) * DT_S / tau)) for k in range(20)]
    np.testing.assert_allclose(recording.membrane[0, :, 0], expected, rtol=1e-12)


def test_input_spikes_are_recorded_with_their_number():
    recording = ideal.run(single("lif"), np.array([[[2], [0], [1]]], dtype=np.uint8))
    assert spikes_of(recording, "input", 0) == [(0, 0), (0, 0), (2, 0)]


def test_batches_do_not_matter(monkeypatch):
    rng = np.random.default_rng(9)
    net = Case((random_layer(rng, "cubalif", 3, 4, recurrent=True),)).network()
    raster = random_raster(rng, 7, 20, 3)
    whole = ideal.run(net, raster).spikes["n0"]
    monkeypatch.setattr(ideal, "BATCH", 3)
    parts = ideal.run(net, raster).spikes["n0"]
    assert whole.total > 0
    for name in ("sample", "step", "index"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name))


def test_no_samples():
    recording = ideal.run(single("lif"), np.zeros((0, 4, 1), dtype=np.uint8))
    assert recording.n_samples == 0


def test_population_without_dynamics():
    net = single("lif")
    bare = dataclasses.replace(net.population("n0"), dynamics=None)
    with pytest.raises(VerifyError, match="n0: has no trained dynamics"):
        ideal.run(net.with_population(bare), np.zeros((1, 2, 1), dtype=np.uint8))


# The NIR paper's single neuron


def norse(shared_data, output=None):
    folder = shared_data / "models" / "nir"
    graph = read_graph(folder / "lif_norse.nir")
    if output is not None:
        graph.nodes["1"] = output
    table = np.loadtxt(folder / "lif_norse.csv", delimiter=",")
    net = import_graph(graph, Timing(1e-4, "norse", "hard"))
    return net, table[:, 0].astype(np.uint8)[None, :, None], table[:, 1]


def test_neuron_of_the_nir_paper(shared_data):
    net, raster, _ = norse(shared_data)
    assert ideal.run(net, raster).spikes["1"].step.tolist() == [460, 510, 710, 760]


def test_membrane_of_the_nir_paper(shared_data):
    net, raster, trace = norse(shared_data, li(1, tau_s=2.5e-3))
    recording = ideal.run(net, raster)
    np.testing.assert_allclose(recording.membrane[0, :460, 0], trace[:460], atol=1e-6)
