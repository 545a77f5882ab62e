"""The PyNN-shaped object on which a script builds, runs and reads a network."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from neurodeploy.api import InputError, SessionOptions
from neurodeploy_brian2 import cells, synapses
from neurodeploy_brian2.brian2_device import ENGINES
from neurodeploy_brian2.brian2_engine import execute
from neurodeploy_brian2.errors import UnsupportedError, refuse_extra
from neurodeploy_brian2.mapping import Network, make_plan, source_input
from neurodeploy_brian2.plan import Outcome, Plan
from neurodeploy_brian2.population import Population as Neurons
from neurodeploy_brian2.population import Projection as Synapses
from neurodeploy_brian2.recording import Results
from neurodeploy_brian2.sources import SourceSpikes

_WHOLE = 1e-6
"""Closer than this to a whole number of ticks is one; 0.1 + 0.2 is not 4 ticks of 0.1 ms."""


class Simulator:
    """One network on the emulator, with the names and calls of a PyNN module.

    Parameters
    ----------
    options : SessionOptions, optional
        Engine, samples and progress of the session; `setup` may change the timestep.

    Examples
    --------
    >>> sim = Simulator()
    >>> source = sim.Population(1, sim.SpikeSourceArray(spike_times=[1.0]))
    >>> neuron = sim.Population(1, sim.IF_curr_exp())
    >>> synapse = sim.StaticSynapse(weight=20.0, delay=1.0)
    >>> _ = sim.Projection(source, neuron, sim.OneToOneConnector(), synapse)
    >>> neuron.record("spikes")
    >>> _ = sim.run(20.0)
    >>> neuron.spinnaker_get_data("spikes").tolist()
    [[0.0, 2.0], [0.0, 5.0], [0.0, 9.0]]
    """

    IF_curr_exp = cells.IF_curr_exp
    IF_curr_delta = cells.IF_curr_delta
    SpikeSourceArray = cells.SpikeSourceArray
    StaticSynapse = synapses.StaticSynapse
    FromListConnector = synapses.FromListConnector
    OneToOneConnector = synapses.OneToOneConnector
    AllToAllConnector = synapses.AllToAllConnector

    def __init__(self, options: SessionOptions | None = None) -> None:
        self.options = options or SessionOptions()
        self.engine = self.options.engine or ENGINES[0]
        self.setup(self.options.timestep_ms)

    def __getattr__(self, name: str) -> Any:
        raise UnsupportedError(name, "the emulator does not support this part of PyNN")

    def setup(
        self,
        timestep: float = 1.0,
        min_delay: float | str | None = None,
        max_delay: float | str | None = None,
        **extra: Any,
    ) -> int:
        """Start an empty network.

        Parameters
        ----------
        timestep : float
            ms; rounded up to whole microseconds as sPyNNaker does.
        min_delay : float, optional
            At least one timestep and a multiple of it.
        max_delay : float, optional
            Ignored, as by sPyNNaker.
        extra
            `time_scale_factor` and what concerns the choice of a board; ignored.

        Returns
        -------
        rank : int
            Always 0.
        """
        timestep_ms = _milliseconds("setup timestep", timestep)
        self.timestep_us = math.ceil(timestep_ms * 1000)
        if isinstance(min_delay, int | float):
            steps = min_delay * 1000 / self.timestep_us
            if not steps >= 1 - _WHOLE or abs(steps - round(steps)) > 1e-5:
                raise InputError(
                    "setup min_delay",
                    "is not a whole number of timesteps",
                    got=f"{min_delay} ms",
                    limit=f"a multiple of {self.timestep_ms} ms",
                )
        self.populations: list[Neurons] = []
        self.projections: list[Synapses] = []
        self.plan: Plan | None = None
        self._n_ticks: int | None = None
        self._outcome: Outcome | None = None
        self._sent: dict[Neurons, SourceSpikes] = {}
        return 0

    def Population(  # noqa: N802 - PyNN's name
        self,
        size: int,
        cellclass: Any,
        cellparams: dict[str, Any] | None = None,
        structure: Any = None,
        initial_values: dict[str, Any] | None = None,
        label: str | None = None,
        additional_parameters: dict[str, Any] | None = None,
        **additional: Any,
    ) -> Neurons:
        """Add a population; `structure` only places neurons in space and is ignored."""
        self.must_not_have_run("Population")
        population = Neurons(
            self,
            size,
            cellclass,
            cellparams,
            initial_values=initial_values,
            label=label,
            additional_parameters=(additional_parameters or {}) | additional,
        )
        self.populations.append(population)
        return population

    def Projection(  # noqa: N802 - PyNN's name
        self,
        pre_synaptic_population: Neurons,
        post_synaptic_population: Neurons,
        connector: Any,
        synapse_type: Any = None,
        source: None = None,
        receptor_type: str = "excitatory",
        space: Any = None,
        label: str | None = None,
    ) -> Synapses:
        """Connect two populations of this network."""
        self.must_not_have_run("Projection")
        refuse_extra("Projection", {"source": source})
        pre, post = pre_synaptic_population, post_synaptic_population
        for end in (pre, post):
            if end not in self.populations:
                raise InputError("Projection", "joins what is not a population of this network")
        projection = Synapses(
            pre,
            post,
            connector,
            synapse_type,
            receptor_type=receptor_type,
            label=label,
            timestep_us=self.timestep_us,
        )
        self.projections.append(projection)
        return projection

    def run(self, simtime: float) -> float:
        """Run for so many ms, rounded up to whole ticks, and return the time reached."""
        self.must_not_have_run("run")
        ticks = _milliseconds("run", simtime, zero=True) * 1000 / self.timestep_us
        n_ticks = round(ticks) if abs(ticks - round(ticks)) < _WHOLE else math.ceil(ticks)
        net = Network(tuple(self.populations), tuple(self.projections), self.timestep_us)
        sent = source_input(net, n_ticks)
        self.plan = make_plan(net, sent, n_ticks, self.options.sample_ticks)
        self._outcome = execute(self.plan, self.engine, progress=self.options.progress)
        self._sent, self._n_ticks = sent, n_ticks
        return self.get_current_time()

    def end(self) -> None:
        """End the simulation; recordings stay readable."""

    def get_time_step(self) -> float:
        """Return the timestep in ms."""
        return self.timestep_ms

    def get_min_delay(self) -> float:
        """Return the shortest delay in ms."""
        return self.timestep_ms

    def get_current_time(self) -> float:
        """Return the time simulated so far in ms."""
        return (self._n_ticks or 0) * self.timestep_ms

    def num_processes(self) -> int:
        """Return 1."""
        return 1

    def rank(self) -> int:
        """Return 0."""
        return 0

    @property
    def timestep_ms(self) -> float:
        """Length of a tick."""
        return self.timestep_us / 1000.0

    def must_not_have_run(self, what: str) -> None:
        """Raise an error if the network has run already."""
        if self._n_ticks is not None:
            raise UnsupportedError(
                what,
                "the emulator runs a network once, and it has run",
                todo="call setup() for a new network",
            )

    def results(self, population: Neurons) -> Results:
        """Return the recordings of a population."""
        if self._outcome is None or self._n_ticks is None or population not in self.populations:
            raise InputError(population.label, "has no data yet", todo="call run() first")
        first_id = sum(pop.size for pop in self.populations[: self.populations.index(population)])
        shape: dict[str, Any] = {
            "label": population.label,
            "size": population.size,
            "first_id": first_id,
            "n_ticks": self._n_ticks,
            "timestep_us": self.timestep_us,
            "recorded": frozenset(population.recorded),
        }
        if population.is_source:
            return Results(**shape, **_sent_data(self._sent[population], population.size))
        net = Network(tuple(self.populations), tuple(self.projections), self.timestep_us)
        first = net.offsets(sources=False)[population]
        return Results(**shape, **_slice(self._outcome, self.plan, first, population))


def _sent_data(sent: SourceSpikes, size: int) -> dict[str, Any]:
    order = np.lexsort((sent.tick, sent.index))
    return {
        "spike_tick": sent.tick[order],
        "spike_index": sent.index[order],
        "watched": {},
        "saturated": np.zeros((size, 2), dtype=np.int64),
    }


def _slice(outcome: Outcome, plan: Plan | None, first: int, pop: Neurons) -> dict[str, Any]:
    """Return a population's part of what the engine gave."""
    low, high = np.searchsorted(outcome.spike_index, [first, first + pop.size])
    watched = {}
    for name, which in (plan.record if plan else {}).items():
        if name in pop.recorded:
            column = int(np.searchsorted(which, first))
            watched[name] = outcome.watched[name][:, column : column + pop.size]
    return {
        "spike_tick": outcome.spike_tick[low:high],
        "spike_index": outcome.spike_index[low:high] - first,
        "watched": watched,
        "saturated": outcome.saturated[first : first + pop.size],
    }


def _milliseconds(who: str, value: Any, *, zero: bool = False) -> float:
    """Return a time, or refuse what is none."""
    if not isinstance(value, int | float | np.number) or not math.isfinite(value):
        raise InputError(who, "is not a time in ms", got=repr(value))
    if value < 0 or (value == 0 and not zero):
        raise InputError(who, "is too short", got=f"{value} ms", limit="more than 0 ms")
    return float(value)


__all__ = ["Simulator"]
