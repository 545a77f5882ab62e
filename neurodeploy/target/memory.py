"""SDRAM and DTCM of every core, counted as sPyNNaker counts them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from neurodeploy.ir.network import Network, Projection
from neurodeploy.target.layout import Block, Layout, delay_ticks, rows_of_cores
from neurodeploy.target.spinnaker import SPINN5, index_bits

WORD = 4
_BITS = 32

#: Bytes of a core apart from its synapses, and of each neuron: parameters, their initial copy,
#: their generator at its largest, recording and provenance. Neurons are counted in pairs.
CELL_BYTES = {"IF_curr_exp": (1196, 524), "IF_curr_delta": (1180, 460)}
_ODD_NEURON_BYTES = 16

#: Data memory of a core apart from its ring buffers and population table, and of each neuron:
#: counted in the heap of the shipped programs after their start.
CELL_DTCM = {"IF_curr_exp": (7908, 72), "IF_curr_delta": (7920, 60)}
_ODD_NEURON_DTCM, _NEURONS_OF_WORD = 8, 32
_RING_ENTRY_BYTES = 2

SOURCE_BYTES = 512
DELAY_BYTES = 520
#: A recording region's block header.
RECORDING_BYTES = 8

# A message to a spike source: its header, and the keys that fit one.
_MESSAGE_BYTES, _KEYS_OF_MESSAGE = 6, 61

_TABLE_BYTES, _TABLE_SOURCE_BYTES, _TABLE_MATRIX_BYTES = 8, 20, 4
_FILTER_BYTES, _FILTER_SOURCE_WORDS = 8, 4
_MATRIX_START, _MATRIX_ALIGNMENT = 8, 16


@dataclass(frozen=True)
class Memory:
    """SDRAM of one core.

    Parameters
    ----------
    matrix_bytes : int
        For synaptic rows.
    fixed_bytes : int
        All that does not grow with the run, rows included.
    tick_bytes : int
        For each tick of a run: what is recorded, and what a source is to send.
    """

    matrix_bytes: int
    fixed_bytes: int
    tick_bytes: int

    @property
    def planned_bytes(self) -> int:
        """The bytes that sPyNNaker plans with, however short a run is."""
        return self.fixed_bytes + self.tick_bytes * SPINN5.planned_ticks


@dataclass(frozen=True)
class Recorded:
    """What a run records, and how many spikes sources send in a tick.

    Parameters
    ----------
    spikes, membranes : frozenset of population names
    peaks : mapping of source name to int
        Most spikes of a source in one tick; without it each neuron sends one.
    """

    spikes: frozenset[str] = frozenset()
    membranes: frozenset[str] = frozenset()
    peaks: Mapping[str, int] | None = None


def core_memory(layout: Layout, block: Block, recorded: Recorded | None = None) -> Memory:
    """Return the SDRAM that sPyNNaker reserves for each core of a block; all are alike."""
    kept = recorded or Recorded()
    if block.kind == "delay":
        return Memory(0, DELAY_BYTES, 0)
    if block.kind == "source":
        return _source(block, kept)
    return _neurons(layout, block, kept)


def _source(block: Block, kept: Recorded) -> Memory:
    peak = (kept.peaks or {}).get(block.population, block.per_core)
    n_bytes = _MESSAGE_BYTES * -(-peak // _KEYS_OF_MESSAGE) + WORD * peak
    per_tick = n_bytes * (2 if block.population in kept.spikes else 1)
    return Memory(0, SOURCE_BYTES + per_tick, per_tick)


def _neurons(layout: Layout, block: Block, kept: Recorded) -> Memory:
    cell = layout.network.population(block.population).cell
    kind = "IF_curr_exp" if cell is None else cell.kind
    base, each = CELL_BYTES[kind]
    n = block.per_core
    matrix = matrix_bytes(layout, block.population)
    fixed = base + each * n + (_ODD_NEURON_BYTES if n % 2 else 0)
    fixed += matrix + _index_bytes(layout, block.population)
    tick = 0
    if block.population in kept.spikes:
        fixed += RECORDING_BYTES
        tick += WORD * (1 + -(-n // _BITS))
    if block.population in kept.membranes:
        fixed += RECORDING_BYTES
        tick += WORD * (1 + n)
    return Memory(matrix, fixed, tick)


def matrix_bytes(layout: Layout, population: str) -> int:
    """Return the bytes of synaptic rows of each core of a population.

    Every neuron of a source has a row for each projection, and for each stage of its delay
    extension; all are as long as the longest on any core. Each source core's rows start at a
    multiple of 16.
    """
    total = _MATRIX_START
    for pre, projections in _edges(layout.network, population).items():
        source = layout.block(pre)
        staged = any(delayed(layout, proj) for proj in projections)
        stages = layout.stages.get(pre, 0) if staged else 0
        for proj in projections:
            for words, copies in zip(row_words(layout, proj), (1, stages), strict=True):
                row_bytes = SPINN5.row_header_bytes + SPINN5.synapse_bytes * words
                for _ in range(source.cores if words * copies else 0):
                    total = -(-total // _MATRIX_ALIGNMENT) * _MATRIX_ALIGNMENT
                    total += source.per_core * row_bytes * copies
    return total


def row_words(layout: Layout, proj: Projection) -> tuple[int, int]:
    """Return the longest row of a projection in front of a delay extension and behind it.

    A delay of exactly the slots counts in both: sPyNNaker adds to the limit the smallest number
    there is, which changes nothing.
    """
    net, slots = layout.network, layout.slots[proj.post]
    if proj.lag is None:
        words, ticks = layout.longest_rows[proj.name], delay_ticks(net, proj)
        return (words if ticks <= slots else 0), (words if ticks >= slots else 0)
    delays = proj.lag + (delay_ticks(net, proj) - proj.longest_lag)
    post = layout.block(proj.post)
    near, far = (
        int(rows_of_cores(proj.chosen(mask), post).max(initial=0))
        for mask in (delays <= slots, delays >= slots)
    )
    return near, far


def delayed(layout: Layout, proj: Projection) -> bool:
    """Return whether the synapses of a projection stand behind a delay extension."""
    return delay_ticks(layout.network, proj) > layout.slots[proj.post]


def dtcm_bytes(layout: Layout, block: Block, *, membranes: bool = False) -> int:
    """Return the data memory that a core of neurons takes before filters of its sources.

    Parameters
    ----------
    membranes : bool
        Whether membranes are recorded.
    """
    cell = layout.network.population(block.population).cell
    base, each = CELL_DTCM["IF_curr_exp" if cell is None else cell.kind]
    n = block.per_core
    n_bytes = base + (each + (WORD if membranes else 0)) * n + WORD * (n // _NEURONS_OF_WORD)
    n_bytes += _ODD_NEURON_DTCM * (n % 2)
    entries = 1 << (index_bits(n) + 1 + index_bits(layout.slots[block.population]))
    table = _table_bytes(layout, block.population) - _TABLE_BYTES
    return n_bytes + _RING_ENTRY_BYTES * entries + table


def _table_bytes(layout: Layout, population: str) -> int:
    """Return the bytes of the population table: its sources and their matrices."""
    table = _TABLE_BYTES
    for projections in _edges(layout.network, population).values():
        ways = 2 if any(delayed(layout, proj) for proj in projections) else 1
        table += ways * (_TABLE_SOURCE_BYTES + _TABLE_MATRIX_BYTES * len(projections))
    return table


def _index_bytes(layout: Layout, population: str) -> int:
    """Return the bytes of the tables that find a row: population table, filters and keys."""
    filters, keys = _FILTER_BYTES, 0
    for pre, projections in _edges(layout.network, population).items():
        staged = any(delayed(layout, proj) for proj in projections)
        keys += WORD * (2 if staged else 1)
        neurons = layout.network.population(pre).size
        for n in (neurons, neurons * layout.stages.get(pre, 0) if staged else 0):
            filters += WORD * (_FILTER_SOURCE_WORDS + -(-n // _BITS))
    return _table_bytes(layout, population) + filters + keys


def _edges(net: Network, population: str) -> dict[str, list[Projection]]:
    """Return the projections onto a population by source, in the order of the first of each."""
    edges: dict[str, list[Projection]] = {}
    for proj in net.incoming(population):
        edges.setdefault(proj.pre, []).append(proj)
    return edges


__all__ = [
    "Memory",
    "Recorded",
    "core_memory",
    "delayed",
    "dtcm_bytes",
    "matrix_bytes",
    "row_words",
]
