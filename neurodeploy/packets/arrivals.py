"""Packets as they come: a capture replayed at its own pace, or what an interface sees."""

from __future__ import annotations

import math
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

from dpkt import pcap

from neurodeploy.errors import InputError
from neurodeploy.packets.records import Record, read_records

#: Hardware types of Linux interfaces (ARPHRD_), and the link layer that their frames begin with.
_HARDWARE = {
    1: pcap.DLT_EN10MB,
    772: pcap.DLT_EN10MB,  # loopback
    512: pcap.DLT_RAW,  # PPP
    768: pcap.DLT_RAW,  # IP in IP
    776: pcap.DLT_RAW,  # IPv6 in IPv4
    778: pcap.DLT_RAW,  # GRE
    65534: pcap.DLT_RAW,  # none: tun, WireGuard
}
_LOOPBACK = 772
_ALL_PROTOCOLS = 0x0003
#: Linux option names that Python's socket lacks, or has on some systems only.
_SOL_PACKET, _PACKET_STATISTICS, _SO_TIMESTAMPNS = 263, 6, 35
_TIMESPEC = struct.Struct("@ll")
_LARGEST_FRAME = 1 << 18
#: What the kernel may keep while a packet is being decided.
_QUEUE_BYTES = 1 << 22


class Arrival(NamedTuple):
    """A packet, and when it came.

    Attributes
    ----------
    record : Record
    at_s : float
        On the clock of the wall, seconds since 1970.
    """

    record: Record
    at_s: float


class Arrivals(Protocol):
    """Packets that come one after the other, for as long as somebody asks for the next."""

    name: str

    def __iter__(self) -> Iterator[Arrival]:
        """Wait for each packet and yield it."""
        ...

    def lost(self) -> int:
        """Return how many packets came and were not kept."""
        ...


class Replay:
    """A capture, each packet at its own time after the first.

    Parameters
    ----------
    path : Path
    speed : float
        How many times faster than it was captured.
    duration_s : float
        On the clock of the wall; what is due later is left out.

    Raises
    ------
    InputError
        If the file cannot be read, or holds no packets.
    """

    def __init__(self, path: Path, speed: float = 1.0, duration_s: float = math.inf) -> None:
        if not speed > 0:
            raise InputError("--speed", "is no speed", got=speed, limit="more than 0")
        self.name, self._speed, self._duration_s = path.name, speed, duration_s
        self._records = read_records(path)
        if not self._records:
            raise InputError(str(path), "the capture holds no packets", todo="capture again")

    def __iter__(self) -> Iterator[Arrival]:
        """Yield each packet when it is due; one that is late, at once."""
        begun, first_s = time.time(), self._records[0].time_s
        for record in self._records:
            # Captures of several interfaces are not always in order: time does not go back.
            due_s = begun + max(0.0, record.time_s - first_s) / self._speed
            if due_s - begun > self._duration_s:
                return
            while (early_s := due_s - time.time()) > 0:
                time.sleep(early_s)
            yield Arrival(record, due_s)

    def lost(self) -> int:
        """Return 0: a file loses nothing."""
        return 0


class Interface:
    """What a network interface of this machine sends and receives (Linux).

    Parameters
    ----------
    name : str
    sock : socket
        A packet socket that is bound to it.
    duration_s : float
        How long to listen, from the first look on.
    """

    def __init__(self, name: str, sock: socket.socket, duration_s: float = math.inf) -> None:
        self.name, self._socket, self._lost = name, sock, 0
        self._duration_s = duration_s

    def __iter__(self) -> Iterator[Arrival]:
        """Wait for each packet and yield it."""
        end_s = time.monotonic() + self._duration_s
        while (left_s := end_s - time.monotonic()) > 0:
            self._socket.settimeout(None if math.isinf(left_s) else left_s)
            try:
                data, extra, _, sender = self._socket.recvmsg(_LARGEST_FRAME, 64)
            except TimeoutError:
                return
            except OSError as err:
                raise InputError(
                    f"--live {self.name}", "cannot be listened on", got=err.strerror
                ) from err
            _, _, kind, hardware, _ = sender
            if hardware == _LOOPBACK and kind == socket.PACKET_OUTGOING:
                continue  # it comes back, and would be there twice
            at_s = _stamp_s(extra)
            yield Arrival(Record(at_s, _link_type(self.name, hardware), len(data), data), at_s)

    def lost(self) -> int:
        """Return how many packets the kernel has dropped because the queue was full."""
        # Reading the counters sets them back.
        counts = self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
        self._lost += struct.unpack("@II", counts)[1]
        return self._lost


@contextmanager
def opened(source: str, speed: float = 1.0, duration_s: float = math.inf) -> Iterator[Arrivals]:
    """Give the packets of a file or an interface.

    Parameters
    ----------
    source : str
        A capture file, or the name of an interface.
    speed : float
        For a file: how many times faster than captured.
    duration_s : float
        How long to go on, on the clock of the wall.

    Raises
    ------
    InputError
        If there is neither, or the process may not listen.
    """
    if Path(source).is_file():
        yield Replay(Path(source), speed, duration_s)
        return
    if speed != 1.0:
        raise InputError("--speed", "is for a capture file", got=f"--live {source}")
    with _listening(source) as sock:
        yield Interface(source, sock, duration_s)


def _listening(name: str) -> socket.socket:
    """Return a packet socket on an interface."""
    if not hasattr(socket, "AF_PACKET"):
        raise InputError(
            f"--live {name}", "is not a file", todo="give a capture; interfaces need Linux"
        )
    known = [interface for _, interface in socket.if_nameindex()]
    if name not in known:
        limit = f"a capture file, or one of {', '.join(known)}"
        raise InputError(f"--live {name}", "is neither a file nor an interface", limit=limit)
    try:
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    except PermissionError as err:
        raise InputError(
            f"--live {name}",
            "this process may not listen on an interface",
            todo="run as root or with CAP_NET_RAW, or replay a capture (tcpdump -w FILE)",
        ) from err
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _QUEUE_BYTES)
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        sock.bind((name, _ALL_PROTOCOLS))
        _link_type(name, sock.getsockname()[3])
    except OSError as err:
        sock.close()
        raise InputError(f"--live {name}", "cannot be listened on", got=err.strerror) from err
    except InputError:
        sock.close()
        raise
    return sock


def _link_type(name: str, hardware: int) -> int:
    """Return the LINKTYPE_ number of what an interface's frames begin with."""
    if hardware not in _HARDWARE:
        raise InputError(
            f"--live {name}",
            "interfaces of this kind are not known",
            got=f"hardware type {hardware}",
            limit="Ethernet, loopback, or IP without a link header",
        )
    return int(_HARDWARE[hardware])


def _stamp_s(extra: list[tuple[int, int, bytes]]) -> float:
    """Return when the kernel got a packet, by what it says beside it."""
    for level, kind, data in extra:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS) and len(data) == _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack(data)
            return float(seconds + nanoseconds * 1e-9)
    return time.time()


__all__ = ["Arrival", "Arrivals", "Interface", "Replay", "opened"]
