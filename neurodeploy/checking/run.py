"""check: compile, count, hold against the machine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurodeploy.checking.figures import energy_of, figures_of, warnings_of
from neurodeploy.checking.needs import needs, projection_needs
from neurodeploy.checking.result import Check
from neurodeploy.compiler import Compiled, compile_model
from neurodeploy.deployment import calibration_raster, target_spec
from neurodeploy.describe import Model
from neurodeploy.inputs import Samples
from neurodeploy.passes import WeightScale
from neurodeploy.planning import DEFAULT_NEURONS, Machine, Pace, Traffic, count_traffic, plan
from neurodeploy.schedule import schedule
from neurodeploy.target.layout import lay_out
from neurodeploy.target.memory import Recorded
from neurodeploy.target.rules import Design, violations


def check(
    model: Model,
    target: str = "emulator",
    *,
    weight_scale: WeightScale | None = None,
    machine: Machine | None = None,
    calibration: ArrayLike | Samples | None = None,
) -> Check:
    """Compile a model and hold it against the machine's limits.

    Parameters
    ----------
    model : Model
    target : str
    weight_scale : WeightScale, optional
    machine : Machine, optional
        Default: one SpiNN-5 board.
    calibration : (n, features) array or Samples, optional
        Data to calibrate on and to count events on, instead of what ships with the model.

    Returns
    -------
    check : Check
        Every violation at once. For `ideal` there are no limits.
    """
    spec = target_spec(target)
    raster = calibration_raster(model, calibration) if spec.fixed_point else None
    compiled = compile_model(model, spec, weight_scale=weight_scale, calibration=raster)
    return check_compiled(compiled, raster, machine)


def check_compiled(
    compiled: Compiled, raster: NDArray[np.uint8] | None = None, machine: Machine | None = None
) -> Check:
    """Hold a compiled model against the machine's limits.

    Parameters
    ----------
    compiled : Compiled
    raster : (n, steps, n_inputs) uint8 array, optional
        Sample spikes on which to count packets and synaptic events.
    machine : Machine, optional
    """
    net = compiled.network
    if not compiled.target.fixed_point:
        return Check(compiled.model.name, compiled.target.name, needs(net), (), net.notes, {}, None)
    where = machine or Machine()
    traffic = None if raster is None or not len(raster) else count_traffic(compiled, raster)
    pace = plan(net, traffic, where)
    recorded = _recorded(compiled, traffic)
    design = Design(
        lay_out(net, pace.per_core), where.board, where.boards,
        recorded, where.time_scale_factor,
        {name: load.events for name, load in pace.loads.items()},
        {name: load.instructions for name, load in pace.loads.items()},
    )  # fmt: skip
    return _checked(compiled, design, pace, traffic)


def events_per_tick(compiled: Compiled, raster: NDArray[np.uint8]) -> dict[str, int]:
    """Count the synaptic events of each population's busiest core in its busiest tick.

    Parameters
    ----------
    compiled : Compiled
    raster : (n, steps, n_inputs) uint8 array
        Spikes of the input; those of neurons are what `ideal` says.

    Returns
    -------
    events : dict of population name to int
        At the default neurons per core.
    """
    traffic = count_traffic(compiled, raster)
    return {
        pop.name: traffic.events(pop.name, min(DEFAULT_NEURONS, pop.size))
        for pop in compiled.network.neurons
    }


def _checked(compiled: Compiled, design: Design, pace: Pace, traffic: Traffic | None) -> Check:
    net, layout = design.network, design.layout
    populations = needs(net, layout, design.recorded)
    projections = projection_needs(net, layout)
    figures = figures_of(design, populations, projections, pace.loads)
    ticks = _sample_ticks(compiled, traffic)
    packets = 0.0 if traffic is None else traffic.per_sample()
    return Check(
        model=compiled.model.name,
        target=compiled.target.name,
        populations=populations,
        violations=violations(design),
        notes=net.notes,
        events_per_tick=dict(design.events),
        time_scale_factor=pace.time_scale_factor,
        projections=projections,
        warnings=warnings_of(design, pace, projections),
        figures=figures,
        loads=dict(pace.loads),
        energy=energy_of(design, pace, ticks, packets, int(figures["boards"].value)),
        board=f"{design.boards} x {design.board.name}",
    )


def _sample_ticks(compiled: Compiled, traffic: Traffic | None) -> int | None:
    """Return the ticks of one sample, by what was counted or by the encoder."""
    if traffic is not None:
        return traffic.plan.sample_ticks
    steps = compiled.model.encoder.steps
    return schedule(compiled.network, steps).sample_ticks if steps else None


def _recorded(compiled: Compiled, traffic: Traffic | None) -> Recorded:
    """Return what a deployment records: spikes of every population, or the output's membrane."""
    net = compiled.network
    output = net.population(net.output)
    silent = output.dynamics is not None and output.dynamics.threshold is None
    peaks = None
    if traffic is not None:
        sources = (pop.name for pop in net.populations if pop.kind != "neurons")
        peaks = {name: traffic.peak(name) for name in sources}
    membranes = frozenset({net.output}) if silent else frozenset()
    return replace(
        Recorded(peaks=peaks),
        spikes=frozenset(pop.name for pop in net.neurons if pop.name not in membranes),
        membranes=membranes,
    )


__all__ = ["check", "check_compiled", "events_per_tick"]
