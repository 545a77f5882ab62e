"""Lower a reset by subtraction to a spike that inhibits its own neuron."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from neurodeploy.errors import LoweringError, VerifyError
from neurodeploy.ir.dynamics import Dynamics
from neurodeploy.ir.network import Floats, Network, Population, Projection
from neurodeploy.passes.delay_taps import powers, tapped, taps_needed
from neurodeploy.passes.settings import Settings


def soft_reset(net: Network, settings: Settings) -> Network:
    """Return the network without resets by subtraction.

    Every cell of the board sets its membrane to a constant when it spikes; only its synaptic
    current survives. So the trained potential becomes that current, behind a membrane without
    memory, and a spike takes the threshold away from it one tick later, through an inhibitory
    synapse of the neuron onto itself::

        u(t) = beta u(t-1) + input(t) - amount * spike(t-1)

    with the threshold for the amount if training subtracts with a delay, and beta times the
    threshold if it subtracts at once. Both are the trained recurrence itself. A neuron with a
    synaptic current has a second decay; the faster of the two becomes taps (`delay_taps`).
    """
    names = [p.name for p in net.neurons if p.dynamics is not None and p.dynamics.subtracts]
    if not names:
        return net
    out, said = net, []
    for name in names:
        pop = net.population(name)
        poles = _poles(pop, settings.tick_ms)
        out = out.with_population(replace(pop, dynamics=_accumulator(poles)))
        projections = out.projections
        if poles.taps > 1:
            projections = tuple(_filtered(p, name, poles) for p in projections)
        out = replace(out, projections=(*projections, _self_inhibition(name, poles)))
        said.append(name if poles.taps == 1 else f"{name} ({poles.taps} taps a synapse)")
    return out.noted(f"soft_reset: self-inhibition by the threshold on {', '.join(said)}")


@dataclass(frozen=True, eq=False)
class _Poles:
    """A population with a reset by subtraction, one step at a time; (n,) float arrays.

    Parameters
    ----------
    dynamics : Dynamics
    membrane, synapse : (n,) float array
        Decays of potential and synaptic current; 0 without one.
    drive : (n,) float array
        What a unit of input adds to the potential at once.
    amount : (n,) float array
        What a spike takes from it in the next step.
    taps : int
    tau_ms : (n,) float array
        Of the slower decay.
    """

    dynamics: Dynamics
    membrane: Floats
    synapse: Floats
    drive: Floats
    amount: Floats
    taps: int
    tau_ms: Floats

    @property
    def slow(self) -> Floats:
        """The decay that the current of the board's cell has."""
        return np.maximum(self.membrane, self.synapse)

    @property
    def fast(self) -> Floats:
        """The decay that taps stand for."""
        return np.minimum(self.membrane, self.synapse)


def _poles(pop: Population, tick_ms: float) -> _Poles:
    dynamics = _checked(pop)
    step = dynamics.step(tick_ms)
    drive = step.syn_gain * step.mem_gain
    if np.any(drive <= 0):
        raise LoweringError(pop.name, "gain must be above 0", got=float(drive.min()))
    threshold = np.zeros(pop.size) if dynamics.threshold is None else dynamics.threshold
    at_once = dynamics.reset_kind == "subtract"
    synaptic = dynamics.tau_syn_ms is not None
    tau_ms = dynamics.tau_mem_ms
    if dynamics.tau_syn_ms is not None:
        tau_ms = np.maximum(tau_ms, dynamics.tau_syn_ms)
    return _Poles(
        dynamics=dynamics,
        membrane=step.mem_decay,
        synapse=step.syn_decay,
        drive=drive,
        amount=threshold * (step.mem_decay if at_once else 1.0),
        taps=taps_needed(np.minimum(step.mem_decay, step.syn_decay), pop.name) if synaptic else 1,
        tau_ms=tau_ms,
    )


def _filtered(proj: Projection, name: str, poles: _Poles) -> Projection:
    if proj.post != name:
        return proj
    return tapped(proj, poles.fast, poles.slow, poles.taps)


def _checked(pop: Population) -> Dynamics:
    dynamics = pop.dynamics
    if dynamics is None or dynamics.integrator != "exact":
        raise VerifyError(pop.name, "needs corrected dynamics before its reset is lowered")
    if np.any(dynamics.v_leak):
        raise LoweringError(
            pop.name,
            "a reset by subtraction needs v_leak 0",
            got=float(dynamics.v_leak[np.argmax(np.abs(dynamics.v_leak))]),
            todo="fold the leak into the bias",
        )
    return dynamics


def _accumulator(poles: _Poles) -> Dynamics:
    """Return a neuron whose synaptic current is the trained potential."""
    zero, one = np.zeros_like(poles.drive), np.ones_like(poles.drive)
    return Dynamics(
        tau_mem_ms=zero,
        tau_syn_ms=poles.tau_ms,
        r=one,
        w_in=poles.drive,
        v_leak=zero,
        threshold=poles.dynamics.threshold,
        reset=zero,
        integrator="exact",
        jump=True,
        reset_kind="none",
    )


def _self_inhibition(name: str, poles: _Poles) -> Projection:
    """Return the synapses, in units of input, by which a spike lowers the potential.

    What is taken from the potential decays with the membrane. Where the synapse is slower, and
    the board's current decays with that, taps give back what has decayed more since.
    """
    taken = (poles.amount / poles.drive)[None, :]
    weight = -taken
    if np.any(poles.synapse > poles.membrane):
        ahead = np.maximum(poles.synapse - poles.membrane, 0.0)
        back = taken * ahead * powers(poles.fast, poles.slow, poles.taps)
        weight = np.concatenate([weight, back])
    lag, index = (part.astype(np.int32) for part in np.nonzero(weight))
    return Projection(
        name=f"{name} reset",
        pre=name,
        post=name,
        pre_index=index,
        post_index=index,
        weight=weight[lag, index],
        recurrent=True,
        lag=lag if np.any(lag) else None,
    )


__all__ = ["soft_reset"]
