"""What every target must do with the models that ship, and with those of the NIR paper."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import neurodeploy as nd
from neurodeploy import ideal
from neurodeploy.deployment import shipped_samples
from neurodeploy.describe import SampleFiles

MACHINES = ("spinnaker", "virtual")
#: A machine presents samples one after the other, so it is given the first of them only.
ON_MACHINES = 60


@pytest.fixture(scope="module")
def deployed(deploy):
    """Return the report of a model's shipped samples on a target; each is made once."""

    @cache
    def report(folder, target, n_samples=None):
        model = nd.load(folder)
        samples = shipped_samples(model)
        return deploy(model, samples.first(n_samples or len(samples)), target=target)

    return report


@pytest.fixture
def bound(deployed, model_folder, target):
    """What the model states for the target; of a machine, what the emulator reached."""
    stated = nd.load(model_folder).expected
    if target in MACHINES:
        same = deployed(model_folder, "emulator", ON_MACHINES)
        return replace(
            stated["emulator"], accuracy=same.accuracy, tolerance=0.0, agreement=same.agreement
        )
    if target not in stated:
        pytest.skip(f"not run: {model_folder.name}/model.toml has no [expected.{target}]")
    return stated[target]


@pytest.fixture
def report(deployed, model_folder, target):
    return deployed(model_folder, target, ON_MACHINES if target in MACHINES else None)


def test_there_are_models(model_folders):
    assert "digits" in {folder.name for folder in model_folders}


def test_expected_figures_are_of_known_targets(model_folder):
    assert set(nd.load(model_folder).expected) <= {"ideal", "emulator", "spinnaker"}


def test_accuracy(report, bound):
    assert report.accuracy == pytest.approx(bound.accuracy, abs=bound.tolerance + 1e-9)


def test_agreement(report, bound, model_folder, target):
    if bound.agreement is None:
        pytest.skip(f"not run: [expected.{target}] of {model_folder.name} states no agreement")
    assert report.agreement >= bound.agreement


def test_two_runs_are_identical(deploy, model_folder, target):
    model = nd.load(model_folder)
    samples = shipped_samples(model)
    if model.spatial is None:
        samples = samples.first(ON_MACHINES if target in MACHINES else 100)
    one, other = (deploy(model, samples, target=target, agreement=False) for _ in range(2))
    np.testing.assert_array_equal(one.predictions, other.predictions)
    np.testing.assert_array_equal(one.scores, other.scores)
    assert np.unique(one.predictions).size > 1


def test_models_fit_the_board(model_folder):
    found = nd.check(nd.load(model_folder))
    assert found.fits, [str(v) for v in found.violations]


def test_single_neuron_of_the_nir_paper(deploy, shared_data, target):
    """Spikes where the paper's reference has them; see lif_norse.csv."""
    folder = shared_data / "models" / "nir"
    model = nd.load(
        folder / "lif_norse.nir", dt=1e-4, source="norse", reset="hard", encoder="events",
        readout="spike_count",
    )  # fmt: skip
    raster = np.loadtxt(folder / "lif_norse.csv", delimiter=",")[None, :, :1]
    report = deploy(model, raster, target=target)
    assert report.recording.spikes["1"].step.tolist() == [460, 510, 710, 760]
    assert report.agreement == 1.0


# The Braille network of the NIR paper: recurrent, two layers of CubaLIF.

STEPS = 256


@pytest.fixture(scope="module")
def braille(shared_data, tmp_path_factory):
    """The model with calibration data of its own, and other samples to run."""
    rng = np.random.default_rng(7)
    raster = np.minimum(rng.poisson(0.04, (40, STEPS, 12)), 1).astype(np.uint8)
    path = tmp_path_factory.mktemp("braille") / "calibration.npz"
    np.savez(path, x=raster[:20])
    model = nd.load(
        shared_data / "models" / "nir" / "braille_noDelay_bias_zero.nir", dt=1e-4,
        source="snntorch", reset="hard", encoder=f"events:{STEPS}", readout="spike_count",
    )  # fmt: skip
    return replace(model, files=SampleFiles(calibration=path)), raster[20:]


def dense(spikes, n_samples, size):
    found = np.zeros((n_samples, STEPS, size), dtype=bool)
    found[spikes.sample, spikes.step, spikes.index] = True
    return found


def test_recurrent_network_of_the_nir_paper(deploy, braille, target):
    model, x = braille
    report = deploy(model, x, target=target)
    assert report.agreement >= 0.9
    assert np.unique(report.predictions).size > 1
    trained = nd.compile(model, "ideal").trained
    reference = ideal.run(trained, x)
    wanted, found = (dense(r.spikes["lif1.lif"], len(x), 38) for r in (reference, report.recording))
    assert wanted.sum() > 1000
    assert (wanted ^ found).sum() <= 0.1 * wanted.sum()
