"""Trained models on their way through compile, deploy, check and report."""

import numpy as np
import pytest

import neurodeploy as nd
from neurodeploy import learning
from neurodeploy.describe import Spatial
from neurodeploy.detectors.detection import Counts, Detection
from neurodeploy.detectors.words import all_words, from_numbers
from neurodeploy.encode import Encoder, encode
from neurodeploy.errors import InputError
from neurodeploy.report import document, write


@pytest.fixture(scope="module")
def shipped(project_root):
    return nd.load(project_root / "models" / "spatial-words")


@pytest.fixture
def make(shipped, tmp_path):
    def write(patterns, n_bits=10, target="emulator", **options):
        classes = {name: from_numbers(rows, n_bits) for name, rows in patterns.items()}
        training = learning.train(Spatial(n_bits), classes, target=target, **options)
        return nd.load(learning.write_model(training, tmp_path, shipped))

    return write


def test_every_word_is_run_without_data(shipped):
    report = nd.deploy(shipped)
    assert report.n_samples == 1024
    assert report.detection.firing_words() == [992]
    assert report.accuracy == report.balanced_accuracy == report.agreement == 1.0
    assert not report.warnings


def test_document_adds_words_and_metrics(shipped):
    found = document(nd.deploy(shipped))
    assert found["firing_words"] == [992]
    assert found["metrics"]["TP"] == 1
    assert found["metrics"]["negative_predictive_value"] == 1.0
    assert found["accuracy"] == found["metrics"]["accuracy"]


def test_page_shows_detectors(shipped, tmp_path):
    page = write(nd.deploy(shipped), tmp_path).path.read_text()
    assert page.count("<h2>Detectors</h2>") == 1
    assert "<td>992</td>" in page


def test_several_classes(make):
    report = nd.deploy(make({"low": [1, 3], "high": [512]}))
    assert report.detection.firing_words(0) == [1, 3]
    assert report.detection.firing_words(1) == [512]
    assert report.detection.firing_words() == [1, 3, 512]
    assert report.predictions[[1, 3, 512, 0]].tolist() == [0, 0, 1, -1]
    assert report.accuracy == 1.0


def test_lowered_words_are_those_that_were_balanced(make):
    model = make({"pattern": [0, 3, 61]})
    net = nd.compile(model).network
    one = learning.learned_of(model)["pattern"]
    detector = one.with_factor(model.spatial.learned.factors[0])
    assert net.population("detectors").ring_shift == detector.shifts
    assert nd.check(model).fits
    # Rounding of 16-bit weights decides 24 of the 85 words that the closed form accepts.
    assert len(nd.deploy(model).detection.firing_words()) == 61
    assert len(nd.deploy(model, target="ideal").detection.firing_words()) == 85


def test_trained_on_ideal_and_run_there(make):
    report = nd.deploy(make({"pattern": [992, 1008]}, target="ideal"), target="ideal")
    assert report.detection.firing_words() == [992, 1008]


def test_a_factor_of_ideal_is_not_that_of_a_machine(make):
    model = make({"pattern": [992]}, target="ideal")
    assert not nd.deploy(model, target="ideal").warnings
    assert "balanced on ideal" in nd.deploy(model).warnings[0]


def test_similarity_is_what_ought_to_fire(make):
    report = nd.deploy(make({"pattern": [992]}, similarity=2))
    assert report.detection.counts().TP == 56
    assert report.accuracy == 1.0


def test_words_too_long_to_run_all(make):
    report = nd.deploy(make({"pattern": [2**39 + 5]}, n_bits=40))
    assert 1000 < report.n_samples < 1100
    assert report.detection.firing_words() == [2**39 + 5]
    assert report.agreement == 1.0


def test_own_data_with_and_without_labels(shipped):
    words = all_words(10)[990:994]
    report = nd.deploy(shipped, words)
    assert report.detection.firing_words() == [992]
    labelled = nd.deploy(shipped, words, [-1, -1, 0, 0])
    assert labelled.detection.counts().metrics()["sensitivity"] == 0.5
    assert labelled.accuracy == 0.5


def test_a_class_without_a_factor_never_fires(make):
    report = nd.deploy(make({"pattern": [992, 31]}))
    assert report.detection.firing_words() == []
    assert report.detection.counts() == Counts(TP=0, FP=0, TN=1022, FN=2)


def test_complement_sends_one_of_two():
    raster = encode(np.array([[0.0, 7.0, 9.0]]), Encoder("complement", 2, scale=16.0), 6)
    assert raster.tolist() == [[[0, 0, 1, 1, 1, 0], [0] * 6]]
    with pytest.raises(InputError, match="wrong shape"):
        encode(np.zeros((1, 4)), Encoder("complement", 2), 6)


def test_counts_and_what_has_no_share():
    fired, wanted = np.array([1, 1, 0, 0, 0], bool), np.array([1, 0, 1, 0, 0], bool)
    found = Counts.of(fired, wanted)
    assert found == Counts(TP=1, FP=1, TN=2, FN=1)
    assert found.metrics()["accuracy"] == 0.6
    assert found.metrics()["negative_predictive_value"] == pytest.approx(2 / 3)
    none = Counts.of(~fired[:0], fired[:0])
    assert set(none.metrics().values()) == {0, None}


def test_detection_of_nothing():
    empty = np.zeros((0, 2), dtype=bool)
    found = Detection(("a", "b"), empty, empty, np.zeros(0, dtype=bool))
    assert (found.accuracy, found.agreement, found.balanced_accuracy) == (None, None, None)
    assert found.firing_words() is None
