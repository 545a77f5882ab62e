"""What a projection must be before anything runs."""

from __future__ import annotations

from typing import Any

from neurodeploy_brian2.connectors.base import Connector
from neurodeploy_brian2.connectors.local import Signed
from neurodeploy_brian2.errors import ConfigurationError, SynapseError, UnsupportedError
from neurodeploy_brian2.other_synapses import Local
from neurodeploy_brian2.plasticity import MODULATORS, Neuromodulation
from neurodeploy_brian2.synapse_type import Synapse
from neurodeploy_brian2.synapses import DrawnConnections


def check_kinds(projection: Any) -> None:
    """Refuse what is no connector, synapse type or receptor of the target."""
    receptors: tuple[str, ...] = projection.post._root().celltype.receptors
    for what, value, kind in (
        ("connector", projection.connector, Connector),
        ("synapse type", projection.synapse_type, Synapse),
    ):
        if not isinstance(value, kind):
            raise UnsupportedError(
                projection.label,
                f"the emulator does not support its {what}",
                got=type(value).__name__,
            )
    if not receptors:
        raise ConfigurationError(
            projection.label, "a source cannot receive spikes", got=projection.post.label
        )
    if projection.receptor_type not in (*receptors, *_modulators(projection)):
        raise ConfigurationError(
            projection.label,
            "unknown receptor type",
            got=projection.receptor_type,
            limit=" or ".join(receptors),
        )
    if isinstance(projection.synapse_type, Local) and not isinstance(projection.connector, Signed):
        raise SynapseError(
            projection.label,
            "its synapse type only goes with its own connector",
            got=repr(projection.connector),
        )


def check_on_core(projection: Any) -> None:
    """Refuse weights that others change where the host would make the connections."""
    made = projection.links()[0].made
    if not (made.on_machine or isinstance(made, DrawnConnections)):
        raise SynapseError(
            projection.label,
            "WeightChangeable only goes with connections that cores make",
            got=repr(projection.connector),
            todo="use a connector such as AllToAllConnector, and weights that cores can draw",
        )


def check_changer(projection: Any) -> None:
    """Refuse to change weights of a projection with other ends."""
    other = projection.synapse_type.projection
    for what, mine, theirs in (
        ("source of another size than", projection.pre._root().size, other.pre._root().size),
        ("target other than that of", projection.post._root(), other.post._root()),
        ("receptor other than that of", projection.receptor_type, other.receptor_type),
    ):
        if mine != theirs:
            raise SynapseError(
                projection.label,
                f"has a {what} the projection whose weights it changes, {other.label}",
                got=mine,
                limit=theirs,
            )


def _modulators(projection: Any) -> tuple[str, ...]:
    return MODULATORS if isinstance(projection.synapse_type, Neuromodulation) else ()


__all__ = ["check_changer", "check_kinds", "check_on_core"]
