"""The training network: what is built, and what it learns on the emulator."""

import numpy as np
import pytest

from learning.recorded import UNIT_nA
from neurodeploy.describe import Lesson, Rule
from neurodeploy.detectors.words import from_numbers
from neurodeploy.errors import InputError
from neurodeploy.learning import TrainingNetwork
from neurodeploy_brian2.simulator import Simulator


class Calls:
    """A PyNN module that notes what it is asked for."""

    def __init__(self):
        self.made = []
        self.extra_models = self

    def __getattr__(self, name):
        def call(*arguments, **options):
            self.made.append((name, arguments, options))
            return self.made[-1]

        return call

    def of(self, name):
        return [(arguments, options) for kind, arguments, options in self.made if kind == name]


def run(words, **options):
    sim = Simulator()
    network = TrainingNetwork(sim, words, **options)
    sim.run(network.length_ms)
    return network.weights()


def learned(words):
    """What the machine learns of (n_learners, n_lessons, n_bits) words."""
    ones = words.astype(float).sum(axis=1)
    return ones * UNIT_nA, (words.shape[1] - ones) * UNIT_nA


def random_words(*shape):
    return np.random.default_rng(shape).integers(0, 2, shape, dtype=np.uint8)


def test_the_published_network():
    sim = Calls()
    network = TrainingNetwork(sim, from_numbers([992], 10))
    assert network.length_ms == 75.0
    sources = [options["spike_times"] for _, options in sim.of("SpikeSourceArray")]
    assert sources[0] == [[1.0, 26.0, 56.0]] * 5 + [[]] * 5
    assert sources[1] == [[]] * 5 + [[6.0, 36.0, 59.0]] * 5
    assert sources[2:] == [[65.0], [29.0]]
    rules = [options for _, options in sim.of("SpikeNearestPairRule")]
    assert rules == [{"tau_plus": 5.0, "tau_minus": 5.0, "A_plus": 1.0, "A_minus": -1.0}] * 2
    bounds = [options for _, options in sim.of("AdditiveWeightDependence")]
    assert bounds == [{"w_min": 0.0, "w_max": 20.0}] * 2
    statics = [options for _, options in sim.of("StaticSynapse")]
    assert {one["weight"] for one in statics} == {20.0}
    assert sorted(one["delay"] for one in statics) == [1.0] * 4 + [2.0] * 2
    plastic = [o["receptor_type"] for _, o in sim.of("Projection") if "receptor_type" in o]
    assert plastic == ["excitatory", "inhibitory"]
    # sPyNNaker finds the scale of ten bits by itself.
    assert all(not o.get("additional_parameters") for _, o in sim.of("Population"))
    assert not sim.of("FromListConnector")


def test_long_words_state_their_scale_and_excite_nothing():
    sim = Calls()
    TrainingNetwork(sim, random_words(1, 64))
    stated = [o["additional_parameters"] for _, o in sim.of("Population")
              if o.get("additional_parameters")]  # fmt: skip
    assert len(stated) == 2
    plastic = [o["receptor_type"] for _, o in sim.of("Projection") if "receptor_type" in o]
    assert plastic == ["inhibitory", "inhibitory"]


def test_one_lesson():
    one, zero = run(from_numbers([992], 10))
    assert one.tolist() == [[UNIT_nA] * 5 + [0.0] * 5]
    assert zero.tolist() == [[0.0] * 5 + [UNIT_nA] * 5]


@pytest.mark.parametrize("n_bits", [1, 5, 6, 11, 12, 20, 21, 150])
def test_learners_beside_each_other_at_every_length(n_bits):
    words = random_words(3, n_bits)
    one, zero = run(words)
    np.testing.assert_array_equal(one, words * UNIT_nA)
    np.testing.assert_array_equal(zero, (1 - words) * UNIT_nA)


@pytest.mark.parametrize(("n_bits", "n_lessons"), [(10, 8), (21, 3), (150, 2)])
def test_lessons_after_each_other_add_up(n_bits, n_lessons):
    words = random_words(2, n_lessons, n_bits)
    for found, wanted in zip(run(words), learned(words), strict=True):
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("n_bits", [10, 60])
def test_lessons_on_top_of_what_is_known_and_away_from_it(n_bits):
    known, lesson = random_words(2, 3, n_bits), random_words(2, 1, n_bits)
    both = np.concatenate([known, lesson], axis=1)
    for found, wanted in zip(run(lesson, initial=learned(known)), learned(both), strict=True):
        np.testing.assert_array_equal(found, wanted)
    back = run(lesson, initial=learned(both), forget=True)
    for found, wanted in zip(back, learned(known), strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_forgetting_what_was_never_learned_leaves_no_negative_weight():
    words = from_numbers([992], 10)
    known = learned(from_numbers([31], 10)[None])
    one, zero = run(words, initial=known, forget=True)
    assert one.tolist() == known[0].tolist()
    assert zero.tolist() == known[1].tolist()


def test_another_rule():
    rule = Rule(tau_plus_ms=4.0, tau_minus_ms=2.5, A_plus=0.5, A_minus=-2.0)
    one, zero = run(from_numbers([1], 2), rule=rule)
    assert one[0] == pytest.approx([0.0, 0.5 * np.exp(-5 / 4)], abs=0.02)
    assert zero[0] == pytest.approx([2.0 * np.exp(-5 / 2.5), 0.0], abs=0.02)


def test_w_max_bounds_what_is_learned():
    one, _ = run(from_numbers([1], 2), rule=Rule(w_max_nA=0.25))
    assert one.tolist() == [[0.0, 0.25]]


def test_words_that_are_none():
    for words in (np.zeros((0, 4)), np.full((1, 4), 2), np.zeros(4)):
        with pytest.raises(InputError, match="no words of bits"):
            TrainingNetwork(Calls(), words)


def test_forgetting_needs_a_spike_after_the_teacher():
    with pytest.raises(InputError, match="forgetting"):
        TrainingNetwork(Calls(), [[1]], lesson=Lesson(zero_ms=(6.0,)), forget=True)
