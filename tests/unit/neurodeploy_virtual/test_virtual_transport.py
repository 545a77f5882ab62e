"""The two ways to a board, on a machine without cores."""

import os
import socket
import struct
import threading

import pytest
from fake_machine import FakeMachine

from neurodeploy.errors import InputError
from neurodeploy_virtual import board as board_module
from neurodeploy_virtual.board import Board, BoardOptions
from neurodeploy_virtual.errors import BoardTimeout
from neurodeploy_virtual.monitor.datagram import Packet
from neurodeploy_virtual.transport.udp import UdpServer

VERSION = (
    b"\0\0" + bytes([0x87, 255, 0, 255, 255, 255, 0, 0]) + struct.pack("<HHIII", 0, 7, 0, 0, 0)
)


@pytest.fixture(autouse=True)
def no_cores(monkeypatch):
    monkeypatch.setattr(board_module, "make_machine", lambda _layout, _threads: FakeMachine())


def test_request_and_answer_in_process():
    with Board(BoardOptions(version=3)) as board:
        sock = board.hub.socket()
        sock.bind(("", 0))
        sock.connect(("127.0.0.2", 17893))
        assert sock.on_board
        sock.send(VERSION)
        sock.settimeout(1.0)
        assert b"SC&MP/SpiNNaker" in sock.recv(300)


def test_waiting_for_the_board_passes_emulated_time_and_ends():
    with Board(BoardOptions(version=3)) as board:
        sock = board.hub.socket()
        sock.bind(("", 0))
        sock.connect(("127.0.0.2", 17893))
        sock.settimeout(0.25)
        with pytest.raises(TimeoutError):
            sock.recv(300)
        assert board.machine.now_us == 250_000


def test_sleep_passes_emulated_time_only():
    with Board(BoardOptions(version=3)) as board:
        before = board.hub.time()
        board.hub.sleep(10.0)
        assert board.hub.time() - before == pytest.approx(10.0)
        assert board.machine.now_us == 10_000_000


def test_script_is_stopped_at_its_limit():
    with Board(BoardOptions(version=3, limit_s=0.0)) as board, pytest.raises(BoardTimeout):
        board.hub.sleep(10.0)


def test_host_sockets_reach_each_other():
    with Board(BoardOptions(version=3)) as board:
        first, second = board.hub.socket(), board.hub.socket()
        first.bind(("", 19999))
        second.bind(("", 0))
        second.connect(("127.0.0.1", 19999))
        second.send(b"database")
        assert board.hub.select([first], [], [], 0) == ([first], [], [])
        data, sender = first.recvfrom(300)
        assert data == b"database"
        first.sendto(b"read", sender)
        assert second.recv(300) == b"read"


@pytest.fixture(params=["real", "in process"])
def sender(request):
    """Return a socket that is connected to a port to which nobody listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        nobody = free.getsockname()
    with Board(BoardOptions(version=3)) as board:
        kind = (socket.AF_INET, socket.SOCK_DGRAM)
        made = socket.socket(*kind) if request.param == "real" else board.hub.socket()
        made.bind(("", 0))
        made.connect(nobody)
        yield made
        made.close()


def test_a_port_that_nobody_listens_to_refuses_once(sender):
    """A script may notify a visualiser that was not started: it must not wait for ever."""
    sender.send(b"database")
    with pytest.raises(ConnectionRefusedError):
        sender.recv(300)
    sender.send(b"start")
    with pytest.raises(ConnectionRefusedError):
        sender.send(b"stop")
    sender.settimeout(0.01)
    with pytest.raises(TimeoutError):
        sender.recv(300)


def test_ports_are_used_once():
    with Board(BoardOptions(version=3)) as board:
        first, second = board.hub.socket(), board.hub.socket()
        first.bind(("", 19999))
        with pytest.raises(OSError, match="in use"):
            second.bind(("", 19999))
        first.close()
        second.bind(("", 19999))


def test_board_stands_still_while_a_callback_works():
    with Board(BoardOptions(version=3)) as board:
        listener = board.hub.socket()
        listener.bind(("", 17895))
        seen = []

        def listen():
            while len(seen) < 3:
                ready, _, _ = board.hub.select([listener], [], [], 5.0)
                if ready:
                    listener.recv(300)
                    seen.append(board.machine.now_us)

        thread = threading.Thread(target=listen)
        thread.start()
        run = board.monitor.run

        def run_and_send(us, until):
            stop = run(us, until)
            if board.machine.now_us <= 3000:
                board.monitor._out.append(
                    Packet(("127.0.0.2", 17893), ("127.0.0.1", 17895), b"spike")
                )
            return stop

        board.monitor.run = run_and_send
        with board.hub.condition:
            while not listener.waits:
                board.hub.condition.wait(1.0)
        board.hub.sleep(0.01)
        thread.join(5.0)
        assert seen == [1000, 2000, 3000]


#: An address of this process alone: no port of it is used by anyone else.
OWN = f"127.2.{os.getpid() // 250 % 250}.{os.getpid() % 250 + 1}"


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((OWN, 0))
        return sock.getsockname()[1]


@pytest.fixture
def served():
    port = free_port()
    with (
        Board(BoardOptions(version=3, address=OWN)) as board,
        UdpServer(board, port=port) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        opened = threading.Event()
        thread = threading.Thread(target=server.serve, args=(opened.set,))
        thread.start()
        assert opened.wait(5.0)
        client.settimeout(5.0)
        client.connect((OWN, port))
        yield board, client
        server.stop()
        thread.join(5.0)
        assert not thread.is_alive()


def test_request_and_answer_over_udp(served):
    _, client = served
    client.send(b"")
    client.send(b"nonsense" * 100)
    client.send(VERSION)
    assert b"SC&MP/SpiNNaker" in client.recv(300)


def test_reverse_tag_opens_a_port_and_its_end_closes_it(served):
    board, client = served
    port = free_port()

    def tag(first, second):
        request = struct.pack("<HHIII", 26, 1, first, second, 0)
        client.send(b"\0\0" + bytes([0x87, 255, 0, 255, 0, 0, 0, 0]) + request)
        assert struct.unpack_from("<H", client.recv(300), 10)[0] == 0x80

    tag(3 << 28 | 1 << 16 | 1 << 13 | 1 << 8 | 2, port)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"spikes", (OWN, port))
        for _ in range(100):
            client.send(VERSION)
            client.recv(300)
            if board.monitor.tag((0, 0), 2).host is not None:
                break
        assert board.monitor.tag((0, 0), 2).host == ("127.0.0.1", sender.getsockname()[1])
    tag(3 << 16 | 2, 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
        again.bind((OWN, port))


def test_only_loopback_unless_told_otherwise():
    with (
        Board(BoardOptions(version=3, address="192.0.2.1")) as board,
        pytest.raises(InputError, match="not loopback"),
    ):
        UdpServer(board)


def test_address_in_use():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        with (
            Board(BoardOptions(version=3, address="127.0.0.1")) as board,
            pytest.raises(InputError, match="cannot be used"),
        ):
            UdpServer(board, port=other.getsockname()[1])


def test_thread_beside_the_script_sleeps_by_the_boards_clock():
    with Board(BoardOptions(version=3)) as board:
        moments = []
        asleep = threading.Event()

        def act():
            asleep.set()
            for _ in range(5):
                board.hub.thread_sleep(0.005)
                moments.append(board.machine.now_us)

        thread = threading.Thread(target=act)
        thread.start()
        assert asleep.wait(5.0)
        with board.hub.condition:
            while not board.hub._asleep:
                board.hub.condition.wait(0.1)
        board.hub.sleep(0.1)
        thread.join(5.0)
        assert moments == [5000, 10000, 15000, 20000, 25000]


def test_thread_does_not_sleep_for_ever_for_a_board_that_does_not_run():
    with Board(BoardOptions(version=3)) as board:
        thread = threading.Thread(target=board.hub.thread_sleep, args=(0.01,))
        thread.start()
        thread.join(10.0)
        assert not thread.is_alive()
        assert board.machine.now_us == 0
