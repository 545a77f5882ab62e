"""The shipped capture keeps its promises, and the recorder's parts do what they say."""

from __future__ import annotations

import os
import struct
import subprocess
from collections import Counter, defaultdict
from pathlib import Path
from random import Random
from typing import Any

import dpkt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurodeploy.errors import BackendFailure, BackendUnavailable, InputError
from tools.record_traffic import __main__ as command
from tools.record_traffic.capture import (
    Packet,
    Recording,
    count_table,
    merge,
    read_labels,
    read_pcap,
    write_labels,
    write_pcap,
)
from tools.record_traffic.hosts import plan
from tools.record_traffic.lab import Session
from tools.record_traffic.protocol import Protocol, find_program
from tools.record_traffic.protocols import CATALOGUE
from tools.record_traffic.recorder import Limits, Running, record_all
from tools.record_traffic.recorder import _take_turn as take_turn
from tools.record_traffic.words import Words

FOLDER = Path(__file__).parents[3] / "models" / "packet-apps"
# fmt: off
ALWAYS_THERE = {
    "DNS", "HTTP", "TLS", "SSH", "NTP", "FTP_CONTROL", "SMTP", "POP3", "MQTT", "MySQL",
    "PostgreSQL", "SNMP", "SIP", "Syslog", "DHCP", "ICMP",
}
ALL_LABELS = ALWAYS_THERE | {
    "BGP", "DHCPV6", "DNP3", "ICMPV6", "IGMP", "IRC", "Kerberos", "LDAP", "Modbus", "NFS",
    "NetBIOS", "OSPF", "QUIC", "RDP", "Radius", "Redis", "VNC",
}
# fmt: on
SNAP_BYTES = 512


def load(name: str) -> tuple[list[bytes], list[str]]:
    """Return the frames as dpkt reads them, and their labels."""
    with (FOLDER / f"{name}.pcap").open("rb") as stream:
        reader = dpkt.pcap.Reader(stream)
        assert reader.datalink() == dpkt.pcap.DLT_EN10MB
        frames = [data for _, data in reader]
    return frames, list(read_labels(FOLDER / f"{name}_labels.csv"))


@pytest.fixture(scope="module")
def sample() -> tuple[list[bytes], list[str]]:
    return load("sample")


@pytest.fixture(scope="module")
def conversations(sample: tuple[list[bytes], list[str]]) -> dict[Any, list[tuple[str, Any]]]:
    """(transport, both ends) -> (label, transport layer) of each packet, in file order."""
    found: dict[Any, list[tuple[str, Any]]] = defaultdict(list)
    for data, label in zip(*sample, strict=True):
        network = dpkt.ethernet.Ethernet(data).data
        inner = network.data
        ends = [
            (network.src, getattr(inner, "sport", 0)),
            (network.dst, getattr(inner, "dport", 0)),
        ]
        found[(network.p, *sorted(ends))].append((label, inner))
    return dict(found)


def test_size_and_count(sample: tuple[list[bytes], list[str]]) -> None:
    assert (FOLDER / "sample.pcap").stat().st_size < 1_000_000
    assert 2_000 <= len(sample[0]) <= 3_000
    assert len(sample[0]) == len(sample[1])


def test_labels_and_shares(sample: tuple[list[bytes], list[str]]) -> None:
    counts = Counter(sample[1])
    assert set(counts) >= ALWAYS_THERE
    assert set(counts) <= ALL_LABELS
    assert min(counts.values()) >= 40
    assert max(counts.values()) <= 0.2 * counts.total()


def test_three_conversations_of_each_protocol(conversations: dict[Any, Any]) -> None:
    counts = Counter(packets[0][0] for packets in conversations.values())
    assert {label for label, count in counts.items() if count < 3} == set()


def test_a_conversation_has_one_label(conversations: dict[Any, Any]) -> None:
    for ends, packets in conversations.items():
        assert len({label for label, _ in packets}) == 1, ends


def test_tcp_sessions_are_whole(conversations: dict[Any, Any]) -> None:
    for ends, packets in conversations.items():
        if ends[0] != dpkt.ip.IP_PROTO_TCP:
            continue
        flags = [tcp.flags for _, tcp in packets]
        assert flags[0] == dpkt.tcp.TH_SYN, ends
        assert any(f & (dpkt.tcp.TH_FIN | dpkt.tcp.TH_RST) for f in flags[-4:]), ends


def test_no_ftp_data(conversations: dict[Any, Any]) -> None:
    ftp = [ends for ends, packets in conversations.items() if packets[0][0] == "FTP_CONTROL"]
    assert ftp
    for _, (_, first), (_, second) in ftp:
        assert 21 in (first, second)


def test_only_the_protocols_themselves(sample: tuple[list[bytes], list[str]]) -> None:
    for data, label in zip(*sample, strict=True):
        frame = dpkt.ethernet.Ethernet(data)
        assert frame.type in (dpkt.ethernet.ETH_TYPE_IP, dpkt.ethernet.ETH_TYPE_IP6)
        control = {dpkt.ip.IP_PROTO_ICMP: "ICMP", dpkt.ip.IP_PROTO_ICMP6: "ICMPV6"}
        assert control.get(frame.data.p, label) == label


@pytest.mark.parametrize("name", ["sample", "calibration"])
def test_file_format(name: str) -> None:
    content = (FOLDER / f"{name}.pcap").read_bytes()
    assert struct.unpack_from("<IHH", content) == (0xA1B2C3D4, 2, 4)
    packets = read_pcap(FOLDER / f"{name}.pcap")
    assert all(a.time_us <= b.time_us for a, b in zip(packets, packets[1:], strict=False))
    assert all(len(p.data) == min(p.wire_length, SNAP_BYTES) for p in packets)
    assert any(p.wire_length > SNAP_BYTES for p in packets)
    assert len(packets) == len(load(name)[0])


def test_calibration_is_other_traffic(sample: tuple[list[bytes], list[str]]) -> None:
    frames, labels = load("calibration")
    assert len(frames) == len(labels) < 600
    assert set(labels) == set(sample[1])
    assert not set(frames) & set(sample[0])
    assert not {frame[:12] for frame in frames} & {frame[:12] for frame in sample[0]}


def test_every_label_has_a_recorder() -> None:
    assert set(CATALOGUE) == ALL_LABELS


PACKETS = st.lists(
    st.builds(
        lambda time_us, data, more: Packet(time_us, data, len(data) + more),
        st.integers(0, 2**32 * 1_000_000 - 1),
        st.binary(max_size=80),
        st.integers(0, 1500),
    ),
    max_size=12,
)
RECORDINGS = st.lists(
    st.builds(lambda label, found: Recording(label, tuple(found)), st.sampled_from("AB"), PACKETS),
    max_size=5,
)


@given(PACKETS)
def test_pcap_comes_back(tmp_path_factory: pytest.TempPathFactory, packets: list[Packet]) -> None:
    path = tmp_path_factory.mktemp("pcap") / "x.pcap"
    write_pcap(path, packets, snap_bytes=80)
    assert list(read_pcap(path)) == packets


@given(RECORDINGS)
def test_merge_keeps_all_in_time_order(recordings: list[Recording]) -> None:
    pairs = merge(recordings)
    times = [packet.time_us for _, packet in pairs]
    assert times == sorted(times)
    assert Counter(pairs) == Counter((r.label, p) for r in recordings for p in r.packets)


def test_merge_keeps_the_order_of_equal_times() -> None:
    first, second = Packet(5, b"a", 1), Packet(5, b"b", 1)
    pairs = merge([Recording("A", (first, second)), Recording("B", (first,))])
    assert pairs == [("A", first), ("A", second), ("B", first)]


def test_dpkt_reads_what_is_written(tmp_path: Path) -> None:
    write_pcap(tmp_path / "x.pcap", [Packet(1_500_000_000_250_000, b"abc", 90)], snap_bytes=3)
    with (tmp_path / "x.pcap").open("rb") as stream:
        assert dpkt.pcap.Reader(stream).readpkts() == [(pytest.approx(1.5e9 + 0.25), b"abc")]


def test_a_packet_cut_at_the_end_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    write_pcap(path, [Packet(1, b"abc", 3), Packet(2, b"defg", 4)], snap_bytes=9)
    path.write_bytes(path.read_bytes()[:-1])
    assert read_pcap(path) == (Packet(1, b"abc", 3),)


@pytest.mark.parametrize("content", [b"", struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 9, 113)])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.pcap").write_bytes(content)
    with pytest.raises(InputError, match=r"x\.pcap: not a pcap"):
        read_pcap(tmp_path / "x.pcap")


def test_labels_come_back(tmp_path: Path) -> None:
    write_labels(tmp_path / "l.csv", ["DNS", "TLS"])
    assert (tmp_path / "l.csv").read_text() == "pkt,label\n1,DNS\n2,TLS\n"
    assert read_labels(tmp_path / "l.csv") == ("DNS", "TLS")


@pytest.mark.parametrize("text", ["", "packet,label\n1,A\n", "pkt,label\n1,A\n3,B\n"])
def test_wrong_labels_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "l.csv").write_text(text)
    with pytest.raises(InputError):
        read_labels(tmp_path / "l.csv")


def test_count_table() -> None:
    packet = Packet(0, b"", 0)
    lines = count_table([Recording("A", (packet,)), Recording("A", (packet,) * 2)])
    assert lines[2:] == ["| A | 2 | 3 | 100.0 % |", "| all | 2 | 3 | 100 % |"]


def test_words_follow_the_seed() -> None:
    texts = [Words(Random(seed)).text(5) for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_planned_addresses_are_all_different(tmp_path: Path) -> None:
    network = plan(tmp_path, "x", ["s.test", "a.test", "b.test"], 3, Random(4))
    every = [network.server, *network.clients]
    assert [len(h.addresses) for h in every] == [3, 1, 1]
    assert len({a for h in every for a in h.addresses}) == 5
    assert len({h.hardware for h in every}) == 3


def test_covers_are_listed_once(tmp_path: Path) -> None:
    host = plan(tmp_path, "x", ["s.test", "a.test"], 1, Random(4)).server
    assert host.cover("/etc/hosts").is_file()
    host.cover("/etc/hosts")
    assert (host.folder / "binds").read_text() == "/etc/hosts\n"


class FakeLab:
    """Gives each session the packets that it names; a session without any fails."""

    def record(self, session: Session) -> tuple[Packet, ...]:
        if session.wanted == "fail":
            raise BackendFailure("curl", "failed")
        return (Packet(0, b"x", 1),) * int(session.wanted)


def running(*wanted: str) -> Running:
    protocol = Protocol("X", (), lambda lab: iter(()))
    sessions = iter([Session(text, lambda: None) for text in wanted])
    return Running(protocol, FakeLab(), sessions)  # type: ignore[arg-type]


def take_all(one: Running, limits: Limits) -> dict[str, str]:
    left_out: dict[str, str] = {}
    while take_turn(one, limits, lambda line: None, left_out):
        pass
    return left_out


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        (("5", "5", "5"), [5, 5]),  # both limits are met after two sessions
        (("30", "1", "1"), [30, 1]),  # enough packets, but two sessions are asked for
        (("2", "fail", "3", "9"), [2, 3, 9]),  # the failed one leaves nothing
        (("2", "3"), [2, 3]),  # the servers ended early: whole sessions stay
    ],
)
def test_whole_sessions_up_to_the_limits(wanted: tuple[str, ...], kept: list[int]) -> None:
    one = running(*wanted)
    assert take_all(one, Limits(sessions=2, packets=10)) == {}
    assert [len(r.packets) for r in one.recordings] == kept


@pytest.mark.parametrize("wanted", [("fail",), ("4", "fail", "fail", "fail", "4"), ("0",)])
def test_a_protocol_that_fails_is_left_out_with_its_reason(wanted: tuple[str, ...]) -> None:
    one = running(*wanted)
    assert set(take_all(one, Limits())) == {"X"}
    assert one.recordings == []


def test_missing_software_is_named(tmp_path: Path) -> None:
    protocol = Protocol("X", ("no-such-program",), lambda lab: iter(()), modules=("no_module",))
    outcome = record_all([protocol], "1", Limits(), lambda line: None, tmp_path)
    assert outcome.left_out == {"X": "missing no-such-program, python module no_module"}
    assert outcome.recordings == ()
    with pytest.raises(BackendUnavailable, match="nothing was recorded"):
        command.write(outcome, tmp_path, "x", 512)
    assert "missing no-such-program" in command.listing([protocol])[0]


def test_unknown_label(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert command.main(["--out", str(tmp_path), "--only", "DNS,GOPHER"]) == 2
    assert "GOPHER" in capsys.readouterr().err


def test_not_root(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert command.main(["--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("record_traffic: record_traffic: not root")


def test_listing_names_every_protocol(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--list"]) == 0
    assert {line.split()[0] for line in capsys.readouterr().out.splitlines()} == ALL_LABELS


def _no_recorder_here() -> str:
    if os.geteuid() != 0:
        return "needs root"
    programs = [*command.ALWAYS, *CATALOGUE["ICMP"].programs]
    missing = [name for name in programs if find_program(name) is None]
    if missing:
        return f"missing {', '.join(missing)}"
    tried = subprocess.run(["ip", "netns", "add", "rec-probe"], capture_output=True, check=False)
    subprocess.run(["ip", "netns", "del", "rec-probe"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "network namespaces cannot be made"


@pytest.mark.slow
def test_recording_in_namespaces(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reason = _no_recorder_here()
    if reason:
        pytest.skip(reason)
    argv = ["--out", str(tmp_path), "--only", "ICMP", "--sessions", "2", "--packets", "4"]
    assert command.main(argv) == 0
    labels = read_labels(tmp_path / "sample_labels.csv")
    packets = read_pcap(tmp_path / "sample.pcap")
    assert len(labels) == len(packets) >= 4
    assert set(labels) == {"ICMP"}
    assert all(
        isinstance(dpkt.ethernet.Ethernet(p.data).data.data, dpkt.icmp.ICMP) for p in packets
    )
    listed = subprocess.run(["ip", "netns"], capture_output=True, text=True, check=True).stdout
    assert f"rec{os.getpid()}-" not in listed
