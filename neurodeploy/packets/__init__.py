"""The packet front end: captures in, spatial patterns, flows and votes out."""

from neurodeploy.packets.bits import bits
from neurodeploy.packets.capture import Capture, read
from neurodeploy.packets.decode import Packet
from neurodeploy.packets.flows import FlowKey, Flows, flows, majority, vote
from neurodeploy.packets.labels import read_labels
from neurodeploy.packets.layout import Ports, feature_names

__all__ = [
    "Capture",
    "FlowKey",
    "Flows",
    "Packet",
    "Ports",
    "bits",
    "feature_names",
    "flows",
    "majority",
    "read",
    "read_labels",
    "vote",
]
