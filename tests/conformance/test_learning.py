"""Learning of spatial patterns: the authors' recorded hardware experiments, on every target."""

import json

import numpy as np
import pytest

import neurodeploy as nd
from neurodeploy import learning
from neurodeploy.describe import Spatial
from neurodeploy.detectors import closed_form
from neurodeploy.detectors.words import all_words, from_numbers
from neurodeploy.learning import Place

#: What one lesson adds on the machine: 47/128 nA.
UNIT_nA = 0.3671875
#: On targets that take minutes for all: experiments, and words beside those that fired.
FEW, SOME = (0, 2, 3), 12


@pytest.fixture(scope="module")
def recorded(shared_data):
    return json.loads((shared_data / "davies" / "recorded.json").read_text())["experiments"]


@pytest.fixture(scope="module")
def trained(recorded, place_on):
    """Every experiment trained on the target, in one batch; fewer on a slow one."""
    done = {}

    def train(target):
        if target not in done:
            rows = [recorded[k] for k in FEW] if is_slow(target) else recorded
            words = [from_numbers(row["patterns"], 10) for row in rows]
            done[target] = list(
                zip(
                    rows,
                    learning.train_each(Spatial(10), words, target=place_on(target)),
                    strict=True,
                )
            )
        return done[target]

    return train


def is_machine(target):
    return Place(target).spec().fixed_point


def is_slow(target):
    return is_machine(target) and not Place(target).spec().restores_state


def test_weights(trained, target):
    for row, training in trained(target):
        words = from_numbers(row["patterns"], 10)
        unit = UNIT_nA if is_machine(target) else np.exp(-1)
        one, zero = training.learned[0].weights_1, training.learned[0].weights_0
        np.testing.assert_allclose(one, words.sum(axis=0) * unit, rtol=1e-12)
        np.testing.assert_allclose(zero, (1 - words).sum(axis=0) * unit, rtol=1e-12)
        if is_machine(target) and "weights1" in row:
            assert one.tolist() == row["weights1"]
            assert zero.tolist() == row["weights0"]


def test_factors(trained, target):
    for row, training in trained(target):
        wanted = row["factor"]
        if not is_machine(target):
            wanted = exact_factor(row["patterns"])
        assert (training.factors[0] is None) == (wanted is None), row["patterns"]
        if wanted is not None:
            assert training.factors[0] == pytest.approx(wanted, rel=1e-8, abs=1e-8)


def exact_factor(patterns):
    """The closed form in whole numbers: theta over the least positive score times exp(-1)."""
    ones = [sum(p >> bit & 1 for p in patterns) for bit in range(10)]
    gain = [2 * n - len(patterns) for n in ones]
    scores = [sum(g if p >> b & 1 else -g for b, g in enumerate(gain)) for p in patterns]
    able = [score for score in scores if score > 0]
    return closed_form.threshold_nA() / (min(able) * np.exp(-1)) if able else None


def test_firing_words(trained, place, target):
    """All 1,024 words; on a slow target those that fired on hardware and some others."""
    pairs = [(r, t) for r, t in trained(target) if t.factors[0] is not None]
    if is_slow(target):
        for row, training in pairs:
            rng = np.random.default_rng(row["patterns"])
            asked = np.union1d(row["positives"][:SOME], rng.integers(0, 1024, SOME))
            fired = training.fires(from_numbers(asked.tolist(), 10))[:, 0]
            assert set(asked[fired]) == set(asked) & set(row["positives"])
        return
    found = learning.detect(place, [t.detectors[0] for _, t in pairs], all_words(10))
    same = []
    for k, (row, _) in enumerate(pairs):
        wanted = row["positives"] if is_machine(target) else exact_positives(row["patterns"])
        assert np.flatnonzero(found[:, k]).tolist() == wanted, row["patterns"]
        same.append(wanted == row["positives"])
    assert all(same) == is_machine(target)


def exact_positives(patterns):
    ones = [sum(p >> bit & 1 for p in patterns) for bit in range(10)]
    gain = [2 * n - len(patterns) for n in ones]
    scores = [sum(g if w >> b & 1 else -g for b, g in enumerate(gain)) for w in range(1024)]
    least = min(scores[p] for p in patterns if scores[p] > 0)
    return [word for word, score in enumerate(scores) if score >= least]


@pytest.mark.parametrize("n_bits", [1, 6, 12, 40, 150])
def test_words_of_any_length(place, target, n_bits):
    if is_slow(target) and n_bits > 40:
        pytest.skip(f"not run: {n_bits} bits take many minutes on {target}")
    rng = np.random.default_rng(n_bits)
    words = rng.integers(0, 2, (2, n_bits), dtype=np.uint8)[: 2 if n_bits > 1 else 1]
    training = learning.train(
        Spatial(n_bits), {f"class {k}": w[None] for k, w in enumerate(words)}, target=place
    )
    assert training.accepted() == 1
    near = words[0] ^ np.eye(n_bits, dtype=np.uint8)[:20]
    fired = training.fires(np.concatenate([words, near]))
    assert fired[: len(words)].tolist() == np.eye(len(words), dtype=bool).tolist()
    assert not fired[len(words) :, 0].any()


def test_many_detectors_on_one_input(place, target):
    """Classes of one or two words each share the relays; each fires for its own."""
    n = 3 if is_slow(target) else 16
    words = np.random.default_rng(3).integers(0, 2, (n, 24), dtype=np.uint8)
    twins = words.copy()
    twins[:, 5] ^= 1
    classes = {str(k): np.stack([words[k], twins[k]][: 1 + k % 2]) for k in range(n)}
    training = learning.train(Spatial(24), classes, target=place)
    shown = np.concatenate([words, twins])
    fired = training.fires(shown)
    wanted = np.concatenate([np.eye(n, dtype=bool)] * 2)
    wanted[n:] &= (np.arange(n) % 2 == 1)[:, None]
    np.testing.assert_array_equal(fired, wanted)


@pytest.mark.parametrize("similarity", [1, 3])
def test_similarity_accepts_the_ball_around_a_word(place, similarity):
    word = from_numbers([0b110100101101], 12)
    training = learning.train(Spatial(12), word, target=place, similarity=similarity)
    away = [int(k) for k in np.random.default_rng(1).permutation(12)]
    shown, distance = [word[0]], [0]
    for k in range(5):
        flipped = word[0].copy()
        flipped[away[: k + 1]] ^= 1
        shown.append(flipped)
        distance.append(k + 1)
    fired = training.fires(np.stack(shown))[:, 0]
    assert fired.tolist() == [d <= similarity for d in distance]


def test_further_words_and_forgetting(place):
    """A running network adds words up, and forgetting takes exactly one word's share away."""
    first, others = from_numbers([992], 10), from_numbers([1008, 3, 700], 10)
    alone = learning.train(Spatial(10), first, target=place)
    more = learning.train(Spatial(10), others, target=place, before={"pattern": alone.learned[0]})
    together = learning.train(Spatial(10), np.concatenate([first, others]), target=place)
    less = learning.train(
        Spatial(10), {}, target=place, before={"pattern": more.learned[0]},
        forget={"pattern": others},
    )  # fmt: skip
    for one, other in ((more, together), (less, alone)):
        np.testing.assert_allclose(one.learned[0].weights_1, other.learned[0].weights_1, atol=1e-12)
        np.testing.assert_allclose(one.learned[0].weights_0, other.learned[0].weights_0, atol=1e-12)
        assert one.factors == pytest.approx(other.factors, rel=1e-9)


def test_a_written_model_says_what_was_recorded(recorded, deploy, place, target, tmp_path):
    """The row with most firing words of two patterns, through files and `deploy`."""
    row = next(r for r in recorded if r["patterns"] == [992, 1020])
    training = learning.train(Spatial(10), from_numbers([992, 1020], 10), target=place)
    like = nd.load("models/spatial-words")
    report = deploy(nd.load(learning.write_model(training, tmp_path, like)), target=target)
    assert report.detection.firing_words() == row["positives"]
    metrics = report.detection.counts().metrics()
    assert metrics == {
        "positives": 8, "negatives": 1016, "TP": 2, "FP": 6, "TN": 1016, "FN": 0,
        "accuracy": 1018 / 1024, "precision": 0.25, "negative_predictive_value": 1.0,
        "sensitivity": 1.0, "specificity": 1016 / 1022,
    }  # fmt: skip
    assert report.accuracy == metrics["accuracy"]
    assert report.agreement == 1.0
