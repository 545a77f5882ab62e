"""live: a model that decides packets as they come; yields decisions, prints nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from neurodeploy.compiler import Compiled
from neurodeploy.confidence import Confidence
from neurodeploy.deciding import Live
from neurodeploy.deployment import calibration_raster, compile, shipped_samples
from neurodeploy.describe import Model
from neurodeploy.errors import ModelError
from neurodeploy.passes import WeightScale
from neurodeploy.planning import Machine, Pace, count_traffic
from neurodeploy.planning import plan as plan_pace
from neurodeploy.runtime.going_live import presenting
from neurodeploy.runtime.options import RunOptions


@contextmanager
def live(
    model: Model,
    target: str = "emulator",
    *,
    confidence: Confidence | None = None,
    weight_scale: WeightScale | None = None,
    options: RunOptions | None = None,
) -> Iterator[Live]:
    """Deploy a model of packets that decides them as they come.

    Parameters
    ----------
    model : Model
    target : str
        One that runs live.
    confidence : Confidence, optional
        When a packet is decided; default as soon as no other class can win.
    weight_scale : WeightScale, optional
        Default: calibrated on what ships with the model for that, else `safe`.
    options : RunOptions, optional
        Engine, machine and presentation.

    Yields
    ------
    live : Live

    Raises
    ------
    NeurodeployError
        If model or target cannot run live.

    Examples
    --------
    >>> import neurodeploy as nd
    >>> from neurodeploy import packets
    >>> model = nd.load("models/packet-signatures")
    >>> with nd.live(model) as deployed, packets.opened(
    ...     "models/packet-signatures/sample.pcap", speed=1e6
    ... ) as arrivals:
    ...     first = next(deployed.decisions(arrivals))
    >>> first.number, first.steps <= 2
    (1, True)
    """
    if model.packets is None:
        raise ModelError(
            model.name,
            "does not take packets, and nothing else comes live",
            todo="use a model with [input.packets], such as models/packet-apps",
        )
    options, begun = options or RunOptions(), time.perf_counter()
    compiled = compile(model, target, weight_scale=weight_scale)
    compiled_at = time.perf_counter()
    pace = _pace(compiled, options)
    with presenting(compiled, model.encoder.steps, options, pace) as (presenter, session):
        built = time.perf_counter()
        yield Live(
            compiled,
            presenter,
            session,
            confidence or Confidence(),
            compiled_at - begun,
            built - compiled_at,
        )


def _pace(compiled: Compiled, options: RunOptions) -> Pace:
    """Return how slowly a machine has to run.

    By what ships with the model; where nothing does, for all inputs in every step.
    """
    if not compiled.target.fixed_point or compiled.target.restores_state:
        return Pace()
    model = compiled.model
    raster = calibration_raster(model)
    if raster is None and model.files.data is not None:
        raster = calibration_raster(model, shipped_samples(model))
    if raster is None:
        shape = (1, model.encoder.steps, compiled.trained.inputs.size)
        raster = np.ones(shape, dtype=np.uint8)
    where = Machine(version=options.machine.version or 5)
    return plan_pace(compiled.network, count_traffic(compiled, raster), where)


__all__ = ["live"]
