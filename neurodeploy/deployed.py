"""From recordings to a Report: decide every sample, compare with `ideal`, say what to mind."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurodeploy import learning
from neurodeploy.compiler import Compiled
from neurodeploy.inputs import Samples
from neurodeploy.readout import READOUTS, SPIKE_READOUTS, Decisions, decide
from neurodeploy.records import Recording, concatenate
from neurodeploy.results import Report
from neurodeploy.runtime.cassette import save, tape
from neurodeploy.runtime.runner import run_batches
from neurodeploy.target.ideal import IDEAL

#: Samples of one run, at most: few enough that memory stays small and little is lost by Ctrl-C.
#: Each run costs about 0.4 s to set up: packets took 1.2 times as long by 512, 1.7 by 256.
BATCH = 1024


@dataclass(frozen=True, eq=False)
class Deployed:
    """What a report needs beside the recordings.

    Parameters
    ----------
    compiled : Compiled
    samples : Samples
    raster : (n, steps, n_inputs) uint8 array
    engine : str or None
        As asked for.
    compile_s : float
    calibrated_on_itself : bool
        Whether weight scales were calibrated on the samples that are run.
    """

    compiled: Compiled
    samples: Samples
    raster: NDArray[np.uint8]
    engine: str | None
    compile_s: float
    calibrated_on_itself: bool

    def record(self, batches: list[Recording], cassette: Path | None) -> None:
        """Put the batches on a cassette, where one is asked for."""
        if cassette is not None:
            save(tape(self.compiled, self.raster, batches, _versions()), cassette)

    def report(self, batches: list[Recording], agreement: bool) -> Report:
        """Decide every sample of the batches and put the report together."""
        compiled = self.compiled
        target = compiled.target
        samples = self.samples.first(sum(batch.n_samples - 1 for batch in batches))
        decisions, recording = _decided(compiled, batches, samples, self.raster.shape[1])
        timing_s = {"compile": self.compile_s, **_summed(batches)}
        reference = decisions if target == IDEAL else None
        if agreement and reference is None:
            begun = time.perf_counter()
            trained = replace(compiled, target=IDEAL)
            again = list(run_batches(trained, self.raster[: len(samples)], batch=BATCH))
            reference, _ = _decided(trained, again, samples, self.raster.shape[1])
            timing_s["ideal"] = time.perf_counter() - begun
        return Report(
            model=compiled.model.name,
            target=target.name,
            engine=recording.engine or self.engine or target.engines[0],
            emulates=target.emulates,
            classes=compiled.classes,
            decisions=decisions,
            ideal=reference,
            samples=samples,
            recording=recording,
            network=compiled.network,
            timing_s=timing_s,
            warnings=_warnings(self, recording),
            versions=_versions(),
            planned=len(self.samples),
            provenance=compiled.model.provenance,
            detection=learning.detection(compiled.model, samples, decisions, reference)
            if compiled.model.spatial is not None
            else None,
        )


def _decided(
    compiled: Compiled, batches: list[Recording], samples: Samples, steps: int
) -> tuple[Decisions, Recording]:
    """Return decisions and the recording without the blank sample that ends each batch."""
    net = compiled.trained
    read_out = READOUTS[compiled.model.readout]
    shape = (steps, net.population(net.output).size)
    scores = [read_out(batch, net.output, shape) for batch in batches]
    # A spike count of nothing is 0, whatever a blank sample does; a membrane at rest is
    # known from the blank sample alone.
    counted = compiled.model.readout in SPIKE_READOUTS
    silent = np.zeros(shape[1]) if counted else scores[0][-1]
    decisions = decide(np.concatenate([s[:-1] for s in scores]), silent, samples.decidable)
    return decisions, concatenate([batch.first(batch.n_samples - 1) for batch in batches])


def _warnings(run: Deployed, recording: Recording) -> tuple[str, ...]:
    found = []
    for name, count in recording.saturations.items():
        if count:
            found.append(f"{name}: ring buffers were full {count} times; raise its weight scale")
    # Full ring buffers and lost weights are told above and below, the compiler's time
    # constants are its choice, and a batch alone cannot say what never fires.
    told = ("wrap-around", "delay", "provenance")
    found += [
        str(finding)
        for finding in recording.findings
        if finding.kind in told or finding.kind.startswith("loss: ")
    ]
    for proj in run.compiled.network.projections:
        q = proj.quantisation
        if q is not None and q.zeroed > 0.05 * (proj.n_synapses + q.zeroed):
            found.append(f"{proj.name}: {q.zeroed} weights became 0 in 16 bits")
    if run.compiled.target.fixed_point and run.calibrated_on_itself:
        found.append("weight scales were calibrated on the samples that were run")
    found += learning.remarks(run.compiled.model, run.compiled.target)
    found += [f"data: {n} {what}" for what, n in run.samples.counts.items() if "malformed:" in what]
    return tuple(found)


def _summed(batches: list[Recording]) -> dict[str, float]:
    total: dict[str, float] = {"build": 0.0, "run": 0.0}
    for batch in batches:
        for key, seconds in batch.timing_s.items():
            total[key] += seconds
    return total


def _versions() -> dict[str, str]:
    def of(name: str) -> str:
        try:
            return version(name)
        except PackageNotFoundError:
            return "not installed"

    return {name: of(name) for name in ("neurodeploy", "numpy", "nir", "brian2", "sPyNNaker")}


__all__ = ["BATCH", "Deployed"]
