"""A deployed model decides packets one by one, as they come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from neurodeploy import inputs, packets
from neurodeploy.compiler import Compiled
from neurodeploy.confidence import Confidence
from neurodeploy.decided import DecidedPacket, LiveDecision, decisions_of, figures, tabled
from neurodeploy.deployed import Deployed
from neurodeploy.encode import encode
from neurodeploy.errors import InputError
from neurodeploy.judge import Judge
from neurodeploy.packets import Arrival, Arrivals, Capture
from neurodeploy.readout import Scores, decide
from neurodeploy.records import Recording, concatenate
from neurodeploy.results import LiveFigures, Report
from neurodeploy.runtime.live import LiveSession
from neurodeploy.runtime.presenter import Presenter, Shown

Ints = NDArray[np.int64]
Raster = NDArray[np.uint8]
#: How often a packet is shown again whose spikes did not arrive in the ticks that were planned.
REPEATS = 3


@dataclass(eq=False)
class Live:
    """A model that is deployed and waits for packets; `live_deployment.live` makes it.

    Parameters
    ----------
    compiled : Compiled
    presenter : Presenter
    session : LiveSession
    confidence : Confidence
    compile_s, build_s : float
        What it took to get here.
    """

    compiled: Compiled
    presenter: Presenter
    session: LiveSession
    confidence: Confidence
    compile_s: float
    build_s: float
    _packets: list[DecidedPacket] = field(default_factory=list)
    _source: str = ""
    _run_s: float = 0.0
    _repeated: int = 0

    def __post_init__(self) -> None:
        self._judge = Judge(self.compiled, self.presenter, self.confidence)

    @property
    def n_decided(self) -> int:
        """Packets so far."""
        return len(self._packets)

    def decisions(self, arrivals: Arrivals, limit: int | None = None) -> Iterator[LiveDecision]:
        """Decide packets for as long as they come.

        Parameters
        ----------
        arrivals : Arrivals
        limit : int, optional
            The first packets only.

        Yields
        ------
        decision : LiveDecision
            At once; the sample's last steps follow when the next decision is asked for.
        """
        self._source = arrivals.name
        for arrival in islice(arrivals, limit):
            capture = packets.take_apart(arrivals.name, [arrival.record])
            raster = self._encoded(capture)
            begun = time.perf_counter()
            if capture.is_ip[0]:
                yield from self._show(capture, raster, arrival)
            else:
                # It holds nothing to decide by: a network is not asked.
                self._packets.append(self._undecided(capture, raster, arrival))
                yield self._packets[-1].said
            self._run_s += time.perf_counter() - begun

    def report(
        self,
        labels: Callable[[Capture], Ints | None] | None = None,
        *,
        lost: int = 0,
        agreement: bool = True,
    ) -> Report:
        """Put together what was decided so far.

        Parameters
        ----------
        labels : callable, optional
            Class index of each packet of a capture, -1 for none; None if there are no labels.
        lost : int
            Packets that came and were not kept.
        agreement : bool
            Whether to run `ideal` as well and compare decisions.

        Raises
        ------
        InputError
            If nothing was decided.
        """
        done = self._packets
        if not done:
            raise InputError(self._source or "--live", "no packet came", todo="wait for longer")
        capture = packets.join(self._source, [one.capture for one in done])
        y = None if labels is None else labels(capture)
        samples = inputs.from_capture(self.compiled.model, capture, self._source, y)
        raster = np.concatenate([one.raster for one in done])
        run = Deployed(self.compiled, tabled(samples, done), raster, None, self.compile_s, False)
        report = run.report([self._recording()], agreement)
        known = LiveFigures(
            self._source,
            str(self.confidence),
            self.presenter.plan.steps,
            repeated=self._repeated,
            lost=lost,
        )
        live = figures(done, known, report.predictions)
        return replace(report, decisions=decisions_of(done), live=live)

    def _recording(self) -> Recording:
        """Return what was told of all packets and, as in a batch, of a blank one behind them."""
        parts = []
        for one in self._packets:
            if one.recording is None and one.shown is not None:
                one.recording = self.presenter.recording(one.shown)
            parts.append(one.recording or self._judge.blank)
        timing_s = {"build": self.build_s, "run": self._run_s}
        said = dict(self.session.said())
        return replace(concatenate([*parts, self._judge.blank]), timing_s=timing_s, **said)

    # ---- one packet ----

    def _encoded(self, capture: Capture) -> Raster:
        model = self.compiled.model
        samples = inputs.from_capture(model, capture, capture.name)
        return encode(samples.x, model.encoder, self.compiled.trained.inputs.size)

    def _show(self, capture: Capture, raster: Raster, arrival: Arrival) -> Iterator[LiveDecision]:
        """Show a packet, again if its spikes went astray, and yield its decision at once."""
        for repeat in range(REPEATS + 1):
            packet, seen = None, 0
            for shown, done in self.presenter.show(raster[0]):
                if (
                    packet is None
                    and done > seen
                    and (repeat == REPEATS or self.presenter.is_exact(shown))
                ):
                    scores = self._judge.decisive(shown, seen, done)
                    seen = done
                    if scores is not None:
                        packet = self._decided(capture, raster, arrival, shown, *scores)
                        yield packet.said
            if packet is not None:
                packet.recording, packet.shown = self.presenter.recording(shown), None
                return
            self._repeated += 1

    def _decided(
        self,
        capture: Capture,
        raster: Raster,
        arrival: Arrival,
        shown: Shown,
        scores: Scores,
        steps: int,
    ) -> DecidedPacket:
        found = decide(scores[None], self._judge.silent[steps])
        ticks = self.presenter.ticks(shown)
        said = self._worded(
            capture,
            arrival,
            int(found.predictions[0]),
            bool(found.tied[0]),
            steps,
            ticks * self.compiled.network.timestep_ms,
        )
        self._packets.append(DecidedPacket(capture, raster, said, scores, shown))
        return self._packets[-1]

    def _undecided(self, capture: Capture, raster: Raster, arrival: Arrival) -> DecidedPacket:
        said = self._worded(capture, arrival, -1, False, 0, 0.0)
        return DecidedPacket(
            capture, raster, said, self._judge.silent[-1], recording=self._judge.blank
        )

    def _worded(
        self,
        capture: Capture,
        arrival: Arrival,
        prediction: int,
        tied: bool,
        steps: int,
        network_ms: float,
    ) -> LiveDecision:
        name = None if prediction < 0 else self.compiled.classes[prediction]
        wall_ms = 1000.0 * max(0.0, time.time() - arrival.at_s)
        number, (ends,) = len(self._packets) + 1, capture.tuples()
        return LiveDecision(number, ends, prediction, name, tied, steps, network_ms, wall_ms)


__all__ = ["REPEATS", "Live"]
