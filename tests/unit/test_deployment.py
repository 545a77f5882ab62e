import dataclasses

import numpy as np
import pytest
from strategies import DT_S, Case, chain, li, linear, random_layer, random_raster

import neurodeploy as nd
from neurodeploy import deployment, ideal
from neurodeploy.describe import Model, SampleFiles
from neurodeploy.encode import Encoder
from neurodeploy.errors import InputError, ModelError
from neurodeploy.importer import Timing

STEPS = 20


def small_model(seed=0, *, kinds=("cubalif", "lif"), reset="hard", classes=()):
    rng = np.random.default_rng(seed)
    sizes = (6, 8, 3)
    layers = tuple(
        random_layer(rng, kind, a, b, recurrent=k == 0)
        for k, (kind, a, b) in enumerate(zip(kinds, sizes[:-1], sizes[1:], strict=True))
    )
    case = Case(layers, reset=reset)
    return Model(
        name="small", graph=case.graph(), timing=case.timing,
        encoder=Encoder("events", STEPS), readout="spike_count", classes=classes,
    )  # fmt: skip


def small_data(n=6, seed=1):
    return random_raster(np.random.default_rng(seed), n, STEPS, 6)


def of_samples(report):
    """Return the spikes of every sample as comparable lists."""
    return [
        {
            name: [part.tolist() for part in spikes.of_sample(k)]
            for name, spikes in report.recording.spikes.items()
        }
        for k in range(report.n_samples)
    ]


def test_order_of_samples_leaves_no_trace():
    """State that leaked from one sample into the next would show here."""
    x, order = small_data(), np.array([3, 0, 5, 1, 4, 2])
    one = of_samples(nd.deploy(small_model(), x, agreement=False))
    other = of_samples(nd.deploy(small_model(), x[order], agreement=False))
    assert sum(len(s["n1"][0]) for s in one) > 10
    assert [one[k] for k in order] == other


def test_same_sample_again_gives_the_same_spikes():
    x = np.repeat(small_data(1), 4, axis=0)
    found = of_samples(nd.deploy(small_model(), x, agreement=False))
    assert found[0]["n0"][0]
    assert all(sample == found[0] for sample in found)


def test_batches_leave_no_trace(monkeypatch, target):
    x = small_data(5)
    whole = nd.deploy(small_model(), x, target=target)
    monkeypatch.setattr(deployment, "BATCH", 2)
    parts = nd.deploy(small_model(), x, target=target)
    assert of_samples(whole) == of_samples(parts)
    np.testing.assert_array_equal(whole.scores, parts.scores)
    assert parts.agreement == whole.agreement


@pytest.mark.parametrize("reset", ["hard", "hard_delayed"])
@pytest.mark.parametrize("kinds", [("cubalif", "lif"), ("lif", "if"), ("if", "cubalif")])
def test_emulator_spikes_as_ideal_does(kinds, reset):
    """Sixteen-bit weights flip a few spikes; a wrong delay, gain or reset flips most."""
    x, model = small_data(8), small_model(3, kinds=kinds, reset=reset)
    rasters = []
    for target in ("ideal", "emulator"):
        recording = nd.deploy(model, x, target=target, agreement=False).recording
        dense = np.zeros((8, STEPS, 8))
        spikes = recording.spikes["n0"]
        dense[spikes.sample, spikes.step, spikes.index] = 1
        rasters.append(dense)
    assert rasters[0].sum() > 100
    assert np.abs(rasters[0] - rasters[1]).sum() <= 0.02 * rasters[0].sum()


def test_readout_membrane_is_that_of_ideal():
    rng = np.random.default_rng(4)
    # A leak towards another level: the start before the layer's first step must fit it.
    readout = li(3, r=10.0)
    readout.v_leak = np.array([2.0, 0.0, -1.0])
    affine = linear(rng.normal(size=(3, 6)), [0.1, 0.2, -0.3])
    graph = chain(affine, readout, n_inputs=6, n_outputs=3)
    timing = Timing(DT_S, "snntorch", "hard")
    model = Model("readout", graph, timing, Encoder("events", STEPS), "membrane_sum")
    x = small_data(4)
    found = [nd.deploy(model, x, target=t).recording.membrane for t in ("ideal", "emulator")]
    assert np.abs(found[0]).max() > 1
    np.testing.assert_allclose(found[1], found[0], atol=0.01 * np.abs(found[0]).max())


def test_progress_runs_to_one(target):
    shares = []
    nd.deploy(small_model(), small_data(4), target=target, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_interruption_keeps_what_was_done(monkeypatch, target):
    monkeypatch.setattr(deployment, "BATCH", 2)

    def interrupt(share):
        if share > 0.35:
            raise KeyboardInterrupt

    # `ideal` tells its progress after each batch of two, the emulator also within one.
    done = {"ideal": 4}.get(target, 2)
    x, y = small_data(6), np.array([0, 1, 2, 0, 1, 2])
    with pytest.raises(nd.Interrupted, match=f"interrupted after {done} of 6 samples") as caught:
        nd.deploy(small_model(), x, y, target=target, progress=interrupt)
    report = caught.value.report
    assert (report.n_samples, report.planned, report.interrupted) == (done, 6, True)
    assert report.labels.tolist() == y[:done].tolist()
    whole = nd.deploy(small_model(), x, y, target=target)
    assert report.predictions.tolist() == whole.predictions[:done].tolist()
    assert not whole.interrupted


def test_interruption_before_anything_is_done(monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(ideal, "run", interrupt)
    with pytest.raises(KeyboardInterrupt) as caught:
        nd.deploy(small_model(), small_data(6), target="ideal")
    assert not isinstance(caught.value, nd.Interrupted)


@pytest.mark.parametrize("labels", [[0, 1, 3], [0, -2, 1]])
def test_labels_out_of_range(labels):
    model = small_model(classes=("a", "b", "c"))
    with pytest.raises(InputError, match=r"y: holds labels that are no class.*0 to 2, or -1"):
        nd.deploy(model, small_data(3), labels, target="ideal")


@pytest.mark.parametrize("labels", [[0, 1, 3], [0, -2, 1]])
def test_labels_out_of_range_without_class_names(labels):
    with pytest.raises(InputError, match="y: holds labels that are no class"):
        nd.deploy(small_model(), small_data(3), labels, target="ideal")


def test_report():
    model, x = small_model(classes=("a", "b", "c")), small_data(5)
    said = nd.deploy(model, x, target="ideal").predictions
    y = said.copy()
    y[0], y[1] = (said[0] + 1) % 3, -1
    report = nd.deploy(model, x, y, target="ideal")
    assert (report.model, report.target, report.engine) == ("small", "ideal", "numpy")
    assert report.classes == ("a", "b", "c")
    assert report.accuracy == pytest.approx(3 / 4)
    assert report.agreement == (1.0 if report.decisions.undecided == 0 else None)
    assert report.confusion.sum() == 4
    assert report.per_class.support.sum() == 4
    assert report.scores.shape == (5, 3)
    assert report.groups is None
    assert (report.n_samples, report.planned, report.interrupted) == (5, 5, False)
    assert "5 samples, accuracy 0.75" in repr(report)
    assert {"compile", "build", "run"} <= set(report.timing_s)
    assert report.versions["numpy"] == np.__version__


def test_report_without_labels():
    report = nd.deploy(small_model(), small_data(2), target="ideal", agreement=False)
    assert report.labels is None
    found = (report.accuracy, report.balanced_accuracy, report.confusion, report.per_class)
    assert found == (None, None, None, None)
    assert report.classes == ("0", "1", "2")
    assert "no labels" in repr(report)


def test_agreement_is_computed_when_asked():
    x = small_data(3)
    assert nd.deploy(small_model(), x, agreement=False).agreement is None
    report = nd.deploy(small_model(), x)
    assert report.agreement is not None
    assert "ideal" in report.timing_s


def test_own_calibration_decides_the_scale(tmp_path):
    path = tmp_path / "calibration.npz"
    np.savez(path, x=small_data(10, seed=5))
    bare = small_model()
    model = dataclasses.replace(bare, files=SampleFiles(calibration=path))
    # A silent sample would calibrate to nothing if the run's own samples were taken.
    silent = np.zeros((1, STEPS, 6), dtype=np.uint8)
    own = nd.deploy(model, silent)
    expected = nd.compile(bare, calibration=small_data(10, seed=5)).network
    assert [p.ring_shift for p in own.network.neurons] == [p.ring_shift for p in expected.neurons]
    assert not any("calibrated on the samples" in w for w in own.warnings)
    assert any("calibrated on the samples" in w for w in nd.deploy(bare, small_data(2)).warnings)


def test_calibration_that_is_given_goes_first(tmp_path):
    path = tmp_path / "calibration.npz"
    np.savez(path, x=np.zeros((1, STEPS, 6)))
    model = dataclasses.replace(small_model(), files=SampleFiles(calibration=path))
    report = nd.deploy(model, small_data(1), calibration=small_data(10, seed=5))
    expected = nd.compile(small_model(), calibration=small_data(10, seed=5)).network
    assert report.network.notes == expected.notes
    assert report.network.notes != nd.compile(model).network.notes
    bare = nd.deploy(small_model(), small_data(1), calibration=small_data(10, seed=5))
    assert bare.network.notes == expected.notes


def test_calibration_data_of_any_order_gives_the_same_network():
    x = small_data(6)
    one, other = (nd.compile(small_model(), calibration=data).network for data in (x, x[::-1]))
    assert one.notes == other.notes


def test_classes_that_do_not_fit():
    with pytest.raises(ModelError, match=r"small: classes and outputs differ \(got 2, expected 3"):
        nd.deploy(small_model(classes=("a", "b")), small_data(2), target="ideal")


def test_readout_that_does_not_fit():
    model = dataclasses.replace(small_model(), readout="membrane_sum")
    with pytest.raises(ModelError, match="readout: the output spikes"):
        nd.compile(model, "ideal")


def test_model_that_ships_no_data():
    with pytest.raises(InputError, match="small: ships no data; give yours with --data"):
        nd.deploy(small_model(), target="ideal")


def test_events_of_a_bare_file_say_their_steps():
    model = dataclasses.replace(small_model(), encoder=Encoder("events", 0))
    report = nd.deploy(model, small_data(2), target="ideal")
    expected = nd.deploy(small_model(), small_data(2), target="ideal")
    assert report.scores.tolist() == expected.scores.tolist()


def test_ideal_runs_what_was_trained():
    x = small_data(3)
    report = nd.deploy(small_model(), x, target="ideal")
    compiled = nd.compile(small_model(), "ideal")
    again = ideal.run(compiled.trained, x)
    assert report.recording.spikes["n1"].total == again.spikes["n1"].total


def test_check_of_a_small_network():
    found = nd.check(small_model())
    assert found.fits
    assert [p.name for p in found.populations][0] == "input"
    assert sum(p.synapses for p in found.populations) == found.as_json()["synapses"]
    assert found.as_json()["cores"] == len(found.populations)
    assert nd.check(small_model(), "ideal").violations == ()
