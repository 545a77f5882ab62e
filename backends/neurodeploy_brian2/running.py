"""A network in time: runs in pieces, resets, and what was recorded on the way.

A piece is a plan of its own that starts where the last one left the neurons.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from neurodeploy.api import Finding, InputError
from neurodeploy_brian2.core_draws import gone_on, reloaded
from neurodeploy_brian2.core_routes import CoreRoutes
from neurodeploy_brian2.engines import choose, execute
from neurodeploy_brian2.errors import ConfigurationError, RefusedError, UnsupportedError
from neurodeploy_brian2.finding_run import Run
from neurodeploy_brian2.findings import apply, log
from neurodeploy_brian2.findings_after import AFTER
from neurodeploy_brian2.findings_before import BEFORE
from neurodeploy_brian2.history import Piece, Segment
from neurodeploy_brian2.loaded import Loaded
from neurodeploy_brian2.mapping import Network, make_plan
from neurodeploy_brian2.parameters import Parameter, encode_rows
from neurodeploy_brian2.plan import Plan, State
from neurodeploy_brian2.plan_parts import Ints
from neurodeploy_brian2.plastic_mapping import plastic_links
from neurodeploy_brian2.poisson_player import PoissonPlayer
from neurodeploy_brian2.recording import Results
from neurodeploy_brian2.sources import SourceSpikes
from neurodeploy_brian2.waves import make_waves

if TYPE_CHECKING:
    from neurodeploy_brian2.simulator import Simulator

logger = logging.getLogger(__name__)

ONE_PIECE = "cpp_standalone"
"""The engine that cannot go on where it stopped."""


class Running:
    """What happens to a network between `setup` and `end`.

    Parameters
    ----------
    simulator : Simulator
    """

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._past: list[Segment] = []
        self._segment = Segment()
        self._state: State | None = None
        self._offsets: Mapping[Any, int] = {}
        self._players: dict[Any, PoissonPlayer] = {}
        self._loaded, self._routes = Loaded(), CoreRoutes()
        self._change = ""
        self._found: list[Finding] = []
        self.findings: tuple[Finding, ...] = ()
        self.plan: Plan | None = None
        self.engine = simulator.engine
        self.has_run_ever = False

    @property
    def now(self) -> int:
        """Ticks since the reset."""
        return self._segment.n_ticks

    @property
    def has_run(self) -> bool:
        """Whether it has run since the reset."""
        return bool(self._segment.pieces)

    def changed(self, what: str) -> None:
        """Note that the network is another than the one that runs."""
        self._loaded.change()
        if self.has_run:
            self._change = what

    def must_allow_pieces(self, what: str) -> None:
        """Refuse to go on where that is impossible."""
        if not self.has_run:
            return
        options = self._simulator.options
        if self._simulator.engine == ONE_PIECE:
            why = f"the engine {ONE_PIECE} runs a network once"
        elif options.sample_ticks is not None:
            why = "a session of samples runs a network once"
        else:
            return
        raise UnsupportedError(what, why, todo="use the engine numpy, or setup() anew")

    def advance(self, n_ticks: int) -> None:
        """Run for so many ticks."""
        self.must_allow_pieces("run")
        if self._change:
            raise RefusedError(
                self._change,
                "The network cannot be changed between runs without resetting",
                todo="call reset() first, or make the change before the first run",
            )
        simulator, first = self._simulator, self.now
        if not self.has_run:
            self._loaded.start(simulator.network())
        for population in simulator.populations:
            population.settle()
        network = simulator.network()
        sent = {
            population: population.source_spikes(simulator.timestep_us, first + n_ticks, first)
            for population in simulator.populations
            if population.is_source
        }
        plan = self._continued(network, _since(sent, first), n_ticks)
        self._found = apply(BEFORE, Run(network, plan, self._segment), strict=simulator.strict)
        self.engine = choose(plan, simulator.engine)
        outcome = execute(plan, self.engine, progress=simulator.options.progress)
        self.plan, self._state = plan, outcome.state
        self._offsets = network.offsets(sources=False)
        self.has_run_ever = True
        self._loaded.ticks += n_ticks
        self._segment.pieces.append(
            Piece(
                first,
                n_ticks,
                plan,
                outcome,
                sent,
                self._offsets,
                {one: dict(one.recorded) for one in simulator.populations},
            )
        )

    def report(self, first_tick: int) -> None:
        """Find and log what is to be said of the pieces since a tick, as one run.

        Raises
        ------
        TargetError
            If the session is strict and a finding is an error.
        """
        starts = [piece.first_tick for piece in self._segment.pieces]
        new = [k for k, start in enumerate(starts) if start >= first_tick]
        if not new or self.plan is None:
            return
        run = Run(self._simulator.network(), self.plan, self._segment, new[0])
        self.findings = (*self._found, *apply(AFTER, run, strict=False))
        log(self.findings)
        apply([lambda _: iter(self.findings)], run, strict=self._simulator.strict)

    def _continued(self, network: Network, sent: Mapping[Any, SourceSpikes], n_ticks: int) -> Plan:
        options = self._simulator.options
        plan = make_plan(network, dict(sent), n_ticks, options.sample_ticks)
        plan = self._routes.split(network, plan, self._loaded.mapping)
        keep = self._simulator.engine != ONE_PIECE and options.sample_ticks is None
        waves = make_waves(
            network.populations,
            network.offsets(sources=False),
            plan.n,
            network.timestep_us,
            self.now,
            plan.period_ticks,
        )
        plan = replace(plan, waves=waves, first_tick=self.now)
        if self._state is None:
            return replace(gone_on(plan, self._loaded.ticks), keep_state=keep)
        start = reloaded(self._state, plan)
        groups = tuple(
            replace(group, state=state)
            for group, state in zip(plan.groups, start.groups, strict=True)
        )
        return replace(
            plan,
            groups=groups,
            pending=start.pending,
            plastic=start.plastic,
            keep_state=keep,
        )

    def reset(self) -> None:
        """Go back to time 0."""
        if not self.has_run:
            logger.error(
                "reset is ignored: %s",
                "the network was just reset" if self.has_run_ever else "nothing has run yet",
            )
            return
        self.must_allow_pieces("reset")
        self._past.append(self._segment)
        self._segment, self._state, self._change = Segment(), None, ""
        for player in self._players.values():
            player.reset()

    # ---- state ----

    def state(self, population: Any, name: str, indices: Sequence[int]) -> list[float]:
        """Return state as it is now."""
        values, column = self._column(population, name)
        form = _row(population, name).form
        return [form.decode(int(values[column + index])) for index in indices]

    def set_state(
        self, population: Any, name: str, indices: Sequence[int], values: list[float]
    ) -> None:
        """Set state as it is now."""
        held, column = self._column(population, name)
        who = population.label
        row = _row(population, name)
        bits = encode_rows(who, (row,), {name: values}, len(values))[name]
        held[column + np.asarray(indices, dtype=np.int64)] = bits

    def _column(self, population: Any, name: str) -> tuple[Ints, int]:
        """Return the array that holds a state variable, and where the population starts."""
        self.must_allow_pieces(f"{population.label}.{name}")
        if self._state is None or self.plan is None or population not in self._offsets:
            raise ConfigurationError(population.label, "has no state yet", todo="call run() first")
        starts = self.plan.starts()
        first = self._offsets[population]
        group = int(np.searchsorted(starts, first, side="right")) - 1
        held = population.celltype.state_names.get(name, name)
        states = self._state.groups[group]
        if held not in states:
            raise ConfigurationError(population.label, f"has no state {name}")
        return states[held], first - starts[group]

    # ---- sources ----

    def draw_spikes(self, population: Any, n_ticks: int, first_tick: int) -> SourceSpikes:
        """Return what a Poisson population sends next."""
        if population not in self._players:
            self._players[population] = PoissonPlayer(population, self._simulator.timestep_us)
        return self._players[population].play(n_ticks - first_tick)

    def rates_changed(self, population: Any) -> None:
        """Note that rates were set."""
        if population in self._players:
            self._players[population].rates_changed()

    # ---- recordings and connections ----

    def results(self, population: Any) -> list[Results]:
        """Return the recordings, one for each reset and the last."""
        if population not in self._simulator.populations:
            raise InputError(population.label, "is of another network")
        segments = [*self._past, *([self._segment] if self.has_run else [])]
        if not segments:
            raise ConfigurationError(population.label, "has no data yet", todo="call run() first")
        if not self.has_run:
            logger.warning("after reset(), only the data before it are there")
        return [
            one.results(population, population.first_id, self._simulator.timestep_us)
            for one in segments
        ]

    def clear(self, population: Any, names: Iterable[str]) -> None:
        """Forget recordings so far."""
        for segment in (*self._past, self._segment):
            segment.clear(population, list(names))

    def stored(self, link: Any, shift: int, factor: float) -> Ints:
        """Return the 16-bit weights of a link as they are now."""
        if self.has_run and link.plasticity is not None:
            k = plastic_links(self._simulator.network()).index(link)
            weights: Ints = self._segment.pieces[-1].outcome.weights[k]
            return weights
        stored: Ints = link.connections.stored(shift, factor)
        return stored


def _row(population: Any, name: str) -> Parameter:
    """Return what is known of a state variable."""
    rows: tuple[Parameter, ...] = population.celltype.state_rows
    return next((row for row in rows if row.name == name), Parameter(name, 0.0, ""))


def _since(sent: Mapping[Any, SourceSpikes], first: int) -> dict[Any, SourceSpikes]:
    """Return spikes by tick since the start of the piece."""
    return {
        population: SourceSpikes(spikes.tick - first, spikes.index)
        for population, spikes in sent.items()
    }


__all__ = ["ONE_PIECE", "Running"]
