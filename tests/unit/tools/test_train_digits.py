"""The NIR helper, the digits trainer, and the stored model held to its own README."""

import math
import re
from pathlib import Path

import nir
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurodeploy.encode import Encoder, encode
from neurodeploy.errors import ModelError
from tools import nir_export
from tools.nir_export import Dense

MODEL = Path(__file__).parents[3] / "models" / "digits"
STEPS = 16


# --- nir_export -----------------------------------------------------------------------------


def layer(name="a", n_in=3, n_out=2, beta=0.8, bias=True, spiking=True, seed=0):
    rng = np.random.default_rng(seed)
    return Dense(
        name,
        rng.normal(size=(n_out, n_in)).astype(np.float32),
        rng.normal(size=n_out).astype(np.float32) if bias else None,
        beta,
        spiking,
    )


@given(
    sizes=st.lists(st.integers(1, 6), min_size=2, max_size=4),
    beta=st.integers(0, 999).map(lambda i: i / 1000),
    bias=st.booleans(),
    spiking=st.booleans(),
)
def test_layers_survive_the_nir_file(tmp_path_factory, sizes, beta, bias, spiking):
    written = [
        layer(f"layer{i}", n_in, n_out, beta, bias, spiking, seed=i)
        for i, (n_in, n_out) in enumerate(zip(sizes, sizes[1:], strict=False))
    ]
    path = tmp_path_factory.mktemp("nir") / "graph.nir"
    nir_export.write(path, written)
    back = nir_export.read(path)
    assert [b.name for b in back] == [w.name for w in written]
    for b, w in zip(back, written, strict=True):
        assert b.weight.dtype == np.float32
        np.testing.assert_array_equal(b.weight, w.weight)
        np.testing.assert_equal(b.bias, w.bias)
        assert (b.beta, b.spiking) == (w.beta, w.spiking)


def test_time_constants_follow_the_convention():
    graph = nir_export.graph_of([layer(beta=0.8), layer("b", 2, 2, beta=0.9, spiking=False)])
    lif, li = graph.nodes["a"], graph.nodes["b"]
    np.testing.assert_allclose(lif.tau, 0.005, rtol=1e-6)
    np.testing.assert_allclose(lif.r, 5, rtol=1e-6)
    np.testing.assert_array_equal(
        [lif.v_threshold, lif.v_reset, lif.v_leak], [[1, 1], [0, 0], [0, 0]]
    )
    np.testing.assert_allclose([li.tau, li.r], [[0.01, 0.01], [10, 10]], rtol=1e-6)
    assert list(graph.nodes) == ["input", "a_weights", "a", "b_weights", "b", "output"]


def test_equal_arrays_give_equal_files(tmp_path):
    for name in ("one", "two"):
        nir_export.write(tmp_path / name, [layer()])
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([], "at least one layer"),
        ([layer(), layer("b", n_in=5)], "weight has the wrong shape"),
        ([layer(beta=1.0)], "beta is out of range"),
        ([layer(), layer(n_in=2)], "node name is taken"),
        ([layer("output")], "node name is taken"),
        ([Dense("a", np.full((2, 3), np.nan), None, 0.5)], "not finite"),
        ([Dense("a", np.ones((2, 3)), np.ones(3), 0.5)], "bias has the wrong shape"),
    ],
)
def test_impossible_layers_are_refused(layers, message):
    with pytest.raises(ModelError, match=message):
        nir_export.graph_of(layers)


def test_a_foreign_graph_is_refused():
    graph = nir_export.graph_of([layer()])
    graph.nodes["a"] = nir.Threshold(threshold=np.ones(2))
    with pytest.raises(ModelError, match="not a LIF or LI"):
        nir_export.layers_of(graph)


# --- the stored model, evaluated without the trainer ----------------------------------------


def figure(row):
    """Read the number of one row of the README's table of figures."""
    text = (MODEL / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"^\| {re.escape(row)} \| ([0-9.]+)", text, re.MULTILINE)
    assert found, f"no row {row!r}"
    return float(found.group(1))


def pixels(name, key="x"):
    with np.load(MODEL / name, allow_pickle=False) as arrays:
        return arrays[key]


def shown(x):
    return encode(x, Encoder("rate", STEPS, scale=16.0), 64).transpose(1, 0, 2).astype(float)


def chain():
    """Yield (weights node, neurons node) in the order of the edges."""
    graph = nir.read(MODEL / "graph.nir")
    after = dict(graph.edges)
    weights = after["input"]
    while weights != "output":
        yield graph.nodes[weights], graph.nodes[after[weights]]
        weights = after[after[weights]]


def euler(raster, weights, neurons, dt=1e-3):
    """Integrate NIR's LIF equation as it is written, one Euler step a millisecond."""
    v, out = np.zeros((raster.shape[1], len(neurons.tau))), []
    tau, r = neurons.tau.astype(float), neurons.r.astype(float)
    for now in raster:
        current = now @ weights.weight.T.astype(float) + weights.bias
        v = v + dt / tau * (neurons.v_leak - v + r * current)
        out.append(v > neurons.v_threshold)
        v = np.where(out[-1], neurons.v_reset, v)
    return np.array(out, dtype=float)


def ring_shift(peak):
    return 0 if peak < 1 else math.floor(math.log2(peak)) + 1


def fixed_point(raster, calibration, weights, neurons, dt=1e-3):
    """Step delta-synapse LIF in 16-bit weights and s16.15 state, threshold 64 mV.

    One ring-buffer shift per sign, from the largest sum in a step of the calibration
    spikes with 15 % to spare; a ring buffer holds twice its nominal range.
    """
    one = 1 << 15
    keep = math.floor((1 - dt / float(neurons.tau[0])) * one)
    scale = 64 * one / (one - keep)
    signed = []
    for sign in (1, -1):
        w = np.maximum(sign * weights.weight, 0) * scale
        shift = ring_shift(1.15 * (calibration @ w.T).max() / 2)
        words = np.rint(w * 2.0 ** (15 - shift))
        assert words.max() <= 65535
        signed.append((words, shift))
    offset = np.rint(weights.bias * scale * one).astype(np.int64)
    v, out = np.zeros((raster.shape[1], len(offset)), dtype=np.int64), []
    for now in raster:
        plus, minus = (np.minimum(now @ w.T, 65535).astype(np.int64) << s for w, s in signed)
        drive = plus - minus + offset
        v = drive - ((keep * (drive - v)) >> 15)
        out.append(v >= 64 * one)
        v = np.where(out[-1], 0, v)
    return np.array(out, dtype=float)


def decisions(raster):
    counts = raster.sum(axis=0)
    return np.where(counts.max(axis=1) > 0, counts.argmax(axis=1), -1)


@pytest.fixture(scope="module")
def ideal():
    """Rasters of input, hidden and out on the whole test split."""
    rasters = [shown(pixels("sample.npz"))]
    for weights, neurons in chain():
        rasters.append(euler(rasters[-1], weights, neurons))
    return rasters


def test_the_stored_graph_has_the_accuracy_of_the_readme(ideal):
    accuracy = np.mean(decisions(ideal[-1]) == pixels("sample.npz", "y"))
    assert accuracy == pytest.approx(figure("Test accuracy"), abs=5e-5)
    assert accuracy >= 0.96


def test_ties_and_undecided_are_those_of_the_readme(ideal):
    counts = ideal[-1].sum(axis=0)
    best = counts.max(axis=1, keepdims=True)
    assert np.sum(best == 0) == figure("Undecided")
    assert np.sum(((counts == best).sum(axis=1) > 1) & (best[:, 0] > 0)) == figure("Ties")


def test_spikes_per_sample_are_those_of_the_readme(ideal):
    for row, raster in zip(("Input", "Hidden", "Output"), ideal, strict=True):
        measured = raster.sum(axis=(0, 2)).mean()
        assert measured == pytest.approx(figure(f"{row} spikes per sample"), abs=0.06)


def test_fixed_point_keeps_the_decisions(ideal):
    raster, calibration = ideal[0], shown(pixels("calibration.npz"))
    for weights, neurons in chain():
        raster = fixed_point(raster, calibration, weights, neurons)
        calibration = euler(calibration, weights, neurons)
    fixed, labels = decisions(raster), pixels("sample.npz", "y")
    assert not np.array_equal(raster, ideal[-1]), "rounding must show somewhere"
    accuracy, agreement = np.mean(fixed == labels), np.mean(fixed == decisions(ideal[-1]))
    assert accuracy >= 0.95
    assert agreement >= 0.99
    assert accuracy == pytest.approx(figure("Test accuracy, fixed point"), abs=5e-5)
    assert agreement == pytest.approx(figure("Agreement, fixed point"), abs=5e-5)


def test_the_data_have_the_promised_form():
    x, y, calibration = pixels("sample.npz"), pixels("sample.npz", "y"), pixels("calibration.npz")
    assert (x.shape, x.dtype, y.shape, y.dtype) == ((899, 64), np.uint8, (899,), np.int64)
    assert (calibration.shape, calibration.dtype) == ((256, 64), np.uint8)
    assert max(x.max(), calibration.max()) == 16


# --- the trainer ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trainer():
    pytest.importorskip("torch", reason="not run: torch is not installed")
    pytest.importorskip("sklearn", reason="not run: scikit-learn is not installed")
    from tools import train_digits

    return train_digits


@given(sixteenths=st.integers(0, 16), steps=st.integers(1, 40), phase=st.sampled_from([0.0, 0.5]))
def test_rate_spikes_are_even_and_exact(trainer, sixteenths, steps, phase):
    p = sixteenths / 16
    spikes = trainer.encode_rate(np.full((1, 1), p), steps, phase)[:, 0, 0]
    assert set(spikes) <= {0.0, 1.0}
    sums = np.concatenate([[0], np.cumsum(spikes)])
    np.testing.assert_array_equal(sums, [math.floor(k * p + phase) for k in range(steps + 1)])
    windows = sums[None, :] - sums[:, None]
    lengths = np.arange(steps + 1)[None, :] - np.arange(steps + 1)[:, None]
    assert np.abs(windows - p * lengths).max() < 1


def test_the_trainer_encodes_as_the_compiler_does(trainer):
    x = pixels("sample.npz")
    defaults = trainer.Settings()
    mine = trainer.encode_rate(x / 16, defaults.steps, defaults.phase)
    assert defaults.steps == STEPS
    np.testing.assert_array_equal(mine, shown(x))


def test_sixteen_steps_show_every_pixel_exactly(trainer):
    x = pixels("sample.npz")
    np.testing.assert_array_equal(trainer.encode_rate(x / 16, 16, 0.5).sum(axis=0), x)


def test_the_data_are_the_standard_split(trainer):
    x_train, _, x_test, y_test = trainer.standard_split()
    np.testing.assert_array_equal(pixels("sample.npz"), x_test)
    np.testing.assert_array_equal(pixels("sample.npz", "y"), y_test)
    known = {row.tobytes() for row in x_train}
    assert all(row.tobytes() in known for row in pixels("calibration.npz"))


def test_training_neurons_reset_hard_and_fire_above_one(trainer):
    import torch

    drive = torch.tensor([0.6, 0.6, 1.0, 0.9, 1.1, 0.0])[:, None, None]
    spikes = trainer.lif(drive, beta=0.5, slope=10.0)
    # Membranes: 0.6, 0.9, 1.45 fires, 0.9 (1.125 if 0.45 were left), 1.55 fires, 0.
    assert spikes.flatten().tolist() == [0, 0, 1, 0, 1, 0]
    assert trainer.lif(torch.ones(1, 1, 1), beta=0.5, slope=10.0).item() == 0


def test_surrogate_gradient_is_the_fast_sigmoid(trainer):
    import torch

    drive = torch.tensor([[[0.7, 1.2]]], requires_grad=True)
    trainer.lif(drive, beta=0.9, slope=10.0).sum().backward()
    expected = [1 / (1 + 10 * 0.3) ** 2, 1 / (1 + 10 * 0.2) ** 2]
    assert drive.grad.flatten().tolist() == pytest.approx(expected, rel=1e-5)


def test_short_training_learns_and_repeats(trainer):
    x, y, _, _ = trainer.standard_split()
    settings = trainer.Settings(steps=6, hidden=32, epochs=6)
    one, two = (trainer.train(x, y, settings) for _ in range(2))
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a.weight, b.weight)
        np.testing.assert_array_equal(a.bias, b.bias)
    spikes = trainer.encode_rate(x / 16, settings.steps, settings.phase)
    assert trainer.judge(trainer.simulate(one, spikes), y).accuracy > 0.5


def test_the_seed_matters(trainer):
    x, y, _, _ = trainer.standard_split()
    one, two = (
        trainer.train(x[:64], y[:64], trainer.Settings(steps=2, hidden=4, epochs=1, seed=seed))
        for seed in (0, 1)
    )
    assert not np.array_equal(one[0].weight, two[0].weight)


def test_ties_go_low_and_silence_is_wrong(trainer):
    out = np.zeros((2, 4, 3))
    out[:, 0, 2] = 1
    out[0, 1, 1:] = 1
    out[1, 2, :2] = 1
    figures = trainer.judge([out], np.array([2, 2, 0, 0]))
    assert figures.decisions.tolist() == [2, 1, 0, -1]
    assert (figures.ties, figures.undecided) == (2, 1)
    assert figures.accuracy == 0.5
