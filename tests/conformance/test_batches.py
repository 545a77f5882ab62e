"""Samples are computed alone, whatever runs before, beside or after them."""

import numpy as np
import pytest
from strategies import Case, random_layer, random_raster

from neurodeploy import deployment
from neurodeploy.describe import Model
from neurodeploy.encode import Encoder

STEPS, N_SAMPLES = 25, 9


@pytest.fixture(scope="module")
def model():
    rng = np.random.default_rng(11)
    layers = (
        random_layer(rng, "cubalif", 8, 10, recurrent=True),
        random_layer(rng, "lif", 10, 6),
        random_layer(rng, "if", 6, 4, biased=False),
    )
    case = Case(layers, skip=rng.normal(0.0, 0.3, (4, 8)))
    return Model("mixed", case.graph(), case.timing, Encoder("events", STEPS), "spike_count")


@pytest.fixture(scope="module")
def x():
    return random_raster(np.random.default_rng(12), N_SAMPLES, STEPS, 8)


def spikes(report):
    return {
        name: np.stack([s.sample, s.step, s.index]) for name, s in report.recording.spikes.items()
    }


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def test_size_of_a_batch_does_not_matter(deploy, model, x, target, monkeypatch):
    whole = spikes(deploy(model, x, target=target, agreement=False))
    assert all(rows.shape[1] > 20 for rows in whole.values())
    monkeypatch.setattr(deployment, "BATCH", 4)
    monkeypatch.setattr(deployment, "MACHINE_BATCH", 4)
    assert_same(whole, spikes(deploy(model, x, target=target, agreement=False)))


def test_a_sample_after_a_busy_one_starts_at_rest(deploy, model, x, target):
    """Each busy sample is followed by a silent one, which must answer as the first does."""
    silent = np.zeros_like(x[:1])
    mixed = np.concatenate([silent, *(np.stack([sample, silent[0]]) for sample in x[:4])])
    recording = deploy(model, mixed, target=target, agreement=False).recording
    for name, found in recording.spikes.items():
        first = found.of_sample(0)
        for k in range(2, len(mixed), 2):
            for part, again in zip(first, found.of_sample(k), strict=True):
                np.testing.assert_array_equal(part, again, err_msg=f"{name}, sample {k}")


def test_order_of_samples_does_not_matter(deploy, model, x, target):
    order = np.random.default_rng(13).permutation(N_SAMPLES)
    one = deploy(model, x, target=target, agreement=False)
    other = deploy(model, x[order], target=target, agreement=False)
    np.testing.assert_array_equal(one.scores[order], other.scores)
    for k, source in enumerate(order):
        for name in one.recording.spikes:
            found = other.recording.spikes[name].of_sample(k)
            wanted = one.recording.spikes[name].of_sample(int(source))
            np.testing.assert_array_equal(wanted[0], found[0], err_msg=name)
            np.testing.assert_array_equal(wanted[1], found[1], err_msg=name)


def test_deep_mixed_network_agrees_with_ideal(deploy, model, x, target):
    report = deploy(model, x, target=target)
    reference = deploy(model, x, target="ideal", agreement=False)
    for name, size in (("n0", 10), ("n1", 6), ("n2", 4)):
        shape = (N_SAMPLES, STEPS, size)
        wanted, found = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
        for array, r in ((wanted, reference), (found, report)):
            s = r.recording.spikes[name]
            array[s.sample, s.step, s.index] = True
        assert (wanted ^ found).sum() <= 0.02 * wanted.sum(), name
