"""compile: import, check, passes, check again."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neurodeploy import detectors, ideal
from neurodeploy.describe import Model
from neurodeploy.errors import ModelError
from neurodeploy.importer import import_graph
from neurodeploy.ir.network import Network
from neurodeploy.ir.verify import verify
from neurodeploy.passes import PIPELINE, SHAPING, Pass, Settings, WeightScale
from neurodeploy.readout import check_kind
from neurodeploy.target.spec import TargetSpec


@dataclass(frozen=True, eq=False)
class Compiled:
    """A network ready for a target.

    Parameters
    ----------
    model : Model
    target : TargetSpec
    trained : Network
        As imported: what `ideal` runs.
    network : Network
        As lowered; its notes say what each pass did.
    """

    model: Model
    target: TargetSpec
    trained: Network
    network: Network

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes; numbers where the model does not name them."""
        n = self.trained.population(self.trained.output).size
        return self.model.classes or tuple(str(k) for k in range(n))


def import_model(model: Model) -> Network:
    """Return the network of a model in trained units.

    Raises
    ------
    ModelError
        If classes or readout do not fit the network.
    """
    graph = model.graph if model.spatial is None else detectors.exact_graph(model)
    net = import_graph(graph, model.timing, model.name)
    output = net.population(net.output)
    if model.classes and len(model.classes) != output.size:
        raise ModelError(
            model.name, "classes and outputs differ", got=len(model.classes), limit=output.size
        )
    spiking = output.dynamics is not None and output.dynamics.threshold is not None
    check_kind(model.readout, spiking)
    return net


def compile_network(
    net: Network,
    target: TargetSpec,
    *,
    weight_scale: WeightScale | None = None,
    calibration: NDArray[np.uint8] | None = None,
    steps: int | None = None,
) -> Network:
    """Return the lowered network.

    Parameters
    ----------
    net : Network
        As imported.
    target : TargetSpec
        Without fixed point there is nothing to lower.
    weight_scale : WeightScale, optional
    calibration : (n, steps, n_inputs) uint8 array, optional
        Sample spikes to calibrate weight scales on; without any the policy is `safe`.
    steps : int, optional
        Steps of a sample; those of the calibration data if there are any.
    """
    if not target.fixed_point:
        return net
    settings = Settings(weight_scale=weight_scale or WeightScale(), steps=steps)
    if calibration is not None and len(calibration):
        settings = replace(settings, steps=calibration.shape[1])
        if settings.weight_scale.policy == "calibrated":
            shaped = _lowered(net, SHAPING, settings)
            settings = replace(settings, peaks=ideal.peaks(shaped, calibration))
    return _lowered(net, PIPELINE, settings)


def _lowered(net: Network, passes: tuple[Pass, ...], settings: Settings) -> Network:
    for step in passes:
        net = verify(step(net, settings))
    return net


def compile_model(
    model: Model,
    target: TargetSpec,
    *,
    weight_scale: WeightScale | None = None,
    calibration: NDArray[np.uint8] | None = None,
) -> Compiled:
    """Import and lower a model; see `compile_network`."""
    trained = import_model(model)
    if model.spatial is not None:
        # The general passes would scale weights anew, and words near a threshold change sides.
        return Compiled(
            model, target, trained, detectors.lower(model) if target.fixed_point else trained
        )
    network = compile_network(
        trained,
        target,
        weight_scale=weight_scale,
        calibration=calibration,
        steps=model.encoder.steps or None,
    )
    return Compiled(model, target, trained, replace(network, name=model.name))
