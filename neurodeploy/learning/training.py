"""The network that learns: sources, relays and two outputs, on any PyNN module.

One lesson shows a word once. Ones and zeros of a word are learned by outputs of their own:
a one's synapse because its spike comes before the teacher's, a zero's because it comes after.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurodeploy.describe import Lesson, Rule
from neurodeploy.detectors.cell import (
    CELL,
    RELAY_DELAY_MS,
    SYNAPSE_DELAY_MS,
    TEACHER_DELAY_MS,
    RELAY_nA,
)
from neurodeploy.detectors.closed_form import learned_weight, threshold_nA
from neurodeploy.errors import InputError
from neurodeploy.target.weight_scale import WEIGHT_MAX, ring_buffer_shift, weight_scale

Floats = NDArray[np.float64]
#: The shift of ten bits with w_max 20. Longer words would get a larger one, and with it weights
#: so coarse that nothing is learned.
SHIFT = 8
#: Lines whose weights are written back in the same tick: more spikes at once would overflow the
#: buffers of a core. Up to here the network is the published one.
SAVED = 100
#: After so many time constants the machine's table of exponentials holds 0.
_TABLE_TAUS = 8.0


class TrainingNetwork:
    """A training network on a PyNN module that has been set up; run it for `length_ms`.

    Parameters
    ----------
    sim : module
        `pyNN.spiNNaker`, the emulator or another module of that shape.
    words : (n_learners, n_bits) or (n_learners, n_lessons, n_bits) array of 0 and 1
        Each learner is shown its words one after the other, and adds up what it learns.
    rule : Rule, optional
    lesson : Lesson, optional
    initial : pair of (n_learners, n_bits) float arrays, optional
        Weights of ones and of zeros to start from, nA; default 0.
    forget : bool
        Take away what a lesson adds: synapses are weakened, by spikes after the teacher's.

    Examples
    --------
    >>> import neurodeploy_brian2.pynn as sim
    >>> _ = sim.setup(1.0)
    >>> network = TrainingNetwork(sim, [[1, 1, 0, 1]])
    >>> network.length_ms
    75.0
    """

    def __init__(
        self,
        sim: Any,
        words: ArrayLike,
        rule: Rule | None = None,
        lesson: Lesson | None = None,
        *,
        initial: tuple[Floats, Floats] | None = None,
        forget: bool = False,
    ) -> None:
        shown = np.asarray(words, dtype=np.uint8)
        shown = shown[:, None, :] if shown.ndim == 2 else shown
        if shown.ndim != 3 or shown.size == 0 or shown.max() > 1:
            raise InputError(
                "words", "are no words of bits", got=f"shape {shown.shape}", limit="(n, n_bits)"
            )
        n_learners, n_lessons, n_bits = map(int, shown.shape)
        self.n_learners, self.n_lessons, self.n_bits = n_learners, n_lessons, n_bits
        self._units_nA = learned_weight(rule or Rule(), lesson or Lesson())
        self.rule, self.lesson = rule or Rule(), lesson or Lesson()
        if forget:
            self.lesson = _forgetting_lesson(self.rule, self.lesson)
        self._forget, self._initial = forget, initial
        self._sim = sim
        self._learns = [self._half(shown == bit, bit) for bit in (1, 0)]
        self._save_and_teach()

    @property
    def length_ms(self) -> float:
        """How long to run it."""
        return self.length_of_lesson_ms * self.n_lessons

    @property
    def length_of_lesson_ms(self) -> float:
        """Time from one lesson to the next."""
        return self.lesson.length_ms + self._save_ticks - 1

    def weights(self) -> tuple[Floats, Floats]:
        """Return weights of ones and of zeros, each (n_learners, n_bits) float array in nA."""
        return self._weights(1), self._weights(0)

    # ---- how it is built ----

    def _most_nA(self, bit: int) -> float:
        """Return what all synapses together can have learned in the end."""
        most_nA = self.n_bits * self.n_lessons * self._units_nA[1 - bit]
        if self._initial is not None:
            most_nA += float(np.max(self._initial[1 - bit].sum(axis=1)))
        return most_nA

    def _quiet(self, bit: int) -> bool:
        """Tell whether learned synapses must not excite their output.

        The spikes that write weights back would make the output of a long word fire, and it
        would learn from that.
        """
        return bit == 0 or self._most_nA(bit) >= threshold_nA() / 2

    def _teacher_nA(self, bit: int) -> float:
        """Return the teacher's weight: it must prevail over what earlier lessons have left."""
        first = self.n_lessons == 1 and self._initial is None
        if first or not self._quiet(bit):
            return RELAY_nA
        return RELAY_nA + 2 * self._most_nA(bit)

    def _half(self, shown: NDArray[np.bool_], bit: int) -> tuple[Any, Any, Any]:
        """Build sources, relays and outputs of the bits of one value."""
        sim, n_lines = self._sim, self.n_learners * self.n_bits
        times_ms = self.lesson.one_ms if bit and not self._forget else self.lesson.zero_ms
        lines = shown.transpose(0, 2, 1).reshape(n_lines, self.n_lessons)
        starts_ms = np.arange(self.n_lessons) * self.length_of_lesson_ms
        sends = [[float(s + t) for s in starts_ms[row] for t in times_ms] for row in lines]
        sources = sim.Population(
            n_lines, sim.SpikeSourceArray(spike_times=spike_times(sends)), label=f"spikes of {bit}"
        )
        relays = sim.Population(n_lines, sim.IF_curr_delta(**CELL), label=f"relays of {bit}")
        relay = sim.StaticSynapse(weight=RELAY_nA, delay=RELAY_DELAY_MS)
        sim.Projection(sources, relays, sim.OneToOneConnector(), relay)
        outputs = sim.Population(
            self.n_learners,
            sim.IF_curr_delta(**CELL),
            label=f"output of {bit}",
            additional_parameters=self._scale(bit),
        )
        return relays, outputs, self._plastic(relays, outputs, bit)

    def _plastic(self, relays: Any, outputs: Any, bit: int) -> Any:
        sim, rule = self._sim, self._rule(bit)
        timing = sim.extra_models.SpikeNearestPairRule(
            tau_plus=rule.tau_plus_ms,
            tau_minus=rule.tau_minus_ms,
            A_plus=rule.A_plus,
            A_minus=rule.A_minus,
        )
        synapse = sim.STDPMechanism(
            timing_dependence=timing,
            weight_dependence=sim.AdditiveWeightDependence(w_min=0.0, w_max=rule.w_max_nA),
            weight=0.0,
            delay=SYNAPSE_DELAY_MS,
        )
        receptor = "inhibitory" if self._quiet(bit) else "excitatory"
        return sim.Projection(
            relays, outputs, self._connector(bit), synapse, receptor_type=receptor
        )

    def _rule(self, bit: int) -> Rule:
        if not self._forget:
            return self.rule
        # The machine cuts weights down to whole steps: a hundredth less takes away exactly
        # the steps that a lesson adds.
        after_ms = self.lesson.zero_ms[0] + RELAY_DELAY_MS - _arrival_ms(self.lesson)
        share = math.exp(-after_ms / self.rule.tau_minus_ms)
        return replace(self.rule, A_plus=0.0, A_minus=0.99 * self._units_nA[1 - bit] / share)

    def _connector(self, bit: int) -> Any:
        if self.n_learners == 1 and self._initial is None:
            return self._sim.AllToAllConnector()
        line = np.arange(self.n_learners * self.n_bits)
        columns: list[NDArray[Any]] = [line, line // self.n_bits]
        if self._initial is not None:
            weights = np.asarray(self._initial[1 - bit], dtype=np.float64).ravel()
            columns += [weights, np.full(line.size, SYNAPSE_DELAY_MS)]
        return self._sim.FromListConnector(np.column_stack(columns))

    def _scale(self, bit: int) -> dict[str, Any]:
        """Return what fixes the learning ring buffer at `SHIFT` where sPyNNaker would not."""
        largest_nA, quiet, teacher_nA = self.rule.w_max_nA, self._quiet(bit), self._teacher_nA(bit)
        shift = SHIFT
        while largest_nA * weight_scale(shift) > WEIGHT_MAX:
            shift += 1
        summed_nA = self.n_bits * largest_nA + (0.0 if quiet else teacher_nA)
        if ring_buffer_shift(summed_nA) == shift:
            return {}
        stated_nA = 0.999 * 2.0**shift
        return {"max_expected_summed_weight": [teacher_nA if quiet else stated_nA, stated_nA]}

    def _save_and_teach(self) -> None:
        sim = self._sim
        saves_ms = [self.lesson.save_ms + k for k in range(self._save_ticks)]
        save = self._source("save", saves_ms)
        teacher = self._source("teacher", [self.lesson.teacher_ms])
        for bit, (relays, outputs, _) in zip((1, 0), self._learns, strict=True):
            saves = sim.StaticSynapse(weight=RELAY_nA, delay=RELAY_DELAY_MS)
            sim.Projection(save, relays, self._save_connector(), saves)
            teaches = sim.StaticSynapse(weight=self._teacher_nA(bit), delay=TEACHER_DELAY_MS)
            sim.Projection(teacher, outputs, sim.AllToAllConnector(), teaches)

    def _source(self, name: str, times_ms: list[float]) -> Any:
        """Build a source with one neuron for each time, which sends then in every lesson."""
        starts_ms = np.arange(self.n_lessons) * self.length_of_lesson_ms
        sends = [[float(start + time) for start in starts_ms] for time in times_ms]
        sim = self._sim
        array = sim.SpikeSourceArray(spike_times=spike_times(sends))
        return sim.Population(len(sends), array, label=name)

    @property
    def _save_ticks(self) -> int:
        return -(-self.n_learners * self.n_bits // SAVED)

    def _save_connector(self) -> Any:
        if self._save_ticks == 1:
            return self._sim.AllToAllConnector()
        line = np.arange(self.n_learners * self.n_bits)
        return self._sim.FromListConnector(np.column_stack([line // SAVED, line]))

    def _weights(self, bit: int) -> Floats:
        rows = self._learns[1 - bit][2].get("weight", format="list")
        found = np.zeros((self.n_learners, self.n_bits))
        for line, learner, weight in rows:
            found[int(learner), int(line) % self.n_bits] = weight
        return found


def spike_times(sends: list[list[float]]) -> list[Any]:
    """Return times as sPyNNaker takes them: it does not take a list of one empty list."""
    return sends[0] if len(sends) == 1 else sends


def _arrival_ms(lesson: Lesson) -> float:
    """Return when the output's spike reaches its synapses."""
    return lesson.teacher_ms + TEACHER_DELAY_MS + SYNAPSE_DELAY_MS


def _forgetting_lesson(rule: Rule, lesson: Lesson) -> Lesson:
    """Return a lesson with one spike a line, soon after the teacher's and long before the last.

    A pair of spikes too far apart to count would still cost a step of weight by rounding.
    """
    arrives_ms = _arrival_ms(lesson)
    after = [t for t in lesson.zero_ms if t + RELAY_DELAY_MS > arrives_ms]
    if not after:
        raise InputError("forgetting", "needs a spike of zeros after the teacher's")
    save_ms = max(lesson.save_ms, math.ceil(arrives_ms + _TABLE_TAUS * rule.tau_minus_ms))
    length_ms = max(lesson.length_ms, save_ms + lesson.length_ms - lesson.save_ms)
    return replace(lesson, zero_ms=(min(after),), save_ms=save_ms, length_ms=length_ms)


__all__ = ["SHIFT", "TrainingNetwork", "spike_times"]
