"""Read what a core has printed and why it failed, from the emulated memories."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module

from neurodeploy_virtual.errors import CoreState
from neurodeploy_virtual.monitor.layout import State, Vcpu, vcpu
from neurodeploy_virtual.monitor.memory import Memory

_TABLE = "spinn_utilities.make_tools.replacer"
_MAX_BLOCKS = 1000
_HEADER_BYTES = 16
#: What the error number in a core's block means.
ERRORS = {
    1: "branch to the reset vector",
    2: "undefined instruction",
    3: "supervisor call",
    4: "prefetch abort",
    5: "data abort",
    6: "unhandled interrupt",
    7: "unhandled fast interrupt",
    8: "unconfigured interrupt vector",
    9: "run-time error by the program",
    10: "out of memory",
    11: "division by zero",
    12: "event start failed",
    13: "software error",
    14: "no memory for printed text",
    15: "bad event enable",
    16: "null pointer",
    17: "packet transmit failed",
    18: "timer error",
    19: "API error",
    20: "version of the program does not fit the monitor",
}
_WORD = 0xFFFFFFFF


def printed(memory: Memory, p: int) -> str:
    """Return the text that core p has printed."""
    pieces = list(_pieces(memory, memory.word(vcpu(p) + Vcpu.IOBUF)))
    return readable(b"".join(pieces).decode("ascii", "replace"))


def readable(text: str) -> str:
    """Put the messages in place of the numbers by which programs print them.

    The table is the vendor's; without it the text stays as it is.
    """
    try:
        with import_module(_TABLE).Replacer() as table:
            return "\n".join(table.replace(line) for line in text.split("\n"))
    except Exception:  # whatever is wrong with a foreign table, a fault must still be told
        return text


def _pieces(memory: Memory, block: int) -> Iterator[bytes]:
    for _ in range(_MAX_BLOCKS):
        if not block:
            return
        following, _, _, length = memory.words(block, 4)
        yield memory.read(block + _HEADER_BYTES, min(length, 0x10000))
        block = following


def program_name(memory: Memory, p: int) -> str:
    """Return the name that the program on core p has given itself."""
    return memory.read(vcpu(p) + Vcpu.NAME, 16).split(b"\0")[0].decode("ascii", "replace")


def failed(memory: Memory, p: int) -> CoreState:
    """Return the state of core p, whose program has ended in an error.

    A program that reports its own error keeps r0 to r7, psr, sp and lr in the core's block.
    """
    if memory.byte(vcpu(p) + Vcpu.STATE) == State.WATCHDOG:
        registers = memory.machine.registers(memory.x, memory.y, p)
        state = describe(memory, p, "watchdog: it has its interrupts off for too long")
        return replace(state, pc=registers[15], registers=registers)
    block = memory.words(vcpu(p), 11)
    reason = f"psr 0x{block[8]:08x} sp 0x{block[9]:08x} lr 0x{block[10]:08x}"
    number = memory.byte(vcpu(p) + Vcpu.ERROR)
    state = describe(memory, p, f"{ERRORS.get(number, f'run-time error {number}')}; {reason}")
    # The program has called the function that reports the error, and stays in there.
    return replace(state, pc=block[10] - 4 & _WORD, registers=block[:8])


def describe(memory: Memory, p: int, reason: str) -> CoreState:
    """Return which program failed on core p, and what it had printed."""
    name = program_name(memory, p)
    return CoreState(memory.x, memory.y, p, name, reason, iobuf=printed(memory, p))


__all__ = ["ERRORS", "describe", "failed", "printed", "program_name"]
