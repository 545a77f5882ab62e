"""A network that runs tick by tick on spikes that come as it runs.

Each tick, or some at a time, is a plan of its own that starts where the last one left the
neurons, as in a run in pieces: the same engines execute it, so a run in ticks gives the same
integers as one in a batch. They share the synapses, which the kernel sorts once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurodeploy.api import Finding, Heard
from neurodeploy_brian2.engines import choose, execute
from neurodeploy_brian2.errors import UnsupportedError
from neurodeploy_brian2.finding_run import Run
from neurodeploy_brian2.findings import apply, log
from neurodeploy_brian2.findings_after import AFTER
from neurodeploy_brian2.findings_before import BEFORE
from neurodeploy_brian2.history import Piece, Segment
from neurodeploy_brian2.mapping import Network, make_plan
from neurodeploy_brian2.plan import Outcome, Plan
from neurodeploy_brian2.plan_parts import MAX_RECEPTORS, Ints
from neurodeploy_brian2.running import ONE_PIECE
from neurodeploy_brian2.simulator import Simulator
from neurodeploy_brian2.sources import SourceSpikes

_NONE = np.zeros(0, dtype=np.int64)
_ONE = 2.0**15
"""S16.15 bits of 1."""


class LiveEmulator:
    """A simulator whose network is fed while it runs.

    It knows what the compiler emits: static synapses, and sources that only pass spikes on.

    Parameters
    ----------
    simulator : Simulator
    """

    slack_ticks = 0

    def __init__(self, simulator: Simulator) -> None:
        self.sim = simulator
        self.engine_used = simulator.engine
        self.tells: tuple[str, ...] = ()
        self.now = 0

    def source(self, size: int, label: str) -> Any:
        """Make a population that sends what `step` is given."""
        silent = self.sim.SpikeSourceArray(spike_times=[[] for _ in range(size)])
        return self.sim.Population(size, silent, label=label)

    def start(self, handles: Mapping[str, Any], output: str, *, membrane: bool) -> None:
        """Map the network that was built; every spike is told, of the output its membrane.

        Raises
        ------
        TargetError
            If the session is strict and what was mapped is not what was meant.
        """
        if self.sim.engine == ONE_PIECE:
            raise UnsupportedError(
                f"engine {ONE_PIECE}", "runs a network once, not live", todo="use the engine auto"
            )
        for name, population in handles.items():
            if not population.is_source:
                population.record("v" if membrane and name == output else "spikes")
            population.settle()
        network = self.sim.network()
        self._first = self._plan = _one_tick(network)
        self.engine_used = choose(self._first, self.sim.engine)
        self._sources = _places(handles, network.offsets(sources=True))
        self._neurons = _places(handles, network.offsets(sources=False))
        self.tells = tuple(handles)
        self._network, self._ticks = network, 0
        self._total = Outcome(_NONE, _NONE, {}, _no_ticks(self._first))
        strict = self.sim.strict
        self._before = apply(BEFORE, Run(network, self._first, Segment()), strict=strict)

    def step(self, spikes: Mapping[str, Ints], ticks: int = 1) -> Heard:
        """Send spikes of sources and run so many ticks."""
        plan = replace(self._sent(spikes), n_ticks=ticks)
        outcome = execute(plan, self.engine_used)
        self._total, self._ticks = _added(self._total, outcome), self._ticks + ticks
        self._plan = _continued(self._first, outcome)
        told = {
            name: (np.full(len(index), self.now, dtype=np.int64), index)
            for name, index in spikes.items()
        }
        told |= self._fired(outcome)
        self.now += ticks
        return Heard(self.now, told, _membrane_mV(outcome))

    def restore(self) -> None:
        """Go back to the state before the first tick, spikes under way included."""
        self._plan = self._first

    def said(self) -> dict[str, Any]:
        """Return the engine, in how many ticks ring buffers were full, and what else was found."""
        full = {
            name: int(self._total.saturated[first : first + size].sum())
            for name, (first, size) in self._neurons.items()
        }
        findings = (*self._before, *apply(AFTER, self._run(), strict=False))
        return {"engine": self.engine_used, "saturations": full, "findings": findings}

    def close(self) -> None:
        """Say what was found, as at the end of a batch.

        Raises
        ------
        TargetError
            If the session is strict and a finding is an error.
        """
        if not self.tells:
            return
        findings: tuple[Finding, ...] = self.said()["findings"]
        log(findings)
        apply([lambda _: iter(findings)], self._run(), strict=self.sim.strict)

    def _run(self) -> Run:
        """Return all ticks so far as rules of findings see them: one piece of counts."""
        offsets = self._network.offsets(sources=False)
        nothing: dict[Any, dict[str, Any]] = {population: {} for population in offsets}
        piece = Piece(0, self._ticks, self._first, self._total, {}, offsets, nothing)
        return Run(self._network, self._first, Segment([piece]))

    def _sent(self, spikes: Mapping[str, Ints]) -> Plan:
        every = [index + self._sources[name][0] for name, index in spikes.items()]
        source, times = np.unique(np.concatenate([_NONE, *every]), return_counts=True)
        return replace(
            self._plan,
            spike_tick=np.zeros(len(source), dtype=np.int64),
            spike_source=source,
            spike_times=times.astype(np.int64),
        )

    def _fired(self, outcome: Outcome) -> dict[str, tuple[Ints, Ints]]:
        tick, index = outcome.spike_tick + self.now, outcome.spike_index
        found = {}
        for name, (first, size) in self._neurons.items():
            mine = (index >= first) & (index < first + size)
            found[name] = tick[mine], index[mine] - first
        return found


def _one_tick(network: Network) -> Plan:
    """Return the plan of one tick without input."""
    silent = {pop: SourceSpikes(_NONE, _NONE) for pop in network.populations if pop.is_source}
    return replace(make_plan(network, silent, 1, None), keep_state=True)


def _no_ticks(plan: Plan) -> Ints:
    return np.zeros((plan.n, MAX_RECEPTORS), dtype=np.int64)


def _added(total: Outcome, more: Outcome) -> Outcome:
    """Return counts of both; None where an engine does not count."""
    return replace(
        total,
        saturated=total.saturated + more.saturated,
        wrapped=_sum(total.wrapped, more.wrapped),
        spilt=_sum(total.spilt, more.spilt),
    )


def _sum(total: Ints | None, more: Ints | None) -> Ints | None:
    return more if total is None or more is None else total + more


def _continued(plan: Plan, outcome: Outcome) -> Plan:
    """Return the plan of the next tick."""
    state = outcome.state
    if state is None:
        return plan
    groups = tuple(
        replace(group, state=now) for group, now in zip(plan.groups, state.groups, strict=True)
    )
    return replace(plan, groups=groups, pending=state.pending)


def _places(handles: Mapping[str, Any], offsets: Mapping[Any, int]) -> dict[str, tuple[int, int]]:
    """Return first index and size of the populations that are there, by name."""
    return {
        name: (offsets[population], population.size)
        for name, population in handles.items()
        if population in offsets
    }


def _membrane_mV(outcome: Outcome) -> NDArray[np.float64] | None:
    values = outcome.watched["v"]
    return values[-1] / _ONE if values.shape[1] else None


__all__ = ["LiveEmulator"]
