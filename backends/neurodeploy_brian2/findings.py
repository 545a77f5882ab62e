"""What a run reports: where the machine's numbers are not what a script meant.

Each rule is a small function over one run. Rules of `BEFORE` need only the plan, those of
`AFTER` what came out. `STRICT` says which findings are errors if a session is strict.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurodeploy.api import Finding, TargetError, quantise_weights
from neurodeploy.target.spinnaker import SPINN5
from neurodeploy_brian2.delays import delay_slots, ring_slots
from neurodeploy_brian2.errors import ConfigurationError
from neurodeploy_brian2.history import Segment
from neurodeploy_brian2.kinds import KINDS
from neurodeploy_brian2.late_lists import n_moved
from neurodeploy_brian2.mapping import Network, ring_shifts
from neurodeploy_brian2.plan import Cells, Ints, Plan
from neurodeploy_brian2.plastic_mapping import plastic_links
from neurodeploy_brian2.synapses import Connections, DrawnConnections, machine_weight

logger = logging.getLogger(__name__)

TAU_OFF = 0.05
"""Share by which a time constant may be off before it is reported."""

STRICT = ("saturation", "carry", "zero weights", "tau", "wrap-around", "undelivered", "misplaced")
"""Findings that are errors in a strict session."""


@dataclass(frozen=True)
class Run:
    """One run, as rules see it.

    Parameters
    ----------
    network : Network
    plan : Plan
        Its last piece.
    segment : Segment
        All pieces since the reset.
    first_piece : int
        The first piece of this run.
    """

    network: Network
    plan: Plan
    segment: Segment
    first_piece: int = 0

    @property
    def pieces(self) -> list[Any]:
        """The pieces of this run."""
        return self.segment.pieces[self.first_piece :]

    @property
    def places(self) -> dict[Any, int]:
        """The first index of each population of neurons."""
        return self.network.offsets(sources=False)

    def total(self, population: Any, counter: str) -> Ints | None:
        """Return a counter of each neuron over the run; None if an engine did not count."""
        counts = [getattr(piece.outcome, counter) for piece in self.pieces]
        if any(one is None for one in counts):
            return None
        first = self.places[population]
        total: Ints = sum(one[first : first + population.size] for one in counts)
        return total

    def cells(self, population: Any) -> tuple[Cells, slice]:
        """Return the group that a population is in, and where."""
        starts = self.plan.starts()
        first = self.places[population]
        group = int(np.searchsorted(starts, first, side="right")) - 1
        begin = first - starts[group]
        return self.plan.groups[group], slice(begin, begin + population.size)


Rule = Callable[[Run], Iterator[Finding]]


# ---- before the run ----


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


# ---- after the run ----


def full_ring_buffers(run: Run) -> Iterator[Finding]:
    """Input that was cut at 16 bits."""
    for pop in run.places:
        full = run.total(pop, "saturated")
        if full is not None and full.any():
            yield Finding(
                "saturation",
                pop.label,
                int(full.sum()),
                _ticks(run) * pop.size * len(pop.celltype.receptors),
                f"ring buffers were full, of {np.count_nonzero(full.any(axis=1))} neurons",
                "raise max_expected_summed_weight",
                adds=True,
            )


def spilt_sums(run: Run) -> Iterator[Finding]:
    """Sums over synapse cores that were cut at 16 bits; the rest went to the next neuron."""
    for pop in run.places:
        spilt = run.total(pop, "spilt")
        if spilt is not None and spilt.any():
            yield Finding(
                "carry",
                pop.label,
                int(spilt.sum()),
                _ticks(run) * pop.size * len(pop.celltype.receptors),
                f"sums over synapse cores did not fit 16 bits, of {np.count_nonzero(spilt)} "
                "neurons; what was left over went to the neuron beside, or was lost",
                "raise max_expected_summed_weight, or take fewer synapse cores",
                adds=True,
            )


def wrapped_voltages(run: Run) -> Iterator[Finding]:
    """Updates of v in which a word did not fit 32 bits, so that it came out wrong."""
    for pop in run.places:
        wrapped = run.total(pop, "wrapped")
        updates = _ticks(run) * pop.size * pop.n_steps
        if wrapped is not None and wrapped.any():
            yield Finding(
                "wrap-around",
                pop.label,
                int(wrapped.sum()),
                updates,
                f"updates of v left +-65536 and wrapped, of {np.count_nonzero(wrapped)} neurons",
                "scale weights, currents or tau_m / cm down",
                adds=True,
            )


def silent_neurons(run: Run) -> Iterator[Finding]:
    """Recorded neurons that did not fire since the reset."""
    for pop in run.places:
        recorded = run.pieces[-1].recorded[pop].get("spikes") if run.pieces else None
        if recorded is None or not run.segment.n_ticks:
            continue
        first, fired = run.places[pop], np.zeros(pop.size, dtype=bool)
        for piece in run.segment.pieces:
            index = piece.outcome.spike_index - first
            fired[index[(index >= 0) & (index < pop.size)]] = True
        which = np.asarray(recorded.neurons(pop.size), dtype=np.int64)
        silent = int(np.count_nonzero(~fired[which]))
        if silent:
            yield Finding("silent", pop.label, silent, len(which), "neurons never fired")


BEFORE: tuple[Rule, ...] = (zero_weights, wrong_taus, long_delays, misplaced, undelivered)
AFTER: tuple[Rule, ...] = (full_ring_buffers, spilt_sums, wrapped_voltages, silent_neurons)


def apply(rules: Sequence[Rule], run: Run, *, strict: bool) -> list[Finding]:
    """Return what rules find; in a strict session the first that is an error is raised.

    Raises
    ------
    TargetError
        If the session is strict.
    """
    found = [finding for rule in rules for finding in rule(run)]
    for finding in found:
        if strict and finding.kind in STRICT:
            raise TargetError(
                finding.who,
                f"{finding.count} of {finding.of} {finding.detail}",
                limit="none in a strict session",
                todo=finding.todo,
            )
    return found


def log(found: Sequence[Finding]) -> None:
    """Log findings, a line each; neurons that never fired may be meant, so they are no warning."""
    for finding in found:
        level = logging.INFO if finding.kind == "silent" else logging.WARNING
        logger.log(level, "%s", finding)


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
    if short.any():
        text = f"neurons have no memory: {name} is lost in a decay of 0"
        yield Finding("no memory", who, int(short.sum()), len(tau_ms), text)
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


def _ticks(run: Run) -> int:
    return sum(piece.n_ticks for piece in run.pieces)


__all__ = ["AFTER", "BEFORE", "STRICT", "Run", "apply", "log"]
