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
    """What sPyNNaker 7.4.1 takes on a SpiNNaker-1 machine.

    Parameters
    ----------
    neurons_per_core : int
        Default and largest for neurons with static synapses (sPyNNaker).
    row_words : int
        Synaptic words of one source neuron on one core (SynapseRowTooBigException).
    ring_buffer_bits : int
        Bits of neuron, receptor and delay together (16-bit entries in 32 KiB).
    delay_stages : int
        Delay extensions after a core's own slots.
    cores_per_chip : int
        Application cores a chip can be relied on to have: 18 less monitor, reserve and the
        extra monitor.
    chips_per_board : int
        Of a SpiNN-5 board.
    events_per_ms : int
        Synaptic events that a core handles in a hardware millisecond without falling behind
        (measured on the shipped binaries: 3,800 were clean, 8,200 were not).
    row_header_bytes, synapse_bytes : int
        Of a row of static synapses in SDRAM (sPyNNaker, synapse_io).
    sdram_bytes : int
        Usable SDRAM of a chip.
    """

    neurons_per_core: int = 256
    row_words: int = 256
    ring_buffer_bits: int = 14
    delay_stages: int = 8
    cores_per_chip: int = 15
    chips_per_board: int = 48
    events_per_ms: int = 4000
    row_header_bytes: int = 12
    synapse_bytes: int = 4
    sdram_bytes: int = 123_469_792


SPINN5 = Limits()


def index_bits(n: int) -> int:
    """Return the bits sPyNNaker gives to an index of n values."""
    return max(1, (n - 1).bit_length()) if n > 0 else 0


def delay_slots(neurons_on_core: int, limits: Limits = SPINN5) -> int:
    """Return the delay slots (ticks) of a core with two receptors."""
    return 1 << (limits.ring_buffer_bits - index_bits(neurons_on_core) - 1)
