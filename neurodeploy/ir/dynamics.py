"""What one step of a trained neuron computes, in the trainer's own discrete time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neurodeploy.errors import LoweringError

Floats = NDArray[np.float64]
Integrator = Literal["euler", "exact"]
ResetKind = Literal["hard", "hard_delayed", "subtract", "subtract_delayed", "none"]
#: What a model may state; `none` is for neurons without memory and for lowered ones.
RESET_KINDS: tuple[ResetKind, ...] = ("hard", "hard_delayed", "subtract", "subtract_delayed")


@dataclass(frozen=True, eq=False)
class StepFactors:
    """Factors of one discrete step; each is an (n,) float array.

    The step is, with S the summed input of the step::

        i = syn_decay * i + syn_gain * S      (i = S without a synaptic state)
        u = mem_decay * u + mem_gain * i + leak
        spike if u > threshold, then the reset (`Dynamics.reset_kind`)
    """

    syn_decay: Floats
    syn_gain: Floats
    mem_decay: Floats
    mem_gain: Floats
    leak: Floats


@dataclass(frozen=True, eq=False)
class Dynamics:
    """The equation of a NIR neuron and how its trainer integrates it.

    Parameters
    ----------
    tau_mem_ms : (n,) float array
        0 for a neuron without memory, inf for one without leak.
    tau_syn_ms : (n,) float array or None
        None for a neuron without a synaptic state.
    r : (n,) float array
        Membrane resistance of the trained (dimensionless) units; per ms if there is no leak.
    w_in : (n,) float array
        Gain of the synaptic input.
    v_leak, reset : (n,) float array
    threshold : (n,) float array or None
        None for a readout that never spikes.
    integrator : {"euler", "exact"}
        `euler`: forward Euler, x += dt/tau (target - x). `exact`: exponential decay with the
        input held for the step.
    jump : bool
        The synaptic current jumps by `w_in` for a unit input, whatever tau and dt (Norse).
    reset_kind : {"hard", "hard_delayed", "subtract", "subtract_delayed", "none"}
        `hard`: u is reset in the step that spiked. `hard_delayed`: in the following step,
        which loses its input (snnTorch's zero reset with reset_delay). `subtract`: the
        threshold is subtracted in the step that spiked. `subtract_delayed`: in the following
        step, after its decay (snnTorch's default). `none`: u stays.
    """

    tau_mem_ms: Floats
    tau_syn_ms: Floats | None
    r: Floats
    w_in: Floats
    v_leak: Floats
    threshold: Floats | None
    reset: Floats
    integrator: Integrator = "exact"
    jump: bool = False
    reset_kind: ResetKind = "hard"

    def step(self, dt_ms: float) -> StepFactors:
        """Return the factors of one step of `dt_ms`."""
        mem_decay = decay_per_step(self.tau_mem_ms, dt_ms, self.integrator)
        leaky = np.isfinite(self.tau_mem_ms)
        mem_gain = np.where(leaky, self.r * (1 - mem_decay), self.r * dt_ms)
        leak = np.where(leaky, self.v_leak * (1 - mem_decay), 0.0)
        if self.tau_syn_ms is None:
            return StepFactors(np.zeros_like(mem_decay), self.w_in, mem_decay, mem_gain, leak)
        syn_decay = decay_per_step(self.tau_syn_ms, dt_ms, self.integrator)
        syn_gain = self.w_in * (1.0 if self.jump else 1 - syn_decay)
        return StepFactors(syn_decay, syn_gain, mem_decay, mem_gain, leak)

    def exact(self, dt_ms: float) -> Dynamics:
        """Return the exponential neuron whose steps of `dt_ms` are the same.

        For forward Euler the factor of a step is 1 - dt/tau, so the exponential neuron
        needs tau' = -dt / ln(1 - dt/tau); both then share the factor (1 - decay) of the
        input, and every other parameter stays.
        """
        if self.integrator == "exact":
            return self
        tau_syn_ms = self.tau_syn_ms
        if tau_syn_ms is not None:
            tau_syn_ms = tau_of_decay(decay_per_step(tau_syn_ms, dt_ms, "euler"), dt_ms)
        tau_mem_ms = tau_of_decay(decay_per_step(self.tau_mem_ms, dt_ms, "euler"), dt_ms)
        return replace(self, tau_mem_ms=tau_mem_ms, tau_syn_ms=tau_syn_ms, integrator="exact")

    @property
    def subtracts(self) -> bool:
        """Whether a spike lowers the potential by the threshold."""
        return self.threshold is not None and self.reset_kind in ("subtract", "subtract_delayed")

    def stretched(self, factor: float) -> Dynamics:
        """Return the neuron whose steps are `factor` times as long and otherwise the same."""
        if factor == 1.0:
            return self
        tau_syn_ms = None if self.tau_syn_ms is None else self.tau_syn_ms * factor
        # Without a leak, r is a gain per ms.
        r = np.where(np.isfinite(self.tau_mem_ms), self.r, self.r / factor)
        return replace(self, tau_mem_ms=self.tau_mem_ms * factor, tau_syn_ms=tau_syn_ms, r=r)


def decay_per_step(tau_ms: Floats, dt_ms: float, integrator: Integrator) -> Floats:
    """Return the factor by which a state shrinks in one step, an (n,) float array.

    Raises
    ------
    LoweringError
        If forward Euler with this step is not a decay (dt > tau).
    """
    with np.errstate(divide="ignore"):
        ratio = dt_ms / tau_ms
    if integrator == "exact":
        return np.exp(-ratio)
    # A few ulps over 1 come from files that hold tau in float32.
    if np.any(ratio > 1 + 1e-6):
        raise LoweringError(
            "time constants",
            "forward Euler needs dt <= tau",
            got=f"dt {dt_ms} ms, smallest tau {float(np.min(tau_ms)):.6g} ms",
            todo="check --dt and the time unit",
        )
    return np.clip(1 - ratio, 0.0, 1.0)


def tau_of_decay(decay: Floats, dt_ms: float) -> Floats:
    """Return the time constants in ms whose exponential decay in `dt_ms` is `decay`."""
    with np.errstate(divide="ignore"):
        return np.where(decay < 1, -dt_ms / np.log(np.minimum(decay, 1 - 1e-16)), np.inf)
