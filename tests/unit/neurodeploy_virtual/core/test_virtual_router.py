"""Routes, links, counters and the push-back of full receivers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_programs import (
    COLLECTOR,
    COMMS,
    DTCM,
    HERE,
    SLEEP,
    VIC,
    branch,
    code,
    constant,
    load,
    one_chip,
    sender,
    start,
    store,
    store_on,
    words_at,
)

from neurodeploy_virtual.core.machine import ChipSpec, Machine, available

pytestmark = pytest.mark.skipif(not available(), reason="not run: the C extension is not built")

CORE_0, CORE_1, CORE_2 = 1 << 6, 1 << 7, 1 << 8
EAST, WEST, NORTH = 1 << 0, 1 << 3, 1 << 2
ALL = 0xFFFFFFFF
FIXED = 0x00C00000


def row(n):
    """Make chips in a row from west to east."""
    places = [(x, 0) for x in range(n)]
    links = {(x, 0): [None] * 6 for x in range(n)}
    for x in range(n - 1):
        links[x, 0][0], links[x + 1, 0][3] = (x + 1, 0), (x, 0)
    return Machine([ChipSpec(x, y, 3, tuple(links[x, y])) for x, y in places])


def test_the_first_entry_that_fits_routes():
    with one_chip() as machine:
        machine.load_routes(0, 0, 5, [(0x10, 0xF0, CORE_0), (0x00, 0x00, 0)])
        machine.load_routes(0, 0, 3, [(0x12, ALL, 0)])
        for key in (0x10, 0x12, 0x1F, 0x20):
            machine.send(0, 0, key, None)
        machine.run(1)
        assert machine.take_packets(0, 0) == [(0x10, None), (0x1F, None)]
        assert machine.stats()["dropped"] == 2


@given(st.lists(st.tuples(*[st.integers(0, 7)] * 2), max_size=8), st.integers(0, 7))
def test_lookups_are_those_of_a_list(entries, key):
    matching = [i for i, (k, mask) in enumerate(entries) if key & mask == k]
    with one_chip() as machine:
        machine.load_routes(
            0,
            0,
            0,
            [(k, m, 0 if i in matching[1:] else CORE_0) for i, (k, m) in enumerate(entries)],
        )
        for _ in range(2):
            machine.send(0, 0, key, 1)
        machine.run(1)
        assert machine.take_packets(0, 0) == ([(key, 1)] * 2 if matching else [])


def test_a_changed_table_counts_at_once():
    with one_chip() as machine:
        found = []
        for route in (CORE_0, 0, CORE_0):
            machine.load_routes(0, 0, 0, [(7, ALL, route)])
            machine.send(0, 0, 7, None)
            machine.run(1)
            found.append(len(machine.take_packets(0, 0)))
        machine.clear_routes(0, 0)
        machine.send(0, 0, 7, None)
        machine.run(1)
        assert [*found, machine.take_packets(0, 0)] == [1, 0, 1, []]


def test_tables_are_written_and_read_by_registers():
    with one_chip() as machine:
        for base, value in ((0x8000, 9), (0xC000, ALL), (0x4000, CORE_0)):
            machine.write(0, 0, 0xE1000000 + base + 4 * 1023, value.to_bytes(4, "little"))
        assert machine.read(0, 0, 0xF1004000 + 4 * 1023, 4) == CORE_0.to_bytes(4, "little")
        machine.send(0, 0, 9, 4)
        machine.run(1)
        assert machine.take_packets(0, 0) == [(9, 4)]


def test_packets_pass_chips_without_an_entry_straight_on():
    with row(4) as machine:
        machine.load_routes(0, 0, 0, [(5, ALL, EAST)])
        machine.load_routes(3, 0, 0, [(5, ALL, CORE_0)])
        machine.send(0, 0, 5, 6)
        machine.run(1)
        assert machine.take_packets(3, 0) == [(5, 6)]
        assert machine.stats()["default_routed"] == 2


def test_a_packet_forced_through_a_link_needs_no_entry():
    with row(2) as machine:
        machine.load_routes(0, 0, 0, [(5, ALL, CORE_0)])
        machine.send(1, 0, 5, None, link=3)
        machine.run(1)
        assert machine.take_packets(0, 0) == [(5, None)]


def test_packets_off_the_edge_and_in_a_ring_are_lost():
    with row(2) as machine:
        machine.load_routes(0, 0, 0, [(1, ALL, WEST), (2, ALL, EAST)])
        machine.load_routes(1, 0, 0, [(2, ALL, WEST)])
        machine.send(0, 0, 1, None)
        machine.run(1)
        assert machine.stats()["dropped"] == 1
        machine.send(0, 0, 2, None)
        assert machine.run(5).reason == "idle"


def test_one_packet_reaches_many_cores_and_chips():
    with row(2) as machine:
        machine.load_routes(0, 0, 0, [(5, ALL, EAST | CORE_0 | CORE_1 | CORE_2)])
        machine.load_routes(1, 0, 0, [(5, ALL, CORE_1)])
        for x, core in ((0, 1), (0, 2), (1, 1)):
            start(machine, core, COLLECTOR, x=x)
        machine.send(0, 0, 5, 6)
        machine.run(5)
        for x, core in ((0, 1), (0, 2), (1, 1)):
            assert words_at(machine, core, DTCM, 4, x=x) == [5, 6, 0, 0]
        assert machine.take_packets(0, 0) == [(5, 6)]
        assert machine.stats()["delivered"] == 3


def test_cores_send_with_and_without_payload():
    with one_chip() as machine:
        machine.load_routes(0, 0, 0, [(0, 0, CORE_0)])
        start(machine, 1, sender((1, None), (2, 22), (3, None)))
        machine.run(10)
        assert machine.take_packets(0, 0) == [(1, None), (2, 22), (3, None)]


def test_fixed_route_packets_take_the_fixed_route():
    with one_chip() as machine:
        machine.load_routes(0, 0, 0, [(0, 0, 0)])
        machine.write(0, 0, 0xE1000084, CORE_0.to_bytes(4, "little"))
        start(machine, 1, sender((1, 11), control=FIXED))
        machine.send(0, 0, 2, None, fixed_route=True)
        machine.run(10)
        assert sorted(machine.take_packets(0, 0)) == [(1, 11), (2, None)]


def test_packets_of_several_cores_arrive_in_the_order_of_sending():
    with one_chip(4) as machine:
        machine.load_routes(0, 0, 0, [(0, 0, CORE_0)])
        late = code([0xE1A00000] * 20) + sender((1, None))
        for core, program in ((1, late), (2, sender((2, None))), (3, late)):
            start(machine, core, program)
        machine.run(10)
        assert [key for key, _ in machine.take_packets(0, 0)] == [2, 1, 1]


LISTENS_BUT_NEVER_TAKES = code(
    constant(0, VIC), constant(1, 1 << 6), store(1, 0, 0x10), SLEEP, branch(-1)
)


def test_a_full_receiver_holds_its_senders_back():
    with one_chip() as machine:
        machine.load_routes(0, 0, 0, [(0, 0, CORE_2)])
        start(machine, 2, LISTENS_BUT_NEVER_TAKES)
        machine.run(5)
        start(machine, 1, sender(*[(k, None) for k in range(20)]))
        machine.run(50)
        stats = machine.stats()
        assert (stats["delivered"], stats["dropped"]) == (6, 0)
        assert stats["blocked_quanta"] > 10


def test_a_core_sees_that_its_transmitter_is_full():
    """Nobody takes the packets, so the ring of 8 fills and the bit for room goes out."""
    program = code(
        constant(0, COMMS),
        constant(1, DTCM),
        [store(2, 0, 8), load(3, 0), store_on(3, 1)] * 16,
        HERE,
    )
    with one_chip() as machine:
        machine.load_routes(0, 0, 0, [(0, 0, CORE_2)])
        start(machine, 2, LISTENS_BUT_NEVER_TAKES)
        machine.run(5)
        start(machine, 1, program)
        machine.run(20)
        room = [word >> 28 & 1 for word in words_at(machine, 1, DTCM, 16)]
        assert room[0] == 1
        assert room[-1] == 0


def test_packets_for_cores_that_do_not_run_are_dropped():
    with one_chip() as machine:
        machine.load_routes(0, 0, 0, [(0, 0, CORE_1 | 1 << 20)])
        machine.send(0, 0, 1, None)
        machine.run(1)
        assert machine.stats()["dropped"] == 2


def test_packets_wait_only_shortly_for_a_core_that_does_not_listen():
    with one_chip() as machine:
        machine.load_routes(0, 0, 0, [(0, 0, CORE_1)])
        start(machine, 1, code(HERE))
        for key in range(10):
            machine.send(0, 0, key, None)
        machine.run(20)
        stats = machine.stats()
        assert (stats["delivered"], stats["dropped"]) == (6, 4)


def test_counters_count_what_their_filters_say():
    local, foreign, dumped = 0x01FE7CF1, 0x01FEBCF1, 0x0001FCF1
    with row(2) as machine:
        for x in (0, 1):
            for i, value in enumerate((local, foreign, dumped)):
                machine.write(x, 0, 0xE1000200 + 4 * i, value.to_bytes(4, "little"))
            machine.write(x, 0, 0xE100002C, (0xFFFF).to_bytes(4, "little"))
        machine.load_routes(0, 0, 0, [(1, ALL, EAST), (2, ALL, CORE_0)])
        machine.load_routes(1, 0, 0, [(1, ALL, CORE_0)])
        for key in (1, 1, 2, 3):
            machine.send(0, 0, key, None)
        machine.run(1)

        def counters(x):
            content = machine.read(x, 0, 0xE1000300, 12)
            return [int.from_bytes(content[i : i + 4], "little") for i in (0, 4, 8)]

        assert counters(0) == [3, 0, 1]
        assert counters(1) == [0, 2, 0]
        machine.write(0, 0, 0xE100002C, (0xFFFF0000).to_bytes(4, "little"))
        assert counters(0) == [0, 0, 0]
