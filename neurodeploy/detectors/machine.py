"""One tick of a detector in the machine's arithmetic: what the ring buffers and weights do.

It foretells what a target will say, so that a search need not ask one question at a time;
what counts is what the target said.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from neurodeploy.detectors.cell import CELL, TIMESTEP_MS
from neurodeploy.detectors.words import Bits
from neurodeploy.target.fixed_point import encode_s1615, expk, kdivk, mul, wrap32
from neurodeploy.target.weight_scale import (
    WEIGHT_MAX,
    IncomingProjection,
    choose_shift,
    quantise_weights,
    stored_weight_nA,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shifts = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Detector:
    """One output neuron: what it weighs ones and zeros by.

    Parameters
    ----------
    weights_1, weights_0 : (n_bits,) float array
        Summed weights that were learned, nA.
    factor : float
        What the network multiplies them by.
    """

    weights_1: Floats
    weights_0: Floats
    factor: float = 1.0

    @cached_property
    def excitatory(self) -> Floats:
        """Weights of the lines of ones, then of zeros, (2 n_bits,) float array in nA."""
        return self.factor * np.concatenate([self.weights_1, self.weights_0])

    @cached_property
    def inhibitory(self) -> Floats:
        """The same for the inhibitory receptor: the other line's weights."""
        return self.factor * np.concatenate([self.weights_0, self.weights_1])

    @cached_property
    def shifts(self) -> Shifts:
        """Ring-buffer shifts that sPyNNaker gives it alone, by receptor."""
        return shared_shifts(self.factor * self.weights_1[None], self.factor * self.weights_0[None])


def shared_shifts(weights_1: Floats, weights_0: Floats) -> Shifts:
    """Return the shifts that sPyNNaker gives a population of detectors, by receptor.

    Parameters
    ----------
    weights_1, weights_0 : (n_detectors, n_bits) float array
        With their factors, nA.
    """
    return _shift((weights_1, weights_0)), _shift((weights_0, weights_1))


def _shift(projections: tuple[Floats, Floats]) -> int:
    """Return the shift for projections of ones and of zeros, without weights of 0."""
    return choose_shift(
        # All delays are equal, so only counts and largest weights matter.
        IncomingProjection(
            int(np.count_nonzero(part, axis=1).max()), 0.0, 0.0, float(part.max()), 0.0
        )
        for part in projections
        if part.any()
    )


def fires(detector: Detector, words: Bits, shifts: Shifts | None = None) -> NDArray[np.bool_]:
    """Foretell which words make the output neuron spike, (n_words,) bool array.

    Parameters
    ----------
    detector : Detector
    words : (n_words, n_bits) uint8 array
    shifts : (int, int), optional
        Ring-buffer shifts; default sPyNNaker's for this detector alone.
    """
    lines = np.concatenate([words, 1 - words], axis=1).astype(np.int64)
    shifts = detector.shifts if shifts is None else shifts
    exc, inh = (
        _received(lines, weights, shift)
        for weights, shift in zip((detector.excitatory, detector.inhibitory), shifts, strict=True)
    )
    return _spikes(wrap32(exc - inh))


def line_weights(detector: Detector, shifts: Shifts | None = None) -> tuple[Floats, Floats]:
    """Return what a bit's lines add in the end, as stored: of ones and of zeros, in nA.

    Each (n_bits,) float array is the excitation less the inhibition of the line's synapses.
    """
    exc, inh = (
        stored_weight_nA(quantise_weights(weights, shift), shift)
        for weights, shift in zip(
            (detector.excitatory, detector.inhibitory), shifts or detector.shifts, strict=True
        )
    )
    ones, zeros = np.split(exc - inh, 2)
    # The score counts a bit by half the difference of its two lines.
    return ones / 2, zeros / 2


def _received(lines: Ints, weights: Floats, shift: int) -> Ints:
    """Return what a ring buffer hands over, in S16.15."""
    stored = quantise_weights(weights, shift).astype(np.int64)
    return wrap32(np.minimum(lines @ stored, WEIGHT_MAX) << shift)


def _spikes(current: Ints) -> NDArray[np.bool_]:
    """Tell which inputs of one tick bring a resting neuron to its threshold."""
    tick, tau = encode_s1615(TIMESTEP_MS), encode_s1615(CELL["tau_m"])
    decay, resistance = expk(-kdivk(tick, tau)), kdivk(tau, encode_s1615(CELL["cm"]))
    rest = encode_s1615(CELL["v_rest"])
    goal = wrap32(mul(current, resistance) + rest)
    voltage = wrap32(goal - mul(decay, wrap32(goal - rest)))
    return np.asarray(voltage >= encode_s1615(CELL["v_thresh"]))


__all__ = ["Detector", "Shifts", "fires", "line_weights", "shared_shifts"]
