import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from learning.recorded import experiments

from neurodeploy.describe import Lesson, Rule
from neurodeploy.detectors import closed_form
from neurodeploy.detectors.words import all_words, distances, from_numbers

WORDS = st.lists(st.integers(0, 1023), min_size=1, max_size=4)


def balanced(patterns, n_bits=10, similarity=0):
    trained = from_numbers(patterns, n_bits)
    weights = closed_form.learned_weights(trained, Rule(), Lesson())
    return trained, *weights, closed_form.balance(trained, *weights, similarity)


def accepted(patterns, n_bits=10, similarity=0):
    _, one, zero, found = balanced(patterns, n_bits, similarity)
    if found.factor is None:
        return np.zeros(2**n_bits, dtype=bool)
    scores = closed_form.scores(all_words(n_bits), one, zero)
    return found.factor * scores >= closed_form.threshold_nA()


def test_threshold_of_the_paper():
    assert closed_form.threshold_nA() == pytest.approx(15 / (20 * (1 - math.exp(-1 / 20))))


def test_one_lesson_is_worth_exp_minus_1():
    assert closed_form.learned_weight(Rule(), Lesson()) == pytest.approx((math.exp(-1),) * 2)


def test_times_and_rule_decide_what_is_learned():
    later = Lesson(one_ms=(28.0,), zero_ms=(32.0,))
    rule = Rule(tau_plus_ms=2.0, tau_minus_ms=4.0, A_plus=2.0, A_minus=-3.0)
    one, zero = closed_form.learned_weight(rule, later)
    assert one == pytest.approx(2 * math.exp(-3 / 2))
    assert zero == pytest.approx(3 * math.exp(-1 / 4))
    assert closed_form.learned_weight(Rule(A_minus=1.0), Lesson())[1] == 0.0


@pytest.mark.parametrize("n_bits", [1, 2, 10])
@given(data=st.data())
def test_one_pattern_accepts_itself_alone(n_bits, data):
    word = data.draw(st.integers(0, 2**n_bits - 1))
    assert np.flatnonzero(accepted([word], n_bits)).tolist() == [word]


@given(st.integers(0, 1023), st.integers(0, 1023))
def test_two_patterns_accept_what_their_common_bits_allow(one, other):
    distance = (one ^ other).bit_count()
    found = np.flatnonzero(accepted([one, other])).tolist()
    if distance == 10:
        assert balanced([one, other])[3].factor is None
    else:
        assert found == [w for w in range(1024) if (w ^ one) & ~(one ^ other) == 0]
        assert len(found) == 2**distance


@given(WORDS)
def test_count_is_what_enumeration_finds(patterns):
    _, one, zero, found = balanced(patterns)
    if found.factor is not None:
        counted = closed_form.count_accepted(one, zero, found.least_score_nA)
        assert counted == accepted(patterns).sum()


@given(WORDS)
def test_every_word_that_can_fire_does(patterns):
    trained, one, zero, found = balanced(patterns)
    scores = closed_form.scores(trained, one, zero)
    assert found.silent == np.count_nonzero(scores <= 0)
    fired = accepted(patterns)
    assert [bool(fired[p]) for p in patterns] == (scores > 0).tolist()


@given(st.integers(0, 1023), st.integers(0, 4))
def test_similarity_of_one_pattern_is_the_ball_around_it(word, radius):
    away = distances(all_words(10), from_numbers([word], 10))[:, 0]
    np.testing.assert_array_equal(accepted([word], 10, radius), away <= radius)


@given(WORDS, st.integers(0, 3))
def test_similarity_reaches_every_near_word(patterns, radius):
    trained, one, zero, found = balanced(patterns, 10, radius)
    able = closed_form.worst_scores(trained, one, zero, radius) > 0
    near = distances(all_words(10), trained[able]) if able.any() else np.full((1024, 1), 99)
    assert accepted(patterns, 10, radius)[near.min(axis=1) <= radius].all()


def test_count_of_words_too_long_to_enumerate():
    trained = from_numbers([2**99 - 1, 2**98 - 1], 100)
    one, zero = closed_form.learned_weights(trained, Rule(), Lesson())
    least = closed_form.balance(trained, one, zero).least_score_nA
    assert closed_form.count_accepted(one, zero, least) == 2
    assert closed_form.count_accepted(one, zero, 0.5 * least) > 10**20


def test_rows_that_rounding_does_not_touch(shared_data):
    """One and two patterns exactly, most triples; the rest differ by rounding only."""
    rows = [row for row in experiments(shared_data) if row["positives"] is not None]
    same = [np.flatnonzero(accepted(r["patterns"])).tolist() == r["positives"] for r in rows]
    few = [len(r["patterns"]) < 3 for r in rows]
    assert all(s for s, f in zip(same, few, strict=True) if f)
    assert 0.5 < np.mean(same) < 1.0
