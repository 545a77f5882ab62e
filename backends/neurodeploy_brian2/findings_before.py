"""What is found before a run, from its plan alone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from neurodeploy.api import Finding, quantise_weights
from neurodeploy.target.spinnaker import MEMORYLESS_TICKS, SPINN5
from neurodeploy_brian2.delays import delay_slots, ring_slots
from neurodeploy_brian2.errors import ConfigurationError
from neurodeploy_brian2.finding_run import Rule, Run
from neurodeploy_brian2.kinds import KINDS
from neurodeploy_brian2.late_lists import n_moved
from neurodeploy_brian2.mapping import ring_shifts
from neurodeploy_brian2.plan_parts import Cells, Ints
from neurodeploy_brian2.plastic_mapping import plastic_links
from neurodeploy_brian2.synapses import Connections, DrawnConnections, machine_weight

TAU_OFF = 0.05
"""Share by which a time constant may be off before it is reported."""


def zero_weights(run: Run) -> Iterator[Finding]:
    """Weights that a script gave and 16 bits lose."""
    for link in run.network.projections:
        if link.receptor_type not in link.post.celltype.receptors or not len(link.connections.pre):
            continue
        shift = ring_shifts(run.network, link.post)[link.receptor]
        lost = np.count_nonzero(_given(link) & (_stored(link, shift) == 0))
        if lost:
            step = 2.0 ** (shift - 15) / link.post.celltype.weight_factor
            yield Finding(
                "zero weights",
                link.label,
                int(lost),
                len(link.connections.pre),
                f"weights are stored as 0, in steps of {step:.3g}",
                "scale weights up, or lower max_expected_summed_weight of the target",
            )


def wrong_taus(run: Run) -> Iterator[Finding]:
    """Time constants that are lost in S16.15, or come out as others."""
    for pop in run.places:
        step_ms = run.network.timestep_us / 1000.0 / pop.n_steps
        group, mine = run.cells(pop)
        for name, constant, one in _decays(pop, group):
            tau_ms = np.broadcast_to(_parameter(pop, name), (pop.size,))
            kept = group.constants[constant][mine] / one
            yield from _tau(pop.label, name, tau_ms, kept, step_ms)
        for r, name in enumerate(pop.celltype.taus if "gain_0" in group.constants else ()):
            silent = int(np.count_nonzero(group.constants[f"gain_{r}"][mine] == 0))
            if silent:
                yield Finding(
                    "tau",
                    pop.label,
                    silent,
                    pop.size,
                    f"neurons get nothing through {name}: its alpha function is 0",
                    "use a longer one or a shorter timestep",
                )


def long_delays(run: Run) -> Iterator[Finding]:
    """Delays past the slots of a ring buffer, which take a delay extension.

    Raises
    ------
    ConfigurationError
        Past all stages of a delay extension, as sPyNNaker's DelayExtensionException.
    """
    for link in run.network.projections:
        ticks = link.connections.delay_ticks(run.network.timestep_us)
        slots = delay_slots(link.post)
        most = slots * (1 + SPINN5.delay_stages)
        if not len(ticks) or ticks.max() <= slots:
            continue
        if ticks.max() > most:
            raise ConfigurationError(
                link.label,
                "has a delay that no delay extension reaches",
                got=f"{ticks.max()} ticks",
                limit=f"at most {most}, {1 + SPINN5.delay_stages} x {slots}",
                todo=f"shorten it, or give {link.post.label} fewer neurons_per_core",
            )
        yield Finding(
            "delay",
            link.label,
            int(np.count_nonzero(ticks > slots)),
            len(ticks),
            f"delays are above {slots} ticks and need a delay extension, a core more",
            f"shorten them, or give {link.post.label} fewer neurons_per_core",
        )


def misplaced(run: Run) -> Iterator[Finding]:
    """Lists with delays that need two or more stages, which the host puts into wrong rows."""
    for link in run.network.projections:
        found = link.connections
        if found is not link.made and isinstance(found, Connections):
            moved = n_moved(link.made, found)
            if moved:
                yield Finding(
                    "misplaced",
                    link.label,
                    moved,
                    len(link.made.pre),
                    "connections behind two or more delay stages are lost, or found with other "
                    "sources and delays",
                    "shorten delays, or give both populations neurons_per_core that divides the "
                    "source",
                )


def undelivered(run: Run) -> Iterator[Finding]:
    """Plastic synapses with a delay that is stored as 0: they change, but deliver nothing."""
    for link, plastic in zip(plastic_links(run.network), run.plan.plastic, strict=True):
        lost = int(np.count_nonzero(plastic.wires.delay_ticks == 0))
        if lost:
            slots = ring_slots(run.network, link.post)
            yield Finding(
                "undelivered",
                link.label,
                lost,
                plastic.wires.n,
                f"plastic synapses never deliver a spike: their delay fills all {slots} slots",
                f"use another delay than {slots} timesteps",
            )


def _given(link: Any) -> Any:
    """Return which weights are meant to be something."""
    if isinstance(link.connections, DrawnConnections):
        weight = link.projection.synapse_type.weight
        return not (isinstance(weight, int | float) and weight == 0)
    return np.asarray(link.connections.weight_nA) != 0


def _stored(link: Any, shift: int) -> Ints:
    """Return 16-bit weights, without the log of what does not fit."""
    made, factor = link.connections, link.post.celltype.weight_factor
    if isinstance(made, DrawnConnections):
        return made.stored(shift, factor)
    if made.on_machine:
        return np.full(len(made.pre), machine_weight(float(made.weight_nA[0]), shift, factor))
    return quantise_weights(made.weight_nA * factor, shift).astype(np.int64)


def _decays(pop: Any, group: Cells) -> Iterator[tuple[str, str, float]]:
    """Yield each time constant, the constant that it becomes, and what 1.0 is in it."""
    known = {row.name for row in pop.celltype.rows}
    for r, name in enumerate(pop.celltype.taus):
        if name in known and f"decay_{r}" in group.constants:
            yield name, f"decay_{r}", 2.0**32
    for name, constant in (("tau_m", "leak"), ("tau_ca2", "calcium_decay")):
        if name in known and constant in KINDS[group.kind].constants:
            yield name, constant, 2.0**15


def _parameter(pop: Any, name: str) -> Any:
    default = next(row.default for row in pop.celltype.rows if row.name == name)
    return np.asarray(pop.celltype.parameters.get(name, default), dtype=np.float64)


def _tau(who: str, name: str, tau_ms: Any, kept: Any, step_ms: float) -> Iterator[Finding]:
    with np.errstate(divide="ignore"):
        effective_ms = np.where(kept > 0, -step_ms / np.log(kept), 0.0)
    # Too short a time constant to be told from none keeps what it promises: nothing.
    short = (kept == 0) & (tau_ms < step_ms)
    off = ~short & (np.abs(effective_ms - tau_ms) > TAU_OFF * tau_ms)
    # Who takes the compiler's own constant for no memory means none.
    lost = short & (tau_ms != MEMORYLESS_TICKS * step_ms)
    if lost.any():
        text = f"neurons have no memory: {name} is lost in a decay of 0"
        yield Finding("no memory", who, int(lost.sum()), len(tau_ms), text)
    if off.any():
        given, got = float(tau_ms[off][0]), float(effective_ms[off][0])
        held = "endless" if math.isinf(got) else f"{got:.4g} ms"
        yield Finding(
            "tau",
            who,
            int(off.sum()),
            len(tau_ms),
            f"neurons have a {name} of {held} instead of {given:.4g} ms",
            "choose one nearer the timestep",
        )


BEFORE: tuple[Rule, ...] = (zero_weights, wrong_taus, long_delays, misplaced, undelivered)

__all__ = ["BEFORE"]
