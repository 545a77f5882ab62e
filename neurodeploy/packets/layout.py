"""Which header bits become input neurons: one table, and nothing else decides it.

The idea is nPrint's: every field has its own fixed place, and an absent field is absent, not
zero. On a spiking network this means: a neuron fires for a set bit, and presence neurons tell
a field of zeros from no field. Left out is what names the hosts of a capture rather than its
protocol: addresses, IP id, flow label, checksums, sequence numbers, TCP options. On packets/apps
it also paid, for a random forest as for a spiking network, to leave out what names the hosts'
system: hop count, IP flags, TCP window, TCP header length, the identifier in ICMP.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

from neurodeploy.errors import InputError

Ports = Literal["none", "service"]


class Field(NamedTuple):
    """A run of bits of one block.

    Attributes
    ----------
    block, name : str
        Together they name the feature.
    n_bits : int
        Width.
    why_out : str
        Why it is not an input; empty if it is one.
    """

    block: str
    name: str
    n_bits: int
    why_out: str = ""


# Bytes of payload that are looked at.
PAYLOAD_BYTES = 48
# Which parts a packet has; `other` is any IP protocol that is none of the others.
PRESENCE = ("ipv4", "ipv6", "tcp", "udp", "icmp", "other", "ports", "fragment")

_HOST = "names the host, not the protocol"
_SYSTEM = "names the host's system or distance, not the protocol"
_OPTIONS = "counts the options, which name the host's system"
_SUM = "checksum"

# Blocks in the order of the row that `bits.py` lays out, fields in the order of the wire.
FIELDS = (
    Field("ipv4", "version", 4, "told by presence"),
    Field("ipv4", "header_length", 4),
    Field("ipv4", "tos", 8),
    Field("ipv4", "total_length", 16),
    Field("ipv4", "id", 16, _HOST),
    Field("ipv4", "flags", 3, _SYSTEM),
    Field("ipv4", "fragment_offset", 13, "told by presence"),
    Field("ipv4", "ttl", 8, _SYSTEM),
    Field("ipv4", "protocol", 8),
    Field("ipv4", "checksum", 16, _SUM),
    Field("ipv6", "version", 4, "told by presence"),
    Field("ipv6", "traffic_class", 8),
    Field("ipv6", "flow_label", 20, _HOST),
    Field("ipv6", "payload_length", 16),
    Field("ipv6", "next_header", 8),
    Field("ipv6", "hop_limit", 8, _SYSTEM),
    Field("tcp", "sequence", 32, _HOST),
    Field("tcp", "acknowledgement", 32, _HOST),
    Field("tcp", "data_offset", 4, _OPTIONS),
    Field("tcp", "flags", 12),
    Field("tcp", "window", 16, _SYSTEM),
    Field("tcp", "checksum", 16, _SUM),
    Field("tcp", "urgent", 16, "hardly ever used"),
    Field("udp", "length", 16),
    Field("udp", "checksum", 16, _SUM),
    Field("icmp", "type", 8),
    Field("icmp", "code", 8),
    Field("icmp", "checksum", 16, _SUM),
    Field("icmp", "rest", 32, _HOST),
    Field("payload", "byte", 8 * PAYLOAD_BYTES),
    Field("ports", "service", 16),
)

_PRESENT = tuple(Field("present", name, 1) for name in PRESENCE)
_PAYLOAD_PRESENT = (Field("present_payload", "byte", PAYLOAD_BYTES),)


def fields() -> tuple[Field, ...]:
    """All fields of a row, in its order: presence, headers, payload, ports.

    Returns
    -------
    fields : tuple of Field
        Each block takes a whole number of bytes.
    """
    return _PRESENT + _PAYLOAD_PRESENT + FIELDS


def block_bytes(block: str) -> int:
    """Bytes that a block takes in a row.

    Parameters
    ----------
    block : str
        Such as "ipv4".

    Returns
    -------
    n_bytes : int
    """
    return sum(field.n_bits for field in fields() if field.block == block) // 8


def is_input(field: Field, ports: Ports) -> bool:
    """Tell whether the bits of a field are input neurons.

    Parameters
    ----------
    field : Field
    ports : {"none", "service"}
        Whether the port block counts.

    Returns
    -------
    is_input : bool
    """
    return not field.why_out and (field.block != "ports" or ports == "service")


def feature_names(*, ports: Ports = "service") -> tuple[str, ...]:
    """Name every input neuron, in order.

    Parameters
    ----------
    ports : {"none", "service"}
        "service" adds the 16 bits of the lower of the two ports.

    Returns
    -------
    names : tuple of str
        Such as "tcp_flags_11"; bit 0 is the first on the wire.
    """
    check_ports(ports)
    kept = (field for field in fields() if is_input(field, ports))
    return tuple(
        f"{field.block}_{field.name}_{bit}" for field in kept for bit in range(field.n_bits)
    )


def check_ports(ports: str) -> None:
    """Refuse any other choice than "none" and "service".

    Raises
    ------
    InputError
        If `ports` is another word.
    """
    if ports not in get_args(Ports):
        choices = " or ".join(get_args(Ports))
        raise InputError("ports", "unknown choice", got=repr(ports), limit=choices)
