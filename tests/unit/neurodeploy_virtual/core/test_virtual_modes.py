"""Modes of the processor: their own registers, and the ways in and out of exceptions."""

import pytest
from small_programs import DTCM, HERE, branch, code, constant, one_chip, start, words_at

from neurodeploy_virtual.core.machine import available

pytestmark = pytest.mark.skipif(not available(), reason="not run: the C extension is not built")

USER, FIQ, IRQ, SVC, ABORT, UNDEFINED, SYSTEM = 0x10, 0x11, 0x12, 0x13, 0x17, 0x1B, 0x1F
BANKED = (FIQ, IRQ, SVC, ABORT, UNDEFINED, SYSTEM)


def to_mode(mode, masks=0xC0):
    return 0xE321F000 | masks | mode


def move(register, value):
    return 0xE3A00000 | register << 12 | value


def run(*parts, vectors=()):
    """Run a program until it stays where it is; returns the registers."""
    with one_chip() as machine:
        start(machine, 1, code(*parts, HERE), vectors=vectors)
        machine.run(5)
        return machine.registers(0, 0, 1), words_at(machine, 1, DTCM, 16)


@pytest.mark.parametrize("mode", BANKED)
def test_every_mode_has_a_stack_and_a_link_of_its_own(mode):
    write = [[to_mode(m), move(13, i + 1), move(14, i + 101)] for i, m in enumerate(BANKED)]
    registers, _ = run(*write, to_mode(mode))
    index = BANKED.index(mode)
    assert registers[13:15] == (index + 1, index + 101)
    assert registers[16] & 0x1F == mode


def test_the_fast_mode_has_five_registers_more():
    low = [move(r, r) for r in range(8, 13)]
    fast = [move(r, r + 100) for r in range(8, 13)]
    registers, _ = run(to_mode(SYSTEM), low, to_mode(FIQ), fast, to_mode(SYSTEM))
    assert registers[8:13] == (8, 9, 10, 11, 12)
    registers, _ = run(to_mode(SYSTEM), low, to_mode(FIQ), fast, to_mode(SVC), to_mode(FIQ))
    assert registers[8:13] == (108, 109, 110, 111, 112)


def test_user_registers_are_saved_and_loaded_from_another_mode():
    save, load = 0xE8C06100, 0xE8D06100  # stmia / ldmia r0, {r8, r13, r14}^
    registers, words = run(
        constant(0, DTCM), to_mode(SYSTEM), move(8, 1), move(13, 2), move(14, 3),
        to_mode(FIQ), move(8, 11), move(13, 12), move(14, 13), save,
        to_mode(SYSTEM), move(8, 0), move(13, 0), move(14, 0), to_mode(FIQ), load, to_mode(SYSTEM),
    )  # fmt: skip
    assert words[:3] == [1, 2, 3]
    assert (registers[8], *registers[13:15]) == (1, 2, 3)


def test_the_user_mode_cannot_leave_itself():
    registers, _ = run(to_mode(USER), to_mode(SVC), 0xE328F20F)  # then set the flags
    assert registers[16] & 0xF000001F == 0xF0000010


@pytest.mark.parametrize(
    ("instruction", "vector", "mode", "link"),
    [(0xEF000000, 0x08, SVC, 4), (0xE1200070, 0x0C, ABORT, 4), (0xE7F000F0, 0x04, UNDEFINED, 4)],
)
def test_exceptions_change_the_mode_and_keep_the_way_back(instruction, vector, mode, link):
    handler = (vector, [branch((0x300 - vector) // 4)])
    body = (0x300, [0xE1A0900E, 0xE14F8000, HERE])  # link, saved status
    registers, _ = run(to_mode(SYSTEM, 0), 0xE328F20A, instruction, vectors=[handler, body])
    assert registers[9] == 0x100 + 8 + link
    assert registers[8] == 0xA0000000 | SYSTEM
    assert registers[16] & 0xFF == 0x80 | mode


def test_a_call_to_the_system_comes_back_with_the_caller_s_status():
    handler = (0x08, [branch((0x300 - 0x08) // 4)])
    body = (0x300, [0xE328F000, 0xE2888001, 0xE1B0F00E])  # clear the flags, count, movs pc, lr
    registers, _ = run(to_mode(SYSTEM, 0), 0xE328F20A, 0xEF000000, vectors=[handler, body])
    assert registers[8] == 1
    assert registers[16] & 0xF00000FF == 0xA0000000 | SYSTEM


def test_a_return_that_pops_the_status_goes_back_to_thumb():
    """LDM with the program counter and the saved status; the caller is Thumb code."""
    handler = (0x08, [branch((0x300 - 0x08) // 4)])
    body = (0x300, [*constant(13, DTCM + 64), 0xE92D4000, 0xE2888001, 0xE8FD8000])
    thumb = (0x400, [0x2507DF00, 0xE7FE3501])  # swi 0; mov r5, #7; add r5, #1; b .
    registers, _ = run(to_mode(SYSTEM, 0), constant(3, 0x401), 0xE12FFF13,
                       vectors=[handler, body, thumb])  # fmt: skip
    assert (registers[8], registers[5]) == (1, 8)
    assert registers[16] & 0x3F == 0x20 | SYSTEM


def test_system_registers_read_back():
    registers, _ = run(constant(0, 0x1F7E), 0xEE010F10, 0xEE118F10, 0xEE109F10)
    assert registers[8:10] == (0x1F7E, 0x41059680)


def test_the_board_knows_whether_a_core_could_have_been_interrupted():
    """Even where it was for a single instruction."""
    with one_chip() as machine:
        start(machine, 1, code(to_mode(SYSTEM, 0x40), to_mode(SYSTEM, 0xC0), HERE))
        machine.run(5)
        assert machine.was_open(0, 0, 1)
        machine.run(5)
        assert not machine.was_open(0, 0, 1)
        start(machine, 1, code(to_mode(SYSTEM, 0x40), HERE))
        machine.run(5)
        assert machine.was_open(0, 0, 1)
        assert machine.was_open(0, 0, 1)
