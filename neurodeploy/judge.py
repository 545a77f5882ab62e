"""When a sample that is running has said enough."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neurodeploy.compiler import Compiled
from neurodeploy.confidence import Confidence
from neurodeploy.readout import READOUTS, SPIKE_READOUTS, Scores
from neurodeploy.records import Recording, Spikes
from neurodeploy.runtime.presenter import Presenter, Shown


class Judge:
    """Scores samples by the steps that are over.

    Where the output has a membrane only, a blank sample is shown first: it tells what nothing
    looks like.

    Parameters
    ----------
    compiled : Compiled
    presenter : Presenter
    confidence : Confidence

    Attributes
    ----------
    blank : Recording
        Of a sample without input, spikes left out.
    silent : list of (n_classes,) float array
        What that scores after each number of steps, from 0.
    """

    def __init__(self, compiled: Compiled, presenter: Presenter, confidence: Confidence) -> None:
        self._readout, self._confidence = compiled.model.readout, confidence
        self._presenter, self._steps = presenter, presenter.plan.steps
        net = compiled.trained
        self._output, self._n_classes = net.output, net.population(net.output).size
        self.blank, self.silent = self._silence(net.inputs.size)

    def decisive(self, shown: Shown, seen: int, done: int) -> tuple[Scores, int] | None:
        """Return scores and steps when they first are enough; None if they are not yet.

        Parameters
        ----------
        shown : Shown
        seen, done : int
            Steps that were judged before, and steps that are over.
        """
        for step in range(seen + 1, done + 1):
            scores = self._scores(self._presenter.recording(shown, step))
            left = self._steps - step
            if self._confidence.reached(self._readout, scores, self.silent[step], left=left):
                return scores, step
        return None

    def _scores(self, recording: Recording) -> Scores:
        """Return the scores of one sample, (n_classes,)."""
        read_out = READOUTS[self._readout]
        scores: Scores = read_out(recording, self._output, (self._steps, self._n_classes))[0]
        return scores

    def _silence(self, n_inputs: int) -> tuple[Recording, list[Scores]]:
        """Return a blank sample's recording, and its scores after each number of steps."""
        none = np.zeros(0, dtype=np.int64)
        presenter, net = self._presenter, self._presenter.net
        spikes = {name: Spikes(name, none, none, none, net.timestep_ms) for name in presenter.told}
        nothing = Recording(1, spikes)
        zero = np.zeros(self._n_classes)
        if self._readout in SPIKE_READOUTS:
            # Spikes count from nothing; where a membrane rests is not known before it is seen.
            return nothing, [zero] * (self._steps + 1)
        *_, (shown, _) = presenter.show(np.zeros((self._steps, n_inputs), dtype=np.uint8))
        parts = [presenter.recording(shown, step) for step in range(1, self._steps + 1)]
        rested = replace(nothing, membrane=presenter.recording(shown).membrane)
        return rested, [zero, *(self._scores(part) for part in parts)]


__all__ = ["Judge"]
