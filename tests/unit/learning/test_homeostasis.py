import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurodeploy.learning.homeostasis import lowest_factor, search_all


def ask_one_by_one(fires, most=1000.0):
    """Run a search as the published script does: one question at a time."""
    search = lowest_factor(most)
    asked = [next(search)]
    while True:
        try:
            asked.append(search.send(fires(asked[-1])))
        except StopIteration as end:
            return end.value, asked


@given(st.floats(0.001, 999.0))
def test_lowest_factor_on_the_published_grid(threshold):
    found, asked = ask_one_by_one(lambda factor: factor >= threshold)
    assert threshold <= found < threshold + 1.001e-5
    assert found == pytest.approx(round(found, 5), abs=1e-12)
    assert len(asked) < 60


def test_silent_at_every_factor():
    found, asked = ask_one_by_one(lambda factor: False)
    assert found is None
    assert asked == [100.0, 1000.0]
    assert ask_one_by_one(lambda factor: False, 1e5)[1] == [1e2, 1e3, 1e4, 1e5]


@given(st.dictionaries(st.integers(0, 9), st.floats(0.001, 2000.0), min_size=1),
       st.floats(0.9, 1.1))  # fmt: skip
def test_wrong_guesses_cost_runs_and_change_nothing(thresholds, error):
    def truth(key, factor):
        return factor >= thresholds[key]

    def guess(key, factor):
        return factor * error >= thresholds[key]

    found = search_all(
        dict.fromkeys(thresholds, 100.0), guess, lambda asked: [truth(*one) for one in asked]
    )
    alone = {k: ask_one_by_one(lambda f, k=k: truth(k, f))[0] for k in thresholds}
    assert found.factors == alone


def test_good_guesses_need_one_run():
    measured = []

    def fires(key, factor):
        return factor >= key

    def measure(asked):
        measured.append(len(asked))
        return [fires(*one) for one in asked]

    found = search_all({3.0: 100.0, 50.0: 100.0}, fires, measure)
    assert found.runs == len(measured) == 1
    assert found.questions == measured[0]


def test_no_answer_is_taken_from_a_guess():
    """A target that always contradicts the guess decides alone."""
    found = search_all({"a": 100.0}, lambda *_: True, lambda asked: [False] * len(asked))
    assert found.factors == {"a": None}
