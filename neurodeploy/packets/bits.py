"""Turn packets into spatial patterns: one row a packet, one column an input neuron."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from neurodeploy.packets import layout
from neurodeploy.packets.capture import Capture
from neurodeploy.packets.decode import Packet

_WIDTHS = {
    name: layout.block_bytes(name) for name in ("ipv4", "ipv6", "tcp", "udp", "icmp", "payload")
}
# A presence bit for each payload byte, by the number of bytes that are there.
_FILLED = tuple(
    np.packbits(np.arange(layout.PAYLOAD_BYTES) < n).tobytes()
    for n in range(layout.PAYLOAD_BYTES + 1)
)
# TCP and UDP headers begin with the ports, which have a block of their own.
_SKIPPED = {"tcp": 4, "udp": 4, "icmp": 0, "other": 0, "": 0}


def bits(capture: Capture, *, ports: layout.Ports = "service") -> npt.NDArray[np.uint8]:
    """Encode the packets of a capture.

    Parameters
    ----------
    capture : Capture
    ports : {"none", "service"}
        Whether the lower of the two ports is seen.

    Returns
    -------
    x : (n_packets, n_features) uint8 array
        1 where a bit is set, 0 where it is not or its field is absent. The columns are those
        of `feature_names`. A packet that is not IP is a row of zeros.
    """
    columns = _columns(ports)
    n_bytes = sum(field.n_bits for field in layout.fields()) // 8
    raw = b"".join(_row(packet) for packet in capture.packets)
    rows = np.frombuffer(raw, dtype=np.uint8).reshape(-1, n_bytes)
    return np.unpackbits(rows, axis=1)[:, columns]


@cache
def _columns(ports: layout.Ports) -> npt.NDArray[np.intp]:
    """Positions in a row of the bits that are inputs."""
    layout.check_ports(ports)
    kept = [np.full(field.n_bits, layout.is_input(field, ports)) for field in layout.fields()]
    return np.flatnonzero(np.concatenate(kept))


def _row(packet: Packet) -> bytes:
    """Lay one packet out in bytes, in the order of `layout.fields`."""
    head = packet.transport_header[_SKIPPED[packet.transport] :]
    parts = {packet.network: packet.ip_header, packet.transport: head, "payload": packet.payload}
    blocks = [parts.get(name, b"")[:width].ljust(width, b"\0") for name, width in _WIDTHS.items()]
    service = max(0, min(packet.sport, packet.dport)).to_bytes(2, "big")
    return b"".join([_presence(packet), _FILLED[len(packet.payload)], *blocks, service])


def _presence(packet: Packet) -> bytes:
    """Byte of presence bits, `layout.PRESENCE` from the highest bit down."""
    there = {packet.network, packet.transport}
    there |= {"ports"} if packet.sport >= 0 else set()
    there |= {"fragment"} if packet.fragment else set()
    return int("".join("01"[name in there] for name in layout.PRESENCE), 2).to_bytes(1, "big")
