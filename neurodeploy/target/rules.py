"""Design rules: small named functions that yield what does not fit, all of it at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurodeploy.ir.network import RECEPTORS, Network, Population, Projection
from neurodeploy.target.spinnaker import S1615_LIMIT, SPINN5, delay_slots


@dataclass(frozen=True)
class Violation:
    """One limit that a network exceeds.

    Parameters
    ----------
    rule, who, what : str
    got, limit : float
    todo : str
    """

    rule: str
    who: str
    what: str
    got: float
    limit: float
    todo: str

    def __str__(self) -> str:
        return f"{self.who}: {self.what} (got {self.got:g}, limit {self.limit:g}); {self.todo}"


def neurons_of_core(pop: Population) -> int:
    """Return the neurons of a population's fullest core."""
    return min(pop.size, SPINN5.neurons_per_core)


def delay_within_reach(net: Network) -> Iterator[Violation]:
    """A delay fits the slots of a core and its extensions."""
    for proj in net.projections:
        slots = delay_slots(neurons_of_core(net.population(proj.post)))
        limit_ms = slots * (1 + SPINN5.delay_stages) * net.timestep_ms
        if proj.delay_ms is not None and proj.delay_ms > limit_ms:
            yield Violation(
                "delay_within_reach", proj.name, "delay in ms", proj.delay_ms, limit_ms,
                "shorten the skipping path",
            )  # fmt: skip


def rows_fit(net: Network) -> Iterator[Violation]:
    """A source neuron's synapses on one core fit one row."""
    for proj in net.projections:
        longest = int(longest_rows(net, proj).max(initial=0))
        if longest > SPINN5.row_words:
            yield Violation(
                "rows_fit", proj.name, "synapses of one source neuron on a core", longest,
                SPINN5.row_words, "merge parallel synapses",
            )  # fmt: skip


def currents_in_range(net: Network) -> Iterator[Violation]:
    """The synaptic current of a full ring buffer in every tick stays inside S16.15."""
    for pop in net.neurons:
        if pop.ring_shift is None or pop.cell is None:
            continue
        for receptor, shift in zip(RECEPTORS, pop.ring_shift, strict=True):
            steady = float(np.max(2.0 ** (shift + 1) / (1 - pop.cell.decay)))
            if steady > S1615_LIMIT and shift > 0:
                yield Violation(
                    "currents_in_range", pop.name, f"largest {receptor} current in nA", steady,
                    S1615_LIMIT, "scale the weights of this population down",
                )  # fmt: skip


def weights_fit(net: Network) -> Iterator[Violation]:
    """No weight was cut to 16 bits."""
    for proj in net.projections:
        q = proj.quantisation
        if q is not None and q.clipped:
            yield Violation(
                "weights_fit", proj.name, "weights above 16 bits", q.clipped, 0,
                "raise its weight scale",
            )  # fmt: skip


def n_cores(pop: Population) -> int:
    """Return the cores of a population at the default neurons per core."""
    return -(-pop.size // SPINN5.neurons_per_core)


def longest_rows(net: Network, proj: Projection) -> NDArray[np.int64]:
    """Return the most synapses that one source neuron has on each core, (n_cores,)."""
    cores = n_cores(net.population(proj.post))
    core = proj.post_index // SPINN5.neurons_per_core
    row, n_synapses = np.unique(proj.pre_index.astype(np.int64) * cores + core, return_counts=True)
    longest = np.zeros(cores, dtype=np.int64)
    np.maximum.at(longest, row % cores, n_synapses)
    return longest


def synaptic_bytes(net: Network, pop: Population) -> NDArray[np.int64]:
    """Return the bytes of the rows that each core of a population keeps, (n_cores,).

    Every source neuron of a projection has a row, and all are as long as the longest. Rows
    for delay extensions would come on top.
    """
    total = np.zeros(n_cores(pop), dtype=np.int64)
    for proj in net.incoming(pop.name):
        longest = longest_rows(net, proj)
        row_bytes = SPINN5.row_header_bytes + SPINN5.synapse_bytes * longest
        total += np.where(longest > 0, net.population(proj.pre).size * row_bytes, 0)
    return total


def synapses_fit(net: Network) -> Iterator[Violation]:
    """The synaptic rows of a core fit its chip's SDRAM, and those of all cores a board's."""
    needed = {pop.name: synaptic_bytes(net, pop) for pop in net.neurons}
    todo = "use fewer synapses or sources"
    for name, n_bytes in needed.items():
        most = int(n_bytes.max(initial=0))
        if most > SPINN5.sdram_bytes:
            yield Violation(
                "synapses_fit", name, "bytes of synapses of a core", most, SPINN5.sdram_bytes, todo
            )
    total = sum(int(n_bytes.sum()) for n_bytes in needed.values())
    limit = SPINN5.chips_per_board * SPINN5.sdram_bytes
    if total > limit:
        yield Violation("synapses_fit", net.name, "bytes of synapses", total, limit, todo)


def time_scale_factor(events_per_tick: int, timestep_ms: float) -> int:
    """Return how many times slower a board must run for a core to keep up.

    Parameters
    ----------
    events_per_tick : int
        Synaptic events of the busiest core in its busiest tick.
    timestep_ms : float
        Length of a tick at factor 1.
    """
    return max(1, math.ceil(events_per_tick / (SPINN5.events_per_ms * timestep_ms)))


def machine_fits(net: Network) -> Iterator[Violation]:
    """The network fits one 48-chip board."""
    limit = SPINN5.cores_per_chip * SPINN5.chips_per_board
    cores = sum(n_cores(p) for p in net.populations)
    if cores > limit:
        yield Violation("machine_fits", net.name, "cores", cores, limit, "use a larger machine")


RULES: tuple[Callable[[Network], Iterator[Violation]], ...] = (
    delay_within_reach,
    rows_fit,
    currents_in_range,
    weights_fit,
    synapses_fit,
    machine_fits,
)


def violations(net: Network) -> tuple[Violation, ...]:
    """Return everything in a lowered network that exceeds the machine."""
    return tuple(found for rule in RULES for found in rule(net))
