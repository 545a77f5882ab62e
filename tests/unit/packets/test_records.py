import struct
from contextlib import suppress

import pytest

from neurodeploy import packets
from neurodeploy.errors import InputError
from neurodeploy.packets.records import read_records

from . import frames

FRAMES = frames.mixed()


def block(kind, body, order="<"):
    length = 12 + len(body)
    return struct.pack(order + "II", kind, length) + body + struct.pack(order + "I", length)


def section(order="<"):
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(link_type, options=b"", order="<", snap_length=0):
    return block(1, struct.pack(order + "HHI", link_type, 0, snap_length) + options, order)


def enhanced(data, number=0, ticks=0, length=None, order="<"):
    head = struct.pack(
        order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), length or len(data)
    )
    return block(6, head + data + bytes(-len(data) % 4), order)


@pytest.mark.parametrize("make", [frames.pcap_bytes, frames.pcapng_bytes])
@pytest.mark.parametrize("name", ["a.pcap", "a.pcapng", "a.bin"])
def test_the_content_says_the_format_not_the_suffix(write, make, name):
    records = read_records(write(make(FRAMES), name))
    assert [record.data for record in records] == FRAMES
    assert [record.time_s for record in records] == [1000.5 + n for n in range(len(FRAMES))]


def test_nanosecond_pcap(write):
    records = read_records(write(frames.pcap_bytes(FRAMES[:1], nano=True)))
    assert records[0].time_s == 1000.5


def test_big_endian_pcap_and_snap_length(write):
    content = struct.pack(">IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    content += struct.pack(">IIII", 7, 500_000, 3, 60) + b"abc"
    record = read_records(write(content))[0]
    assert record == (7.5, 101, 60, b"abc")


def test_fcs_bits_beside_the_link_type_are_ignored(write):
    content = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1 | 0x24000000)
    content += struct.pack("<IIII", 0, 0, 1, 1) + b"x"
    assert read_records(write(content))[0].link_type == 1


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_interfaces_have_their_own_link_type_and_clock(write, order):
    nano = struct.pack(order + "HHB3xHHq", 9, 1, 9, 14, 8, 100) + bytes(4)
    content = section(order) + interface(1, order=order) + interface(101, nano, order=order)
    content += block(5, bytes(8), order)
    content += enhanced(b"abcde", 1, 2_500_000_000, 99, order) + enhanced(
        b"z", 0, 1500, order=order
    )
    assert read_records(write(content)) == [(102.5, 101, 99, b"abcde"), (0.0015, 1, 1, b"z")]


def test_pcapng_simple_and_old_packet_blocks(write):
    simple = block(3, struct.pack("<I", 9) + b"abcd")
    old = block(2, struct.pack("<HHIIII", 0, 7, 0, 4_000_000, 2, 2) + b"hi\0\0")
    content = section() + interface(1, snap_length=4) + simple + old
    assert read_records(write(content)) == [(0.0, 1, 9, b"abcd"), (4.0, 1, 2, b"hi")]


def test_a_second_section_starts_its_own_interfaces(write):
    content = section() + interface(1) + enhanced(b"a")
    content += section(">") + interface(101, order=">") + enhanced(b"b", order=">")
    assert [r.link_type for r in read_records(write(content))] == [1, 101]


@pytest.mark.parametrize("make", [frames.pcap_bytes, frames.pcapng_bytes])
def test_a_file_cut_within_a_record_says_how_much_is_whole(write, make):
    for n_lost in (1, 7, len(FRAMES[-1]) + 3):
        with pytest.raises(InputError, match=f"cut in the middle.*{len(FRAMES) - 1} whole"):
            packets.read(write(make(FRAMES)[:-n_lost]))


def test_every_cut_of_a_file_is_an_input_error_or_whole_packets(write):
    for make in (frames.pcap_bytes, frames.pcapng_bytes):
        content = make(FRAMES[:2])
        for end in range(len(content)):
            with suppress(InputError):
                assert len(packets.read(write(content[:end]))) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (frames.pcap_bytes([]), "holds no packets"),
        (frames.pcapng_bytes([]), "holds no packets"),
        (frames.pcap_bytes(FRAMES, 147), "unknown link type.*got 147"),
        (b"pkt,label\n1,HTTP\n", "is not a capture"),
        (b"\x1f\x8b\x08\x00", "decompress it first"),
        (frames.pcap_bytes([])[:20], "cut in the middle"),
        (section() + enhanced(b"a"), "is broken"),
        (section() + struct.pack("<II", 6, 4) + bytes(8), "is broken"),
        (section()[:8] + bytes(20), "no byte-order mark"),
    ],
)
def test_unusable_files_are_input_errors(write, content, words):
    with pytest.raises(InputError, match=words) as caught:
        packets.read(write(content))
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="cannot be read: No such file"):
        packets.read(tmp_path / "none.pcap")
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        packets.read(tmp_path)
