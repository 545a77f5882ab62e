import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import DT_S, Case, chain, li, lif, linear, random_layer, random_raster

import neurodeploy as nd
from neurodeploy import deployment, ideal
from neurodeploy.checking import check_compiled, events_per_tick
from neurodeploy.describe import Model, SampleFiles
from neurodeploy.encode import Encoder
from neurodeploy.errors import InputError, ModelError
from neurodeploy.importer import Timing
from neurodeploy.inputs import Groups, Samples
from neurodeploy.ir.network import Network, Projection
from neurodeploy.runtime import runner

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


def test_interruption_of_the_comparison_keeps_every_sample(monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    # Only where samples are run: calibration runs `ideal` too.
    monkeypatch.setattr(runner, "_run_ideal", interrupt)
    with pytest.raises(nd.Interrupted, match="after 6 of 6 samples") as caught:
        nd.deploy(small_model(), small_data(6), calibration=small_data(2))
    report = caught.value.report
    assert (report.n_samples, report.agreement, report.interrupted) == (6, None, False)
    monkeypatch.undo()
    whole = nd.deploy(small_model(), small_data(6), calibration=small_data(2))
    assert report.predictions.tolist() == whole.predictions.tolist()


@given(st.integers(1, 5000), st.integers(1, 64), st.integers(1, 10**6))
def test_batches_are_even_and_within_bounds(n_samples, steps, n_synapses):
    index = np.zeros(n_synapses, dtype=np.int32)
    proj = Projection("p", "input", "n0", index, index, np.broadcast_to(1.0, n_synapses))
    net = Network("net", 1.0, (), (proj,), "n0")
    size = deployment.batch_size(net, n_samples, steps)
    assert 1 <= size <= min(deployment.BATCH, n_samples)
    assert size == 1 or size * steps * n_synapses <= deployment.BATCH_WORK
    n_batches = -(-n_samples // size)
    # One batch fewer would break a bound; the last is not much smaller than the others.
    assert n_batches == 1 or n_samples / (n_batches - 1) > size
    assert n_batches * size - n_samples < n_batches


def test_large_network_runs_in_small_batches():
    def net(n):
        index = np.zeros(n, dtype=np.int32)
        proj = Projection("p", "input", "n0", index, index, np.broadcast_to(1.0, n))
        return Network("net", 1.0, (), (proj,), "n0")

    assert deployment.batch_size(net(150_000), 1024, 8) == 1024
    assert deployment.batch_size(net(1_500_000), 1024, 16) < 64


def test_sample_that_cannot_be_decided_is_undecided_and_wrong(target):
    x, y = small_data(5), np.array([0, 1, 2, 0, 1])
    plain = nd.deploy(small_model(), x, y, target=target)
    y = plain.predictions.copy()
    assert y.min() >= 0
    masked = Samples(
        x, y, decidable=np.array([True, False, True, True, False]),
        groups=Groups("pair", np.array([0, 0, 0, 1, 1]), {"id": [1, 2]}),
    )  # fmt: skip
    report = nd.deploy(small_model(), masked, target=target)
    assert report.predictions.tolist() == [y[0], -1, y[2], y[3], -1]
    assert (report.accuracy, report.decisions.undecided) == (0.6, 2)
    assert report.agreement <= 0.6
    assert report.ideal.predictions[[1, 4]].tolist() == [-1, -1]
    # The one vote of the second pair decides it.
    assert report.groups.predictions[1] == y[3]


def test_refusal_names_the_file_of_the_samples():
    wrong = Samples(np.zeros((3, STEPS, 7)), name="some.npz")
    with pytest.raises(InputError, match="^some.npz: x: wrong shape"):
        nd.deploy(small_model(), wrong)
    labelled = Samples(small_data(1), np.array([9]), name="some.npz")
    with pytest.raises(InputError, match="^some.npz: y: holds labels"):
        nd.deploy(small_model(), labelled)


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


def test_events_of_a_tick_are_counted():
    """Input k makes neuron k of `b` spike in the same step, and each of these has 2 synapses."""
    graph = chain(linear(20 * np.eye(300)), lif(300), linear(np.ones((2, 300))), lif(2),
                  n_inputs=300, n_outputs=2)  # fmt: skip
    timing = Timing(DT_S, "snntorch", "hard")
    model = Model("one", graph, timing, Encoder("events", 2), "spike_count")
    x = np.zeros((2, 2, 300), dtype=np.uint8)
    x[0, 1, :] = 1
    x[1, 0, :5] = 1
    compiled = nd.compile(model, calibration=x)
    # Of the 300 inputs 256 have their one synapse on the first core of `b`.
    assert events_per_tick(compiled, x) == {"b": 256, "d": 600}
    assert events_per_tick(compiled, x[1:]) == {"b": 5, "d": 10}
    found = check_compiled(compiled, x)
    # The events alone would fit a millisecond, 300 packets in one do not: 2, and its margin.
    assert (found.events_per_tick, found.time_scale_factor) == ({"b": 256, "d": 600}, 3)
    assert found.as_json()["time_scale_factor"] == 3


def test_biases_are_counted_as_events():
    compiled = nd.compile(small_model(kinds=("lif", "lif")))
    silent = np.zeros((1, STEPS, 6), dtype=np.uint8)
    biased = [p for p in compiled.network.projections if p.pre == "bias" and p.post == "n0"]
    assert events_per_tick(compiled, silent)["n0"] >= sum(p.n_synapses for p in biased) > 0


def test_nothing_is_counted_without_samples():
    found = nd.check(small_model())
    assert (found.events_per_tick, found.time_scale_factor) == ({}, None)
