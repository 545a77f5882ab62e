"""What the benchmark and the scores are made of, and the example of the documents."""

import re

import numpy as np
import pytest

from neurodeploy import learning
from neurodeploy.describe import Spatial
from neurodeploy.detectors.words import from_numbers
from tools import score_spatial
from tools.bench import learning as bench


@pytest.fixture(scope="module")
def chosen():
    return bench.experiments()


def test_the_published_experiments(chosen):
    assert [len(words) for words in chosen].count(1) == 1
    pairs = [words for words in chosen if len(words) == 2]
    assert {other for _, other in pairs} == {
        1008, 1016, 1020, 1022, 1023, 960, 896, 768, 512, 0, 16, 24, 28, 30, 31,
    }  # fmt: skip
    triples = [words for words in chosen if len(words) == 3]
    assert len(triples) == 67
    assert sum(len(set(words)) == 3 for words in triples) == 56
    assert {(0, 3, 5), (0, 63, 455), (0, 15, 51), (0, 31, 992)} <= set(triples)


def test_recorded_experiments_are_among_them(chosen, shared_data):
    from learning.recorded import experiments

    assert {tuple(row["patterns"]) for row in experiments(shared_data)} <= set(chosen)


def test_figures_of_one_experiment():
    training = learning.train(Spatial(10), from_numbers([0, 3, 5], 10), target="ideal")
    fired = np.isin(np.arange(1024), [0, 1, 3, 5])
    outcome = bench.Outcome((0, 3, 5), training, fired)
    assert outcome.distances == (2, 2, 2)
    assert (outcome.counts.TP, outcome.counts.FP, outcome.counts.FN) == (3, 1, 0)


def test_score_of_answers():
    fired = np.array([[1, 0], [1, 1], [0, 0], [0, 1]], dtype=bool)
    score = score_spatial.Score.of(fired, np.array([0, 0, 1, 1]))
    assert score.recall == 0.75
    assert score.precision == 0.75
    assert score.f1 == pytest.approx((1 + 0.5) / 2)
    assert (score.accuracy, score.silent, score.several) == (0.75, 0.25, 0.25)
    silent = score_spatial.Score.of(np.zeros((2, 2), dtype=bool), np.array([0, 1]))
    assert np.isnan(silent.precision)
    mean = score_spatial.mean_score([score, silent])
    assert (mean.precision, mean.recall) == (0.75, 0.375)


def test_few_samples_are_learned_and_others_judged():
    words = np.random.default_rng(0).integers(0, 2, (8, 20), dtype=np.uint8)
    labels = np.arange(8) % 2
    task = score_spatial.Task(("a", "b"), words, labels, words, labels)
    score = score_spatial.detectors(task, 1)
    assert score.precision == 1.0
    assert score.recall == 0.25


def test_the_example_of_the_documents(project_root, capsys):
    text = (project_root / "docs" / "learning.md").read_text()
    example = re.search(r"```python\n(.*?)```", text, re.DOTALL).group(1)
    exec(compile(example, "learning.md", "exec"), {})
    assert "0.3671875" in capsys.readouterr().out
