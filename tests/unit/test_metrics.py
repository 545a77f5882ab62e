import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurodeploy import metrics

LABELS = np.array([0, 0, 0, 1, 1, 2, -1])
SAID = np.array([0, 0, 1, 1, -1, 0, 2])


def test_by_hand():
    assert metrics.accuracy(SAID, LABELS) == pytest.approx(3 / 6)
    assert metrics.balanced_accuracy(SAID, LABELS, 3) == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert metrics.confusion(SAID, LABELS, 3).tolist() == [
        [2, 1, 0, 0],
        [0, 1, 0, 1],
        [1, 0, 0, 0],
    ]
    found = metrics.class_scores(SAID, LABELS, 3)
    np.testing.assert_allclose(found.precision, [2 / 3, 1 / 2, np.nan])
    np.testing.assert_allclose(found.recall, [2 / 3, 1 / 2, 0])
    np.testing.assert_allclose(found.f1, [2 / 3, 1 / 2, 0])
    assert found.support.tolist() == [3, 2, 1]


def test_class_without_samples_is_left_out_of_the_mean():
    labels, said = np.array([0, 0, 2]), np.array([0, 1, 2])
    assert metrics.balanced_accuracy(said, labels, 3) == pytest.approx((0.5 + 1.0) / 2)
    assert np.isnan(metrics.class_scores(said, labels, 3).recall[1])


def test_nothing_labelled():
    labels = np.full(3, -1)
    assert metrics.accuracy(np.zeros(3, int), labels) is None
    assert metrics.balanced_accuracy(np.zeros(3, int), labels, 2) is None


def test_agreement():
    one, other = np.array([0, 1, 2, -1]), np.array([0, 2, 2, -1])
    assert metrics.agreement(one, other) == 0.5
    assert metrics.agreement(np.array([], int), np.array([], int)) is None


@given(st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 3)), min_size=1, max_size=30))
def test_confusion_holds_every_labelled_sample(pairs):
    said, labels = np.array(pairs).T
    counts = metrics.confusion(said, labels, 4)
    for label in range(4):
        for column in range(5):
            wanted = -1 if column == 4 else column
            assert counts[label, column] == sum(p == (wanted, label) for p in pairs)
    right = sum(s == y for s, y in pairs if y >= 0)
    assert np.trace(counts[:, :4]) == right
