"""What a detector does by mathematics alone, without rounding: target `ideal` of training.

A word's score is the sum over its bits of +d where the bit is 1 and -d where it is 0, with d
the difference of what was learned for 1 and for 0. The output spikes if the score times the
factor reaches the threshold, so everything follows from scores.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurodeploy.describe import Lesson, Rule
from neurodeploy.detectors.cell import CELL, RELAY_DELAY_MS, SYNAPSE_DELAY_MS, TEACHER_DELAY_MS
from neurodeploy.detectors.words import Bits

Floats = NDArray[np.float64]
#: Room for the rounding of sums in float: the factor is so much above the exact one.
SLACK = 1e-9


def threshold_nA() -> float:
    """Return the input of one tick that makes a resting neuron spike.

    >>> round(threshold_nA(), 5)
    15.37812
    """
    lift_mV = CELL["v_thresh"] - CELL["v_rest"]
    resistance = CELL["tau_m"] / CELL["cm"]
    return lift_mV / (resistance * -math.expm1(-1.0 / CELL["tau_m"]))


def learned_weight(rule: Rule, lesson: Lesson) -> tuple[float, float]:
    """Return what one lesson adds to the synapse of a bit that is 1, and of one that is 0, nA.

    The pair of spikes next to each other counts: a one's source before the teacher, a zero's
    after it.
    """
    arrives_ms = lesson.teacher_ms + TEACHER_DELAY_MS + SYNAPSE_DELAY_MS
    before = [t + RELAY_DELAY_MS for t in lesson.one_ms if t + RELAY_DELAY_MS <= arrives_ms]
    after = [t + RELAY_DELAY_MS for t in lesson.zero_ms if t + RELAY_DELAY_MS > arrives_ms]
    one = zero = 0.0
    if before:
        one = rule.A_plus * math.exp(-(arrives_ms - max(before)) / rule.tau_plus_ms)
    if after:
        zero = -rule.A_minus * math.exp(-(min(after) - arrives_ms) / rule.tau_minus_ms)
    return tuple(min(max(value, 0.0), rule.w_max_nA) for value in (one, zero))  # type: ignore[return-value]


def learned_weights(words: Bits, rule: Rule, lesson: Lesson) -> tuple[Floats, Floats]:
    """Return the summed weights of ones and of zeros, each (n_bits,) float array in nA."""
    one, zero = learned_weight(rule, lesson)
    ones = words.astype(np.float64).sum(axis=0)
    return ones * one, (len(words) - ones) * zero


def taught(
    words: Bits,
    rule: Rule,
    lesson: Lesson,
    *,
    initial: tuple[Floats, Floats] | None = None,
    forget: bool = False,
) -> tuple[Floats, Floats]:
    """Return the weights of learners, each (n_learners, n_bits) float array in nA.

    Parameters
    ----------
    words : (n_learners, n_lessons, n_bits) uint8 array
    rule : Rule
    lesson : Lesson
    initial : pair of (n_learners, n_bits) float arrays, optional
    forget : bool
        Take away what a lesson adds; no weight falls below 0 or rises above w_max.
    """
    pairs = [learned_weights(own, rule, lesson) for own in words]
    found = []
    for half in (0, 1):
        change = np.stack([pair[half] for pair in pairs]) * (-1.0 if forget else 1.0)
        before = np.zeros_like(change) if initial is None else initial[half]
        found.append(np.clip(before + change, 0.0, rule.w_max_nA))
    return found[0], found[1]


def scores(words: Bits, weights_1: Floats, weights_0: Floats) -> Floats:
    """Return the net input of each word by a factor of 1, (n_words,) float array in nA."""
    signs = 2.0 * words - 1.0
    found = signs @ (weights_1 - weights_0)
    # Sums of equal parts that cancel must be 0, not 1e-17.
    largest = float(np.max(weights_1 + weights_0, initial=0.0)) * words.shape[1]
    return np.where(np.abs(found) < 1e-12 * largest, 0.0, found)


@dataclass(frozen=True)
class Balance:
    """The factor of a detector and what it accepts, by the closed form.

    Parameters
    ----------
    factor : float or None
        None if no trained word has a score above 0.
    least_score_nA : float
        Score that just suffices.
    silent : int
        Trained words that no factor makes fire.
    """

    factor: float | None
    least_score_nA: float
    silent: int


def balance(trained: Bits, weights_1: Floats, weights_0: Floats, similarity: int = 0) -> Balance:
    """Return the factor by which every trained word that can fire does.

    Parameters
    ----------
    trained : (n, n_bits) uint8 array
    weights_1, weights_0 : (n_bits,) float array
        Summed weights, nA.
    similarity : int
        Words that differ from a trained one by so many bits are to fire, too.
    """
    reached = worst_scores(trained, weights_1, weights_0, similarity)
    able = reached[reached > 0]
    silent = int(np.count_nonzero(reached <= 0))
    if able.size == 0:
        return Balance(None, 0.0, silent)
    least = float(able.min())
    return Balance(threshold_nA() / least * (1 + SLACK), least, silent)


def worst_scores(trained: Bits, weights_1: Floats, weights_0: Floats, similarity: int) -> Floats:
    """Return the lowest score within a Hamming distance of each trained word, (n,) float."""
    return scores(worst_words(trained, weights_1, weights_0, similarity), weights_1, weights_0)


def worst_words(trained: Bits, weights_1: Floats, weights_0: Floats, similarity: int) -> Bits:
    """Return the word of the lowest score within a Hamming distance of each trained one."""
    if similarity == 0:
        return trained
    gain = (2.0 * trained - 1.0) * (weights_1 - weights_0)
    order = np.argsort(-gain, axis=1, kind="stable")[:, :similarity]
    found = trained.copy()
    rows = np.arange(len(trained))[:, None]
    # A bit whose flip would raise the score stays.
    flip = np.take_along_axis(gain, order, axis=1) > 0
    found[rows, order] = np.where(flip, 1 - found[rows, order], found[rows, order])
    return found


def count_accepted(weights_1: Floats, weights_0: Floats, least_score_nA: float) -> int:
    """Return how many of all words reach a score: exact for any length.

    Scores are multiples of what was learned, so words are counted by score, bit by bit.
    """
    gain = weights_1 - weights_0
    step = _common_step(gain)
    if step == 0.0:
        return (1 << gain.size) if least_score_nA <= 0 else 0
    counts = {0: 1}
    for value in np.rint(gain / step).astype(int).tolist():
        following: dict[int, int] = {}
        for score, count in counts.items():
            following[score + value] = following.get(score + value, 0) + count
            following[score - value] = following.get(score - value, 0) + count
        counts = following
    least = round(least_score_nA / step)
    return sum(count for score, count in counts.items() if score >= least)


def _common_step(gain: Floats) -> float:
    """Return the largest weight that all are whole multiples of, near enough."""
    step = 0.0
    for value in np.abs(gain).tolist():
        while value > 1e-6:
            step, value = value, (step % value if step else 0.0)
            # Rests of rounding are no weight.
            value = 0.0 if step and min(value, abs(step - value)) < 1e-6 else value
    return step


__all__ = [
    "SLACK",
    "Balance",
    "balance",
    "count_accepted",
    "learned_weight",
    "learned_weights",
    "scores",
    "taught",
    "threshold_nA",
    "worst_scores",
    "worst_words",
]
