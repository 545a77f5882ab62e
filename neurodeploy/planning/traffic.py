"""Packets and synaptic events of each core in each tick, counted on sample data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurodeploy import ideal
from neurodeploy.compiler import Compiled
from neurodeploy.ir.network import Network, Projection
from neurodeploy.schedule import Schedule, schedule, source_ticks

#: Samples on which traffic is counted, at most.
COUNTED = 64
#: Ticks that are counted at once: bounds memory.
CHUNK = 1024

Counts = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Sent:
    """The spikes of one population.

    Parameters
    ----------
    tick, index : (m,) int64 arrays
        Samples laid end to end.
    """

    tick: NDArray[np.int64]
    index: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Traffic:
    """What a network's populations send when it runs samples.

    Parameters
    ----------
    network : Network
    plan : Schedule
    n_samples : int
    sent : mapping of population name to Sent
        Those of sources are exact, those of neurons what `ideal` says.
    """

    network: Network
    plan: Schedule
    n_samples: int
    sent: dict[str, Sent]

    @property
    def n_ticks(self) -> int:
        """Ticks in all, those after the last sample included."""
        return (self.n_samples + 1) * self.plan.sample_ticks

    def events(self, name: str, per_core: int) -> int:
        """Return the most synaptic events of a core of a population in a tick.

        A packet's row is read when it arrives, in the tick in which it was sent: a delay says
        only in which later tick its synapses act.
        """
        cores = -(-self.network.population(name).size // per_core)
        most = 0
        for first in range(0, self.n_ticks, CHUNK):
            total = np.zeros((min(CHUNK, self.n_ticks - first), cores), dtype=np.float32)
            for proj in self.network.incoming(name):
                total += self._counts(proj.pre, first) @ fan_out(self.network, proj, per_core)
            most = max(most, int(total.max(initial=0)))
        return most

    def packets(self, name: str) -> int:
        """Return the most packets that reach a core of a population in a tick, at most.

        A core that a source has no synapse on may be spared its packets.
        """
        senders = {proj.pre for proj in self.network.incoming(name)}
        total = np.zeros(self.n_ticks, dtype=np.int64)
        for pre in senders:
            total += np.bincount(self.sent[pre].tick, minlength=self.n_ticks)
        return int(total.max(initial=0))

    def peak(self, name: str) -> int:
        """Return the most spikes of a population in a tick."""
        counts = np.bincount(self.sent[name].tick, minlength=1)
        return int(counts.max(initial=0))

    def per_sample(self) -> float:
        """Return the packets of one sample, of all populations together."""
        return float(sum(s.tick.size for s in self.sent.values())) / max(1, self.n_samples)

    def _counts(self, name: str, first: int) -> Counts:
        """Return the spikes of each neuron in each tick of a chunk, (n_ticks, size)."""
        size = self.network.population(name).size
        sent, n_ticks = self.sent[name], min(CHUNK, self.n_ticks - first)
        here = (sent.tick >= first) & (sent.tick < first + n_ticks)
        flat = (sent.tick[here] - first) * size + sent.index[here]
        counts = np.bincount(flat, minlength=n_ticks * size)
        return counts.reshape(n_ticks, size).astype(np.float32)


def count_traffic(compiled: Compiled, raster: NDArray[np.uint8]) -> Traffic:
    """Return what the populations of a compiled network send.

    Parameters
    ----------
    compiled : Compiled
    raster : (n, steps, n_inputs) uint8 array
        Spikes of the input; the first `COUNTED` samples are used.
    """
    raster = raster[:COUNTED]
    net, plan = compiled.network, schedule(compiled.network, raster.shape[1])
    sent = {name: Sent(*spikes) for name, spikes in source_ticks(net, plan, raster).items()}
    for name, spikes in ideal.run(compiled.trained, raster).spikes.items():
        if name not in sent:
            tick = spikes.sample * plan.sample_ticks + plan.start_tick[name] + spikes.step
            sent[name] = Sent(tick.astype(np.int64), spikes.index.astype(np.int64))
    silent = Sent(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    return Traffic(
        net, plan, len(raster), {p.name: sent.get(p.name, silent) for p in net.populations}
    )


def fan_out(net: Network, proj: Projection, per_core: int) -> Counts:
    """Return the synapses of each source neuron on each core, (n_pre, n_cores)."""
    n_pre = net.population(proj.pre).size
    cores = -(-net.population(proj.post).size // per_core)
    flat = proj.pre_index.astype(np.int64) * cores + proj.post_index // per_core
    return np.bincount(flat, minlength=n_pre * cores).reshape(n_pre, cores).astype(np.float32)


__all__ = ["COUNTED", "Sent", "Traffic", "count_traffic", "fan_out"]
