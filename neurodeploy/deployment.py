"""deploy: compile, run, decide; returns a Report, prints nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurodeploy import learning
from neurodeploy.compiler import Compiled, compile_model, import_model
from neurodeploy.deployed import BATCH, Deployed
from neurodeploy.describe import Model
from neurodeploy.encode import Encoder, encode
from neurodeploy.errors import InputError
from neurodeploy.inputs import Samples, as_samples, read
from neurodeploy.ir.network import Network
from neurodeploy.passes import WeightScale
from neurodeploy.presentation import Presentation
from neurodeploy.records import Recording
from neurodeploy.results import Report
from neurodeploy.runtime.backend import MachineOptions
from neurodeploy.runtime.journal import Journal
from neurodeploy.runtime.options import RunOptions
from neurodeploy.runtime.registry import find
from neurodeploy.runtime.runner import run_batches
from neurodeploy.target.ideal import IDEAL
from neurodeploy.target.spec import TargetSpec

#: On a machine, which takes seconds to load and much longer to run: little is to be lost.
MACHINE_BATCH = 64
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
    run = Deployed(compiled, samples, raster, engine, compile_s, itself)
    done: list[Recording] = []
    size = batch_size(compiled.trained, *raster.shape[:2])
    if not compiled.target.restores_state:
        size = min(size, MACHINE_BATCH)
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
    if model.encoder.kind == "events" and model.encoder.steps == 0 and samples.x.ndim >= 3:
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
