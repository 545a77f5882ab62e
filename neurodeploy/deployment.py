"""deploy: compile, run, decide; returns a Report, prints nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurodeploy import learning
from neurodeploy.compiler import Compiled, compile_model, import_model
from neurodeploy.describe import Model
from neurodeploy.encode import Encoder, encode
from neurodeploy.errors import InputError
from neurodeploy.inputs import Samples, as_samples, read
from neurodeploy.ir.network import Network
from neurodeploy.passes import WeightScale
from neurodeploy.presentation import Presentation
from neurodeploy.readout import READOUTS, SPIKE_READOUTS, Decisions, decide
from neurodeploy.records import Recording, concatenate
from neurodeploy.results import Report
from neurodeploy.runtime.backend import MachineOptions
from neurodeploy.runtime.cassette import save, tape
from neurodeploy.runtime.journal import Journal
from neurodeploy.runtime.options import RunOptions
from neurodeploy.runtime.registry import find
from neurodeploy.runtime.runner import run_batches
from neurodeploy.target.ideal import IDEAL
from neurodeploy.target.spec import TargetSpec

#: Samples of one run, at most: few enough that memory stays small and little is lost by Ctrl-C.
#: Each run costs about 0.4 s to set up: packets took 1.2 times as long by 512, 1.7 by 256.
BATCH = 1024
#: Work of one run, at most, in synapses times steps: about two seconds on Brian2 with numpy.
BATCH_WORK = 1_300_000_000
#: Samples that weight scales are calibrated on, at most.
CALIBRATION = 512

Progress = Callable[[float], None]


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a deployment, with what was collected until then.

    Parameters
    ----------
    report : Report
        Of the samples that were done.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        super().__init__(f"interrupted after {report.n_samples} of {report.planned} samples")


def target_spec(name: str) -> TargetSpec:
    """Return what the target of that name can do."""
    return IDEAL if name == IDEAL.name else find(name).target()


def shipped_samples(model: Model) -> Samples:
    """Return the data that ships with a model.

    Raises
    ------
    InputError
        If it ships none.
    """
    if model.files.data is None and model.spatial is not None and model.packets is None:
        return learning.all_samples(model)
    if model.files.data is None:
        raise InputError(model.name, "ships no data", todo="give yours with --data")
    return read(model, model.files.data, model.files.labels)


def compile(
    model: Model,
    target: str = "emulator",
    *,
    weight_scale: WeightScale | None = None,
    calibration: ArrayLike | Samples | None = None,
) -> Compiled:
    """Compile a model for a target.

    Parameters
    ----------
    model : Model
    target : str
    weight_scale : WeightScale, optional
        Default: calibrated on the calibration data, `safe` where there is none.
    calibration : (n, features) array or Samples, optional
        Data to calibrate on instead of what ships with the model for that.

    Returns
    -------
    compiled : Compiled
        `compiled.network` is the lowered network; its notes say what each pass did.
    """
    spec = target_spec(target)
    raster = calibration_raster(model, calibration) if spec.fixed_point else None
    return compile_model(model, spec, weight_scale=weight_scale, calibration=raster)


def calibration_raster(
    model: Model, calibration: ArrayLike | Samples | None = None
) -> NDArray[np.uint8] | None:
    """Return what weight scales are calibrated on, as spikes; None if there is nothing.

    Parameters
    ----------
    model : Model
    calibration : (n, features) array or Samples, optional
        Data instead of what ships with the model for that.

    Returns
    -------
    raster : (n, steps, n_inputs) uint8 array or None
    """
    if calibration is not None:
        data = as_samples(calibration)
    elif model.files.calibration is not None:
        data = read(model, model.files.calibration)
    else:
        return None
    return _raster(model, data.first(CALIBRATION))


def deploy(
    model: Model,
    x: ArrayLike | Samples | None = None,
    y: ArrayLike | None = None,
    *,
    target: str = "emulator",
    engine: str | None = None,
    weight_scale: WeightScale | None = None,
    calibration: ArrayLike | Samples | None = None,
    agreement: bool = True,
    progress: Progress | None = None,
    machine: MachineOptions | None = None,
    cassette: Path | None = None,
    presentation: Presentation | None = None,
    journal: Path | None = None,
    resume: bool = False,
    strict: bool = False,
) -> Report:
    """Compile a model, run samples on a target and classify them.

    Parameters
    ----------
    model : Model
    x : (n, features) array, (n, steps, features) for encoder `events`, or Samples; optional
        None runs the data that ships with the model.
    y : (n,) int array, optional
        Class indices, -1 for a sample without a label.
    target : str
        `ideal`, `emulator` or another backend's name.
    engine : str, optional
        Engine inside the target.
    weight_scale : WeightScale, optional
    calibration : (n, features) array or Samples, optional
        Data to calibrate weight scales on; default what ships with the model for that, else
        the samples themselves, with a warning.
    agreement : bool
        Whether to run `ideal` as well and compare decisions.
    progress : callable, optional
        Called with the share of samples done, 0 to 1.
    machine : MachineOptions, optional
        Which machine, where the target needs one.
    cassette : Path, optional
        Gets the run as a file that target `replay:FILE` plays back.
    presentation : Presentation, optional
        How samples follow each other, and how many replicas of the network run side by side.
    journal : Path, optional
        Folder that gets every batch as it is done and loses them when all are.
    resume : bool
        Whether to take what the journal has of the same network, target and samples.
    strict : bool
        Whether what the emulator finds (docs/pynn.md) is an error.

    Returns
    -------
    report : Report

    Raises
    ------
    NeurodeployError
        If input, model or target cannot be used.
    Interrupted
        On Ctrl-C once some samples are done; it carries their report.
    """
    samples = shipped_samples(model) if x is None else as_samples(x, y)
    samples = learning.with_words(model, samples)
    with _named(samples):
        _check_labels(model, samples)
    raster = _raster(model, samples)
    start = time.perf_counter()
    itself = calibration is None and model.files.calibration is None and model.spatial is None
    compiled = compile(
        model, target, weight_scale=weight_scale, calibration=samples if itself else calibration
    )
    compile_s = time.perf_counter() - start
    run = _Run(compiled, samples, raster, engine, compile_s, itself)
    done: list[Recording] = []
    size = batch_size(compiled.trained, *raster.shape[:2])
    batches = None if journal is None else Journal(journal)
    if batches is not None and not resume:
        batches.clear()
    options = RunOptions(
        engine=engine,
        progress=progress,
        machine=machine or MachineOptions(),
        presentation=presentation or Presentation(),
        journal=batches,
        strict=strict,
    )
    try:
        for recording in run_batches(compiled, raster, batch=size, options=options):
            done.append(recording)
    except KeyboardInterrupt as err:
        if not done:
            raise
        run.record(done, cassette)
        raise Interrupted(run.report(done, agreement)) from err
    run.record(done, cassette)
    if batches is not None:
        batches.clear()
    try:
        return run.report(done, agreement)
    except KeyboardInterrupt as err:
        # The samples are all there: only what `ideal` says of them is given up.
        raise Interrupted(run.report(done, agreement=False)) from err


def batch_size(net: Network, n_samples: int, steps: int) -> int:
    """Return how many samples to run at once.

    A batch that was done is kept on Ctrl-C, so a batch of a large network is small; samples
    are spread evenly over as few batches as that allows.

    Parameters
    ----------
    net : Network
    n_samples, steps : int
        Samples in all, and steps of one.
    """
    work = max(1, sum(p.n_synapses for p in net.projections) * steps)
    most = min(BATCH, max(1, BATCH_WORK // work))
    n_batches = max(1, -(-n_samples // most))
    return max(1, -(-n_samples // n_batches))


@dataclass(frozen=True, eq=False)
class _Run:
    """What a report needs beside the recordings."""

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


def _raster(model: Model, samples: Samples) -> NDArray[np.uint8]:
    encoder = _encoder(model, samples)
    graph_input = import_model(model).inputs
    with _named(samples):
        return encode(samples.x, encoder, graph_input.size)


@contextmanager
def _named(samples: Samples) -> Iterator[None]:
    """Say which file an array that is refused came from."""
    try:
        yield
    except InputError as err:
        if samples.name == Samples.name:
            raise
        who = f"{samples.name}: {err.who}"
        raise InputError(who, err.what, got=err.got, limit=err.limit, todo=err.todo) from err


def _encoder(model: Model, samples: Samples) -> Encoder:
    """Return the model's encoder; spike counts of a bare file say how many steps they have."""
    if model.encoder.kind == "events" and model.encoder.steps == 0 and samples.x.ndim == 3:
        return replace(model.encoder, steps=samples.x.shape[1])
    return model.encoder


def _check_labels(model: Model, samples: Samples) -> None:
    if samples.y is None or samples.y.size == 0:
        return
    trained = import_model(model)
    n_classes = trained.population(trained.output).size
    if samples.y.min() < -1 or samples.y.max() >= n_classes:
        raise InputError(
            "y",
            "holds labels that are no class",
            got=f"{samples.y.min()} to {samples.y.max()}",
            limit=f"0 to {n_classes - 1}, or -1 for none",
        )


def _warnings(run: _Run, recording: Recording) -> tuple[str, ...]:
    found = []
    for name, count in recording.saturations.items():
        if count:
            found.append(f"{name}: ring buffers were full {count} times; raise its weight scale")
    # Full ring buffers and lost weights are told above and below, the compiler's time
    # constants are its choice, and a batch alone cannot say what never fires.
    told = ("wrap-around", "unwatched", "delay", "provenance")
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
    def of(name: str) -> Any:
        try:
            return version(name)
        except PackageNotFoundError:
            return "not installed"

    return {name: of(name) for name in ("neurodeploy", "numpy", "nir", "brian2", "sPyNNaker")}
