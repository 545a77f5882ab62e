"""The board's numbers, each with its source."""

from __future__ import annotations

from dataclasses import dataclass

#: Largest magnitude of the S16.15 numbers that hold currents and voltages.
S1615_LIMIT = 65536.0

#: A threshold that no readout reaches.
UNREACHABLE_mV = 65000.0

#: dt/tau above 10.4 makes the integer decay of a membrane 0 exactly (expk of numbers below
#: -340695/32768 is 0): the cell has no memory.
MEMORYLESS_TICKS = 1.0 / 16.0

#: The longest time constant whose dt/tau is not rounded to nothing, and whose synaptic gain
#: does not wrap around (measured on the shipped binaries).
LONGEST_TICKS = 31500.0


@dataclass(frozen=True)
class Limits:
    """What sPyNNaker 7.4.1 takes on a SpiNNaker-1 machine; `SOURCES` says where each is from.

    Parameters
    ----------
    neurons_per_core : int
        Default and largest for neurons with static synapses.
    row_words : int
        Synaptic words of one source neuron on one core.
    ring_buffer_bits : int
        Bits of neuron, receptor and delay together (16-bit entries in 32 KiB).
    delay_stages : int
        Delay extensions after a core's own slots.
    source_keys : int
        Neurons of a core times delay stages that a core's population table can tell apart.
    spike_buffer : int
        Packets that wait in a core's input buffer.
    events_per_ms, most_events_per_ms : int
        Synaptic events that a core handles in a hardware millisecond without falling behind,
        and those with which it fell behind.
    row_header_bytes, synapse_bytes : int
        Of a row of static synapses in SDRAM.
    sdram_bytes : int
        Usable SDRAM of a chip.
    monitor_bytes : int
        SDRAM of the monitor that every chip has.
    dtcm_bytes : int
        Data memory of a core, without the stack that is kept free.
    instructions_per_ms, most_instructions_per_ms : int
        Instructions in a hardware millisecond that leave half of a core's clock to waiting
        for memory, and those that leave nothing.
    router_entries : int
        Routing entries of a chip.
    planned_ticks : int
        Ticks of recording and of spikes to send that must fit at once; longer runs pause.
    """

    neurons_per_core: int = 256
    row_words: int = 256
    ring_buffer_bits: int = 14
    delay_stages: int = 8
    source_keys: int = 65_535
    spike_buffer: int = 256
    events_per_ms: int = 4000
    most_events_per_ms: int = 8000
    row_header_bytes: int = 12
    synapse_bytes: int = 4
    sdram_bytes: int = 123_469_792
    monitor_bytes: int = 488_476
    dtcm_bytes: int = 63_480
    instructions_per_ms: int = 100_000
    most_instructions_per_ms: int = 200_000
    router_entries: int = 1023
    planned_ticks: int = 1000


SPINN5 = Limits()

_MEASURED = "measured on the shipped binaries"
#: Where each limit is from: a class, constant or option of sPyNNaker 7.4.1 unless it says else.
SOURCES: dict[str, str] = {
    "neurons_per_core": "SynapseDynamicsStatic.absolute_max_atoms_per_core",
    "row_words": "POP_TABLE_MAX_ROW_LENGTH; SynapseRowTooBigException",
    "ring_buffer_bits": "MAX_RING_BUFFER_BITS",
    "delay_stages": "DelayExtensionVertex.MAX_SLOTS; DelayExtensionException",
    "source_keys": "16-bit n_neurons of the master population table",
    "spike_buffer": "incoming_spike_buffer_size of spynnaker.cfg",
    "events_per_ms": f"{_MEASURED}: 3,800 were clean",
    "most_events_per_ms": f"{_MEASURED}: 8,200 were too many",
    "row_header_bytes": "synapse_io, three words a row",
    "synapse_bytes": "one word a static synapse",
    "sdram_bytes": "VersionSpin1, max_sdram_per_chip",
    "monitor_bytes": "ExtraMonitorSupportMachineVertex.sdram_required",
    "dtcm_bytes": "VersionSpin1.dtcm_bytes less the stack; end of the shipped programs' heap",
    "instructions_per_ms": "half of VersionSpin1.clock_speeds_hz",
    "most_instructions_per_ms": "VersionSpin1.clock_speeds_hz, an instruction a cycle",
    "router_entries": "VersionSpin1.n_router_entries",
    "planned_ticks": "minimum_auto_time_steps of spinnaker.cfg",
}


@dataclass(frozen=True)
class Board:
    """A kind of SpiNNaker-1 board, as sPyNNaker's machine versions describe it.

    Parameters
    ----------
    name : str
    version : int
        What sPyNNaker's configuration calls it.
    chips : int
    processors : int
        Cores of all its chips, monitors and all.
    several : bool
        Whether boards can be joined to a larger machine.
    idle_W : float
        Power of an idle board.
    """

    name: str
    version: int
    chips: int
    processors: int
    several: bool
    idle_W: float

    @property
    def cores(self) -> int:
        """Cores for an application: no SCAMP and extra monitor a chip, no gatherer a board."""
        return self.processors - 2 * self.chips - 1


#: Boards by sPyNNaker's version number (Version3, Version5: chip_core_map, idle cost). Eight
#: chips of a SpiNN-5 board are reckoned with 17 cores.
BOARDS: dict[int, Board] = {
    3: Board("SpiNN-3", 3, 4, 72, False, 3.56),
    5: Board("SpiNN-5", 5, 48, 856, True, 26.84),
}

#: Cores of a chip that sPyNNaker counts with when it asks for chips: 18 less SCAMP and monitor.
COUNTED_PER_CHIP = 16


def index_bits(n: int) -> int:
    """Return the bits sPyNNaker gives to an index of n values."""
    return max(1, (n - 1).bit_length()) if n > 0 else 0


def delay_slots(neurons_on_core: int, limits: Limits = SPINN5, receptors: int = 2) -> int:
    """Return the delay slots (ticks) of a core.

    >>> delay_slots(256), delay_slots(256, receptors=4)
    (32, 16)
    """
    used = index_bits(neurons_on_core) + index_bits(receptors)
    return 1 << max(0, limits.ring_buffer_bits - used)
