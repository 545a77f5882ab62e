"""Small ARM programs, written as words, and machines that run them."""

from neurodeploy_virtual.core.machine import ChipSpec, Machine

DTCM = 0x400000
COMMS, TIMERS, VIC, DMA = 0x10000000, 0x11000000, 0x1F000000, 0x30000000
SLEEP, NOP = 0xEE070F90, 0xE1A00000
HERE = 0xEAFFFFFE
"""A branch to itself."""
IRQ_ON = 0xE321F01F
"""Go to the system mode with both interrupts on."""
RETURN = 0xE25EF004
"""Return from an interrupt."""
NO_LINKS = (None,) * 6


def load(register, base, offset=0):
    return 0xE5900000 | base << 16 | register << 12 | offset


def store(register, base, offset=0):
    return 0xE5800000 | base << 16 | register << 12 | offset


def store_on(register, base):
    """Store, then add 4 to the base."""
    return 0xE4800004 | base << 16 | register << 12


def constant(register, value):
    """Load a word that stands behind the load and a branch."""
    return [0xE59F0000 | register << 12, 0xEA000000, value]


def branch(words, condition=14):
    """Branch by so many instructions, counted from this one."""
    return condition << 28 | 0x0A000000 | (words - 2) & 0xFFFFFF


def code(*parts):
    """Join words and lists of words to bytes."""
    words = [w for part in parts for w in (part if isinstance(part, list) else [part])]
    return b"".join(w.to_bytes(4, "little") for w in words)


def one_chip(cores=3):
    return Machine([ChipSpec(0, 0, cores, NO_LINKS)])


def start(machine, core, program, x=0, y=0, vectors=()):
    """Run a program from 0x100; `vectors` are (address, words) besides."""
    machine.reset(x, y, core)
    machine.write_core(x, y, core, 0, code(branch(0x40)))
    for address, words in vectors:
        machine.write_core(x, y, core, address, code(*words))
    machine.write_core(x, y, core, 0x100, program)
    machine.release(x, y, core)


def words_at(machine, core, address, n, x=0, y=0):
    content = machine.read_core(x, y, core, address, 4 * n)
    return [int.from_bytes(content[i : i + 4], "little") for i in range(0, len(content), 4)]


COLLECTOR = code(
    constant(0, COMMS),
    constant(1, DTCM),
    load(2, 0, 0x0C),
    0xE3520000,  # compare with 0
    branch(-2, 5),
    load(3, 0, 0x10),
    load(4, 0, 0x14),
    store_on(4, 1),
    store_on(3, 1),
    branch(-7),
)
"""Puts every packet, key and payload, into the data memory."""


def sender(*packets, control=0):
    """Sends packets (key, payload or None), then sleeps."""
    parts = [constant(0, COMMS), constant(5, control), store(5, 0)]
    for key, payload in packets:
        if payload is not None:
            parts += [constant(1, payload), store(1, 0, 4)]
        parts += [constant(1, key), store(1, 0, 8)]
    return code(*parts, SLEEP, branch(-1))
