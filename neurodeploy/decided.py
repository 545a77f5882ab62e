"""What was decided live, packet by packet, and the figures of all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neurodeploy.inputs import Samples
from neurodeploy.packets import Capture
from neurodeploy.readout import Decisions, Scores
from neurodeploy.records import Recording
from neurodeploy.results import LiveFigures
from neurodeploy.runtime.presenter import Shown

Raster = NDArray[np.uint8]


@dataclass(frozen=True)
class LiveDecision:
    """What was said of one packet.

    Parameters
    ----------
    number : int
        Of the packet, from 1.
    ends : (src, sport, dst, dport, proto)
        As text; empty where the packet has none.
    prediction : int
        Class index, -1 for undecided.
    name : str or None
        Of the class; None for undecided.
    tied : bool
    steps : int
        Steps of the output that were over; 0 if there was nothing to show to the network.
    network_ms : float
        From the packet's first tick to the decision, on the network's clock.
    wall_ms : float
        From the packet's arrival to the decision, on the wall's.
    """

    number: int
    ends: tuple[str, str, str, str, str]
    prediction: int
    name: str | None
    tied: bool
    steps: int
    network_ms: float
    wall_ms: float


@dataclass(eq=False)
class DecidedPacket:
    """A packet that was decided, and its sample.

    Parameters
    ----------
    capture : Capture
        The packet alone.
    raster : (1, steps, n_inputs) uint8 array
    said : LiveDecision
    scores : (n_classes,) float array
        By which it was decided.
    shown : Shown or None
        While its last steps are still to come.
    recording : Recording or None
        Once they are over.
    """

    capture: Capture
    raster: Raster
    said: LiveDecision
    scores: Scores
    shown: Shown | None = None
    recording: Recording | None = None


def decisions_of(decided: Sequence[DecidedPacket]) -> Decisions:
    """Return the decisions as they were given."""
    return Decisions(
        np.stack([one.scores for one in decided]),
        np.array([one.said.prediction for one in decided], dtype=np.int64),
        np.array([one.said.tied for one in decided], dtype=bool),
    )


def tabled(samples: Samples, decided: Sequence[DecidedPacket]) -> Samples:
    """Return samples with how soon each was decided, as columns."""
    said = [one.said for one in decided]
    columns: dict[str, list[object]] = {
        "steps": [one.steps for one in said],
        "network_ms": [round(one.network_ms, 3) for one in said],
        "wall_ms": [round(one.wall_ms, 3) for one in said],
    }
    return replace(samples, columns={**samples.columns, **columns})


def figures(
    decided: Sequence[DecidedPacket], known: LiveFigures, whole: NDArray[np.int64]
) -> LiveFigures:
    """Return the figures of all packets.

    Parameters
    ----------
    decided : sequence of DecidedPacket
    known : LiveFigures
        What is known beside them.
    whole : (n,) int array
        Class that each packet gets by all its steps.
    """
    said = [one.said for one in decided]
    return replace(
        known,
        steps=np.array([one.steps for one in said], dtype=np.int64),
        network_ms=np.array([one.network_ms for one in said]),
        wall_ms=np.array([one.wall_ms for one in said]),
        changed=int(np.count_nonzero(whole != [one.prediction for one in said])),
    )


__all__ = ["DecidedPacket", "LiveDecision", "decisions_of", "figures", "tabled"]
