"""The PyNN-shaped object on which a script builds, runs and reads a network.

One class, though long, as a script sees one module with all of PyNN's calls.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from neurodeploy.api import Finding, InputError, SessionOptions
from neurodeploy_brian2.answers import Answers
from neurodeploy_brian2.draws import Draws
from neurodeploy_brian2.engines import ENGINES
from neurodeploy_brian2.errors import (
    ConfigurationError,
    RefusedError,
    UnsupportedError,
    refuse_extra,
)
from neurodeploy_brian2.names import EXPORTS
from neurodeploy_brian2.other_calls import OtherCalls
from neurodeploy_brian2.plan import Plan
from neurodeploy_brian2.population import Population as Neurons
from neurodeploy_brian2.projection import Projection as Synapses
from neurodeploy_brian2.running import Running

logger = logging.getLogger(__name__)

_WHOLE = 1e-6
"""Closer than this to a whole number of ticks is one; 0.1 + 0.2 is not 4 ticks of 0.1 ms."""


class Simulator(Answers, OtherCalls):
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

    def __init__(self, options: SessionOptions | None = None) -> None:
        self.options = options or SessionOptions()
        self.engine = self.options.engine or ENGINES[0]
        self.setup(self.options.timestep_ms)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the last run reported; each was logged, too."""
        return self._running.findings

    @property
    def engine_used(self) -> str:
        """The engine of the last run."""
        return self._running.engine

    def __getattr__(self, name: str) -> Any:
        if name in EXPORTS:
            return EXPORTS[name]
        raise UnsupportedError(name, "the emulator does not support this part of PyNN")

    def setup(
        self,
        timestep: float = 1.0,
        min_delay: float | str | None = None,
        max_delay: float | str | None = None,
        *,
        strict: bool | None = None,
        **extra: Any,
    ) -> int:
        """Start an empty network.

        Parameters
        ----------
        timestep : float
            ms; rounded up to whole microseconds as sPyNNaker does.
        min_delay : float, optional
            At least one timestep and a multiple of it; what a synapse without a delay has.
        max_delay : float, optional
            Ignored, as by sPyNNaker.
        strict : bool, optional
            Whether findings are errors, see `findings`; by default as the session says.
        extra
            `time_scale_factor` and what concerns the choice of a board; ignored.

        Returns
        -------
        rank : int
            Always 0.
        """
        timestep_ms = milliseconds("setup timestep", timestep)
        self.timestep_us = math.ceil(timestep_ms * 1000)
        for name in ("mindelay", "maxdelay", "dt", "time_step"):
            if name in extra:
                raise ConfigurationError("setup", f"{name} is not an argument of setup")
        if isinstance(min_delay, int | float):
            steps = min_delay * 1000 / self.timestep_us
            if not steps >= 1 - _WHOLE or abs(steps - round(steps)) > 1e-5:
                raise ConfigurationError(
                    "setup min_delay",
                    "is not a whole number of timesteps",
                    got=f"{min_delay} ms",
                    limit=f"a multiple of {self.timestep_ms} ms",
                )
        self.min_delay_ms = (
            float(min_delay) if isinstance(min_delay, int | float) else self.timestep_ms
        )
        self.strict = self.options.strict if strict is None else bool(strict)
        self.populations = []
        self.projections = []
        self.per_core: dict[type, Any] = {}
        self.synapse_cores: dict[type, Any] = {}
        self._draws = Draws(self)
        self._ended = False
        self._running = Running(self)
        return 0

    # ---- building ----

    def Population(  # noqa: N802 - PyNN's name
        self,
        size: Any,
        cellclass: Any,
        cellparams: Mapping[str, Any] | None = None,
        structure: Any = None,
        initial_values: Mapping[str, Any] | None = None,
        label: str | None = None,
        additional_parameters: Mapping[str, Any] | None = None,
        **additional: Any,
    ) -> Neurons:
        """Add a population; see `population.Population`."""
        self.must_be_alive("Population")
        population = Neurons(
            self,
            size,
            cellclass,
            cellparams,
            structure=structure,
            initial_values=initial_values,
            label=label,
            additional_parameters={**(additional_parameters or {}), **additional},
        )
        self.populations.append(population)
        self.changed("Population")
        return population

    def Projection(  # noqa: N802 - PyNN's name
        self,
        presynaptic_population: Any,
        postsynaptic_population: Any,
        connector: Any,
        synapse_type: Any = None,
        source: None = None,
        receptor_type: str = "excitatory",
        space: Any = None,
        label: str | None = None,
        download_synapses: bool = False,
        partition_id: str | None = None,
    ) -> Synapses:
        """Connect two populations of this network, or stretches of them."""
        self.must_be_alive("Projection")
        refuse_extra("Projection", {"source": source, "partition_id": partition_id})
        for end in (presynaptic_population, postsynaptic_population):
            root = getattr(end, "_root", None)
            if root is None or root() not in self.populations:
                raise ConfigurationError(
                    "Projection", "joins what is not a population of this network", got=repr(end)
                )
        projection = Synapses(
            self,
            presynaptic_population,
            postsynaptic_population,
            connector,
            synapse_type,
            receptor_type=receptor_type,
            space=space,
            label=label,
        )
        self.projections.append(projection)
        self._draws.forget()
        self.changed("Projection")
        return projection

    # ---- running ----

    def run(self, simtime: float, callbacks: Any = None) -> float:
        """Run for so many ms, rounded up to whole ticks, and return the time reached."""
        return self.run_until(
            self.get_current_time() + milliseconds("run", simtime, zero=True), callbacks
        )

    run_for = run

    def run_until(self, tstop: float, callbacks: Any = None) -> float:
        """Run until a time since the reset, ms."""
        until = milliseconds("run_until", tstop, zero=True)
        if until - self.get_current_time() < -self.timestep_ms / 2:
            raise InputError(
                "run_until", "is in the past", got=f"{tstop} ms", limit=self.get_current_time()
            )
        first_tick = self._running.now
        if callbacks:
            self._advance_calling(until, list(callbacks))
        else:
            self._advance(until)
        self._running.report(first_tick)
        return self.get_current_time()

    def _advance_calling(self, until_ms: float, callbacks: list[Any]) -> None:
        """Run, and stop at the times that functions ask for, as PyNN does.

        Each is called with the time and returns when it wants to be called next; the one that
        is next is also called at the end.
        """
        due = [(callback(self.get_current_time()), callback) for callback in callbacks]
        while self.get_current_time() + 1e-9 < until_ms:
            first = min(time for time, _ in due)
            self._advance(min(first, until_ms))
            now = self.get_current_time()
            due = [
                (callback(now) if time - first < self.timestep_ms else time, callback)
                for time, callback in due
            ]

    def reset(self, annotations: Any = None) -> None:
        """Go back to time 0: state as at first, parameters as they are, a new Neo segment."""
        self.must_be_alive("reset")
        self._running.reset()

    def end(self, compatible_output: Any = True) -> None:
        """End the simulation; recordings stay readable, those with a file are written."""
        if self._ended:
            return
        self._ended = True
        for population in self.populations:
            for variable, file in population.recorder.files.items():
                if file is not None and self.has_run:
                    population.write_data(file, variable)

    def _advance(self, until_ms: float) -> None:
        self.must_be_alive("run")
        ticks = until_ms * 1000 / self.timestep_us
        whole = round(ticks) if abs(ticks - round(ticks)) < _WHOLE else math.ceil(ticks)
        self._running.advance(whole - self._running.now)

    # ---- questions ----

    def get_time_step(self) -> float:
        """Return the timestep in ms."""
        return self.timestep_ms

    def get_min_delay(self) -> float:
        """Return the shortest delay in ms."""
        return self.min_delay_ms

    def get_max_delay(self) -> float:
        """Refused, as by sPyNNaker."""
        raise RefusedError(
            "get_max_delay", "sPyNNaker has no longest delay", todo="see docs/pynn.md"
        )

    def get_current_time(self) -> float:
        """Return the time since the reset in ms."""
        return self._running.now * self.timestep_ms

    @property
    def plan(self) -> Plan | None:
        """The last run as integers."""
        return self._running.plan


def milliseconds(who: str, value: Any, *, zero: bool = False) -> float:
    """Return a time, or refuse what is none."""
    if not isinstance(value, int | float | np.number) or not math.isfinite(value):
        raise InputError(who, "is not a time in ms", got=repr(value))
    if value < 0 or (value == 0 and not zero):
        raise InputError(who, "is too short", got=f"{value} ms", limit="more than 0 ms")
    return float(value)


__all__ = ["Simulator", "milliseconds"]
