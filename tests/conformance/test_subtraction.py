"""Networks with a reset by subtraction, against plain loops in float."""

import numpy as np
import pytest
from strategies import Case, Layer

from neurodeploy.describe import Model
from neurodeploy.encode import Encoder

STEPS, TEST = 32, 100
SIZES = (64, 128, 10)


def weights(seed):
    rng = np.random.default_rng(seed)
    return [rng.normal(0.06, 0.25, (b, a)) for a, b in zip(SIZES[:-1], SIZES[1:], strict=True)]


def samples(seed, n):
    return (np.random.default_rng(seed).random((n, STEPS, SIZES[0])) < 0.1).astype(np.uint8)


def model(kind, beta, reset, maps):
    layers = [
        Layer(kind, w, None, np.full(len(w), beta), np.full(len(w), 0.5), np.ones(len(w)))
        for w in maps
    ]
    case = Case(tuple(layers), reset=reset)
    return Model("soft", case.graph(), case.timing, Encoder("events", STEPS), "spike_count")


def reference(maps, beta, reset, x):
    """Return the spikes of each layer, (n, steps, size) bool, as snnTorch's Leaky computes them."""
    found = [np.zeros((len(x), STEPS, len(w)), dtype=bool) for w in maps]
    potential = [np.zeros((len(x), len(w))) for w in maps]
    for step in range(STEPS):
        now = x[:, step].astype(float)
        for depth, w in enumerate(maps):
            before = found[depth][:, step - 1] if step else np.zeros((len(x), len(w)), bool)
            u = potential[depth]
            if reset == "subtract":
                u = beta * (u - before) + now @ w.T
            else:
                u = beta * u + now @ w.T - before
            potential[depth] = u
            found[depth][:, step] = u > 1.0
            now = found[depth][:, step].astype(float)
    return found


def dense(spikes, shape):
    found = np.zeros(shape, dtype=bool)
    found[spikes.sample, spikes.step, spikes.index] = True
    return found


@pytest.mark.parametrize(
    ("kind", "beta", "reset"),
    [
        ("lif", 0.5, "subtract_delayed"),
        ("lif", 0.9, "subtract_delayed"),
        ("lif", 0.9, "subtract"),
        ("lif", 0.95, "subtract"),
        ("if", 1.0, "subtract"),
        ("if", 1.0, "subtract_delayed"),
    ],
)
def test_spikes_are_those_of_training(deploy, kind, beta, reset, target):
    maps = weights(1)
    x = samples(2, TEST)
    report = deploy(model(kind, beta, reset, maps), x, target=target, calibration=samples(3, 300))
    wanted = reference(maps, beta, reset, x)
    assert wanted[1].sum() > 10_000
    for name, spikes, most in (("n0", wanted[0], 0.005), ("n1", wanted[1], 0.03)):
        found = dense(report.recording.spikes[name], spikes.shape)
        assert (found ^ spikes).sum() <= (0 if target == "ideal" else most) * spikes.sum()
    decisions = wanted[1].sum(axis=1).argmax(axis=1)
    assert np.mean(report.predictions == decisions) >= (1.0 if target == "ideal" else 0.97)
    assert not any(report.recording.saturations.values())
    assert not any("wrap" in text for text in report.warnings)


# Two layers with a synaptic current, the first recurrent.

CUBA_STEPS, CUBA_SIZES = 128, (12, 38, 7)


def cuba(alpha, beta, reset, recurrent):
    """Return a model and its maps, and the recurrent one."""
    rng = np.random.default_rng(4)
    maps = [
        rng.normal(0.1, 0.5, (b, a)) for a, b in zip(CUBA_SIZES[:-1], CUBA_SIZES[1:], strict=True)
    ]
    own = rng.normal(-0.05, 0.2, (38, 38)) if recurrent else None
    layers = tuple(
        Layer("cubalif", w, None, *(np.full(len(w), v) for v in (beta, alpha, 1.0)), w_rec=rec)
        for w, rec in zip(maps, (own, None), strict=True)
    )
    case = Case(layers, reset=reset)
    encoder = Encoder("events", CUBA_STEPS)
    return Model("soft", case.graph(), case.timing, encoder, "spike_count"), maps, own


def cuba_reference(maps, own, alpha, beta, reset, x):
    """Return the spikes of each layer as snnTorch's Synaptic computes them."""
    shapes = [(len(x), CUBA_STEPS, len(w)) for w in maps]
    found = [np.zeros(shape, dtype=bool) for shape in shapes]
    current, potential = ([np.zeros((len(x), len(w))) for w in maps] for _ in range(2))
    for step in range(CUBA_STEPS):
        now = x[:, step].astype(float)
        for k, w in enumerate(maps):
            before = found[k][:, step - 1].astype(float) if step else np.zeros_like(potential[k])
            drive = now @ w.T
            if own is not None and k == 0:
                drive = drive + before @ own.T
            current[k] = alpha * current[k] + drive
            if reset == "subtract":
                potential[k] = beta * (potential[k] - before) + current[k]
            else:
                potential[k] = beta * potential[k] + current[k] - before
            found[k][:, step] = potential[k] > 1.0
            now = found[k][:, step].astype(float)
    return found


@pytest.mark.parametrize(
    ("alpha", "beta", "reset", "recurrent"),
    [
        (0.75, 0.85, "subtract", True),
        (0.75, 0.85, "subtract_delayed", False),
        (0.85, 0.75, "subtract", False),
        (0.85, 0.75, "subtract_delayed", True),
        (0.8, 0.8, "subtract", False),
    ],
)
def test_spikes_of_neurons_with_two_decays(deploy, alpha, beta, reset, recurrent, target):
    model, maps, own = cuba(alpha, beta, reset, recurrent)
    x = (np.random.default_rng(5).random((80, CUBA_STEPS, 12)) < 0.05).astype(np.uint8)
    x, calibration = x[40:], x[:40]
    report = deploy(model, x, target=target, calibration=calibration)
    wanted = cuba_reference(maps, own, alpha, beta, reset, x)
    assert wanted[0].sum() > 10_000
    # A recurrent raster is lost once a spike has flipped.
    most = {"ideal": 0.001}.get(target, 0.15 if recurrent else 0.01)
    for name, spikes in zip(("n0", "n1"), wanted, strict=True):
        found = dense(report.recording.spikes[name], spikes.shape)
        assert (found ^ spikes).sum() <= most * spikes.sum(), name
    decisions = wanted[1].sum(axis=1).argmax(axis=1)
    assert np.mean(report.predictions == decisions) >= 0.96
    assert not any(report.recording.saturations.values())
