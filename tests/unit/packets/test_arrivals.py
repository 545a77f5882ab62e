"""Packets as they come: captures replayed in their own time, and interfaces."""

import os
import socket
from types import SimpleNamespace

import pytest

from neurodeploy import packets
from neurodeploy.errors import InputError
from neurodeploy.packets import arrivals as module
from neurodeploy.packets.arrivals import Replay, opened

from . import frames


class Clock:
    """A clock that moves only while somebody sleeps, or is told to."""

    def __init__(self):
        self.now, self.slept = 5000.0, []

    def time(self):
        return self.now

    monotonic = time

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def capture(write):
    """Seven packets, one a second."""
    return write(frames.pcap_bytes(frames.mixed()))


def test_a_replay_keeps_the_captures_time(clock, capture):
    came = list(Replay(capture))
    assert [arrival.at_s - 5000.0 for arrival in came] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert sum(clock.slept) == 6.0
    assert [arrival.record.data for arrival in came] == frames.mixed()


def test_speed(clock, capture):
    came = list(Replay(capture, speed=4.0))
    assert [arrival.at_s - 5000.0 for arrival in came] == [k / 4 for k in range(7)]


def test_a_late_packet_comes_at_once_and_keeps_its_time(clock, capture):
    replay = iter(Replay(capture))
    next(replay)
    clock.now += 2.5  # what a slow consumer takes
    late, later, due = next(replay), next(replay), next(replay)
    assert (late.at_s, later.at_s, due.at_s) == (5001.0, 5002.0, 5003.0)
    assert clock.slept == [0.5]


def test_duration_ends_a_replay(clock, capture):
    assert len(list(Replay(capture, duration_s=2.5))) == 3


def test_time_does_not_go_back(clock, write):
    a, b = (frames.pcap_bytes([frame]) for frame in frames.mixed()[:2])
    early = bytearray(b[24:])
    early[0:4] = (900).to_bytes(4, "little")
    assert a[:4] == b"\xd4\xc3\xb2\xa1"
    path = write(a + bytes(early))
    assert [arrival.at_s for arrival in Replay(path)] == [5000.0, 5000.0]


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan")])
def test_no_speed(capture, speed):
    with pytest.raises(InputError, match="--speed: is no speed"):
        Replay(capture, speed)


def test_an_empty_capture(write):
    with (
        pytest.raises(InputError, match="holds no packets"),
        opened(str(write(frames.pcap_bytes([])))),
    ):
        pass


def test_neither_file_nor_interface():
    says = "--live nosuch0: is neither a file nor an interface .*lo"
    with pytest.raises(InputError, match=says), opened("nosuch0"):
        pass


def test_speed_is_for_files():
    with pytest.raises(InputError, match="--speed: is for a capture file"), opened("lo", 2.0):
        pass


def refusing(error):
    def make(*_):
        raise error

    return make


def test_without_the_right_to_listen(monkeypatch):
    monkeypatch.setattr(module.socket, "socket", refusing(PermissionError(1, "not permitted")))
    says = "may not listen on an interface; run as root or with CAP"
    with pytest.raises(InputError, match=says), opened("lo"):
        pass


def test_another_system(monkeypatch):
    monkeypatch.delattr(module.socket, "AF_PACKET")
    with pytest.raises(InputError, match="interfaces need Linux"), opened("lo"):
        pass


def test_an_interface_of_an_unknown_kind(monkeypatch):
    made = SimpleNamespace(
        setsockopt=lambda *_: None,
        bind=lambda *_: None,
        getsockname=lambda: ("can0", 3, 0, 280, b""),
        close=lambda: closed.append(True),
    )
    closed = []
    monkeypatch.setattr(module.socket, "if_nameindex", lambda: [(1, "can0")])
    monkeypatch.setattr(module.socket, "socket", lambda *_: made)
    says = "--live can0: interfaces of this kind are not known .*280"
    with pytest.raises(InputError, match=says), opened("can0"):
        pass
    assert closed


@pytest.fixture
def loopback():
    """Listen on lo for at most five seconds, or skip with the reason."""
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()
    except (AttributeError, PermissionError) as err:
        pytest.skip(f"not run: this process may not listen on an interface ({err})")
    with opened("lo", duration_s=5.0) as arrivals:
        yield arrivals


def test_loopback_tells_each_packet_once(loopback):
    port = 20000 + os.getpid() % 20000
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for k in range(3):
            sender.sendto(b"live %d" % k, ("127.0.0.1", port))
    found = []
    for arrival in loopback:
        taken = packets.take_apart("lo", [arrival.record]).packets[0]
        if taken.dport == port and taken.transport == "udp":
            found.append((taken.payload, taken.network))
            assert arrival.at_s == arrival.record.time_s
        if len(found) == 3:
            break
    assert found == [(b"live %d" % k, "ipv4") for k in range(3)]
    assert loopback.lost() == 0
    # Had the loopback given each packet twice, the second of the last would be next.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"end", ("127.0.0.1", port))
    for arrival in loopback:
        taken = packets.take_apart("lo", [arrival.record]).packets[0]
        if taken.dport == port and taken.transport == "udp":
            assert taken.payload == b"end"
            break
    else:
        pytest.fail("the last packet did not come")


def test_an_interface_is_listened_to_no_longer_than_asked(monkeypatch):
    class Quiet:
        def settimeout(self, seconds):
            assert 0 < seconds <= 5.0

        def recvmsg(self, *_):
            raise TimeoutError

    assert list(module.Interface("lo", Quiet(), 5.0)) == []


def test_an_interface_that_goes_away(monkeypatch):
    class Gone:
        def settimeout(self, seconds):
            assert seconds is None

        def recvmsg(self, *_):
            raise OSError(100, "Network is down")

    with pytest.raises(InputError, match="--live eth9: cannot be listened on .*Network is down"):
        next(iter(module.Interface("eth9", Gone())))
