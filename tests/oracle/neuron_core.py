"""A core of neurons and their synapses: build its memory, run it, read back every word.

    matrix = Matrix(0x1000, [pack_static_row([Synapse(0, 20480)], fields)])
    core = NeuronCore("IF_curr_exp", 1, params={"v": -2129920, ...}, shifts=(3, 0),
                      matrices=[matrix])
    out = core.run(12, {0: [0]})       # source 0 of matrix 0 sends in tick 0
    out.v, out.spikes, out.rows[0]     # integers, as the program left them

All parameters are words, one number or one per neuron; `kinds.to_words` encodes PyNN units.
Time stands still between calls: `run` again goes on where the last run stopped.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from . import regions
from .aplx import load_program
from .core import READY, Core, CoreError
from .kinds import KINDS, Kind, encode
from .machine import Packet
from .regions import COLOUR_BITS, Channel, Fields, Matrices, Matrix, Synapse, pack_static_row

__all__ = ["Matrix", "NeuronCore", "Outcome", "Synapse", "pack_static_row"]

Words = int | Sequence[int]
Source = int | tuple[int, int]
SPIKE_KEY = 0x80000000


@dataclass(frozen=True)
class Outcome:
    """Words of one run.

    Attributes
    ----------
    records : dict of str to (n_records, n_neurons) int32 array
        Recorded words ("v", "gsyn_exc", "gsyn_inh"); "prob" is to be read as unsigned.
    ticks : dict of str to (n_records,) int array
        Time stamp of each record.
    spikes : (n_ticks, n_neurons) bool array
        Recorded spike bits, at the tick of their record (there is none where nobody spiked).
    sent : list of lists of int
        Per tick, the neurons that sent a packet, in order.
    rows : list of lists of lists of int
        Rows of each matrix as they are now, padding included.
    ring : (n_slots, n_types, n_neurons) uint16 array
        Ring buffers as they are now; slot of tick t is t modulo n_slots.
    state : dict of str to list of int
        Parameters and state as written back at the end.
    """

    records: dict[str, NDArray[np.int32]]
    ticks: dict[str, NDArray[np.int64]]
    spikes: NDArray[np.bool_]
    sent: list[list[int]]
    rows: list[list[list[int]]]
    ring: NDArray[np.uint16]
    state: dict[str, list[int]] = field(default_factory=dict)

    @property
    def v(self) -> NDArray[np.int32]:
        """Membrane voltage, S16.15."""
        return self.records["v"]

    @property
    def gsyn_exc(self) -> NDArray[np.int32]:
        """Excitatory input, S16.15."""
        return self.records["gsyn_exc"]

    @property
    def gsyn_inh(self) -> NDArray[np.int32]:
        """Inhibitory input, S16.15."""
        return self.records["gsyn_inh"]


class NeuronCore:
    """One core that holds neurons and their synapses.

    Parameters
    ----------
    kind : str or Kind
        Key of `kinds.KINDS`, or another layout.
    n_neurons : int
        Neurons on the core.
    params : mapping of str to int or list of int
        Words of the parameters and the state; "timestep" follows from `dt_us`, what is missing
        is 0.
    shifts : sequence of int
        Left shift of the ring buffer of each synapse type.
    dt_us, n_steps : int
        Time step and steps in it.
    matrices : sequence of Matrix
        Rows of each source population. `core.fields` packs their synapses. A matrix with the
        key SPIKE_KEY has the core's own neurons as sources: their packets come back to it.
    max_delay : int
        Longest delay in ticks that the ring must hold.
    binary : str
        Another program of the same neuron kind, such as "IF_curr_exp_stdp_mad_pair_additive".
    dynamics, currents : bytes
        Regions of the plasticity rule and of the current sources.
    rates : mapping of str to int
        Sampling interval in ticks per recorded name or "spikes"; 0 for no record. Default 1.
    n_ticks : int
        Longest run in ticks, which sizes the recording.
    """

    layout: ClassVar[Mapping[int, int]] = {}
    """Numbers of the regions that this program numbers otherwise."""

    def __init__(
        self,
        kind: str | Kind,
        n_neurons: int,
        *,
        params: Mapping[str, Words],
        shifts: Sequence[int],
        dt_us: int = 1000,
        n_steps: int = 1,
        matrices: Sequence[Matrix] = (),
        max_delay: int = 16,
        binary: str | None = None,
        dynamics: bytes = b"",
        currents: bytes = bytes(4),
        rates: Mapping[str, int] | None = None,
        n_ticks: int = 1000,
    ) -> None:
        self.kind = KINDS[kind] if isinstance(kind, str) else kind
        self.n_neurons = n_neurons
        self.dt_us, self.n_steps, self.n_ticks = dt_us, n_steps, n_ticks
        self.shifts = list(shifts)
        self.fields = Fields(n_neurons, self.kind.n_types, max_delay)
        self.params = {name: self._per_neuron(value) for name, value in params.items()}
        rates = rates or {}
        self.channels = {n: Channel(4, rates.get(n, 1)) for n in self.kind.channels}
        self.channels["spikes"] = Channel(0, rates.get("spikes", 1))
        self.matrices = Matrices(matrices)
        self._is_recurrent = any(matrix.key == SPIKE_KEY for matrix in matrices)
        self.time = 0
        self.core = Core(load_program(binary or self.kind.binary))
        self.addresses = self._write_regions(dynamics, currents)
        placed = {self.layout.get(r, r): address for r, address in self.addresses.items()}
        self.core.boot(self.core.put(regions.pack_table(placed)))
        # Now, as later a row of 256 words runs over the program's row buffer by one word, into
        # the link to the next block.
        self.heap = self._read_heap()

    def _per_neuron(self, value: Words) -> list[int]:
        if isinstance(value, int | np.integer):
            return [int(value)] * self.n_neurons
        values = [int(v) for v in value]
        return values * self.n_neurons if len(values) == 1 else values

    # regions -----------------------------------------------------------------------------

    def _write_regions(self, dynamics: bytes, currents: bytes) -> dict[int, int]:
        table, matrix = self.matrices.pack()
        channels = list(self.channels.values())
        params = self.pack_params()
        contents = {
            regions.SYSTEM: regions.words([self.core.program.magic, self.dt_us, 3]),
            regions.CORE_PARAMS: self._pack_core_params(),
            regions.NEURON_PARAMS: params,
            regions.CURRENT_SOURCES: currents,
            regions.SYNAPSE_PARAMS: self._pack_synapse_params(),
            regions.POPULATION_TABLE: table,
            regions.MATRIX: matrix,
            regions.DYNAMICS: dynamics or bytes(4),
            regions.NEURON_RECORDING: regions.pack_neuron_recording(channels, self.n_neurons),
            regions.PROVENANCE: bytes(256),
            regions.PROFILE: bytes(4),
            regions.BIT_FIELDS: bytes(8),
            regions.RECORDING: regions.pack_recording(channels, self.n_neurons, self.n_ticks),
            regions.INITIAL_VALUES: bytes(len(params)),
        }
        return {region: self.core.put(content) for region, content in contents.items()}

    def _pack_core_params(self) -> bytes:
        n = self.n_neurons
        head = [1, n, 1 << self.fields.index_bits, COLOUR_BITS, self.kind.n_types]
        keys = [SPIKE_KEY | i << COLOUR_BITS for i in range(n)]
        return regions.words([*head, *self.shifts, *keys])

    def _pack_synapse_params(self) -> bytes:
        f = self.fields
        head = [self.n_neurons, f.n_types, f.index_bits, f.type_bits, f.delay_bits, 0, 256]
        return regions.words([*head, *self.shifts])

    def _default(self, name: str) -> int:
        return encode(self.dt_us / 1000, 16 if name in self.kind.unsigned else 15)

    def pack_params(self) -> bytes:
        """Pack the neuron parameters, one structure after the other."""
        content = [self.n_steps] if self.kind.has_steps else []
        for fields in self.kind.structs:
            for i in range(self.n_neurons):
                for name in fields:
                    default = self._default(name) if name in ("timestep", "next_h") else 0
                    content.append(self.params[name][i] if name in self.params else default)
        return regions.words(content)

    def set_params(self, params: Mapping[str, Words]) -> None:
        """Write other parameters, as the host does between two runs; the rest keeps its state."""
        self.params = self.read_state()
        self.params |= {name: self._per_neuron(value) for name, value in params.items()}
        self.core.write(self.addresses[regions.NEURON_PARAMS], self.pack_params())

    # running -----------------------------------------------------------------------------

    def run(self, n_ticks: int, spikes_in: Mapping[int, Sequence[Source]] | None = None) -> Outcome:
        """Run `n_ticks` ticks.

        Parameters
        ----------
        n_ticks : int
            Number of ticks, at most the core's `n_ticks` in one run.
        spikes_in : mapping of int to list
            Per tick (absolute), the sources whose packets arrive in it, after the timer event
            and in order: a row of the first matrix, or a pair (matrix, row).
        """
        if n_ticks > self.n_ticks:
            raise ValueError(f"run of {n_ticks} ticks; the core was built for {self.n_ticks}")
        end = self.time + n_ticks
        self.core.start(end, self.time)
        sent = []
        for tick in range(self.time, end):
            packets = self._tick(tick)
            arriving = [self._packet(source, tick) for source in (spikes_in or {}).get(tick, ())]
            arriving += packets if self._is_recurrent else []
            if arriving:
                packets = packets + self.core.receive(arriving)
            sent.append([(p.key - SPIKE_KEY) >> COLOUR_BITS for p in packets])
        self.core.tick()
        if self.core.state != READY:
            raise CoreError(f"{self.core.program.name}: did not pause at tick {end}")
        self.time = end
        return self._read_outcome(sent, end - n_ticks)

    def _tick(self, tick: int) -> list[Packet]:
        return self.core.tick()

    def _packet(self, source: Source, tick: int) -> Packet:
        matrix, row = (0, source) if isinstance(source, int) else source
        return Packet(self.matrices.matrices[matrix].key_of(row, tick))

    # reading back ------------------------------------------------------------------------

    def _read_outcome(self, sent: list[list[int]], start: int) -> Outcome:
        ticks, records = {}, {}
        for number, (name, channel) in enumerate(self.channels.items()):
            ticks[name], records[name] = self._read_channel(number, channel)
        bits = np.unpackbits(records.pop("spikes").view(np.uint8), axis=1, bitorder="little")
        spikes = np.zeros((len(sent), self.n_neurons), bool)
        spikes[ticks["spikes"] - start] = bits[:, : self.n_neurons]
        return Outcome(
            records=records,
            ticks=ticks,
            spikes=spikes,
            sent=sent,
            rows=self.read_rows(),
            ring=self.read_ring(),
            state=self.read_state(),
        )

    def _read_channel(
        self, number: int, channel: Channel
    ) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        at = self.addresses[regions.RECORDING] + 4 + 12 * number
        _space, size, data = struct.unpack("<3I", self.core.read(at, 12))
        n_words = channel.record_bytes(self.n_neurons) // 4
        content = self.core.read(data, size & 0x7FFFFFFF) if channel.rate else b""
        table = np.frombuffer(content, "<i4").reshape(-1, n_words)
        return table[:, 0].astype(np.int64), np.ascontiguousarray(table[:, 1:])

    def read_rows(self) -> list[list[list[int]]]:
        """Rows of each matrix as they are in the shared memory."""
        result = []
        for matrix, start in zip(self.matrices.matrices, self.matrices.starts, strict=True):
            n = matrix.row_words
            at = self.addresses[regions.MATRIX] + start
            content = self.core.read(at, 4 * n * len(matrix.rows))
            result.append(np.frombuffer(content, "<u4").reshape(-1, n).tolist())
        return result

    def read_state(self) -> dict[str, list[int]]:
        """Parameters and state, as the program wrote them at the last pause."""
        at = self.addresses[regions.NEURON_PARAMS] + (4 if self.kind.has_steps else 0)
        state: dict[str, list[int]] = {}
        for fields in self.kind.structs:
            size = 4 * len(fields) * self.n_neurons
            table = np.frombuffer(self.core.read(at, size), "<i4").reshape(-1, len(fields))
            state |= {name: table[:, i].tolist() for i, name in enumerate(fields)}
            at += size
        return state

    def _read_heap(self) -> list[tuple[int, int]]:
        """Blocks that the program took from its own memory: (address, bytes)."""
        base = self.core.word(0x4C)
        block, blocks = self.core.word(base + 4), []
        while following := self.core.word(block):
            if self.core.word(block + 4) >> 16 == 0xFFFF:
                blocks.append((block + 8, following - block - 8))
            block = following
        return blocks

    def read_ring(self) -> NDArray[np.uint16]:
        """Ring buffers: the only block of their size."""
        size = 2 * self.fields.ring_entries
        found = [address for address, n_bytes in self.heap if n_bytes == size]
        if len(found) != 1:
            raise CoreError(f"{len(found)} blocks of {size} bytes could be the ring buffers")
        ring = np.frombuffer(self.core.read(found[0], size), "<u2")
        f = self.fields
        shape = (f.n_slots, 1 << f.type_bits, 1 << f.index_bits)
        return ring.reshape(shape)[:, : f.n_types, : self.n_neurons].copy()
