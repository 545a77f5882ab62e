import json

import numpy as np
import pytest

from neurodeploy import learning
from neurodeploy.describe import Spatial
from neurodeploy.detectors.closed_form import threshold_nA
from neurodeploy.detectors.words import all_words, distances, from_numbers, from_text
from neurodeploy.errors import InputError

TEN = Spatial(10)


def train(patterns, target="ideal", **options):
    return learning.train(TEN, from_numbers(patterns, 10), target=target, **options)


def test_factor_of_the_closed_form():
    training = train([992, 1008])
    assert training.factors[0] == pytest.approx(threshold_nA() / (18 * np.exp(-1)), rel=1e-8)
    assert training.accepted() == 2
    assert np.flatnonzero(training.fires(all_words(10))[:, 0]).tolist() == [992, 1008]


def test_words_that_cancel_have_no_factor():
    training = train([992, 31])
    assert training.factors == (None,)
    assert training.accepted() == 0
    assert not training.fires(all_words(10)).any()
    assert "never fires" in training.document()["warnings"][0]


def test_a_word_without_a_factor_is_told():
    training = train([0, 15, 1008])
    found = training.document()
    assert found["word_factors"]["1008"] is None
    assert found["warnings"] == ["pattern: does not recognise 1008"]


def test_document_is_json_and_repeats_a_single_class_on_top():
    found = train([992, 1008]).document()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["patterns"] == [992, 1008]
    assert found["weights_1"][:7] == pytest.approx(np.exp(-1) * np.array([2, 2, 2, 2, 2, 1, 0]))
    assert found["detectors"][0]["factor"] == found["factor"]
    many = learning.train(TEN, {"a": from_numbers([1], 10), "b": from_numbers([2], 10)},
                          target="ideal").document()  # fmt: skip
    assert many["classes"] == ["a", "b"]
    assert "factor" not in many


def test_experiments_together_are_those_apart():
    rows = [[992], [992, 1020], [0, 3, 61]]
    together = learning.train_each(TEN, [from_numbers(r, 10) for r in rows])
    for row, one in zip(rows, together, strict=True):
        alone = train(row, "emulator")
        assert alone.factors == one.factors
        np.testing.assert_array_equal(alone.learned[0].weights_1, one.learned[0].weights_1)
        assert one.runs == 1


def test_classes_share_ring_buffers_on_a_machine():
    classes = {"a": from_numbers([992, 1008], 10), "b": from_numbers([7], 10)}
    training = learning.train(TEN, classes)
    assert training.shifts is not None
    fired = training.fires(all_words(10))
    assert np.flatnonzero(fired[:, 0]).tolist() == [992, 1008]
    assert np.flatnonzero(fired[:, 1]).tolist() == [7]


@pytest.mark.parametrize("rows", [np.zeros((1, 9)), np.full((1, 10), 2), np.full((1, 10), 0.5),
                                  np.zeros((0, 10)), np.zeros(10)])  # fmt: skip
def test_words_that_do_not_fit(rows):
    with pytest.raises(InputError, match="patterns of pattern"):
        learning.train(TEN, rows, target="ideal")


def test_options_out_of_range():
    with pytest.raises(InputError, match="similarity"):
        train([992], similarity=10)
    with pytest.raises(InputError, match="are none"):
        learning.train(TEN, {}, target="ideal")


def test_forgetting_is_of_words_that_were_learned():
    before = {"pattern": train([992, 1008]).learned[0]}

    def forget(numbers, name="pattern"):
        words = {name: from_numbers(numbers, 10)}
        return learning.train(TEN, {}, target="ideal", before=before, forget=words)

    assert forget([1008]).factors == pytest.approx(train([992]).factors)
    with pytest.raises(InputError, match="was not learned"):
        forget([3])
    with pytest.raises(InputError, match="no such class"):
        forget([992], "other")
    with pytest.raises(InputError, match="without words"):
        forget([992, 1008])


def test_further_words_of_a_new_class():
    before = {"a": train([992]).learned[0]}
    words = {"b": from_numbers([3], 10), "a": from_numbers([1008], 10)}
    training = learning.train(TEN, words, target="ideal", before=before)
    assert training.classes == ("a", "b")
    assert training.factors[0] == pytest.approx(train([992, 1008]).factors[0])


def test_every_neighbour_fires_though_weights_are_rounded():
    """Several words: which neighbour is the hardest is the machine's to say."""
    rng = np.random.default_rng(4)
    words = all_words(10)
    for _ in range(3):
        trained = words[512] ^ (rng.random((3, 10)) < 0.2).astype(np.uint8)
        training = learning.train(TEN, trained, similarity=1)
        able = [w for w, f in training.balanced[0].word_factors.items() if f is not None]
        near = distances(words, from_text(able, 10)).min(axis=1) <= 1
        assert near.any()
        assert training.fires(words)[near, 0].all()
