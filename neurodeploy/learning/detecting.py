"""The network that detects: relays for ones and for zeros, and one output a detector.

Each line excites by what was learned for its own value of the bit and inhibits by what was
learned for the other, so a word's net input is its score times the factor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurodeploy.detectors.cell import CELL, RELAY_DELAY_MS, SYNAPSE_DELAY_MS, RELAY_nA
from neurodeploy.detectors.machine import Detector, Shifts
from neurodeploy.errors import InputError
from neurodeploy.learning.training import spike_times

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Showing:
    """When words are shown.

    Parameters
    ----------
    sample_ms : float
        From one word to the next.
    at_ms : float
        When in it the sources send.
    """

    sample_ms: float = 20.0
    at_ms: float = 10.0


class DetectorNetwork:
    """Detectors on a PyNN module that has been set up; run it for `length_ms`.

    Parameters
    ----------
    sim : module
        `pyNN.spiNNaker`, the emulator or another module of that shape.
    detectors : sequence of Detector
        Each is in every copy of the network.
    words : (n_copies, n_bits) or (n_copies, n_samples, n_bits) array of 0 and 1
        What each copy is shown. Where the target does not restore its state between samples,
        show one word a copy.
    shifts : (int, int), optional
        Ring-buffer shifts of all outputs; default sPyNNaker's for each detector alone.
    showing : Showing, optional
    """

    def __init__(
        self,
        sim: Any,
        detectors: Sequence[Detector],
        words: ArrayLike,
        *,
        shifts: Shifts | None = None,
        showing: Showing | None = None,
    ) -> None:
        shown = np.asarray(words, dtype=np.uint8)
        shown = shown[:, None, :] if shown.ndim == 2 else shown
        if shown.ndim != 3 or shown.size == 0 or shown.max() > 1:
            raise InputError(
                "words", "are no words of bits", got=f"shape {shown.shape}", limit="(n, n_bits)"
            )
        n_copies, n_samples, n_bits = map(int, shown.shape)
        self.n_copies, self.n_samples, self.n_bits = n_copies, n_samples, n_bits
        self.n_detectors, self.showing = len(detectors), showing or Showing()
        self._sim = sim
        relays = [self._relays(shown == bit, bit) for bit in (1, 0)]
        self._outputs = [
            (members, self._output(relays, [detectors[k] for k in members], group, alone))
            for group, members, alone in _groups(detectors, shifts)
        ]

    @property
    def length_ms(self) -> float:
        """How long to run it."""
        return self.showing.sample_ms * self.n_samples

    def fired(self) -> Bools:
        """Return which detectors spiked, (n_copies, n_samples, n_detectors) bool array."""
        found = np.zeros((self.n_copies, self.n_samples, self.n_detectors), dtype=bool)
        for members, output in self._outputs:
            rows = np.asarray(output.spinnaker_get_data("spikes")).reshape(-1, 2)
            copy, place = np.divmod(rows[:, 0].astype(np.int64), len(members))
            sample = (rows[:, 1] // self.showing.sample_ms).astype(np.int64)
            found[copy, sample, np.asarray(members)[place]] = True
        return found

    # ---- how it is built ----

    def _relays(self, shown: Bools, bit: int) -> Any:
        """Build sources and relays of the bits of one value, for all copies."""
        sim, n_lines = self._sim, self.n_copies * self.n_bits
        at_ms = np.arange(self.n_samples) * self.showing.sample_ms + self.showing.at_ms
        lines = shown.transpose(0, 2, 1).reshape(n_lines, self.n_samples)
        sends = [at_ms[row].tolist() for row in lines]
        sources = sim.Population(
            n_lines, sim.SpikeSourceArray(spike_times=spike_times(sends)), label=f"spikes of {bit}"
        )
        relays = sim.Population(n_lines, sim.IF_curr_delta(**CELL), label=f"relays of {bit}")
        relay = sim.StaticSynapse(weight=RELAY_nA, delay=RELAY_DELAY_MS)
        sim.Projection(sources, relays, sim.OneToOneConnector(), relay)
        return relays

    def _output(
        self, relays: list[Any], detectors: list[Detector], shifts: Shifts, alone: bool
    ) -> Any:
        """Build the outputs of detectors whose ring buffers are alike."""
        sim = self._sim
        stated = {} if alone else {"max_expected_summed_weight": [0.999 * 2.0**s for s in shifts]}
        output = sim.Population(
            self.n_copies * len(detectors),
            sim.IF_curr_delta(**CELL),
            label=f"outputs of {len(detectors)}",
            additional_parameters=stated,
        )
        output.record("spikes")
        for receptor in ("excitatory", "inhibitory"):
            weights = np.stack([getattr(d, receptor) for d in detectors])
            for lines, half in zip(relays, np.split(weights, 2, axis=1), strict=True):
                rows = self._rows(half)
                if len(rows):
                    connector = sim.FromListConnector(rows)
                    synapse = sim.StaticSynapse()
                    sim.Projection(lines, output, connector, synapse, receptor_type=receptor)
        return output

    def _rows(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (line, output, weight, delay) of every copy, an (m, 4) float array."""
        detector, bit = np.nonzero(weights)
        copy = np.arange(self.n_copies)[:, None]
        line = (copy * self.n_bits + bit).ravel()
        output = (copy * len(weights) + detector).ravel()
        weight_nA = np.tile(weights[detector, bit], self.n_copies)
        delay_ms = np.full(line.size, SYNAPSE_DELAY_MS)
        return np.column_stack([line, output, weight_nA, delay_ms])


def _groups(
    detectors: Sequence[Detector], shifts: Shifts | None
) -> list[tuple[Shifts, list[int], bool]]:
    """Return (shifts, detectors, whether sPyNNaker finds the shifts by itself)."""
    found: dict[Shifts, list[int]] = {}
    for k, detector in enumerate(detectors):
        found.setdefault(shifts or detector.shifts, []).append(k)
    return [(key, members, shifts is None and len(members) == 1) for key, members in found.items()]


__all__ = ["DetectorNetwork", "Showing"]
