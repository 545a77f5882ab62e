"""Networks with a reset by subtraction, against plain loops in float."""

import numpy as np
import pytest
from strategies import Case, Layer

import neurodeploy as nd
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
def test_spikes_are_those_of_training(kind, beta, reset, target):
    maps = weights(1)
    x = samples(2, TEST)
    report = nd.deploy(
        model(kind, beta, reset, maps), x, target=target, calibration=samples(3, 300)
    )
    wanted = reference(maps, beta, reset, x)
    assert wanted[1].sum() > 10_000
    for name, spikes, most in (("n0", wanted[0], 0.005), ("n1", wanted[1], 0.03)):
        found = dense(report.recording.spikes[name], spikes.shape)
        assert (found ^ spikes).sum() <= (0 if target == "ideal" else most) * spikes.sum()
    decisions = wanted[1].sum(axis=1).argmax(axis=1)
    assert np.mean(report.predictions == decisions) >= (1.0 if target == "ideal" else 0.97)
    assert not any(report.recording.saturations.values())
    assert not any("wrap" in text for text in report.warnings)
