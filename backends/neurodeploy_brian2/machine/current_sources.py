"""Injected currents as the cores compute them, tick by tick, in S16.15.

In a tick a core asks a source for its value for one neuron after the other, and for a neuron in
every step. Only step and noisy sources change by being asked; what they give depends on who asks
when. All sources start afresh at every start of a run: step sources from their first step, noisy
ones from their seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi

import numpy as np
from numpy.typing import NDArray

from neurodeploy.target.fixed_point import encode_s1615
from neurodeploy_brian2.machine.kiss64 import Kiss64, Seed
from neurodeploy_brian2.machine.sine import sink
from neurodeploy_brian2.machine.variates import normal_table

Wave = NDArray[np.int32]


def ticks_of(time_ms: float, timestep_us: int) -> int:
    """Whole ticks of a start or stop as the host cuts them."""
    return int(time_ms * (1000 / timestep_us))


@dataclass(frozen=True)
class Window:
    """
    When a source is on.

    Parameters
    ----------
    start, stop : int
        First tick and the tick after the last one. sPyNNaker's own default of `stop` is 0: never.
    """

    start: int
    stop: int

    def open(self, ticks: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether the source is on, shape as `ticks`."""
        return (ticks >= self.start) & (ticks < self.stop)


@dataclass(frozen=True)
class Direct:
    """
    A constant current.

    Parameters
    ----------
    amplitude_nA : float
    window : Window
    """

    amplitude_nA: float
    window: Window

    def wave(self, first_tick: int, n_ticks: int) -> Wave:
        """Current of `n_ticks` ticks, int32 of shape (n_ticks,), S16.15 nA."""
        ticks = np.arange(first_tick, first_tick + n_ticks)
        return np.where(self.window.open(ticks), encode_s1615(self.amplitude_nA), 0).astype(
            np.int32
        )


@dataclass(frozen=True)
class Alternating:
    """
    A sine with an offset.

    The core counts the angle in ticks, not in milliseconds, so the frequency is right only at a
    timestep of 1 ms. A sine of (nearly) 1 that is reached from below comes out as -1.

    Parameters
    ----------
    amplitude_nA, offset_nA, frequency_Hz, phase_degrees : float
    window : Window
    """

    amplitude_nA: float
    offset_nA: float
    frequency_Hz: float
    phase_degrees: float
    window: Window

    def wave(self, first_tick: int, n_ticks: int) -> Wave:
        """Current of `n_ticks` ticks, int32 of shape (n_ticks,), S16.15 nA."""
        ticks = np.arange(first_tick, first_tick + n_ticks)
        frequency = encode_s1615((self.frequency_Hz * 2 * pi) / 1000.0)
        phase = encode_s1615(self.phase_degrees * (pi / 180.0))
        time = ((ticks - self.window.start) << 15).astype(np.int32).astype(np.int64)
        angle = ((time * frequency >> 15) + phase).astype(np.int32)
        current = encode_s1615(self.amplitude_nA) * sink(angle) >> 15
        current = (current + encode_s1615(self.offset_nA)).astype(np.int32)
        return np.where(self.window.open(ticks), current, np.int32(0))


@dataclass(frozen=True)
class Steps:
    """
    A current that changes at given ticks.

    Parameters
    ----------
    ticks : tuple of int
    amplitudes_nA : tuple of float
    """

    ticks: tuple[int, ...]
    amplitudes_nA: tuple[float, ...]

    def wave(self, first_tick: int, n_ticks: int, n_neurons: int = 1, n_steps: int = 1) -> Wave:
        """
        Current of the neurons of one core that have this source.

        Each question moves on by at most one step, so after a pause the first neurons of the first
        ticks still see old steps.

        Parameters
        ----------
        first_tick, n_ticks : int
            The ticks of one run.
        n_neurons : int
            Neurons of the core that have this source.
        n_steps : int
            Steps in a tick.

        Returns
        -------
        numpy.ndarray
            int32, shape (n_ticks n_steps, n_neurons), S16.15 nA.
        """
        amplitudes = [encode_s1615(amplitude) for amplitude in self.amplitudes_nA]
        per_tick = n_neurons * n_steps
        questions = np.zeros(n_ticks * per_tick, np.int32)
        at, last = 0, 0
        for asked in range(questions.size):
            tick = first_tick + asked // per_tick
            if at < len(self.ticks) and tick >= self.ticks[at]:
                last = amplitudes[at]
                at += 1
            elif at == len(self.ticks):
                questions[asked:] = last
                break
            questions[asked] = last
        return _by_step(questions, n_neurons, n_steps)


@dataclass(frozen=True)
class Noisy:
    """
    Independent normal numbers, one for every question.

    Every core that has the source draws the same numbers, as they start from the same seed.

    Parameters
    ----------
    mean_nA, deviation_nA : float
    seed : tuple of int
        KISS64 seed, drawn by the host when the source is made (from the system, not from a user's
        seed).
    window : Window
    """

    mean_nA: float
    deviation_nA: float
    seed: Seed
    window: Window

    def wave(self, first_tick: int, n_ticks: int, n_neurons: int = 1, n_steps: int = 1) -> Wave:
        """Current of one core's neurons, shapes as for `Steps.wave`."""
        is_open = self.window.open(np.arange(first_tick, first_tick + n_ticks))
        is_open = np.repeat(is_open, n_neurons * n_steps)
        words = Kiss64(self.seed).words(int(is_open.sum()))
        noise = normal_table()[words >> 16].astype(np.int64)
        drawn = (noise * encode_s1615(self.deviation_nA) >> 15) + encode_s1615(self.mean_nA)
        questions = np.zeros(is_open.size, np.int32)
        questions[is_open] = drawn.astype(np.int32)
        return _by_step(questions, n_neurons, n_steps)


def summed(waves: Sequence[Wave]) -> Wave:
    """Add the waves of several sources of the same neurons; the sum wraps at 32 bits."""
    total: NDArray[np.int64] = np.sum(np.stack([wave.astype(np.int64) for wave in waves]), axis=0)
    return total.astype(np.int32)


def _by_step(questions: Wave, n_neurons: int, n_steps: int) -> Wave:
    """Answers in the order of the questions (tick, neuron, step) as (tick and step, neuron)."""
    return questions.reshape(-1, n_neurons, n_steps).swapaxes(1, 2).reshape(-1, n_neurons)


__all__ = ["Alternating", "Direct", "Noisy", "Steps", "Window", "summed", "ticks_of"]
