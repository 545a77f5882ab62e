"""Where the 32-bit words behind a membrane voltage could wrap around, and how that is counted.

A plan is bounded before it runs: if no input can drive a group past S16.15, its tick has no
counter at all. Else every update is computed a second time without the cut to 32 bits, and
counted when a word did not fit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurodeploy.target.fixed_point import ONE
from neurodeploy_brian2.kinds import KINDS, Kind
from neurodeploy_brian2.parts import (
    ADAPTIVE,
    CURRENT,
    EXPONENTIAL,
    IZHIKEVICH,
    LEAKY,
    NOTHING,
    THRESHOLD,
    TRUNCATED,
)
from neurodeploy_brian2.plan import Plan
from neurodeploy_brian2.plan_parts import Cells

Floats = NDArray[np.float64]

_ROOM = float((1 << 31) - (1 << 16))
"""What a bound must stay below; the rest is for rounding."""

_RING_FULL = 65535.0
_USUAL_H = 60620  # 1.85 ms, the longest step of an Izhikevich neuron at 1 ms


def may_wrap(plan: Plan) -> tuple[bool, ...]:
    """Return for each group whether a word behind v could wrap around, and is to be counted.

    Groups of kinds without a counter (their v is one sum of inputs) are never counted.
    """
    starts, waves = plan.starts(), largest_waves(plan)
    return tuple(
        bool(KINDS[group.kind].membrane.overflow)
        and not _is_safe(
            group, KINDS[group.kind], waves[first : first + group.n], plan.period_ticks
        )
        for first, group in zip(starts[:-1], plan.groups, strict=True)
    )


def input_may_wrap(group: Cells, wave: Floats) -> bool:
    """Return whether currents or synapses could wrap, whatever v is.

    Parameters
    ----------
    group : Cells
    wave : (n,) float array
        Largest injected current, S16.15.
    """
    kind = KINDS[group.kind]
    if kind.shape is not EXPONENTIAL or kind.input_type is not CURRENT or kind.mixed is not NOTHING:
        return True
    with np.errstate(divide="ignore", invalid="ignore"):
        synapses = [_synapse(group, r) for r in range(len(kind.receptors))]
        _, drive = _drive(group, kind, synapses, np.abs(group.constants["i_offset"]) + wave)
    return not bool((np.stack([*synapses, drive]) < _ROOM).all())


def largest_waves(plan: Plan) -> Floats:
    """Return the largest injected current of each neuron, (n,) float array, S16.15."""
    if plan.waves is None:
        return np.zeros(plan.n)
    largest = np.abs(plan.waves.values).max(axis=(1, 2))[plan.waves.of]
    return np.asarray(largest, dtype=np.float64)


def is_usual(plan: Plan) -> bool:
    """Return whether Izhikevich neurons near rest cannot wrap, so that a glance is enough.

    With these parameters, v from -100 to 30, and u and the current within 200, no word of an
    update leaves S16.15: the largest is h * (0.04 middle ** 2 + ...), below 45,000.
    """
    return all(
        max(np.abs(group.constants["a"]).max(), np.abs(group.constants["b"]).max()) <= ONE
        and group.constants["h_usual"].max() <= ONE
        and group.constants["h_usual"].min() >= 0
        and max(group.constants["h_after_spike"].max(), group.state["h"].max()) <= _USUAL_H
        and min(group.constants["h_after_spike"].min(), group.state["h"].min()) >= 0
        for group in plan.groups
        if KINDS[group.kind].membrane is IZHIKEVICH and group.n
    )


def _is_safe(group: Cells, kind: Kind, wave: Floats, ticks: int) -> bool:
    """Bound every word of an update from the largest input that rings let through in a run."""
    known = kind.shape is EXPONENTIAL and kind.membrane in (LEAKY, TRUNCATED)
    if not known or kind.mixed is not NOTHING:
        return False
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        updates = ticks * group.n_steps
        synapses = [_synapse(group, r, updates) for r in range(len(kind.receptors))]
        v, drive = _drive(group, kind, synapses, np.abs(group.constants["i_offset"]) + wave)
        pushed = drive * np.abs(group.constants["resistance"]) / ONE
        if kind.membrane is LEAKY:
            target = pushed + np.abs(group.constants["v_rest"])
            # The voltage is always between where it starts and where it is driven to.
            reached = target + np.maximum(v, target)
        else:
            reached = pushed + np.maximum(v, np.abs(group.constants.get("v_thresh", np.inf)))
        words = np.stack([*synapses, drive, reached])
    # NaN, of infinity times 0, is no bound.
    return bool((words < _ROOM).all())


def _synapse(group: Cells, r: int, updates: float = np.inf) -> Floats:
    """Return the largest synaptic state when a ring buffer is full in so many updates."""
    full = _RING_FULL * 2.0 ** group.constants[f"shift_{r}"]
    step = full * (group.constants[f"init_{r}"] / 2.0**32)
    kept = group.constants[f"decay_{r}"] / 2.0**32
    summed = step * np.minimum(1.0 / (1.0 - kept), updates)
    largest: Floats = np.abs(group.state[f"syn_{r}"]) + summed + 1.0
    return np.where(full < _ROOM, largest, np.inf)


def _pulling(group: Cells, kind: Kind, synapses: list[Floats]) -> Floats:
    """Return the largest current of all receptors: excitation and inhibition do not add up."""
    sides = {"exc": np.zeros(group.n), "inh": np.zeros(group.n)}
    for one, side in zip(synapses, kind.receptors, strict=True):
        sides[side] = sides[side] + one
    below_zero = any((group.state[f"syn_{r}"] < 0).any() for r in range(len(synapses)))
    one, other = sides.values()
    return one + other if below_zero else np.maximum(one, other)


def _drive(
    group: Cells, kind: Kind, synapses: list[Floats], offset: Floats
) -> tuple[Floats, Floats]:
    """Return the largest voltage that is no target of the input, and the largest current."""
    constants, first = group.constants, group.state["v"].astype(np.float64)
    reset = constants["v_reset"].astype(np.float64)
    v: Floats = np.maximum(np.abs(first), np.abs(reset))
    if kind.added is ADAPTIVE:
        kept = constants["calcium_decay"] / ONE
        jump = np.abs(constants["calcium_jump"])
        offset = offset + np.abs(group.state["calcium"]) + jump / (1.0 - kept) + 1.0
    if kind.input_type is CURRENT:
        total = _pulling(group, kind, synapses)
        return v, total * np.abs(constants["factor"]) / ONE + offset
    if kind.threshold is not THRESHOLD:
        return v, np.full_like(v, np.inf)
    # A conductance pulls the less the nearer v is, and v never stays above the threshold.
    top = np.maximum(np.maximum(first, reset), constants["v_thresh"])
    sides = [
        (sum(one for one, of in zip(synapses, kind.receptors, strict=True) if of == side), e)
        for side, e in (("exc", constants["e_exc"]), ("inh", constants["e_inh"]))
    ]
    down = sum(g / 1024.0 * np.maximum(top - e, 0.0) for g, e in sides) / ONE + offset
    low = constants["v_rest"] - down * np.abs(constants["resistance"]) / ONE
    v = np.maximum(v, np.maximum(np.abs(top), np.abs(low)))
    current = sum(g / 1024.0 * (np.abs(e) + v) for g, e in sides) / ONE + offset
    return v, np.asarray(current, dtype=np.float64)


__all__ = ["input_may_wrap", "is_usual", "largest_waves", "may_wrap"]
