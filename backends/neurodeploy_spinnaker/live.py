"""A network on a board that is fed, and heard, while it runs.

Spikes go in through injectors and come out through the live packet gatherer, which stamps each
with its tick. The board's own clock is the clock: a neuron that spikes in every tick is heard,
too, and what is sent is sent when it has told a new tick. So it does not matter how fast a
board runs, nor how punctually the host sleeps.

sPyNNaker's run without an end returns when another thread asks for it; it therefore has a
thread of its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import chain, repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurodeploy.api import BackendFailure, Heard, SessionOptions, TargetError
from neurodeploy_spinnaker import session
from neurodeploy_spinnaker.machine import Machine
from neurodeploy_spinnaker.simulation import Simulation

Ints = NDArray[np.int64]
CLOCK = "clock of the board"
"""Label of the neuron that spikes in every tick."""

CLOCK_NEURONS = 128
"""The last of so many neurons spikes, so that it does late in its tick.

The gatherer may leave the last spike of a tick for when the next one comes, and stamp it with that
one's tick. Seen on the shipped binary: 3 of 134 output spikes came a tick late where the clock was
one neuron alone, none where its spike came behind those of the network.
"""

_SILENCE_S = 20.0
"""A board that has told no tick for so long has failed."""

_LOOK_S = 0.05
_A_LITTLE, _A_MOMENT = 0.15, 0.05
"""A board is driven until a little before a tick, then for a moment at a time, in ticks: what is
sent then comes early in it. A core drops what it has not dealt with when the next begins."""


class LiveBoard:
    """pyNN.spiNNaker with a network that is fed while it runs.

    Parameters
    ----------
    simulation : Simulation
    name : str
        Of the target, for errors.
    drive_s : float or None
        None waits for the board. A board that only runs while this process sleeps, as one in
        software does, is let run for a tick of this length.
    """

    engine_used = "sPyNNaker"
    slack_ticks = 8

    def __init__(self, simulation: Simulation, name: str, drive_s: float | None = None) -> None:
        self.sim = simulation
        self.tells: tuple[str, ...] = ()
        self._name, self._drive_s = name, drive_s
        self._devices = simulation.external_devices
        # A port of its own: several sessions can live on one host.
        self._connection = self._devices.SpynnakerLiveSpikesConnection(local_port=None)
        self._sources: list[str] = []
        self._ticked, self._clock = threading.Condition(), -1
        self._told: dict[str, list[tuple[int, list[int]]]] = {}
        self._runs = threading.Event()
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None

    @property
    def now(self) -> int:
        """The last tick that the board has told; all spikes before it were told, too."""
        return max(0, self._clock)

    def source(self, size: int, label: str) -> Any:
        """Make a population that sends what `step` is given."""
        self._sources.append(label)
        self._connection.add_send_label(label)
        injector = self._devices.SpikeInjector(database_notify_port_num=self._port)
        return self.sim.Population(size, injector, label=label)

    def start(self, handles: Mapping[str, Any], output: str, *, membrane: bool) -> None:
        """Map the network that was built, load it and let it run."""
        if membrane:
            raise TargetError(
                f"target {self._name}",
                "tells spikes live, and the output of this network never spikes",
                todo="use --target emulator, or a model whose output spikes",
            )
        # The others only take time: see CLOCK_NEURONS.
        currents = [0.0] * (CLOCK_NEURONS - 1) + [1000.0]
        beat = self.sim.IF_curr_exp(i_offset=currents, tau_refrac=0.0, v_thresh=-64.0)
        clock = self.sim.Population(CLOCK_NEURONS, beat, label=CLOCK)
        self.tells = (*self._sources, output)
        for name in self.tells:
            self._listen(handles[name], name, self._hear)
        self._listen(clock, CLOCK, self._beat)
        self._connection.add_start_resume_callback(self._sources[0], self._started)
        self._thread = threading.Thread(target=self._run, name="sPyNNaker", daemon=True)
        self._thread.start()
        self._wait_for_the_start()

    def step(self, spikes: Mapping[str, Ints], ticks: int = 1) -> Heard:
        """Send spikes of sources, and return when the board has told so many new ticks."""
        before = self._clock
        for name, index in spikes.items():
            self._connection.send_spikes(name, index.tolist())
        self._wait_past(before + ticks - 1, ticks)
        with self._ticked:
            until, told, self._told = self._clock, self._told, {}
        return Heard(until, {name: _arrays(parts) for name, parts in told.items()})

    def restore(self) -> None:
        """Refused: a board does not go back."""
        raise TargetError(f"target {self._name}", "does not restore its state between samples")

    def said(self) -> dict[str, Any]:
        """Return what the machine said of the run, once it is over."""
        return {
            "engine": self.engine_used,
            "findings": tuple(self.sim.findings),
            "provenance": dict(self.sim.provenance),
        }

    def close(self) -> None:
        """Stop the run and take in what it says of itself.

        Raises
        ------
        BackendFailure
            If the run has failed, or lost spikes and that is not allowed.
        """
        if self._thread is not None:
            while self._thread.is_alive() and not self._runs.is_set():
                self._thread.join(_LOOK_S)
            if self._thread.is_alive():
                self._devices.request_stop()
            self._thread.join()
        with suppress(Exception):
            self._connection.close()
        self._raise()

    @property
    def _port(self) -> int:
        return int(self._connection.local_port)

    def _listen(self, population: Any, name: str, callback: Any) -> None:
        self._connection.add_receive_label(name)
        self._connection.add_receive_callback(name, callback)
        self._devices.activate_live_output_for(population, database_notify_port_num=self._port)

    # ---- on threads of the connection, and of the run ----

    def _hear(self, name: str, tick: int, neurons: Any) -> None:
        with self._ticked:
            self._told.setdefault(name, []).append((int(tick), [int(n) for n in neurons]))

    def _beat(self, _name: str, tick: int, _neurons: Any) -> None:
        with self._ticked:
            self._clock = max(self._clock, int(tick))
            self._ticked.notify_all()

    def _started(self, *_: object) -> None:
        self._runs.set()

    def _run(self) -> None:
        try:
            self.sim.run_forever()
        except BaseException as err:  # it is raised where somebody waits for the run
            self._error = err

    # ---- on the caller's thread ----

    def _wait_for_the_start(self) -> None:
        """Wait until the board is loaded and has told its first tick."""
        thread = self._thread
        while thread is not None and thread.is_alive() and not self._runs.is_set():
            thread.join(_LOOK_S)
        self._wait_past(-1)

    def _wait_past(self, tick: int, ticks: int = 1) -> None:
        """Wait until the board has told a later tick, which is so many from now."""
        told, latest = self._clock, time.monotonic() + _SILENCE_S
        for share in chain([ticks - _A_LITTLE], repeat(_A_MOMENT)):
            if self._clock > tick:
                return
            if self._clock > told:  # slow is not silent
                told, latest = self._clock, time.monotonic() + _SILENCE_S
            self._must_run(latest)
            if self._drive_s is not None:
                time.sleep(share * self._drive_s)
                continue
            with self._ticked:
                self._ticked.wait_for(lambda: self._clock > tick, _LOOK_S)

    def _must_run(self, latest_s: float) -> None:
        self._raise()
        if self._thread is None or not self._thread.is_alive():
            raise BackendFailure(f"target {self._name}", "has ended its run by itself")
        if time.monotonic() > latest_s:
            raise BackendFailure(
                f"target {self._name}",
                "tells no spikes",
                limit=f"a tick within {_SILENCE_S:g} s",
                todo="check that UDP packets of the board reach this host",
            )

    def _raise(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error


def _arrays(parts: list[tuple[int, list[int]]]) -> tuple[Ints, Ints]:
    """Return (tick, index) of what was told."""
    tick = [tick for tick, neurons in parts for _ in neurons]
    index = [neuron for _, neurons in parts for neuron in neurons]
    return np.array(tick, dtype=np.int64), np.array(index, dtype=np.int64)


@contextmanager
def opened(
    options: SessionOptions, machine: Machine, name: str, *, drives: bool = False
) -> Iterator[LiveBoard]:
    """Set sPyNNaker up on a machine and give a network that will be fed while it runs.

    Parameters
    ----------
    options : SessionOptions
    machine : Machine
    name : str
        Of the target, for errors.
    drives : bool
        Whether the machine only runs while this process sleeps.

    Yields
    ------
    board : LiveBoard
        Its run is over when the body is left.

    Raises
    ------
    BackendFailure
        If the vendor or the machine fails, or the run lost spikes and that is not allowed.
    TargetError
        If no machine was given.
    """
    if not machine.runs:
        raise TargetError(f"target {name}", "maps only, and nothing comes of that live")
    tick_s = options.timestep_ms * (options.time_scale_factor or 1) / 1000.0
    with session.opened(options, machine) as simulation:
        board = LiveBoard(simulation, name, tick_s if drives else None)
        try:
            yield board
        except BaseException:
            # What ended the body is told, not what it did to the run.
            with suppress(Exception):
                board.close()
            raise
        board.close()


__all__ = ["CLOCK", "LiveBoard", "opened"]
