"""The heap and the router's entries, in memory as the application cores see them."""

import itertools

import pytest
from fake_machine import FakeMachine
from hypothesis import given
from hypothesis import strategies as st

from neurodeploy_virtual.geometry import geometry
from neurodeploy_virtual.monitor.boot import boot
from neurodeploy_virtual.monitor.heap import Heap, make_heap
from neurodeploy_virtual.monitor.layout import SV, Sv
from neurodeploy_virtual.monitor.memory import Memory
from neurodeploy_virtual.monitor.routes import Routes

BASE, TOP = 0x60100000, 0x60101000


@pytest.fixture
def chip():
    memory = Memory(FakeMachine(), 0, 0)
    layout = geometry(3)
    boot(memory, layout, layout.places[0, 0])
    return memory


def fresh_heap():
    memory = Memory(FakeMachine(), 0, 0)
    return Heap(memory, make_heap(memory, BASE, TOP))


def test_free_memory_of_a_booted_chip_is_that_of_a_real_one(chip):
    heap = Heap(chip, chip.word(SV + Sv.SDRAM_HEAP))
    assert heap.largest_bytes() == heap.free_bytes == 123469792


def test_first_block_stands_after_record_and_header():
    assert fresh_heap().allocate(10) == BASE + 16 + 8


@given(st.lists(st.integers(1, 500), max_size=20), st.randoms())
def test_all_free_again_when_all_is_given_back(sizes, random):
    heap = fresh_heap()
    before = heap.largest_bytes()
    got = [(address, size) for size in sizes if (address := heap.allocate(size))]
    spans = sorted((address, address + size) for address, size in got)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
    taken = [address for address, _ in got]
    random.shuffle(taken)
    for address in taken:
        assert heap.owns(address)
        heap.free(address)
        assert not heap.owns(address)
    assert heap.largest_bytes() == before


def test_too_much_is_refused_and_changes_nothing():
    heap = fresh_heap()
    before = heap.free_bytes
    assert heap.allocate(0x1000) == 0
    assert heap.free_bytes == before


def test_application_gets_back_only_its_own(chip):
    heap = Heap(chip, chip.word(SV + Sv.SDRAM_HEAP))
    before = heap.free_bytes
    mine = [heap.allocate(100, 30 << 8) for _ in range(3)]
    other = heap.allocate(100, 31 << 8)
    assert heap.free_application(30) == 3
    assert heap.owns(other)
    assert not any(map(heap.owns, mine))
    assert heap.free_application(31) == 1
    assert heap.free_bytes == before


def test_tag_is_unique_but_may_be_asked_for_again(chip):
    heap = Heap(chip, chip.word(SV + Sv.SDRAM_HEAP))
    first = heap.allocate(64, 30 << 8 | 5)
    assert chip.word(chip.word(SV + Sv.ALLOCATED_TAGS) + 4 * (30 << 8 | 5)) == first
    assert heap.allocate(64, 30 << 8 | 5) == 0
    assert heap.allocate(64, 30 << 8 | 5, retry=True) == first
    assert heap.allocate(68, 30 << 8 | 5, retry=True) == 0
    heap.free(first)
    assert heap.allocate(68, 30 << 8 | 5) == first


def test_overwritten_heap_does_not_hang(chip):
    heap = Heap(chip, chip.word(SV + Sv.SDRAM_HEAP))
    block = chip.word(heap.base)
    chip.set_word(block, block)
    chip.set_word(block + 4, block)
    assert heap.allocate(10_000_000) == 0
    assert heap.largest_bytes() == 0x100000000 - 8 or heap.largest_bytes() >= 0
    assert heap.free_application(1) == 0


def test_router_entries_are_given_out_and_joined_again(chip):
    router = Routes(chip)
    assert router.largest() == 1023
    first, second, third = (router.allocate(10, 30) for _ in range(3))
    assert (first, second, third) == (1, 11, 21)
    router.free(second, clear=True)
    assert router.largest() == 993
    router.free(first, clear=True)
    assert router.allocate(20, 31) == 1
    assert router.free_application(31, clear=True) == 1
    assert router.free_application(30, clear=False) == 1
    assert router.largest() == 1023


def test_no_room_in_the_router(chip):
    router = Routes(chip)
    assert router.allocate(1024, 30) == 0
    assert router.allocate(0, 30) == 0
    assert router.allocate(1023, 30) == 1
    assert router.allocate(1, 30) == 0


def test_loaded_entry_is_in_the_router_and_in_its_copy(chip):
    table = 0x67800000
    entry = b"".join(v.to_bytes(4, "little") for v in (0, 0x41, 0x1000, 0xFFFF0000))
    chip.write(table, entry)
    assert Routes(chip).load(table, 1, 7, 30)
    assert chip.machine.done("routes")[-1] == (0, 0, 7, ((0x1000, 0xFFFF0000, 0x41),))
    copy = chip.word(SV + Sv.ROUTER_COPY) + 16 * 7
    assert chip.read(copy + 2, 2) == bytes([30, 0x80])
    assert chip.words(copy + 4, 3) == (0x41, 0x1000, 0xFFFF0000)
    assert not Routes(chip).load(table, 1, 1024, 30)
