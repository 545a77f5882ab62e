"""The regions of shared memory that a neuron core reads, as the host writes them."""

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

MAGIC, VERSION = 0xAD130AD6, 0x10000
N_REGIONS = 32
(SYSTEM, CORE_PARAMS, NEURON_PARAMS, CURRENT_SOURCES, SYNAPSE_PARAMS, POPULATION_TABLE) = range(6)
(MATRIX, DYNAMICS, STRUCTURAL, NEURON_RECORDING, PROVENANCE, PROFILE) = range(6, 12)
(CONNECTOR_BUILDER, NEURON_BUILDER, BIT_FIELDS, RECORDING, INITIAL_VALUES) = range(12, 17)
CONTROL_PORT = 3
COLOUR_BITS = 4
ALL_BUT_LATE = 0


def words(values: Sequence[int]) -> bytes:
    """Pack integers, signed or not, as 32-bit words."""
    return b"".join((v & 0xFFFFFFFF).to_bytes(4, "little") for v in values)


def count_bits(n: int) -> int:
    """Bits of an index below `n`, as the host counts them."""
    return n if n < 2 else math.ceil(math.log2(n))


def pack_table(addresses: dict[int, int]) -> bytes:
    """Pack the table of region addresses that the core's `user0` points to."""
    entries = [(addresses.get(region, 0), 0, 0) for region in range(N_REGIONS)]
    return words([MAGIC, VERSION, *(v for entry in entries for v in entry)])


@dataclass(frozen=True)
class Synapse:
    """One synapse of a row.

    Attributes
    ----------
    post : int
        Neuron.
    weight : int
        16-bit weight.
    delay : int
        Ticks.
    receptor : int
        Number of the synapse type.
    """

    post: int
    weight: int
    delay: int = 1
    receptor: int = 0


@dataclass(frozen=True)
class Fields:
    """How a 16-bit synapse index is divided: delay | type | neuron."""

    n_neurons: int
    n_types: int
    max_delay: int

    @property
    def index_bits(self) -> int:
        """Bits of the neuron."""
        return count_bits(self.n_neurons)

    @property
    def type_bits(self) -> int:
        """Bits of the synapse type."""
        return count_bits(self.n_types)

    @property
    def delay_bits(self) -> int:
        """Bits of the delay."""
        return count_bits(self.max_delay)

    @property
    def n_slots(self) -> int:
        """Delays in ticks that the ring holds."""
        return 1 << self.delay_bits

    def place(self, synapse: Synapse) -> int:
        """Low half of the synaptic word."""
        delay = synapse.delay % self.n_slots << self.type_bits + self.index_bits
        return delay | synapse.receptor << self.index_bits | synapse.post

    @property
    def ring_entries(self) -> int:
        """16-bit entries of the ring buffers."""
        return 1 << self.delay_bits + self.type_bits + self.index_bits


def pack_static_row(synapses: Sequence[Synapse], fields: Fields) -> list[int]:
    """Words of a row of synapses that do not change: no plastic part, then the fixed part."""
    fixed = [s.weight << 16 | fields.place(s) for s in synapses]
    return [0, len(fixed), 0, *fixed]


@dataclass(frozen=True)
class Matrix:
    """Rows of one source population, one row a source neuron.

    Attributes
    ----------
    key : int
        Routing key of the source population; source i sends key + (i << 4) + colour.
    rows : sequence of sequences of int
        Words of each row with its three header words, in any lengths.
    """

    key: int
    rows: Sequence[Sequence[int]]

    @property
    def mask(self) -> int:
        """Routing mask that covers all sources and colours."""
        return 0xFFFFFFFF << count_bits(len(self.rows)) + COLOUR_BITS & 0xFFFFFFFF

    @property
    def row_words(self) -> int:
        """Words of a stored row, header and padding with it."""
        return max(4, *(len(row) for row in self.rows))

    def key_of(self, source: int, tick: int) -> int:
        """Key of the packet that source sends in a tick."""
        return self.key | source << COLOUR_BITS | tick % (1 << COLOUR_BITS)


@dataclass
class Matrices:
    """Synaptic matrix region and the table that finds the rows in it."""

    matrices: Sequence[Matrix]
    starts: list[int] = field(default_factory=list)

    def pack(self) -> tuple[bytes, bytes]:
        """Pack the population table and the matrix region."""
        content = b""
        self.starts = []
        for matrix in self.matrices:
            content += bytes(-len(content) % 16)
            self.starts.append(len(content))
            for row in matrix.rows:
                content += words(row) + bytes(4 * (matrix.row_words - len(row)))
        return self._pack_population_table(), content or bytes(16)

    def _pack_population_table(self) -> bytes:
        """Entries sorted by key; matrices with one key share an entry, in the order given."""
        keys = sorted({m.key for m in self.matrices})
        entries = b""
        addresses: list[int] = []
        for key in keys:
            mine = [i for i, m in enumerate(self.matrices) if m.key == key]
            first = self.matrices[mine[0]]
            n = len(first.rows)
            head = len(addresses) | COLOUR_BITS << 13 | len(mine) << 16
            entries += words([key, first.mask, head, 0, n | -(-n // 32) << 16])
            addresses += [self.matrices[i].row_words - 4 | self.starts[i] // 16 << 8 for i in mine]
        return words([len(keys), len(addresses)]) + entries + words(addresses)


@dataclass(frozen=True)
class Channel:
    """What is recorded of one variable.

    Attributes
    ----------
    n_bytes : int
        Size of an element; 0 for a field of bits.
    rate : int
        Every how many ticks; 0 for never.
    """

    n_bytes: int
    rate: int = 1

    def record_bytes(self, n_neurons: int) -> int:
        """Size of one record with its time stamp."""
        body = self.n_bytes * n_neurons if self.n_bytes else -(-n_neurons // 32) * 4
        return 4 + body


def pack_neuron_recording(channels: Sequence[Channel], n_neurons: int) -> bytes:
    """Pack the region that says which neurons are recorded, all of them."""
    fields = [c for c in channels if not c.n_bytes]
    content = words([len(channels) - len(fields), len(fields)])
    for channel in channels:
        head = [channel.rate, n_neurons if channel.rate else 0]
        content += words(head + ([channel.n_bytes] if channel.n_bytes else []))
        n_indices = n_neurons + n_neurons % 2
        index = range(n_indices) if channel.rate else [0] * n_indices
        content += struct.pack(f"<{n_indices}H", *index)
    return content


def pack_recording(channels: Sequence[Channel], n_neurons: int, n_ticks: int) -> bytes:
    """Pack the header of the recording channels, and two more that are never used."""
    sizes = [c.record_bytes(n_neurons) * (n_ticks // c.rate + 1) if c.rate else 0 for c in channels]
    sizes += [0, 0]
    return words([len(sizes), *(v for size in sizes for v in (size, 0, 0))])
