"""Flows by 5-tuple, both directions in one, and the decision of a flow by vote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from neurodeploy.packets.capture import Capture, endpoint_text
from neurodeploy.packets.decode import Packet


class FlowKey(NamedTuple):
    """A flow's 5-tuple as text, in the direction of its first packet."""

    src: str
    sport: str
    dst: str
    dport: str
    proto: str


@dataclass(frozen=True, eq=False)
class Flows:
    """Which flow each packet belongs to.

    Parameters
    ----------
    flow_of : (n_packets,) int array
        Index into `table`; -1 for a packet that is not IP.
    table : tuple of FlowKey
        In the order of each flow's first packet.
    """

    flow_of: npt.NDArray[np.int64]
    table: tuple[FlowKey, ...]

    def __len__(self) -> int:
        return len(self.table)


# Protocol and the two ends, the lower first.
Ends = tuple[int, tuple[bytes, int], tuple[bytes, int]]


def ends_of(src: bytes, sport: int, dst: bytes, dport: int, protocol: int) -> Ends:
    """Key that both directions of a flow share.

    Parameters
    ----------
    src, dst : bytes
        Addresses, 4 or 16 bytes.
    sport, dport : int
        Ports; -1 if there are none.
    protocol : int

    Returns
    -------
    ends : (protocol, lower end, upper end)
    """
    lower, upper = sorted([(src, sport), (dst, dport)])
    return protocol, lower, upper


def packet_ends(packet: Packet) -> Ends:
    """Key of a packet's flow; a fragment without ports has a flow of its own.

    Parameters
    ----------
    packet : Packet
        An IP packet.

    Returns
    -------
    ends : (protocol, lower end, upper end)
    """
    return ends_of(packet.src, packet.sport, packet.dst, packet.dport, packet.protocol)


def flows(capture: Capture) -> Flows:
    """Sort packets into flows.

    Parameters
    ----------
    capture : Capture

    Returns
    -------
    flows : Flows
    """
    numbers: dict[Ends, int] = {}
    table: list[FlowKey] = []
    flow_of = np.full(len(capture), -1, dtype=np.int64)
    for index in np.flatnonzero(capture.is_ip):
        packet = capture.packets[index]
        number = numbers.setdefault(packet_ends(packet), len(table))
        if number == len(table):
            table.append(FlowKey(*endpoint_text(packet)))
        flow_of[index] = number
    return Flows(flow_of, tuple(table))


def vote(predictions: npt.ArrayLike, flows: Flows, n_classes: int) -> npt.NDArray[np.int64]:
    """Decide each flow by the majority of its packets.

    Parameters
    ----------
    predictions : (n_packets,) int array
        Class of each packet; -1 is undecided and does not vote.
    flows : Flows
    n_classes : int

    Returns
    -------
    decisions : (n_flows,) int array
        A tie goes to the lowest class; -1 if no packet voted.
    """
    return majority(predictions, flows.flow_of, len(flows), n_classes)


def majority(
    predictions: npt.ArrayLike, group_of: npt.ArrayLike, n_groups: int, n_classes: int
) -> npt.NDArray[np.int64]:
    """Decide each group by the majority of its members.

    Parameters
    ----------
    predictions, group_of : (n,) int arrays
        Class and group of each member; where either is -1 there is no vote.
    n_groups, n_classes : int

    Returns
    -------
    decisions : (n_groups,) int array
        A tie goes to the lowest class; -1 if no member voted.
    """
    classes = np.asarray(predictions, dtype=np.int64)
    groups = np.asarray(group_of, dtype=np.int64)
    voting = (classes >= 0) & (groups >= 0)
    votes = np.zeros((n_groups, n_classes), dtype=np.int64)
    np.add.at(votes, (groups[voting], classes[voting]), 1)
    if not n_groups:
        return np.zeros(0, dtype=np.int64)
    return np.where(votes.any(axis=1), votes.argmax(axis=1), -1)
