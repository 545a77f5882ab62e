"""Lower a reset by subtraction to a spike that inhibits its own neuron."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neurodeploy.errors import LoweringError, VerifyError
from neurodeploy.ir.dynamics import Dynamics
from neurodeploy.ir.network import Floats, Network, Population, Projection
from neurodeploy.passes.settings import Settings


def soft_reset(net: Network, settings: Settings) -> Network:
    """Return the network without resets by subtraction.

    Every cell of the board sets its membrane to a constant when it spikes; only its synaptic
    current survives. So the trained potential becomes that current, behind a membrane without
    memory, and a spike takes the threshold away from it one tick later, through an inhibitory
    synapse of the neuron onto itself::

        u(t) = beta u(t-1) + input(t) - amount * spike(t-1)

    with the threshold for the amount if training subtracts with a delay, and beta times the
    threshold if it subtracts at once. Both are the trained recurrence itself.
    """
    names = [p.name for p in net.neurons if p.dynamics is not None and p.dynamics.subtracts]
    if not names:
        return net
    out = net
    for name in names:
        pop = net.population(name)
        dynamics = _checked(pop)
        drive = _drive(pop, dynamics, settings.tick_ms)
        out = out.with_population(replace(pop, dynamics=_accumulator(dynamics, drive)))
        own = _self_inhibition(pop, dynamics, drive, settings.tick_ms)
        out = replace(out, projections=(*out.projections, own))
    return out.noted(f"soft_reset: self-inhibition by the threshold on {', '.join(names)}")


def _checked(pop: Population) -> Dynamics:
    dynamics = pop.dynamics
    if dynamics is None or dynamics.integrator != "exact":
        raise VerifyError(pop.name, "needs corrected dynamics before its reset is lowered")
    if dynamics.tau_syn_ms is not None:
        raise LoweringError(
            pop.name,
            "no lowering yet for a reset by subtraction with a synaptic current (CubaLIF)",
            got=dynamics.reset_kind,
            todo="train with a reset to zero, or without a synaptic current",
        )
    if np.any(dynamics.v_leak):
        raise LoweringError(
            pop.name,
            "a reset by subtraction needs v_leak 0",
            got=float(dynamics.v_leak[np.argmax(np.abs(dynamics.v_leak))]),
            todo="fold the leak into the bias",
        )
    return dynamics


def _drive(pop: Population, dynamics: Dynamics, tick_ms: float) -> Floats:
    """Return what a unit of input adds to the potential at once, an (n,) float array."""
    step = dynamics.step(tick_ms)
    drive = step.syn_gain * step.mem_gain
    if np.any(drive <= 0):
        raise LoweringError(pop.name, "gain must be above 0", got=float(drive.min()))
    return np.asarray(drive)


def _accumulator(dynamics: Dynamics, drive: Floats) -> Dynamics:
    """Return a neuron whose synaptic current is the trained potential."""
    zero, one = np.zeros_like(drive), np.ones_like(drive)
    return Dynamics(
        tau_mem_ms=zero,
        tau_syn_ms=dynamics.tau_mem_ms,
        r=one,
        w_in=drive,
        v_leak=zero,
        threshold=dynamics.threshold,
        reset=zero,
        integrator="exact",
        jump=True,
        reset_kind="none",
    )


def _self_inhibition(
    pop: Population, dynamics: Dynamics, drive: Floats, tick_ms: float
) -> Projection:
    """Return the synapses, in units of input, by which a spike lowers the potential."""
    amount = np.zeros(pop.size) if dynamics.threshold is None else dynamics.threshold
    if dynamics.reset_kind == "subtract":
        amount = amount * dynamics.step(tick_ms).mem_decay
    index = np.flatnonzero(amount).astype(np.int32)
    return Projection(
        name=f"{pop.name} reset",
        pre=pop.name,
        post=pop.name,
        pre_index=index,
        post_index=index,
        weight=-(amount / drive)[index],
        recurrent=True,
    )
