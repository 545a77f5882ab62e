"""Run the expanders of the boards' programs on regions written as the host writes them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neurodeploy_brian2.machine.distributions import PARAMETERS, Distribution
from neurodeploy_brian2.machine.expander import Edge

from .aplx import load_program
from .core import VCPU, Core
from .regions import count_bits, pack_table, words

UNUSED = 0xFFFFFFFF
MATRIX, TABLE, FILTER, BUILDER = 6, 5, 14, 12
NEURONS, RECORDING, NEURON_BUILDER = 2, 9, 13
DISTRIBUTION_IDS = {name: max(i - 1, 0) for i, name in enumerate(PARAMETERS)} | {"uniform": 1}
ROW_WORDS = 250
HEADER_HALVES = 4


@dataclass(frozen=True)
class Written:
    """One projection for the program: its model, and what the connector writes.

    Attributes
    ----------
    edge : Edge
    connector_id : int
    connector_words : sequence of int
    n_pre : int
        Neurons of the whole source population.
    row_words : int
        Words of a row without its three header words.
    is_plastic : bool
        Rows of the pair rule rather than static ones.
    """

    edge: Edge
    connector_id: int
    connector_words: Sequence[int]
    n_pre: int
    row_words: int = ROW_WORDS
    is_plastic: bool = False

    @property
    def matrix_words(self) -> int:
        """Size of the undelayed and delayed matrix together."""
        return self.n_pre * self.edge.n_stages * (self.row_words + 3)


@dataclass(frozen=True)
class Placed:
    """One synapse found in the memory of the program."""

    post: int
    weight16: int
    delay_ticks: int


def run_synapse_expander(
    edges: Sequence[Written],
    first: int,
    count: int,
    population_seed: Sequence[int],
    core_seed: Sequence[int],
) -> list[dict[tuple[int, int], list[Placed]]]:
    """Expand projections on one core; returns the rows of each edge by (source, stage)."""
    core = Core(load_program("synapse_expander"))
    index_bits = count_bits(max(count, 2))
    body, offset = [], 0
    for written in edges:
        body += _edge_words(written, offset, index_bits)
        offset += written.matrix_words
    edge = edges[0].edge
    head = [MATRIX, TABLE, FILTER, UNUSED, len(edges), first, count, 0, 1]
    head += [_accum(edge.steps_per_ms), *population_seed, *core_seed]
    head += [edge.factor & 0xFFFFFFFF, edge.factor >> 32]
    builder = core.put(words([*head, *body, 0]))
    matrix = core.put(bytes(4 * offset))
    table, filters = core.put(bytes(64)), core.put(bytes(64))
    regions = {MATRIX: matrix, TABLE: table, FILTER: filters, BUILDER: builder}
    core.write(VCPU + 116, words([BUILDER]))
    core.boot(core.put(pack_table(regions)))
    rows = []
    for written in edges:
        content = core.read(matrix, 4 * written.matrix_words)
        rows.append(_decode(np.frombuffer(content, "<u4"), written, first, index_bits))
        matrix += 4 * written.matrix_words
    return rows


def distribution_words(distribution: Distribution) -> list[int]:
    """Parameters of a distribution as the host writes them."""
    return list(distribution.bits)


def _accum(value: float) -> int:
    return round(value * (1 << 15))


def _edge_words(written: Written, offset: int, index_bits: int) -> list[int]:
    edge = written.edge
    delayed = offset + written.n_pre * (written.row_words + 3) if edge.n_stages > 1 else UNUSED
    weight, delay = DISTRIBUTION_IDS[edge.weight.name], DISTRIBUTION_IDS[edge.delay.name]
    kind = int(written.is_plastic)
    head = [*edge.pre, *edge.post, 0, kind, written.connector_id, weight, delay]
    sizes = [written.row_words, written.row_words]
    if written.is_plastic:
        sizes = [max_plastic(written.row_words)] * 2 + sizes
    stages = [edge.n_stages, edge.max_delay_steps, count_bits(edge.max_delay_steps)]
    matrix = [offset, delayed, *sizes, 0, 1, index_bits, *stages, written.n_pre, edge.pre_per_core]
    if written.is_plastic:
        matrix += [HEADER_HALVES, 1, 0, 0, 0]
    drawn = distribution_words(edge.weight) + distribution_words(edge.delay)
    return [*head, *matrix, *written.connector_words, *drawn]


def _decode(
    matrix: np.ndarray, written: Written, first: int, index_bits: int
) -> dict[tuple[int, int], list[Placed]]:
    """Rows by (source, stage); delayed rows are grouped by source core, then stage."""
    edge = written.edge
    table = matrix.reshape(-1, written.row_words + 3)
    rows = {}
    for pre in range(written.n_pre):
        for stage in range(edge.n_stages):
            row = table[_row_index(written, pre, stage)]
            content = _plastic_words(row) if written.is_plastic else row[3 : 3 + row[1]]
            placed = [_synapse(int(w), edge, stage, first, index_bits) for w in content]
            if placed:
                rows[pre, stage] = placed
    return rows


def max_plastic(row_words: int) -> int:
    """Plastic synapses that fit in a row."""
    return row_words - HEADER_HALVES // 2


def _plastic_words(row: np.ndarray) -> list[int]:
    """Put weight and control half words together as in a static synapse."""
    n_words = int(row[0])
    weights = row[1 : 1 + n_words].view("<u2")[HEADER_HALVES:]
    n = int(row[1 + n_words + 1])
    controls = row[n_words + 3 :].view("<u2")[:n]
    return [int(w) << 16 | int(c) for w, c in zip(weights[:n], controls, strict=True)]


def _row_index(written: Written, pre: int, stage: int) -> int:
    if stage == 0:
        return pre
    core, place = divmod(pre, written.edge.pre_per_core)
    start = core * written.edge.pre_per_core
    size = min(written.edge.pre_per_core, written.n_pre - start)
    before = start * (written.edge.n_stages - 1)
    return written.n_pre + before + (stage - 1) * size + place


def _synapse(word: int, edge: Edge, stage: int, first: int, index_bits: int) -> Placed:
    per_stage = edge.max_delay_steps
    bits = count_bits(per_stage)
    residual = word >> (index_bits + 1) & ((1 << bits) - 1)
    delay = stage * per_stage + (residual or 1 << bits)
    return Placed(first + (word & ((1 << index_bits) - 1)), word >> 16, delay)


def run_neuron_expander(
    structs: Sequence[Sequence[tuple[int, Sequence[tuple[int, Distribution]]]]],
    n_neurons: int,
    core_seed: Sequence[int],
    whole: bool,
) -> np.ndarray:
    """Expand structures of four-byte parameters, (number of the type, parts) each; returns all
    words.

    `whole` writes the one-part form that the host uses when all neurons of a population are alike.
    """
    core = Core(load_program("neuron_expander"))
    body: list[int] = []
    for struct in structs:
        n_repeats = UNUSED if whole else n_neurons
        items, values = [], []
        for kind, parts in struct:
            items += [kind, len(parts)]
            for n, source in parts:
                items += [UNUSED if whole else n, DISTRIBUTION_IDS[source.name]]
                values += distribution_words(source)
        size = 4 * (4 + len(items))
        body += [4 * len(struct), n_repeats, size, len(struct), *items, *values]
    head = [NEURONS, RECORDING, 1, 2, 3, 4, *core_seed, len(structs), n_neurons]
    n_words = n_neurons * sum(map(len, structs))
    neurons, recording = core.put(bytes(4 * n_words)), core.put(bytes(64))
    builder = core.put(words([*head, *body, 0, 0]))
    core.write(VCPU + 116, words([NEURON_BUILDER]))
    regions = {NEURONS: neurons, RECORDING: recording, NEURON_BUILDER: builder}
    core.boot(core.put(pack_table(regions)))
    return np.frombuffer(core.read(neurons, 4 * n_words), "<i4").astype(np.int64)
