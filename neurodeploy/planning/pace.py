"""Neurons per core and time scale factor: so that every core keeps up."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from neurodeploy.ir.network import Network
from neurodeploy.planning.machine import Machine
from neurodeploy.planning.traffic import Traffic
from neurodeploy.target.layout import lay_out
from neurodeploy.target.spinnaker import SPINN5
from neurodeploy.target.work import factor_of, tick_instructions

#: On a machine that has to be slowed down. What it pays for is not in the loads: memory waits, and
#: that the more cores there are, the later in a tick some start. Measured on the shipped binaries
#: executed in software: packet-apps, planned for a factor of 2, had 8 late packets a sample with 2
#: and none with 3.
MARGIN = 1.5
DEFAULT_NEURONS = SPINN5.neurons_per_core
#: Neurons per core that are tried, largest first.
TRIED = (DEFAULT_NEURONS, 128, 64, 32, 16, 8)


@dataclass(frozen=True)
class CoreLoad:
    """What the busiest core of a population has to do in its busiest tick.

    Parameters
    ----------
    events : int
        Synapses in the rows of packets that arrive.
    packets : int
        Packets that arrive, at most.
    instructions : int
        What it all takes, an upper bound.
    """

    events: int
    packets: int
    instructions: int


@dataclass(frozen=True)
class Pace:
    """How a network is spread over time and cores.

    Parameters
    ----------
    time_scale_factor : int or None
        How many times slower than its timestep a tick runs; None if nothing was counted.
    per_core : mapping of population name to int
        Neurons per core where they are fewer than the default.
    loads : mapping of population name to CoreLoad
    """

    time_scale_factor: int | None = None
    per_core: Mapping[str, int] = field(default_factory=dict)
    loads: Mapping[str, CoreLoad] = field(default_factory=dict)


def choose_pace(
    net: Network, traffic: Traffic, cores: int, time_scale_factor: int | None = None
) -> Pace:
    """Return the smallest time scale factor with which every core keeps up.

    Fewer neurons per core mean fewer events on it, so a busy population is spread over more
    cores before the whole machine is slowed down.

    Parameters
    ----------
    net : Network
    traffic : Traffic
    cores : int
        Cores of the machine.
    time_scale_factor : int, optional
        One that is asked for: then only the neurons per core are chosen.
    """
    loads: dict[tuple[str, int], CoreLoad] = {}

    def factor(name: str, per_core: int) -> int:
        if (name, per_core) not in loads:
            loads[name, per_core] = core_load(traffic, name, per_core)
        load = loads[name, per_core]
        return factor_of(load.events, load.instructions, net.timestep_ms)

    names = [pop.name for pop in net.neurons]
    widest = dict.fromkeys(names, DEFAULT_NEURONS)
    slowest = max((factor(name, n) for name, n in widest.items()), default=1)
    chosen, wanted = widest, time_scale_factor or slowest
    tried = (time_scale_factor,) if time_scale_factor else range(1, slowest)
    for slow in tried:
        fits = {name: next((n for n in TRIED if factor(name, n) <= slow), None) for name in names}
        spread = {name: n for name, n in fits.items() if n is not None}
        if len(spread) == len(names) and lay_out(net, spread).cores <= cores:
            chosen, wanted = spread, slow
            break
    fewer = {k: n for k, n in chosen.items() if n < min(DEFAULT_NEURONS, net.population(k).size)}
    if time_scale_factor is None and wanted > 1:
        wanted = math.ceil(MARGIN * wanted)
    return Pace(wanted, fewer, {name: loads[name, n] for name, n in chosen.items()})


def plan(net: Network, traffic: Traffic | None, machine: Machine) -> Pace:
    """Return the neurons per core and the time scale factor for a machine.

    Parameters
    ----------
    net : Network
        Lowered.
    traffic : Traffic or None
        Without it nothing is known of a core's load.
    machine : Machine
    """
    if traffic is None:
        return Pace(machine.time_scale_factor)
    return choose_pace(net, traffic, machine.cores, machine.time_scale_factor)


def core_load(traffic: Traffic, name: str, per_core: int) -> CoreLoad:
    """Return what the busiest core of a population has to do, with so many neurons a core.

    The most packets and the most events need not come in the same tick: together they are an
    upper bound.
    """
    neurons = min(per_core, traffic.network.population(name).size)
    events, packets = traffic.events(name, neurons), traffic.packets(name)
    spikes = min(neurons, traffic.peak(name))
    return CoreLoad(events, packets, tick_instructions(neurons, packets, events, spikes))


__all__ = ["DEFAULT_NEURONS", "TRIED", "CoreLoad", "Pace", "choose_pace", "core_load", "plan"]
