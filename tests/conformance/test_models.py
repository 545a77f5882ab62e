"""Every shipped model on every target: what its model.toml promises."""

from pathlib import Path

import numpy as np
import pytest

import neurodeploy as nd
from neurodeploy.deployment import shipped_samples
from neurodeploy.inputs import Samples

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = sorted(p.parent for p in ROOT.glob("models/*/model.toml"))


@pytest.fixture(params=FOLDERS, ids=lambda p: p.name)
def model(request):
    return nd.load(request.param)


def test_expected_figures(model, target):
    expected = model.expected.get(target)
    if expected is None:
        pytest.skip(f"{model.name} states no figures for {target}")
    report = nd.deploy(model, target=target)
    assert report.accuracy == pytest.approx(expected.accuracy, abs=expected.tolerance)
    if expected.agreement is not None:
        assert report.agreement >= expected.agreement


def samples_of(model):
    """Some samples for any model: its own, or packets of the shipped capture."""
    if model.files.data is not None:
        return shipped_samples(model)
    return nd.read(model, ROOT / "models/packet-apps/sample.pcap")


def test_order_of_samples_does_not_matter(model, target):
    """No state leaks from one sample to the next."""
    samples = samples_of(model).first(40)
    order = np.random.default_rng(5).permutation(len(samples))
    calibration = samples_of(model).first(20)
    one = nd.deploy(model, samples, target=target, calibration=calibration, agreement=False)
    shuffled = Samples(samples.x[order])
    two = nd.deploy(model, shuffled, target=target, calibration=calibration, agreement=False)
    np.testing.assert_array_equal(one.scores[order], two.scores)
    for place, sample in enumerate(order):
        for name, spikes in one.recording.spikes.items():
            np.testing.assert_array_equal(
                spikes.of_sample(int(sample)), two.recording.spikes[name].of_sample(place)
            )


def test_blank_samples_are_undecided(model, target):
    shape = samples_of(model).x.shape
    blank = Samples(np.zeros((3, *shape[1:]), dtype=np.uint8))
    report = nd.deploy(model, blank, target=target, calibration=samples_of(model).first(20))
    if model.readout.startswith("membrane"):
        assert report.predictions.tolist() == [-1, -1, -1]
        assert report.agreement == 0.0
    assert len(set(report.predictions.tolist())) == 1
