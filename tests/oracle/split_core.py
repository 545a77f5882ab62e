"""Cores of a split population: synapse cores leave their sums for a neuron core."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from . import regions
from .kinds import KINDS
from .machine import Packet
from .neuron_core import COLOUR_BITS, SPIKE_KEY, NeuronCore, Outcome, Source

SHARED_INPUT, OWN_KEY = 17, 18  # no regions of a combined core
INPUT_ADDRESS = 0x61800000


class NeuronsOnlyCore(NeuronCore):
    """A neuron core of a split population, whose synapse cores are played by the caller.

    Parameters
    ----------
    kind, n_neurons, more
        As `NeuronCore`; there are no matrices.
    inputs : (n_ticks, n_synapse_cores, n_types, 2**bits of n_neurons) uint16 array
        Ring buffer slot that each synapse core has written before the tick.
    """

    layout: ClassVar[dict[int, int]] = {
        regions.PROVENANCE: 2,
        regions.PROFILE: 3,
        regions.RECORDING: 4,
        regions.NEURON_PARAMS: 5,
        regions.CURRENT_SOURCES: 6,
        regions.NEURON_RECORDING: 7,
        SHARED_INPUT: 8,
        regions.INITIAL_VALUES: 10,
        regions.SYNAPSE_PARAMS: 20,
        regions.POPULATION_TABLE: 21,
        regions.MATRIX: 22,
        regions.DYNAMICS: 23,
        regions.BIT_FIELDS: 24,
    }

    def __init__(
        self, kind: str, n_neurons: int, *, inputs: NDArray[np.uint16], **more: Any
    ) -> None:
        self.inputs = inputs
        super().__init__(kind, n_neurons, binary=KINDS[kind].binary + "_neuron", **more)

    def _write_regions(self, dynamics: bytes, currents: bytes) -> dict[int, int]:
        addresses = super()._write_regions(dynamics, currents)
        _ticks, n_cores, n_types, n_places = self.inputs.shape
        edge = regions.words([INPUT_ADDRESS, 2 * n_types * n_places, n_cores])
        return addresses | {SHARED_INPUT: self.core.put(edge)}

    def _tick(self, tick: int) -> list[Packet]:
        self.core.write(INPUT_ADDRESS, self.inputs[tick].astype("<u2").tobytes())
        return super()._tick(tick)

    def read_ring(self) -> NDArray[np.uint16]:
        """Nothing: the ring buffers are on the synapse cores."""
        return np.zeros((0, self.fields.n_types, self.n_neurons), np.uint16)


class SynapsesOnlyCore(NeuronCore):
    """A synapse core of a split population.

    Parameters
    ----------
    kind, n_neurons, matrices, more
        As `NeuronCore`; the kind gives the number of synapse types.
    binary : str
        Program: "synapses", or one of a plasticity rule.
    own_key : bool
        Whether packets of the neurons tell it when they spike; they are also looked up in a
        matrix with SPIKE_KEY, if there is one.
    """

    layout: ClassVar[dict[int, int]] = {
        regions.PROVENANCE: 1,
        regions.PROFILE: 2,
        regions.RECORDING: 3,
        regions.SYNAPSE_PARAMS: 4,
        regions.MATRIX: 5,
        regions.POPULATION_TABLE: 6,
        regions.BIT_FIELDS: 9,
        SHARED_INPUT: 10,
        OWN_KEY: 11,
        regions.CORE_PARAMS: 20,
        regions.NEURON_PARAMS: 21,
        regions.CURRENT_SOURCES: 22,
        regions.NEURON_RECORDING: 23,
        regions.INITIAL_VALUES: 24,
    }

    def __init__(
        self,
        kind: str,
        n_neurons: int,
        *,
        binary: str = "synapses",
        own_key: bool = False,
        **more: Any,
    ) -> None:
        self.own_key = own_key
        super().__init__(kind, n_neurons, binary=binary, params={}, **more)
        # It looks at the clock until its tick is over; there must be time for all packets.
        self.core.timers.cycles_per_read = self.dt_us // 2

    def _write_regions(self, dynamics: bytes, currents: bytes) -> dict[int, int]:
        addresses = super()._write_regions(dynamics, currents)
        self.core.write(addresses[regions.RECORDING], regions.words([2, *[0] * 6]))
        edge = regions.words([INPUT_ADDRESS, self._n_bytes, 200])
        return addresses | {
            SHARED_INPUT: self.core.put(edge),
            OWN_KEY: self.core.put(regions.words(self._own_key())),
        }

    def _own_key(self) -> list[int]:
        if not self.own_key:
            return [1, 0, 0, 0, 0]
        rest = (1 << (self.fields.index_bits + COLOUR_BITS)) - 1
        return [SPIKE_KEY, 0xFFFFFFFF ^ rest, rest, COLOUR_BITS, int(self._is_recurrent)]

    @property
    def _n_bytes(self) -> int:
        return 2 * self.fields.n_types << self.fields.index_bits

    def send(self, n_ticks: int, spikes_in: Mapping[int, Sequence[Source]]) -> NDArray[np.uint16]:
        """Run ticks and return what was left for the neuron core after each.

        Returns
        -------
        inputs : (n_ticks, n_types, 2**bits of n_neurons) uint16 array
            Entry t is the slot of tick t + 1.
        """
        ticks = range(self.time, self.time + n_ticks)
        self.begin(n_ticks)
        left = [self.send_tick(tick, spikes_in.get(tick, ())) for tick in ticks]
        self.pause()
        shape = (0, self.fields.n_types, 1 << self.fields.index_bits)
        return np.array(left, np.uint16) if left else np.zeros(shape, np.uint16)

    def begin(self, n_ticks: int) -> None:
        """Start ticks, which `send_tick` then takes one by one."""
        self.core.start(self.time + n_ticks, self.time)

    def send_tick(
        self, tick: int, sources: Sequence[Source], packets: Sequence[Packet] = ()
    ) -> NDArray[np.uint16]:
        """Run one tick in which packets of some sources arrive; returns the slot of the next.

        Parameters
        ----------
        tick : int
        sources : list of int or (int, int)
        packets : list of Packet
            Others, which arrive before.
        """
        # The program looks for packets all through its tick: these wait for it.
        self.core.receive([*packets, *(self._packet(source, tick) for source in sources)])
        self.core.tick()
        self.time = tick + 1
        slot = np.frombuffer(self.core.read(INPUT_ADDRESS, self._n_bytes), "<u2")
        return slot.reshape(self.fields.n_types, 1 << self.fields.index_bits)

    def pause(self) -> None:
        """End the ticks that `begin` started."""
        self.core.tick()


class SplitCores:
    """A neuron core with its synapse cores, tick by tick.

    Parameters
    ----------
    neurons : NeuronsOnlyCore
        Its inputs are overwritten.
    synapses : list of SynapsesOnlyCore
    own : int or None
        The matrix, of the last synapse core, that the neurons' packets are looked up in.
    """

    def __init__(
        self,
        neurons: NeuronsOnlyCore,
        synapses: Sequence[SynapsesOnlyCore],
        own: int | None = None,
    ) -> None:
        self.neurons, self.synapses, self.own = neurons, synapses, own

    def run(self, n_ticks: int, spikes_in: Mapping[int, Sequence[tuple[int, int]]]) -> Outcome:
        """Run ticks.

        Parameters
        ----------
        n_ticks : int
        spikes_in : mapping of int to list of (int, int)
            Per tick, synapse core and row of its first matrix of what arrives.
        """
        end = self.neurons.time + n_ticks
        self.neurons.core.start(end, self.neurons.time)
        for core in self.synapses:
            core.begin(n_ticks)
        sent = []
        for tick in range(self.neurons.time, end):
            packets = self.neurons._tick(tick)
            sent.append([(p.key - SPIKE_KEY) >> COLOUR_BITS for p in packets])
            self._fill(tick, spikes_in.get(tick, ()), packets)
        self.neurons.core.tick()
        for core in self.synapses:
            core.pause()
        self.neurons.time = end
        return self.neurons._read_outcome(sent, end - n_ticks)

    def _fill(
        self, tick: int, arriving: Sequence[tuple[int, int]], packets: Sequence[Packet]
    ) -> None:
        """Let packets arrive at the synapse cores, and hand on the next slots."""
        sent = [(p.key - SPIKE_KEY) >> COLOUR_BITS for p in packets]
        for number, core in enumerate(self.synapses):
            sources: list[Source] = [row for of, row in arriving if of == number]
            if self.own is not None and core is self.synapses[-1]:
                sources += [(self.own, i) for i in sent]
            back = packets if core.own_key and self.own is None else ()
            self.neurons.inputs[tick + 1, number] = core.send_tick(tick, sources, back)


def add_words(parts: Sequence[NDArray[np.uint16]]) -> NDArray[np.uint16]:
    """Add slots as the neuron core does: two entries in a 32-bit word, with carry."""
    total = sum(part.astype("<u2").ravel().view("<u4").astype(np.uint64) for part in parts)
    return np.asarray(total).astype("<u4").view("<u2").reshape(parts[0].shape)
