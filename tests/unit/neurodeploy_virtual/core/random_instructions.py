"""Random ARM and Thumb instructions (version 5TE) whose effect the architecture defines.

Left out are the forms that it calls unpredictable or leaves to the implementation: those of the
program counter in most roles, a base register that is also loaded, LDRD with an index among its
targets, stored program counters. Left out too is what changes the processor's mode.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

DTCM = 0x400000
WINDOW, WINDOW_BYTES = DTCM + 0x4000, 0x4000
"""Where base registers point; anything further out is still memory of the core."""
LAST_PC = 0x7F00


@dataclass(frozen=True)
class Case:
    """One instruction and what is in the registers before it.

    Attributes
    ----------
    code : int
        Instruction, 16 or 32 bits.
    thumb : bool
    pc : int
        Where it stands.
    registers : tuple of 15 int
        r0 to r14.
    flags : int
        N, Z, C, V and Q in their places of the status register.
    """

    code: int
    thumb: bool
    pc: int
    registers: tuple[int, ...]
    flags: int


def word(rng: Random) -> int:
    """Draw a word, with the values that matter more often than chance has them."""
    kind = rng.randrange(4)
    if kind == 0:
        return rng.choice((0, 1, 2, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF))
    if kind == 1:
        return rng.randrange(256)
    return rng.getrandbits(32)


class Draw:
    """An instruction being made: fields that are free, and registers that it needs."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.registers = [word(rng) for _ in range(15)]

    def below(self, n: int) -> int:
        """Draw a number."""
        return self.rng.randrange(n)

    def register(self, *without: int) -> int:
        """Draw a register, not the program counter."""
        return self.rng.choice([r for r in range(15) if r not in without])

    def condition(self) -> int:
        """Draw a condition, mostly `always`."""
        return (14 if self.below(3) else self.below(15)) << 28

    def point(self, register: int, align: int = 8) -> None:
        """Let a register point to memory."""
        self.registers[register] = WINDOW + self.below(WINDOW_BYTES // align) * align

    def index(self, register: int, align: int = 8) -> None:
        """Let a register hold a small offset."""
        self.registers[register] = self.below(32) * align


# ARM ------------------------------------------------------------------------------------------


def data(d: Draw) -> int:
    code, flags, kind = d.below(16), d.below(2), d.below(3)
    if 8 <= code < 12:
        flags = 1
    rd = 0 if 8 <= code < 12 else d.register()
    rn = 0 if code in (13, 15) else d.register()
    base = d.condition() | code << 21 | flags << 20 | rn << 16 | rd << 12
    if kind == 0:
        return base | 1 << 25 | d.below(4096)
    if kind == 1:
        return base | d.below(128) << 5 | d.register()
    return base | d.register() << 8 | d.below(4) << 5 | 16 | d.register()


def data_with_pc(d: Draw) -> int:
    """The program counter as an operand, or as the target of something without flags."""
    code = d.rng.choice([0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15])
    rn = 0 if code in (13, 15) else d.rng.choice([15, d.register()])
    rd = d.register()
    base = d.condition() | code << 21 | rn << 16 | rd << 12
    if d.below(2):
        return base | 1 << 25 | d.below(4096)
    return base | d.below(128) << 5 | d.rng.choice([15, d.register()])


def jump_by_data(d: Draw) -> int:
    rm = d.register()
    d.registers[rm] = d.below(LAST_PC // 4) * 4
    return d.condition() | 13 << 21 | 15 << 12 | rm


def multiply(d: Draw) -> int:
    rm = d.register()
    rd, accumulate = d.register(rm), d.below(2)
    rn = d.register() if accumulate else 0
    fields = rd << 16 | rn << 12 | d.register() << 8 | 0x90 | rm
    return d.condition() | accumulate << 21 | d.below(2) << 20 | fields


def multiply_long(d: Draw) -> int:
    rm = d.register()
    high = d.register(rm)
    low = d.register(rm, high)
    fields = high << 16 | low << 12 | d.register() << 8 | 0x90 | rm
    return d.condition() | 1 << 23 | d.below(4) << 21 | d.below(2) << 20 | fields


def multiply_halves(d: Draw) -> int:
    kind, x, y = d.below(4), d.below(2), d.below(2)
    high = d.register()
    low = d.register(high)
    if kind == 3 or (kind == 1 and x):
        low = 0
    fields = high << 16 | low << 12 | d.register() << 8 | 0x80 | y << 6 | x << 5 | d.register()
    return d.condition() | 1 << 24 | kind << 21 | fields


def saturate(d: Draw) -> int:
    fields = d.register() << 16 | d.register() << 12 | 0x50 | d.register()
    return d.condition() | 1 << 24 | d.below(4) << 21 | fields


def leading_zeros(d: Draw) -> int:
    return d.condition() | 0x016F0F10 | d.register() << 12 | d.register()


def swap(d: Draw) -> int:
    rn = d.register()
    d.point(rn, 4)
    fields = rn << 16 | d.register(rn) << 12 | 0x90 | d.register(rn)
    return d.condition() | 1 << 24 | d.below(2) << 22 | fields


def transfer(d: Draw) -> int:
    """LDR, STR, LDRB, STRB."""
    byte, load, before, back = d.below(2), d.below(2), d.below(2), d.below(2)
    writes = not before or back
    rn = d.register()
    d.point(rn, 4)
    rd = d.register(*([rn] if writes else []))
    base = d.condition() | 1 << 26 | before << 24 | d.below(2) << 23 | byte << 22
    base |= (back if before else 0) << 21 | load << 20 | rn << 16 | rd << 12
    if d.below(2):
        return base | (d.below(4096) if byte else d.below(1024) * 4)
    rm = d.register(rn)
    d.index(rm)
    shift = 0 if d.below(2) else d.below(3) << 7
    return base | 1 << 25 | shift | rm


def transfer_shifted(d: Draw) -> int:
    """Any shift, on bytes, so that all addresses are aligned."""
    rn = d.register()
    rm = d.register(rn)
    kind, amount, offset = d.below(4), 1 + d.below(31), d.below(0x3000)
    d.registers[rn] = WINDOW + d.below(WINDOW_BYTES)
    if kind == 0:
        amount = d.below(4)
        d.registers[rm] = offset >> amount
    elif kind < 3:
        d.registers[rm] = (offset << amount | d.below(1 << amount)) & 0x7FFFFFFF
    else:
        d.registers[rm] = (offset << amount | offset >> (32 - amount)) & 0xFFFFFFFF
    shift = amount << 7 | kind << 5
    how = 3 << 25 | 1 << 24 | d.below(2) << 23 | 1 << 22 | d.below(2) << 20
    return d.condition() | how | rn << 16 | d.register(rn) << 12 | shift | rm


def literal(d: Draw) -> int:
    offset = d.below(64) * 4
    return d.condition() | 0x059F0000 | d.register() << 12 | offset


def load_pc(d: Draw) -> int:
    """The target's lowest bits are 00 or 01."""
    rn = d.register()
    d.point(rn, 4)
    return d.condition() | 0x05900000 | rn << 16 | 15 << 12


def transfer_half(d: Draw) -> int:
    """LDRH, STRH, LDRSB, LDRSH, LDRD, STRD."""
    load, kind, before, back = d.below(2), 1 + d.below(3), d.below(2), d.below(2)
    double = not load and kind > 1
    writes = not before or back
    rn = d.register()
    d.point(rn)
    rd = d.register(*([rn] if writes else []))
    if double:
        rd = d.rng.choice([r for r in range(0, 14, 2) if rn not in (r, r + 1)])
    base = d.condition() | before << 24 | d.below(2) << 23 | (back if before else 0) << 21
    base |= load << 20 | rn << 16 | rd << 12 | 0x90 | kind << 5
    align = 8 if double else 2
    if d.below(2):
        offset = d.below(256) // align * align
        return base | 1 << 22 | (offset & 0xF0) << 4 | offset & 15
    rm = d.register(rn, rd, rd + 1)
    d.index(rm)
    return base | rm


def transfer_many(d: Draw) -> int:
    load, back, rn = d.below(2), d.below(2), d.register()
    d.point(rn, 4)
    registers = 1 + d.below(0x7FFF)
    if back:
        registers &= ~(1 << rn)
    if load and d.below(8) == 0:
        registers |= 1 << 15
    registers = registers or 1 << d.register(rn)
    base = d.condition() | 1 << 27 | d.below(4) << 23 | back << 21 | load << 20
    return base | rn << 16 | registers


def branch(d: Draw) -> int:
    return d.condition() | 5 << 25 | d.below(2) << 24 | (d.below(512) - 256) & 0xFFFFFF


def branch_exchange(d: Draw) -> int:
    rm = d.register()
    d.registers[rm] = d.below(LAST_PC // 4) * 4 + d.below(2)
    link = d.below(2)
    return d.condition() | 0x012FFF10 | link << 5 | rm


def branch_to_thumb(d: Draw) -> int:
    return 0xFA000000 | d.below(2) << 24 | (d.below(512) - 256) & 0xFFFFFF


def status(d: Draw) -> int:
    kind = d.below(3)
    if kind == 0:
        return d.condition() | 0x010F0000 | d.register() << 12
    if kind == 1:
        return d.condition() | 0x0128F000 | d.register()
    return d.condition() | 0x0328F000 | d.below(4096)


def preload(d: Draw) -> int:
    rn = d.register()
    d.point(rn)
    return 0xF5D0F000 | rn << 16 | d.below(4096)


ARM: tuple[tuple[Callable[[Draw], int], int], ...] = (
    (data, 30),
    (data_with_pc, 3),
    (jump_by_data, 1),
    (multiply, 4),
    (multiply_long, 4),
    (multiply_halves, 4),
    (saturate, 3),
    (leading_zeros, 1),
    (swap, 1),
    (transfer, 14),
    (transfer_shifted, 3),
    (literal, 2),
    (load_pc, 1),
    (transfer_half, 10),
    (transfer_many, 8),
    (branch, 3),
    (branch_exchange, 2),
    (branch_to_thumb, 1),
    (status, 2),
    (preload, 1),
)

# Thumb ----------------------------------------------------------------------------------------


def low_registers(d: Draw) -> int:
    """Shifts, additions, constants, arithmetic of low registers."""
    code = d.below(0x4400)
    if code >> 10 == 0x10 and code >> 6 & 15 == 13 and code >> 3 & 7 == code & 7:
        code ^= 1  # a product must not overwrite its second factor
    return code


def high_registers(d: Draw) -> int:
    """ADD, CMP, MOV with at least one high register."""
    rd, rm = d.register(), d.rng.choice([15, d.register()])
    if rd < 8 and rm < 8:
        rm += 7
    return 0x4400 | d.below(3) << 8 | (rd & 8) << 4 | rm << 3 | rd & 7


def exchange(d: Draw) -> int:
    rm = d.register()
    d.registers[rm] = d.below(LAST_PC // 4) * 4 + d.below(2)
    return 0x4700 | d.below(2) << 7 | rm << 3


def jump(d: Draw) -> int:
    """MOV to the program counter."""
    rm = d.register()
    d.registers[rm] = d.below(LAST_PC // 2) * 2
    return 0x4687 | rm << 3


def thumb_literal(d: Draw) -> int:
    return 0x4800 | d.below(0x800)


def by_register(d: Draw) -> int:
    rn = d.below(8)
    rm = d.rng.choice([r for r in range(8) if r != rn])
    d.point(rn)
    d.index(rm)
    return 0x5000 | d.below(8) << 9 | rm << 6 | rn << 3 | d.below(8)


def by_constant(d: Draw) -> int:
    rn = d.below(8)
    d.point(rn)
    return 0x6000 | d.below(6) << 11 | d.below(32) << 6 | rn << 3 | d.below(8)


def on_stack(d: Draw) -> int:
    d.point(13)
    return 0x9000 | d.below(0x1000)


def addresses(d: Draw) -> int:
    return d.rng.choice((0xA000 | d.below(0x1000), 0xB000 | d.below(0x100)))


def push_pop(d: Draw) -> int:
    d.point(13)
    registers = 1 + d.below(0x1FF)
    return (0xB400 | registers) if d.below(2) else (0xBC00 | registers)


def thumb_many(d: Draw) -> int:
    load, rn = d.below(2), d.below(8)
    d.point(rn)
    registers = 1 + d.below(255)
    if not load:
        registers = registers & ~(1 << rn) or 1 << (rn + 1) % 8
    return 0xC000 | load << 11 | rn << 8 | registers


def thumb_branch(d: Draw) -> int:
    if d.below(2):
        return 0xD000 | d.below(14) << 8 | d.below(256)
    return 0xE000 | d.below(0x800)


THUMB: tuple[tuple[Callable[[Draw], int], int], ...] = (
    (low_registers, 30),
    (high_registers, 5),
    (exchange, 2),
    (jump, 1),
    (thumb_literal, 2),
    (by_register, 6),
    (by_constant, 8),
    (on_stack, 3),
    (addresses, 3),
    (push_pop, 5),
    (thumb_many, 5),
    (thumb_branch, 5),
)


def draw_case(rng: Random, thumb: bool) -> Case:
    """Draw one instruction with its registers."""
    table = THUMB if thumb else ARM
    makers, weights = zip(*table, strict=True)
    d = Draw(rng)
    code = rng.choices(makers, weights)[0](d)
    pc = 0x1000 + d.below(0x1000) * 4 + (2 * d.below(2) if thumb else 0)
    flags = d.below(32) << 27
    return Case(code, thumb, pc, tuple(d.registers), flags)
