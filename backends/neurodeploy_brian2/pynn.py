"""The emulator as a PyNN module: `import neurodeploy_brian2.pynn as sim`.

As with any PyNN module there is one current network in the process; `setup` starts it.
Whoever wants several at once makes `Simulator` objects instead.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from neurodeploy.api import InputError
from neurodeploy_brian2.errors import UnsupportedError
from neurodeploy_brian2.simulator import Simulator

logger = logging.getLogger(__name__)

DEFAULT_TIMESTEP_MS = 0.1
"""PyNN's, and so sPyNNaker's, though the board is made for 1 ms."""

AUTO_TIMESTEP_MS = 1.0

_current: list[Simulator] = []


def setup(
    timestep: float | str | None = None,
    min_delay: float | str | None = None,
    max_delay: float | str | None = None,
    **extra: Any,
) -> int:
    """Start an empty network; see `Simulator.setup`. `auto` is a timestep of 1 ms."""
    if timestep is None:
        logger.warning("no timestep given, so it is PyNN's %s ms", DEFAULT_TIMESTEP_MS)
        timestep = DEFAULT_TIMESTEP_MS
    simulator = Simulator()
    chosen: Any = AUTO_TIMESTEP_MS if timestep == "auto" else timestep
    simulator.setup(chosen, min_delay, max_delay, **extra)
    _current[:] = [simulator]
    return 0


def _forward(name: str) -> Callable[..., Any]:
    """Return a function that calls a method of the current network."""

    def call(*arguments: Any, **options: Any) -> Any:
        if not _current:
            raise InputError(name, "there is no network yet", todo="call setup() first")
        return getattr(_current[0], name)(*arguments, **options)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = getattr(Simulator, name).__doc__
    return call


IF_curr_exp = Simulator.IF_curr_exp
IF_curr_delta = Simulator.IF_curr_delta
SpikeSourceArray = Simulator.SpikeSourceArray
StaticSynapse = Simulator.StaticSynapse
FromListConnector = Simulator.FromListConnector
OneToOneConnector = Simulator.OneToOneConnector
AllToAllConnector = Simulator.AllToAllConnector

Population = _forward("Population")
Projection = _forward("Projection")
run = _forward("run")
end = _forward("end")
get_time_step = _forward("get_time_step")
get_min_delay = _forward("get_min_delay")
get_current_time = _forward("get_current_time")
num_processes = _forward("num_processes")
rank = _forward("rank")

__all__ = [
    "AllToAllConnector",
    "FromListConnector",
    "IF_curr_delta",
    "IF_curr_exp",
    "OneToOneConnector",
    "Population",
    "Projection",
    "SpikeSourceArray",
    "StaticSynapse",
    "end",
    "get_current_time",
    "get_min_delay",
    "get_time_step",
    "num_processes",
    "rank",
    "run",
    "setup",
]


def __getattr__(name: str) -> Any:
    """Refuse the rest of PyNN by name."""
    if name.startswith("__"):
        raise AttributeError(name)
    raise UnsupportedError(name, "the emulator does not support this part of PyNN")
