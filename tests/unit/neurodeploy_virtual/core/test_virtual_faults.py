"""What a program must not do is told, with its place; memory has ends."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_programs import (
    DTCM,
    HERE,
    TIMERS,
    branch,
    code,
    constant,
    load,
    one_chip,
    start,
    store,
    words_at,
)

from neurodeploy.errors import BackendFailure, InputError
from neurodeploy_virtual.core.image import blocks
from neurodeploy_virtual.core.machine import ChipSpec, Machine, available

pytestmark = pytest.mark.skipif(not available(), reason="not run: the C extension is not built")

SDRAM, SDRAM_BYTES = 0x60000000, 128 << 20
ALIGNMENT_ON = [*constant(0, 0x1F7E), 0xEE010F10]
MEMORIES = {0: 0x8000, DTCM: 0x10000, SDRAM: SDRAM_BYTES, 0x70000000: SDRAM_BYTES,
            0xE5000000: 0x8000, 0xF5000000: 0x8000}  # fmt: skip


def run_program(machine, *parts, vectors=()):
    """Run a program; returns its only fault."""
    start(machine, 1, code(*parts, HERE), vectors=vectors)
    assert machine.run(100).reason == "fault"
    (fault,) = machine.faults()
    assert machine.faults() == []
    return fault


@pytest.mark.parametrize(
    "address", [0x8000, 0x300000, 0x410000, 0x68000000, 0x90000000, 0xE5008000]
)
@pytest.mark.parametrize("access", [load, store])
def test_there_is_nothing_outside_memory(address, access):
    with one_chip() as machine:
        fault = run_program(machine, constant(3, address), 0xE3A04009, access(4, 3))
        assert (fault.kind, fault.address, fault.p) == ("data abort", address, 1)
        assert fault.pc == 0x100 + 4 * 4
        assert fault.registers[3] == address
        assert fault.registers[15] == fault.pc


def test_a_program_handles_its_data_abort():
    abort = (0x10, [branch((0x300 - 0x10) // 4)])
    handler = (0x300, [0xE1A0900E, 0xE3A08001, HERE])
    with one_chip() as machine:
        fault = run_program(machine, constant(3, 0x90000000), load(4, 3), vectors=[abort, handler])
        machine.run(1)
        registers = machine.registers(0, 0, 1)
        assert (registers[8], registers[9]) == (1, fault.pc + 8)
        assert registers[16] & 0x1F == 0x17


def test_an_odd_address_is_a_fault_once_the_check_is_on():
    with one_chip() as machine:
        fault = run_program(machine, ALIGNMENT_ON, constant(3, DTCM + 2), load(4, 3))
        assert (fault.kind, fault.address) == ("alignment", DTCM + 2)


def test_without_the_check_a_word_comes_turned():
    with one_chip() as machine:
        start(machine, 1, code(constant(3, DTCM + 1), load(4, 3), HERE))
        machine.write_core(0, 0, 1, DTCM, b"\1\2\3\4")
        machine.run(1)
        assert machine.registers(0, 0, 1)[4] == 0x01040302


def test_an_undefined_instruction_is_told():
    with one_chip() as machine:
        fault = run_program(machine, 0xE7F000F0)
        assert (fault.kind, fault.address, fault.pc) == ("undefined", 0xE7F000F0, 0x100)


def test_a_jump_to_nowhere_is_told():
    with one_chip() as machine:
        fault = run_program(machine, constant(3, 0x50000000), 0xE12FFF13)
        assert (fault.kind, fault.address) == ("prefetch abort", 0x50000000)


@pytest.mark.parametrize("address", [TIMERS + 0x1C, 0x1F000040, 0x30000200, 0xE1000400, 0xE2000070])
def test_an_unknown_register_is_told_and_reads_as_zero(address):
    with one_chip() as machine:
        fault = run_program(machine, constant(3, address), 0xE3A04009, load(4, 3))
        assert (fault.kind, fault.address) == ("register", address)
        machine.run(1)
        assert machine.registers(0, 0, 1)[4] == 0


def test_a_fault_that_repeats_is_told_once():
    with one_chip() as machine:
        start(machine, 1, code(constant(3, TIMERS + 0x1C), load(4, 3), branch(-1)))
        assert machine.run(100).reason == "fault"
        assert machine.run(100).reason == "time"
        assert len(machine.faults()) == 1


def test_a_core_that_is_started_again_fails_again():
    with one_chip() as machine:
        found = [run_program(machine, constant(3, 0x90000000), load(4, 3)) for _ in range(100)]
        assert len(found) == 100
        assert len({(fault.address, fault.pc) for fault in found}) == 1


def test_more_faults_than_are_kept_are_told_in_parts():
    """Each load touches another register that there is not."""
    with one_chip() as machine:
        loads = [[*constant(3, 0x30000200 + 4 * i), load(4, 3)] for i in range(100)]
        start(machine, 1, code(*loads, HERE))
        told = set()
        for _ in range(20):
            machine.run(1)
            told |= {fault.address for fault in machine.faults()}
        assert told == {0x30000200 + 4 * i for i in range(100)}


def test_code_runs_from_shared_memory_too():
    with one_chip() as machine:
        add, jump = 0xE2888001, branch(-1)
        machine.write(0, 0, SDRAM, code(add, jump, HERE))
        start(machine, 1, code(constant(3, SDRAM), 0xE12FFF13))
        machine.run(10)
        assert machine.registers(0, 0, 1)[8] > 10


def test_code_that_overwrites_itself_runs_as_written():
    add = 0xE2888001
    program = code(constant(3, 0x200), constant(4, 0xE2888010), 0xE12FFF33, store(4, 3),
                   0xE12FFF33, HERE)  # fmt: skip
    with one_chip() as machine:
        start(machine, 1, program, vectors=[(0x200, [add, 0xE12FFF1E])])
        machine.run(10)
        assert machine.registers(0, 0, 1)[8] == 0x11


def test_running_off_the_end_of_the_instruction_memory_is_a_fault():
    with one_chip() as machine:
        fault = run_program(machine, constant(3, 0x7FF0), 0xE12FFF13)
        assert (fault.kind, fault.address) == ("prefetch abort", 0x8000)


@given(st.sampled_from(sorted(MEMORIES)), st.integers(-16, 16), st.integers(0, 32))
def test_memory_ends_where_it_ends(base, before_end, length):
    size = MEMORIES[base]
    at = base + size + before_end
    fits = before_end + length <= 0 or (before_end <= 0 and length == 0)
    with one_chip(2) as machine:
        machine.reset(0, 0, 1)
        if before_end >= 0 and length == 0:
            return
        if not fits:
            with pytest.raises(InputError, match="bytes to"):
                machine.write_core(0, 0, 1, at, b"\1" * length)
            with pytest.raises(InputError, match="bytes to"):
                machine.read_core(0, 0, 1, at, length)
        else:
            machine.write_core(0, 0, 1, at, b"\1" * length)
            assert machine.read_core(0, 0, 1, at, length) == b"\1" * length


def test_both_addresses_of_shared_memory_are_the_same_memory():
    with one_chip() as machine:
        machine.write(0, 0, SDRAM + 100, b"ab")
        machine.fill(0, 0, 0xE5000000, 0x04030201, 8)
        assert machine.read(0, 0, 0x70000064, 2) == b"ab"
        assert machine.read(0, 0, 0xF5000002, 4) == b"\3\4\1\2"


def test_what_is_not_there_is_refused():
    with one_chip() as machine:
        for call in (
            lambda: machine.read(3, 3, SDRAM, 4),
            lambda: machine.read(0, 0, 0x400000, 4),
            lambda: machine.read(0, 0, SDRAM, 1 << 33),
            lambda: machine.read(0, 0, 0xE2000002, 4),
            lambda: machine.read_core(0, 0, 0, SDRAM, 4),
            lambda: machine.reset(0, 0, 0),
            lambda: machine.reset(0, 0, 3),
            lambda: machine.release(0, 0, 1),
            lambda: machine.step(0, 0, 2),
            lambda: machine.send(0, 0, 1, None, link=6),
            lambda: machine.load_routes(0, 0, 1024, [(0, 0, 0)]),
            lambda: machine.run(-1),
        ):
            with pytest.raises(InputError):
                call()


def test_a_closed_machine_says_so():
    machine = one_chip()
    machine.close()
    machine.close()
    with pytest.raises(BackendFailure, match="closed"):
        machine.run(1)


def test_machines_know_nothing_of_each_other():
    with one_chip() as first, one_chip() as second:
        first.write(0, 0, SDRAM, b"1")
        start(first, 1, code(HERE))
        first.run(5)
        assert (second.read(0, 0, SDRAM, 1), second.now_us) == (b"\0", 0)
        assert second.run(5).reason == "idle"


@pytest.mark.parametrize(
    "chips",
    [
        [],
        [ChipSpec(0, 0, 0, (None,) * 6)],
        [ChipSpec(0, 0, 19, (None,) * 6)],
        [ChipSpec(0, 0, 1, ((1, 0), *(None,) * 5))],
    ],
)
def test_boards_that_cannot_be_are_refused(chips):
    with pytest.raises(InputError):
        Machine(chips)


def entry(*words):
    return b"".join(w.to_bytes(4, "little") for w in words)


def test_an_image_is_loaded_as_the_boards_do():
    body = entry(HERE, 7)
    image = entry(2, 0, 48, 8) + entry(3, DTCM, 8, 0xABCD0123) + entry(4, 0, 0, 0)
    with one_chip() as machine:
        machine.start(0, 0, 1, image + body + bytes(32), 77, True)
        machine.run(1)
        assert machine.registers(0, 0, 1)[0] == 77 | 0x100
        assert words_at(machine, 1, 0, 3) == [HERE, 7, 0]
        assert words_at(machine, 1, DTCM, 9) == [0xABCD0123] * 8 + [0]


@pytest.mark.parametrize(
    ("image", "what"),
    [
        (b"", "ends within its table"),
        (entry(9, 0, 0, 0), "unknown command"),
        (entry(2, 0, 16, 100), "ends within a block"),
        (entry(3, 0, 1 << 30, 0), "longer than any memory"),
        (entry(3, DTCM, 32, 0), "ends within its table"),
    ],
)
def test_a_damaged_image_is_refused(image, what):
    with pytest.raises(InputError, match=what):
        list(blocks(image, lambda _address, length: bytes(length)))


@given(st.binary(max_size=200), st.lists(st.sampled_from([1, 2, 3, 4, 9]), max_size=8))
def test_no_image_does_anything_but_load_or_be_refused(noise, commands):
    """Nothing but InputError comes out, and nothing outside memory is written."""
    table = b"".join(entry(c, DTCM + 64 * i, 16 * i, 40) for i, c in enumerate(commands))
    with one_chip() as machine, contextlib.suppress(InputError):
        machine.start(0, 0, 1, table + noise, 1, False)


def test_an_image_never_writes_beyond_memory():
    with one_chip() as machine, pytest.raises(InputError):
        machine.start(0, 0, 1, entry(3, 0x8000, 32, 0) + entry(4, 0, 0, 0), 1, False)
