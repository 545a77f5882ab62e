"""Timers, interrupts, DMA, locks and calls, as programs see them."""

import pytest
from small_programs import (
    DMA,
    DTCM,
    HERE,
    IRQ_ON,
    NOP,
    RETURN,
    SLEEP,
    TIMERS,
    VIC,
    branch,
    code,
    constant,
    load,
    one_chip,
    start,
    store,
    store_on,
    words_at,
)

from neurodeploy_virtual.core.machine import available

pytestmark = pytest.mark.skipif(not available(), reason="not run: the C extension is not built")

TIMER_1, SOFT, CALL, DMA_DONE = 4, 1, 18, 12
TO_VECTOR = 0xE51FFFF0  # ldr pc, [pc, #-0xff0] at 0x18: the vector at 0xfffff030
TO_FIQ_HANDLER = branch((0x300 - 0x1C) // 4)
HANDLER = 0x200
SDRAM = 0x60000000
PERIODIC, ONCE, FREE = 0xE2, 0xA3, 0x82


def set_up(line, *more):
    """Let an interrupt line call the handler."""
    return [
        *constant(0, VIC),
        *constant(1, HANDLER),
        store(1, 0, 0x100),
        0xE3A01020 | line,  # slot in use | line
        store(1, 0, 0x200),
        *constant(1, 1 << line),
        store(1, 0, 0x10),
        *more,
    ]


def handler(clear):
    """Count calls in r8, clear the cause, tell the controller."""
    return [0xE2888001, *clear, *constant(0, VIC), store(0, 0, 0x30), RETURN]


SLEEP_ON = [IRQ_ON, SLEEP, branch(-1)]
CLEAR_TIMER = [*constant(0, TIMERS), store(0, 0, 0x0C)]


def start_timer(load_value, control):
    return [
        *constant(2, TIMERS),
        *constant(1, load_value),
        store(1, 2, 0),
        *constant(1, control),
        store(1, 2, 8),
    ]


def timer_program(load_value, control):
    body = code(set_up(TIMER_1), start_timer(load_value, control), SLEEP_ON)
    return body, [(0x18, [TO_VECTOR]), (HANDLER, handler(CLEAR_TIMER))]


@pytest.mark.parametrize(("load_value", "n"), [(200_000, 10), (20_000, 100), (500, 4000)])
def test_a_periodic_timer_keeps_its_period(load_value, n):
    with one_chip() as machine:
        program, vectors = timer_program(load_value, PERIODIC)
        start(machine, 1, program, vectors=vectors)
        machine.run(10_001)
        assert machine.registers(0, 0, 1)[8] == n


def test_sleeping_costs_no_instructions_and_no_time_is_lost():
    with one_chip() as machine:
        program, vectors = timer_program(200_000, PERIODIC)
        start(machine, 1, program, vectors=vectors)
        stop = machine.run(100_010)
        assert (stop.reason, stop.elapsed_us, machine.now_us) == ("time", 100_010, 100_010)
        assert machine.registers(0, 0, 1)[8] == 100
        assert machine.stats()["instructions"] < 100 * 15


def test_a_timer_that_fires_once_leaves_the_board_idle():
    with one_chip() as machine:
        program, vectors = timer_program(10_000, ONCE)
        start(machine, 1, program, vectors=vectors)
        stop = machine.run(1000)
        assert stop.reason == "idle"
        assert stop.elapsed_us < 60
        assert machine.registers(0, 0, 1)[8] == 1


def test_frozen_timers_wake_nobody():
    with one_chip() as machine:
        program, vectors = timer_program(1000, PERIODIC)
        start(machine, 1, program, vectors=vectors)
        machine.freeze_timers(0, 0, 1)
        assert machine.run(1000).reason == "idle"
        assert machine.registers(0, 0, 1)[8] == 0


def test_timers_of_cores_started_together_stay_together():
    """Both count in steps of 7 us, one in between sleeps through long skips of time."""
    with one_chip() as machine:
        for core, period in ((1, 1400), (2, 1400)):
            program, vectors = timer_program(period, PERIODIC)
            start(machine, core, program, vectors=vectors)
        for us in (1, 3, 500, 1, 2000):
            machine.run(us)
            assert machine.registers(0, 0, 1)[8] == machine.registers(0, 0, 2)[8]


def test_a_core_that_slept_long_starts_its_timer_now():
    """Time was skipped while it slept; its own clock must not run after the others'."""
    keeper, vectors = timer_program(200_000, PERIODIC)
    sleeper = code(set_up(CALL), SLEEP, set_up(TIMER_1), start_timer(20_000, PERIODIC), SLEEP_ON)
    with one_chip() as machine:
        start(machine, 1, keeper, vectors=vectors)
        start(machine, 2, sleeper, vectors=vectors)
        machine.run(7_000)
        machine.interrupt(0, 0, 2)
        machine.run(1)
        machine.write(0, 0, 0xE200000C, b"\4\0\0\0")
        machine.run(1_000)
        assert machine.registers(0, 0, 2)[8] == 10


def test_a_free_running_timer_counts_cycles():
    program = code(
        start_timer(0xFFFFFFFF, FREE), constant(5, DTCM), load(3, 2, 4), store_on(3, 5),
        [NOP] * 100, load(3, 2, 4), store_on(3, 5), HERE
    )  # fmt: skip
    with one_chip() as machine:
        start(machine, 1, program)
        machine.run(5)
        first, second = words_at(machine, 1, DTCM, 2)
        assert 100 <= first - second <= 120


def test_a_prescaled_timer_counts_slower():
    program = code(
        start_timer(0xFFFFFFFF, FREE | 4), constant(5, DTCM), load(3, 2, 4), store_on(3, 5),
        [NOP] * 160, load(3, 2, 4), store_on(3, 5), HERE
    )  # fmt: skip
    with one_chip() as machine:
        start(machine, 1, program)
        machine.run(5)
        first, second = words_at(machine, 1, DTCM, 2)
        assert 10 <= first - second <= 12


def test_the_monitor_calls_a_core():
    clear = [*constant(0, 0xE2000000), *constant(1, 1 << 1), store(1, 0, 0x0C)]
    with one_chip() as machine:
        vectors = [(0x18, [TO_VECTOR]), (HANDLER, handler(clear))]
        start(machine, 1, code(set_up(CALL), SLEEP_ON), vectors=vectors)
        assert machine.run(100).reason == "idle"
        for n in (1, 2):
            machine.interrupt(0, 0, 1)
            assert machine.run(100).reason == "idle"
            assert machine.registers(0, 0, 1)[8] == n


def test_a_core_that_sleeps_with_interrupts_off_wakes_and_goes_on():
    with one_chip() as machine:
        start(machine, 1, code(set_up(CALL), SLEEP, 0xE3A09007, HERE))
        assert machine.run(100).reason == "idle"
        machine.interrupt(0, 0, 1)
        machine.run(2)
        assert machine.registers(0, 0, 1)[9] == 7


def test_a_fast_interrupt_comes_first_and_has_registers_of_its_own():
    both = 1 << SOFT | 1 << CALL
    program = code(
        set_up(SOFT, *constant(1, both), store(1, 0, 0x10), *constant(1, 1 << CALL)),
        store(1, 0, 0x0C), constant(1, 1 << SOFT), store(1, 0, 0x18),
        0xE3A08003, 0xE3A0A000, 0xE321F01F, HERE
    )  # fmt: skip
    clear_call = [*constant(8, 0xE2000000), *constant(9, 1 << 1), store(9, 8, 0x0C)]
    fast = [0xE3A02064, 0xE2877001, *clear_call, RETURN]
    clear_soft = [*constant(0, VIC), *constant(1, 1 << SOFT), store(1, 0, 0x1C)]
    slow = [0xE1A0A002, *handler(clear_soft)]
    with one_chip() as machine:
        vectors = [(0x18, [TO_VECTOR, TO_FIQ_HANDLER]), (HANDLER, slow), (0x300, fast)]
        start(machine, 1, program, vectors=vectors)
        machine.interrupt(0, 0, 1)
        machine.run(5)
        registers = machine.registers(0, 0, 1)
        assert registers[7] == 1  # the fast one came
        assert registers[10] == 0x64  # and before the other
        assert registers[8] == 4  # which counted in a register that the fast one did not touch


def dma_program(address, local, descriptor, *after):
    return code(
        constant(0, DMA), constant(1, address), store(1, 0, 4), constant(1, local),
        store(1, 0, 8), constant(1, descriptor), store(1, 0, 0x0C), list(after), HERE
    )  # fmt: skip


WAIT_FOR_DMA = [load(2, 0, 0x14), 0xE3120001, branch(-2, 1)]
TO_SHARED = 1 << 19


def test_dma_copies_both_ways():
    with one_chip() as machine:
        machine.write(0, 0, SDRAM + 64, bytes(range(128)))
        start(machine, 1, dma_program(SDRAM + 64, DTCM + 8, 128))
        machine.run(10)
        assert machine.read_core(0, 0, 1, DTCM, 8 + 128 + 8) == bytes(8) + bytes(
            range(128)
        ) + bytes(8)
        program = dma_program(0x70000000 + 4096, DTCM, TO_SHARED | 64)
        start(machine, 2, program, vectors=[(0x8, [])])
        machine.write_core(0, 0, 2, DTCM, b"\5" * 64)
        machine.run(10)
        assert machine.read(0, 0, SDRAM + 4096, 65) == b"\5" * 64 + b"\0"


def test_dma_takes_time_and_says_when_it_is_done():
    after = [load(3, 0, 0x14), *WAIT_FOR_DMA, load(4, 0, 0x14)]
    with one_chip() as machine:
        start(machine, 2, dma_program(SDRAM, DTCM, 4096, *after))
        machine.run(20)
        registers = machine.registers(0, 0, 2)
        assert (registers[3] >> 24, registers[3] & 0x401) == (2, 1)
        assert registers[4] & 0x401 == 0x400


def test_dma_over_the_end_of_memory_is_a_fault_and_copies_nothing():
    with one_chip() as machine:
        start(machine, 1, dma_program(SDRAM + (128 << 20) - 4, DTCM, 8))
        assert machine.run(10).reason == "fault"
        assert [(f.kind, f.address) for f in machine.faults()] == [("dma", SDRAM + (128 << 20) - 4)]
        start(machine, 2, dma_program(SDRAM, DTCM + 0xFFFC, 8))
        machine.run(10)
        assert [(f.kind, f.address) for f in machine.faults()] == [("dma", DTCM + 0xFFFC)]


def test_code_that_dma_brings_is_the_code_that_runs():
    call = [*constant(6, 0x800), 0xE12FFF36]
    program = code(
        call, constant(0, DMA), constant(1, SDRAM), store(1, 0, 4), constant(1, 0x800),
        store(1, 0, 8), constant(1, 32), store(1, 0, 0x0C), WAIT_FOR_DMA, call, HERE
    )  # fmt: skip
    with one_chip() as machine:
        machine.write(0, 0, SDRAM, code(0xE2888010, 0xE12FFF1E, [0] * 6))
        start(machine, 1, program, vectors=[(0x800, [0xE2888001, 0xE12FFF1E])])
        machine.run(20)
        assert machine.registers(0, 0, 1)[8] == 0x11


def test_locks_are_taken_once_and_held_until_given_back():
    with one_chip() as machine:

        def lock(at):
            return machine.read(0, 0, 0xE2000000 + at, 4)[3]

        assert [lock(0x100), lock(0x100), lock(0x104)] == [0, 128, 0]
        assert [lock(0x180), lock(0x180), lock(0x100)] == [128, 0, 0]


def test_quiesce_waits_for_a_lock():
    program = code(
        constant(0, 0xE2000000), load(1, 0, 0x108), [NOP] * 1000, load(1, 0, 0x188), 0xE3A09001,
        HERE
    )  # fmt: skip
    with one_chip() as machine:
        start(machine, 1, program)
        machine.run(2)
        machine.quiesce(0, 0)
        assert machine.registers(0, 0, 1)[9] == 1 or machine.now_us >= 5
        assert machine.read(0, 0, 0xE2000108, 4) == bytes(4)


def test_flags_are_set_and_cleared_by_bits():
    with one_chip() as machine:
        machine.write(0, 0, 0xE2000058, b"\x0f\0\0\0")
        machine.write(0, 0, 0xF200005C, b"\x06\0\0\0")
        assert machine.read(0, 0, 0xE2000058, 4) == b"\x09\0\0\0"


def test_a_new_state_and_a_message_ask_for_attention():
    state, flags = 0xE5007000 + 128 + 46, 0xE5007FEC
    program = code(
        constant(0, state), 0xE3A01005, 0xE5C01000, [NOP] * 400, constant(0, flags), 0xE3A01002,
        store(1, 0), HERE
    )  # fmt: skip
    with one_chip() as machine:
        start(machine, 1, program)
        stop = machine.run(100)
        assert (stop.reason, stop.p) == ("state", 1)
        stop = machine.run(100)
        assert (stop.reason, stop.p) == ("mailbox", 1)
        machine.write(0, 0, flags, bytes(4))
        machine.write(0, 0, state, b"\7")
        assert machine.run(100).reason == "time"
        assert machine.run(100, attention=False).elapsed_us == 100
