"""The packet front end: captures in, spatial patterns, flows and votes out."""

from neurodeploy.packets.arrivals import Arrival, Arrivals, opened
from neurodeploy.packets.bits import bits
from neurodeploy.packets.capture import Capture, join, read, take_apart
from neurodeploy.packets.decode import Packet
from neurodeploy.packets.flows import FlowKey, Flows, flows, majority, vote
from neurodeploy.packets.labels import read_labels
from neurodeploy.packets.layout import Ports, feature_names

__all__ = [
    "Arrival",
    "Arrivals",
    "Capture",
    "FlowKey",
    "Flows",
    "Packet",
    "Ports",
    "bits",
    "feature_names",
    "flows",
    "join",
    "majority",
    "opened",
    "read",
    "read_labels",
    "take_apart",
    "vote",
]
