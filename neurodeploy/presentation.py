"""How long samples must lie apart where a machine does not restore its state between them.

In a network without loops, all that a sample leaves behind decays. Bounds of currents and
voltages follow from what the ring buffers can hold at most, so the gap is proved, not tried.
A loop in which a population only inhibits itself changes nothing: until its last spike it holds
the population down, and from then on what it left decays like any other current.
Two ends are reached in turn. First every current is 0 and every voltage within a bit (2**-15)
of rest, but for what rounding keeps: a voltage above rest stops falling up to 1 / (1 - decay)
bits above it. One below rest reaches it, so a small inhibitory spike, the flush, takes every
voltage below and lets it come back: then the state is what it was before the first sample.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neurodeploy.errors import VerifyError
from neurodeploy.ir.network import Cell, Network, Population, Projection
from neurodeploy.schedule import Schedule

#: One bit of the machine's numbers, in nA or mV.
BIT = 2.0**-15

#: A longer gap costs more than loading the network anew.
LONGEST_GAP_TICKS = 4096


How = Literal["auto", "restored", "apart", "reset"]


@dataclass(frozen=True)
class Presentation:
    """How samples follow each other.

    Parameters
    ----------
    how : {"auto", "restored", "apart", "reset"}
        `restored`: the target restores its state at each sample. `apart`: a gap between them,
        long enough for all state to decay. `reset`: a run each, with a reset in between.
    replicas : int or None
        Copies of the network that run side by side; None takes as many as the machine holds.
    """

    how: How = "auto"
    replicas: int | None = 1


@dataclass(frozen=True)
class _Decay:
    """Bounds of one population after its last input: |V| <= v b^n + i (1 - b) n m^(n-1).

    Parameters
    ----------
    v_mV, i_mV : float
        Largest voltage above or below rest, and what the largest current would hold it at.
    b, d : float
        Decays of voltage and current in a tick.
    """

    v_mV: float
    i_mV: float
    b: float
    d: float

    def bound_mV(self, ticks: int) -> float:
        """Return the largest distance from rest after so many ticks without input.

        The current's share is the convolution of two exponentials,
        i (1 - b) sum_k b^(n-1-k) d^k <= i (1 - b) n max(b, d)^(n-1).
        """
        longest = max(self.b, self.d) ** max(0, ticks - 1)
        return self.v_mV * self.b**ticks + self.i_mV * (1.0 - self.b) * ticks * longest

    def ticks_until(self, limit_mV: float) -> int:
        """Return ticks after which the bound stays below a limit; LONGEST_GAP_TICKS at most."""
        # The bound rises at first, by as much as n max(b, d)^n does.
        decay = max(self.b, self.d)
        peak = 0 if decay <= 0.0 else math.ceil(-1.0 / math.log(min(decay, 1.0 - 1e-12)))
        for ticks in range(min(peak, LONGEST_GAP_TICKS), LONGEST_GAP_TICKS):
            if self.bound_mV(ticks) < limit_mV:
                return ticks
        return LONGEST_GAP_TICKS


def apart(net: Network, plan: Schedule) -> tuple[Network, Schedule] | None:
    """Return the network with a flush, and samples so far apart that none sees another.

    Parameters
    ----------
    net : Network
        Lowered: with cells, delays and ring-buffer shifts.
    plan : Schedule
        Of samples that do not have to wait for each other.

    Returns
    -------
    net, plan : Network and Schedule, or None
        None if no such gap can be proved: the network has loops, or remembers too long.
    """
    order = _feed_forward(net)
    if order is None:
        return None
    last_spike = {
        pop.name: max(plan.start_tick.get(pop.name, 0), *pop.start_ticks, 0) + plan.steps
        for pop in net.populations
        if pop.kind != "neurons"
    }
    settled = plan.sample_ticks
    for name in order:
        pop = net.population(name)
        decay = _decay(pop, net.timestep_ms)
        others, own = _incoming(net, name)
        last_input = max((last_spike[p.pre] + _delay_ticks(net, p) for p in others), default=0)
        last_spike[name] = last_input + decay.ticks_until(_threshold_mV(pop))
        last_input = max([last_input, *(last_spike[name] + _delay_ticks(net, p) for p in own)])
        if _resets_far(pop):
            last_input = max(last_input, last_spike[name])
        settled = max(settled, last_input + decay.ticks_until(BIT))
    flush = {pop.name: _flush(pop, net.timestep_ms) for pop in net.neurons}
    recovery = 1 + max(one.ticks for one in flush.values())
    if settled + recovery >= plan.sample_ticks + LONGEST_GAP_TICKS:
        return None
    weights = {name: one.weight_nA for name, one in flush.items()}
    return _flushed(net, weights), replace(
        plan, sample_ticks=settled + recovery, flush_tick=settled
    )


@dataclass(frozen=True)
class _Flush:
    """What takes a population below rest, and how long it needs to come back."""

    weight_nA: float
    ticks: int


def _flush(pop: Population, timestep_ms: float) -> _Flush:
    """Return the smallest weight that is sure to take every voltage below rest."""
    decay, values = _decay(pop, timestep_ms), _cell(pop).parameters
    r = np.asarray(values["tau_m"]) / np.asarray(values["cm"])
    tau_syn_ms = np.asarray(values.get("tau_syn_I", 0.0))
    # Of an exponential synapse the first tick gets tau (1 - exp(-1 / tau)) of the weight.
    share = np.where(tau_syn_ms > 0, _share(tau_syn_ms / timestep_ms), 1.0)
    mV_per_nA = (1.0 - np.exp(-timestep_ms / np.asarray(values["tau_m"]))) * r * share
    lsb_nA = 2.0 ** ((pop.ring_shift or (0, 0))[1] - 15)
    stuck_mV = 4.0 * BIT / (1.0 - decay.b)
    steps = max(1, math.ceil(stuck_mV / float(np.min(mV_per_nA)) / lsb_nA))
    weight_nA = steps * lsb_nA
    i_mV = weight_nA * float(np.max(r)) / (1.0 - decay.d)
    return _Flush(weight_nA, replace(decay, v_mV=i_mV, i_mV=i_mV).ticks_until(BIT))


def _share(tau_ticks: NDArray[np.float64]) -> NDArray[np.float64]:
    safe = np.maximum(tau_ticks, 1e-6)
    return np.asarray(safe * (1.0 - np.exp(-1.0 / safe)))


def _flushed(net: Network, weights: dict[str, float]) -> Network:
    """Return the network with a source that inhibits every neuron once, between samples."""
    name = "flush"
    while name in {p.name for p in net.populations}:
        name += "_"
    projections = []
    for pop in net.neurons:
        post = np.arange(pop.size, dtype=np.int32)
        projections.append(
            Projection(
                f"{name} -> {pop.name}",
                name,
                pop.name,
                np.zeros(pop.size, dtype=np.int32),
                post,
                np.full(pop.size, weights[pop.name]),
                receptor="inhibitory",
                delay_ms=net.timestep_ms,
            )
        )
    populations = (Population(name, 1, kind="flush"), *net.populations)
    return replace(net, populations=populations, projections=(*net.projections, *projections))


def _incoming(net: Network, name: str) -> tuple[list[Projection], list[Projection]]:
    """Return the projections onto a population, apart from those by which it inhibits itself."""
    own = [p for p in net.incoming(name) if p.pre == name and p.receptor == "inhibitory"]
    return [p for p in net.incoming(name) if p not in own], own


def _feed_forward(net: Network) -> list[str] | None:
    """Return the populations of neurons, sources first; None if they form a loop.

    Self-inhibition is no loop here: without it a population would spike at least as long.
    """
    waiting = {p.name: {q.pre for q in _incoming(net, p.name)[0]} for p in net.neurons}
    order: list[str] = []
    while waiting:
        ready = [name for name, before in waiting.items() if not before & waiting.keys()]
        if not ready:
            return None
        order += ready
        for name in ready:
            del waiting[name]
    return order


def _decay(pop: Population, timestep_ms: float) -> _Decay:
    """Return the bounds of a population, from what its ring buffers hold at most."""
    values = _cell(pop).parameters
    tau_m = np.asarray(values["tau_m"], dtype=np.float64)
    held = sum(2.0 ** (shift + 1) for shift in pop.ring_shift or (0, 0))
    d = 0.0
    for name in ("tau_syn_E", "tau_syn_I"):
        if name in values:
            d = max(d, float(np.exp(-timestep_ms / np.max(values[name]))))
    i_mV = held / (1.0 - d) * float(np.max(tau_m / values["cm"]))
    rest = np.asarray(values["v_rest"])
    off = (np.abs(_cell(pop).v_init_mV - rest), np.abs(np.asarray(values["v_reset"]) - rest))
    v_mV = max(i_mV, *(float(np.max(one)) for one in off))
    return _Decay(v_mV, i_mV, float(np.exp(-timestep_ms / np.max(tau_m))), d)


def _cell(pop: Population) -> Cell:
    if pop.cell is None:
        raise VerifyError(pop.name, "cannot be scheduled before a cell type is chosen")
    return pop.cell


def _threshold_mV(pop: Population) -> float:
    values = _cell(pop).parameters
    return max(BIT, float(np.min(np.asarray(values["v_thresh"]) - np.asarray(values["v_rest"]))))


def _resets_far(pop: Population) -> bool:
    """Tell whether a spike takes a voltage farther from rest than it was: it then starts anew."""
    values = _cell(pop).parameters
    off_mV = np.abs(np.asarray(values["v_reset"]) - np.asarray(values["v_rest"]))
    return bool(np.max(off_mV) > _threshold_mV(pop))


def _delay_ticks(net: Network, proj: Projection) -> int:
    return max(1, round((proj.delay_ms or 0.0) / net.timestep_ms)) + proj.longest_lag


__all__ = ["BIT", "LONGEST_GAP_TICKS", "Presentation", "apart"]
