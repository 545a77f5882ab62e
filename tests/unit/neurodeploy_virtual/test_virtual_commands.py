"""Every command of the monitor, by datagram, as a host sends it."""

import struct

import pytest
from fake_machine import FakeMachine
from hypothesis import given
from hypothesis import strategies as st

from neurodeploy_virtual.geometry import geometry
from neurodeploy_virtual.monitor.layout import (
    SV,
    SYNC_CLEAR,
    SYSTEM_SDRAM,
    Mailbox,
    State,
    Sv,
    Vcpu,
    vcpu,
)
from neurodeploy_virtual.monitor.monitor import Monitor

HOST = ("127.0.0.1", 50000)
OK, BAD_LENGTH, BAD_COMMAND, BAD_ARGUMENT = 0x80, 0x81, 0x83, 0x84
SDRAM = 0x60300000


@pytest.fixture
def monitor():
    return Monitor(FakeMachine(), geometry(3))


def ask(monitor, command, *arguments, data=b"", chip=(255, 255), port=0, tag=255):
    """Send a request and return (code, payload) of its answer."""
    arguments = (*arguments, 0, 0, 0)[:3]
    header = bytes([0x87, tag, port, 0xFF, chip[1], chip[0], 0, 0])
    body = struct.pack("<HHIII", command, 0x1234, *(a & 0xFFFFFFFF for a in arguments)) + data
    monitor.receive((0, 0), b"\0\0" + header + body, HOST)
    packets = monitor.take()
    if port and not packets:
        return OK, b""
    (packet,) = packets
    assert packet.source == ("127.0.0.2", 17893)
    assert packet.destination == HOST
    assert packet.payload[2] == 7
    code, sequence = struct.unpack_from("<HH", packet.payload, 10)
    assert sequence == 0x1234
    return code, packet.payload[14:]


def good(monitor, *arguments, **named):
    code, payload = ask(monitor, *arguments, **named)
    assert code == OK
    return payload


def word(payload, index=0):
    return struct.unpack_from("<I", payload, 4 * index)[0]


def test_version(monitor):
    payload = good(monitor, 0, chip=(1, 0))
    assert payload[:4] == bytes([0, 0, 0, 1])
    assert payload[12:] == b"SC&MP/SpiNNaker\x004.0.0\0"


def test_read_gives_what_write_has_put(monitor):
    assert good(monitor, 3, SDRAM, 8, 2, data=b"12345678", chip=(1, 1)) == b""
    assert good(monitor, 2, SDRAM, 8, 2, chip=(1, 1)) == b"12345678"
    assert good(monitor, 2, SDRAM, 8, 2, chip=(0, 0)) == bytes(8)


@pytest.mark.parametrize(
    ("command", "arguments", "data", "code"),
    [
        (2, (SDRAM, 257, 0), b"", BAD_ARGUMENT),
        (2, (SDRAM, 4, 3), b"", BAD_ARGUMENT),
        (2, (0x10, 4, 2), b"", BAD_ARGUMENT),
        (3, (SDRAM, 8, 2), b"1234", BAD_LENGTH),
        (3, (0x10, 4, 2), b"1234", BAD_ARGUMENT),
        (5, (SDRAM, 1, 3), b"", BAD_ARGUMENT),
        (17, (SDRAM, 4, 6), b"", BAD_ARGUMENT),
        (17, (SDRAM, 4, 3), b"", 0x86),
        (18, (SDRAM, 8, 0), b"1234", BAD_LENGTH),
        (19, (1,), b"", BAD_ARGUMENT),
        (20, (7 << 24,), b"", BAD_ARGUMENT),
        (21, (6, 8, 2), b"", BAD_ARGUMENT),
        (21, (0, 6, 2), b"", BAD_ARGUMENT),
        (21, (0x99 << 3, 8, 2), b"", 0x82),
        (22, (1, 0), b"", BAD_ARGUMENT),
        (26, (1 << 16 | 16,), b"", BAD_ARGUMENT),
        (26, (5 << 16,), b"", BAD_ARGUMENT),
        (28, (8,), b"", BAD_ARGUMENT),
        (28, (1, 0x60300000), b"", BAD_ARGUMENT),
        (29, (4,), b"", BAD_ARGUMENT),
        (29, (1 | 1000 << 16, 100), b"", BAD_ARGUMENT),
        (99, (), b"", BAD_COMMAND),
    ],
)
def test_refusals(monitor, command, arguments, data, code):
    assert ask(monitor, command, *arguments, data=data)[0] == code


def test_wrong_places(monitor):
    assert ask(monitor, 0, chip=(7, 7))[0] == 0x87
    assert ask(monitor, 0, port=18)[0] == 0x88
    assert ask(monitor, 0, port=0x20)[0] == 0x85
    assert ask(monitor, 0, port=5)[0] == 0x89


def test_short_request(monitor):
    monitor.receive((0, 0), b"\0\0" + bytes([0x87, 255, 0, 255, 0, 0, 0, 0]) + b"12", HOST)
    (packet,) = monitor.take()
    assert struct.unpack_from("<H", packet.payload, 10)[0] == BAD_LENGTH


def test_fill_and_neighbour(monitor):
    good(monitor, 5, SDRAM, 0x01020304, 8, chip=(1, 0))
    assert good(monitor, 17, SDRAM, 8, 0, chip=(0, 0)) == bytes([4, 3, 2, 1] * 2)
    good(monitor, 18, SDRAM, 4, 0, data=b"abcd", chip=(0, 0))
    assert good(monitor, 2, SDRAM, 4, 2, chip=(1, 0)) == b"abcd"


def test_chip_summary(monitor):
    payload = good(monitor, 31, 0x5F, chip=(1, 0))
    flags, sdram, _ = struct.unpack_from("<III", payload)
    assert flags & 31 == 18
    assert flags >> 8 & 0x3F == 0b111100
    assert flags >> 14 & 0x7FF == 1023
    assert flags >> 25 & 1 == 0
    assert sdram == 123469792
    assert payload[12:30] == bytes([State.RUNNING] + [State.IDLE] * 17)
    assert payload[30:36] == bytes(6)
    assert payload[36:] == bytes([3, 0])
    own = good(monitor, 31, 0x5F, chip=(0, 0))
    assert word(own) >> 25 & 1 == 1
    assert own[32:36] == bytes([127, 0, 0, 2])


def test_start_count_and_stop(monitor):
    good(monitor, 3, SYSTEM_SDRAM, 4, 2, data=b"prog", chip=(1, 1))
    good(monitor, 19, 30 << 24 | 1 << 18 | 0b110, chip=(1, 1))
    started = monitor.machine.done("start")
    assert started == [(1, 1, 1, b"prog", 30, True), (1, 1, 2, b"prog", 30, True)]
    assert word(good(monitor, 15, 30, State.INITIALISING)) == 2
    good(monitor, 28, 30 << 8, 1000, 0, chip=(1, 1))
    good(monitor, 20, 63 << 16, 5 << 28 | 2 << 16 | 0xFF00 | 30, 0)
    assert monitor.machine.done("stop") == [(1, 1, 1), (1, 1, 2)]
    assert word(good(monitor, 15, 30, State.INITIALISING)) == 0
    assert word(good(monitor, 28, 6, chip=(1, 1))) == 123469792


def test_program_is_copied_over_a_link(monitor):
    good(monitor, 3, SYSTEM_SDRAM, 8, 2, data=b"\1\0\0\0\2\0\0\0", chip=(0, 0))
    good(monitor, 21, 3 << 3 | 3, 8, 30 << 24 | 2, chip=(1, 0))
    assert monitor.machine.done("start") == [(1, 0, 1, b"\1\0\0\0", 30, False)]


def test_flooded_program_starts_on_the_chips_it_is_for(monitor):
    good(monitor, 20, 6 << 24, 3 << 16 | 1 << 5, 0)
    good(monitor, 23, 0, 0, SYSTEM_SDRAM, data=b"prog")
    good(monitor, 20, 15 << 24, 30 << 24 | 4, 0)
    assert monitor.machine.done("start") == [(1, 1, 2, b"prog", 30, False)]


def test_user_words_outlive_a_stop(monitor):
    memory = monitor.chips[0, 0].memory
    memory.set_word(vcpu(3) + Vcpu.USER0, 77)
    memory.set_byte(vcpu(3) + Vcpu.APPLICATION, 30)
    good(monitor, 22, 2, 2 << 16 | 0xFF00 | 30, 0xFFFF)
    assert memory.word(vcpu(3) + Vcpu.USER0) == 77
    assert memory.byte(vcpu(3) + Vcpu.STATE) == State.IDLE


def test_sync_calls_the_cores_of_the_application_only(monitor):
    good(monitor, 19, 30 << 24 | 0b10, chip=(0, 1))
    good(monitor, 19, 31 << 24 | 0b100, chip=(0, 1))
    good(monitor, 22, 0, 4 << 16 | 0xFF00 | 30, 0xFFFF)
    assert ("register", 0, 1, SYNC_CLEAR, 0b10) in monitor.machine.calls
    assert monitor.machine.done("interrupt") == [(0, 1, 1)]


def test_other_signals_go_through_the_mailbox(monitor):
    good(monitor, 19, 30 << 24 | 0b10, chip=(0, 0))
    good(monitor, 22, 0, 3 << 16 | 0xFF00 | 30, 0xFFFF)
    memory = monitor.chips[0, 0].memory
    assert memory.byte(vcpu(1) + Vcpu.TO_CORE_COMMAND) == Mailbox.SIGNAL
    assert memory.word(vcpu(1) + Vcpu.TO_CORE) == 3


def test_memory_for_an_application(monitor):
    address = word(good(monitor, 28, 30 << 8, 100, 7))
    assert address == 0x60240018
    assert word(good(monitor, 28, 30 << 8, 100, 7)) == 0
    assert word(good(monitor, 28, 4 << 16 | 30 << 8, 100, 7)) == address
    assert word(good(monitor, 28, 7 | 30 << 8, 7)) == address
    assert good(monitor, 28, 1, address) == b""
    assert word(good(monitor, 28, 30 << 8, 100, 7)) == address
    assert word(good(monitor, 28, 2 | 30 << 8)) == 1


def test_router_entries_for_an_application(monitor):
    assert word(good(monitor, 28, 3 | 30 << 8, 16)) == 1
    entry = struct.pack("<HHIII", 0, 0, 0x40, 0x100, 0xFFFFFF00)
    good(monitor, 3, SYSTEM_SDRAM, 16, 2, data=entry)
    good(monitor, 29, 1 << 16 | 30 << 8 | 2, SYSTEM_SDRAM, 1)
    assert monitor.machine.done("routes")[-1] == (0, 0, 1, ((0x100, 0xFFFFFF00, 0x40),))
    assert word(good(monitor, 28, 5 | 30 << 8, 1)) == 1
    good(monitor, 29, 3, 0x123)
    assert word(good(monitor, 29, 3, 1 << 31)) == 0x123
    good(monitor, 29, 0)


def test_tags(monitor):
    assert good(monitor, 26, 4 << 16, 9)[2:] == bytes([8, 8])
    good(monitor, 26, 1 << 28 | 1 << 16 | 3, 4321, int.from_bytes(bytes([127, 0, 0, 9]), "little"))
    shown = good(monitor, 26, 2 << 16 | 3, 1)
    assert shown[:4] == bytes([127, 0, 0, 9])
    assert struct.unpack_from("<H", shown, 10)[0] == 4321
    assert struct.unpack_from("<H", shown, 14)[0] == 0x8100
    good(monitor, 26, 3 << 16 | 3)
    assert struct.unpack_from("<H", good(monitor, 26, 2 << 16 | 3, 1), 14)[0] == 0
    assert word(good(monitor, 26, 0, 4321)) == 8


def test_tag_to_the_sender_of_the_request(monitor):
    good(monitor, 26, 1 << 30 | 1 << 16 | 3, 0, 0)
    assert monitor.tag((0, 0), 3).host == HOST


def test_message_to_a_core_and_its_answer(monitor):
    machine, memory = monitor.machine, monitor.chips[1, 0].memory

    def echo(x, y, p):
        block = vcpu(p)
        buffer = memory.word(block + Vcpu.TO_CORE)
        memory.set_byte(block + Vcpu.TO_CORE_COMMAND, Mailbox.IDLE)
        flags, tag, to, sender, to_y, to_x, from_y, from_x = memory.read(buffer + 8, 8)
        answer = bytes([flags & 0x7F, tag, sender, to, from_y, from_x, to_y, to_x])
        memory.write(buffer + 8, answer)
        memory.set_word(block + Vcpu.FROM_CORE, buffer)
        memory.set_byte(block + Vcpu.FROM_CORE_COMMAND, Mailbox.MESSAGE)
        memory.set_word(SV + Sv.MAILBOX_FLAGS, 1 << p)
        machine.reason, machine.mailbox = "mailbox", (x, y)

    good(monitor, 19, 30 << 24 | 0b1000, chip=(1, 0))
    machine.on_interrupt = echo
    free = memory.word(SV + Sv.MESSAGE_FREE)
    header = bytes([0x87, 255, 3 << 5 | 3, 0xFF, 0, 1, 0, 0])
    monitor.receive((0, 0), b"\0\0" + header + b"hello", HOST)
    assert monitor.take() == []
    monitor.run(10)
    (packet,) = monitor.take()
    assert packet.destination == HOST
    assert packet.payload[10:] == b"hello"
    assert memory.word(SV + Sv.MESSAGE_FREE) == free
    assert memory.half(SV + Sv.MESSAGE_COUNT) == 0


def test_core_that_does_not_empty_its_mailbox(monitor):
    good(monitor, 19, 30 << 24 | 0b10, chip=(0, 0))
    header = bytes([0x87, 255, 3 << 5 | 1, 0xFF, 0, 0, 0, 0])
    for expected in ([], [0x86]):
        monitor.receive((0, 0), b"\0\0" + header + struct.pack("<HH", 6, 1), HOST)
        assert [struct.unpack_from("<H", p.payload, 10)[0] for p in monitor.take()] == expected


def test_reverse_tag_takes_packets_to_a_core(monitor):
    good(monitor, 19, 30 << 24 | 0b10, chip=(0, 1))
    good(monitor, 26, 3 << 28 | 1 << 16 | 1 << 13 | 1 << 8 | 2, 0 << 24 | 1 << 16 | 12345, 0)
    assert monitor.listening() == [((0, 0), 12345)]
    monitor.receive_tagged((0, 0), 12345, b"spikes", ("127.0.0.7", 777))
    memory = monitor.chips[0, 1].memory
    buffer = memory.word(vcpu(1) + Vcpu.TO_CORE)
    assert memory.half(buffer + 4) == 8 + 6
    assert memory.read(buffer + 8, 14) == bytes([7, 2, 0x21, 0xFF, 1, 0, 0, 0]) + b"spikes"
    assert monitor.tag((0, 0), 2).host == ("127.0.0.7", 777)


@given(st.binary(max_size=300))
def test_no_datagram_breaks_the_monitor(data):
    monitor = Monitor(FakeMachine(), geometry(3))
    monitor.receive((0, 0), data, HOST)
    monitor.receive_tagged((0, 0), 5, data, HOST)
    monitor.run(1)
    assert all(len(packet.payload) <= 300 for packet in monitor.take())


@given(
    st.integers(0, 40),
    st.tuples(*[st.integers(0, 2**32 - 1)] * 3),
    st.binary(max_size=256),
    st.sampled_from([(0, 0), (1, 1), (255, 255)]),
)
def test_no_request_breaks_the_monitor(command, arguments, data, chip):
    monitor = Monitor(FakeMachine(), geometry(3))
    code, _ = ask(monitor, command, *arguments, data=data, chip=chip)
    assert 0x80 <= code <= 0x8F


@given(
    st.lists(st.tuples(st.integers(0, 63), st.integers(0, 2**32 - 1)), max_size=8),
    st.lists(
        st.tuples(
            st.sampled_from([15, 19, 22, 26, 28, 29, 31]),
            st.tuples(*[st.integers(0, 2**16)] * 3),
            st.sampled_from([0, 1]),
        ),
        max_size=8,
    ),
)
def test_overwritten_system_variables_do_not_break_the_monitor(writes, requests):
    monitor = Monitor(FakeMachine(reason="mailbox"), geometry(3))
    good(monitor, 19, 30 << 24 | 0b10, chip=(0, 0))
    for index, value in writes:
        good(monitor, 3, SV + 4 * index, 4, 2, data=struct.pack("<I", value))
    for command, arguments, port in requests:
        code, _ = ask(monitor, command, *arguments, chip=(0, 0), port=port)
        assert 0x80 <= code <= 0x8F
        monitor.run(0)
