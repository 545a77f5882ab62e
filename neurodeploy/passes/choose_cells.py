"""Choose a PyNN cell type for each population and bring its weights to nA."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neurodeploy.errors import LoweringError, VerifyError
from neurodeploy.ir.dynamics import Dynamics
from neurodeploy.ir.network import Cell, Floats, Network, Population
from neurodeploy.passes.peaks import receptor_peaks
from neurodeploy.passes.settings import Settings
from neurodeploy.target import machine_steps as machine
from neurodeploy.target import spinnaker

#: Voltage of a trained potential of 1; halved where currents would leave the number range.
#: A power of two, so that scaling rounds nothing.
mV_PER_UNIT = 64.0
#: Share of the S16.15 range that the largest current expected may take: a ring buffer holds up to
#: twice what is expected, and a step of the membrane is the difference of two such currents.
HEADROOM = 0.25
_LSB_mV = 2.0**-15


def choose_cells(net: Network, settings: Settings) -> Network:
    """Return the network with a cell on every population and weights in nA.

    A synaptic state becomes `IF_curr_exp`, none `IF_curr_delta`. With cm = tau_m the
    membrane resistance is 1, and one trained weight becomes::

        gain = mV_per_unit * syn_gain * mem_gain / (init * (1 - E))

    where E and init are the decay and the synapse's share on arrival that the core really
    computes, in integers, so that rounding of time constants does not change the gain.
    """
    if all(pop.cell is not None for pop in net.neurons):
        return net
    cells = {pop.name: _cell(net, pop, settings) for pop in net.neurons}
    out = net
    for name, cell in cells.items():
        out = out.with_population(replace(net.population(name), cell=cell))
    scaled = tuple(
        replace(p, weight=p.weight * cells[p.post].gain_nA[p.post_index]) for p in net.projections
    )
    kinds = ", ".join(f"{name} {cell.kind}" for name, cell in cells.items())
    return replace(out, projections=scaled).noted(f"choose_cells: {kinds}")


def _cell(net: Network, pop: Population, settings: Settings) -> Cell:
    dynamics = pop.dynamics
    if dynamics is None or dynamics.integrator != "exact":
        raise VerifyError(pop.name, "needs corrected dynamics before a cell is chosen")
    tick_ms = settings.tick_ms
    step = dynamics.step(tick_ms)
    drive = step.syn_gain * step.mem_gain
    if np.any(drive <= 0):
        raise LoweringError(pop.name, "gain must be above 0", got=float(drive.min()))
    tau_m_ms = _membrane_tau(dynamics, tick_ms)
    kept = machine.membrane_decay(tau_m_ms, tick_ms)
    if dynamics.tau_syn_ms is None:
        # The delta cell multiplies its input by 1/dt.
        kind, synapse, arrives = "IF_curr_delta", {}, np.full(pop.size, 1.0 / tick_ms)
        decay = np.zeros(pop.size)
    else:
        tau_syn_ms = _synapse_tau(dynamics.tau_syn_ms, tick_ms, pop.name)
        kind, synapse = "IF_curr_exp", {"tau_syn_E": tau_syn_ms, "tau_syn_I": tau_syn_ms}
        arrives = machine.synapse_gain(tau_syn_ms, tick_ms)
        decay = machine.synapse_decay(tau_syn_ms, tick_ms)
    gain = drive / (arrives * (1 - kept))
    ticks = _sample_ticks(net, settings)
    held = np.minimum(1 / (1 - decay), ticks)
    mV = _voltage_scale(net, pop, gain * arrives * held, settings)
    membrane = _membrane(dynamics, mV, tau_m_ms, tick_ms)
    v_init_mV = _start(pop, dynamics, mV, kept)
    return Cell(kind, membrane | synapse, v_init_mV, gain * mV, mV, decay, ticks)


def _sample_ticks(net: Network, settings: Settings) -> int:
    """Return the ticks of a sample; those that sPyNNaker plans with where nothing is said."""
    steps = settings.steps or spinnaker.SPINN5.planned_ticks
    return (net.population(net.output).start_tick or 0) + steps + 1


def _membrane(dynamics: Dynamics, mV: float, tau_m_ms: Floats, tick_ms: float) -> dict[str, Floats]:
    """Return the parameters that every cell type has, in PyNN's units."""
    n = tau_m_ms.size
    refractory_ms = tick_ms if dynamics.reset_kind == "hard_delayed" else 0.0
    if dynamics.threshold is None:
        v_thresh_mV = np.full(n, spinnaker.UNREACHABLE_mV)
    else:
        # Training spikes above the threshold, the board at it.
        v_thresh_mV = dynamics.threshold * mV + _LSB_mV
    return {
        "tau_m": tau_m_ms,
        "cm": tau_m_ms,
        "v_rest": dynamics.v_leak * mV,
        "v_reset": dynamics.reset * mV,
        "v_thresh": v_thresh_mV,
        "tau_refrac": np.full(n, refractory_ms),
    }


def _membrane_tau(dynamics: Dynamics, tick_ms: float) -> Floats:
    shortest, longest = spinnaker.MEMORYLESS_TICKS * tick_ms, spinnaker.LONGEST_TICKS * tick_ms
    return np.clip(dynamics.tau_mem_ms, shortest, longest)


def _synapse_tau(tau_ms: Floats, tick_ms: float, name: str) -> Floats:
    """Return time constants close to those wanted whose synaptic gain does not wrap."""
    tau = np.clip(tau_ms, spinnaker.MEMORYLESS_TICKS * tick_ms, spinnaker.LONGEST_TICKS * tick_ms)
    for shrink in 1.0 - np.arange(64) / 1024.0:
        wraps = machine.gain_wraps(tau, tick_ms)
        if not np.any(wraps):
            return tau
        tau = np.where(wraps, np.minimum(tau_ms, tau) * shrink, tau)
    raise LoweringError(
        name, "no synaptic time constant near this one works on the board", got=float(tau_ms.max())
    )


def _voltage_scale(net: Network, pop: Population, swing: Floats, settings: Settings) -> float:
    """Return mV per unit so that membrane targets and levels stay inside S16.15.

    Parameters
    ----------
    swing : (n,) float array
        Largest current (nA, which is mV here) of a unit of input in every tick of a sample, at
        1 mV a unit.
    """
    peak = receptor_peaks(net, pop, settings)
    input_peak = np.maximum(peak.excitatory, peak.inhibitory)
    for proj in net.incoming(pop.name):
        # A single weight may be larger than all that was seen, and the ring must hold it.
        np.maximum.at(input_peak, proj.post_index, np.abs(proj.weight))
    largest = float(np.max(swing * input_peak))
    dynamics = pop.dynamics
    if dynamics is not None:
        levels = [dynamics.v_leak, dynamics.reset]
        levels += [] if dynamics.threshold is None else [dynamics.threshold]
        largest = max(largest, *(float(np.max(np.abs(v))) for v in levels))
    room = HEADROOM * spinnaker.S1615_LIMIT
    fits = mV_PER_UNIT if largest == 0 else min(mV_PER_UNIT, room / largest)
    return float(2.0 ** np.floor(np.log2(fits)))


def _start(pop: Population, dynamics: Dynamics, mV: float, kept: Floats) -> Floats:
    """Return v(0) such that the membrane is 0 when the layer's step 0 begins.

    Before its first step a population only leaks towards v_rest.
    """
    if dynamics.threshold is not None and np.any(dynamics.threshold < 0):
        raise LoweringError(
            pop.name, "a threshold below 0 spikes at rest", got=float(dynamics.threshold.min())
        )
    ticks = pop.start_tick or 0
    with np.errstate(divide="ignore", invalid="ignore"):
        early = dynamics.v_leak * mV * (1 - kept ** -float(ticks))
    v_init = np.where(dynamics.v_leak == 0, 0.0, early)
    first = v_init * kept + dynamics.v_leak * mV * (1 - kept)
    over = dynamics.threshold is not None and np.any(first > dynamics.threshold * mV)
    if over or np.any(np.abs(v_init) > HEADROOM * spinnaker.S1615_LIMIT):
        raise LoweringError(
            pop.name,
            "v_leak leaves no resting start before the layer's first step",
            got=f"v_leak {float(dynamics.v_leak.min()):g}",
            todo="fold the leak into the bias",
        )
    return v_init
