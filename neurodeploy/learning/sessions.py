"""Networks of this package on a target: one session each, batched."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurodeploy.describe import Lesson, Rule
from neurodeploy.detectors import closed_form
from neurodeploy.detectors.cell import RELAY_DELAY_MS, SYNAPSE_DELAY_MS, TIMESTEP_MS
from neurodeploy.detectors.machine import Detector, Shifts
from neurodeploy.detectors.words import Bits
from neurodeploy.errors import BackendUnavailable, InputError
from neurodeploy.learning.detecting import DetectorNetwork, Showing
from neurodeploy.learning.training import TrainingNetwork
from neurodeploy.runtime.backend import Backend, MachineOptions, SessionOptions
from neurodeploy.runtime.registry import find
from neurodeploy.target.ideal import IDEAL
from neurodeploy.target.spec import TargetSpec

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Progress = Callable[[float], None]
#: Relays that may send in the same tick on a machine: a core's buffer holds 256 packets.
LINES = 200
#: Detectors that one relay may reach on a machine: a row holds 256 synapses of a core.
OUTPUTS = 200
#: Copies of the network in one simulation, at most, where only copies can start at rest.
COPIES = 25
#: Times slower than real time on a machine: all relays send in the same tick, and their spikes
#: must have arrived before the next.
SLOWER = 10
#: Plastic synapses of one simulation, at most.
SYNAPSES = 40_000
#: Output neurons times words of one simulation, at most, where words follow each other.
ANSWERS = 4_000_000


@dataclass(frozen=True)
class Place:
    """Where networks are run.

    Parameters
    ----------
    target : str
        `ideal`, `emulator` or another backend's name.
    engine : str, optional
        Engine inside the target.
    progress : callable, optional
        Called with the share of a piece of work that is done, 0 to 1.
    machine : MachineOptions
        Which machine, where the target needs one.
    """

    target: str = "emulator"
    engine: str | None = None
    progress: Progress | None = None
    machine: MachineOptions = MachineOptions()

    def spec(self) -> TargetSpec:
        """Return what the target can do."""
        return IDEAL if self.target == IDEAL.name else self.backend().target()

    def backend(self) -> Backend:
        """Return the backend.

        Raises
        ------
        BackendUnavailable
            If it cannot run here.
        """
        backend = find(self.target)
        reason = backend.missing()
        if reason is not None:
            raise BackendUnavailable(f"target {self.target}", reason)
        return backend

    def options(self, sample_ticks: int | None = None) -> SessionOptions:
        """Return the options of one session."""
        slow = None if self.spec().restores_state else SLOWER
        return SessionOptions(
            TIMESTEP_MS,
            sample_ticks,
            self.engine,
            machine=self.machine,
            time_scale_factor=slow,
        )

    def tell(self, share: float) -> None:
        """Report progress."""
        if self.progress is not None:
            self.progress(share)


def teach(
    place: Place,
    words: Bits,
    rule: Rule,
    lesson: Lesson,
    *,
    initial: tuple[Floats, Floats] | None = None,
    forget: bool = False,
) -> tuple[Floats, Floats]:
    """Show each learner its words and return the weights it has then.

    Parameters
    ----------
    place : Place
    words : (n_learners, n_bits) or (n_learners, n_lessons, n_bits) uint8 array
        One word for each learner, or several, one after the other in the running network.
    rule : Rule
    lesson : Lesson
    initial : pair of (n_learners, n_bits) float arrays, optional
        Weights to start from, nA.
    forget : bool
        Take away what a lesson adds.

    Returns
    -------
    weights_1, weights_0 : (n_learners, n_bits) float array
        nA.
    """
    shown = words[:, None, :] if words.ndim == 2 else words
    if not place.spec().fixed_point:
        return closed_form.taught(shown, rule, lesson, initial=initial, forget=forget)
    most = SYNAPSES // 2 if place.spec().restores_state else LINES
    backend, batch = place.backend(), max(1, most // shown.shape[2])
    found = []
    for first in range(0, len(shown), batch):
        part = slice(first, first + batch)
        start = None if initial is None else (initial[0][part], initial[1][part])
        with backend.session(place.options()) as sim:
            network = TrainingNetwork(sim, shown[part], rule, lesson, initial=start, forget=forget)
            sim.run(network.length_ms)
            found.append(network.weights())
        place.tell(min(1.0, (first + batch) / len(shown)))
    return np.concatenate([one for one, _ in found]), np.concatenate([zero for _, zero in found])


def detect(
    place: Place, detectors: Sequence[Detector], words: Bits, shifts: Shifts | None = None
) -> Bools:
    """Return which words make which detectors fire, (n_words, n_detectors) bool array.

    Parameters
    ----------
    place : Place
    detectors : sequence of Detector
    words : (n_words, n_bits) uint8 array
    shifts : (int, int), optional
        Ring-buffer shifts of all outputs; default sPyNNaker's for each detector alone.
    """
    if not len(detectors) or not len(words):
        raise InputError("detect", "needs detectors and words")
    spec = place.spec()
    if not spec.fixed_point:
        return _detect_ideal(detectors, words)
    if spec.restores_state:
        size = max(1, ANSWERS // len(detectors))
        parts = [
            _in_time(place, detectors, words[first : first + size], shifts)
            for first in range(0, len(words), size)
        ]
        return np.concatenate(parts)
    parts = [
        _in_copies(place, detectors[first : first + OUTPUTS], words, shifts)
        for first in range(0, len(detectors), OUTPUTS)
    ]
    return np.concatenate(parts, axis=1)


def _in_copies(
    place: Place, detectors: Sequence[Detector], words: Bits, shifts: Shifts | None
) -> Bools:
    """Show each word to a copy of its own, as published."""
    found, size = [], max(1, min(COPIES, LINES // words.shape[1]))
    for first in range(0, len(words), size):
        with place.backend().session(place.options()) as sim:
            copies = DetectorNetwork(sim, detectors, words[first : first + size], shifts=shifts)
            sim.run(copies.length_ms)
            found.append(copies.fired()[:, 0])
        place.tell(min(1.0, (first + size) / len(words)))
    return np.concatenate(found)


def _detect_ideal(detectors: Sequence[Detector], words: Bits) -> Bools:
    least = closed_form.threshold_nA()
    found = [
        d.factor * closed_form.scores(words, d.weights_1, d.weights_0) >= least for d in detectors
    ]
    return np.stack(found, axis=1)


def _in_time(
    place: Place, detectors: Sequence[Detector], words: Bits, shifts: Shifts | None
) -> Bools:
    """Show words one after the other to one network that is put to rest before each."""
    ticks = 2 + math.ceil((RELAY_DELAY_MS + SYNAPSE_DELAY_MS) / TIMESTEP_MS)
    showing = Showing(ticks * TIMESTEP_MS, 0.0)
    with place.backend().session(place.options(ticks)) as sim:
        network = DetectorNetwork(sim, detectors, words[None], shifts=shifts, showing=showing)
        sim.run(network.length_ms)
        fired: Bools = network.fired()[0]
        return fired


__all__ = ["COPIES", "Place", "detect", "teach"]
