"""Score decisions packet by packet and capture by capture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt

from neurodeploy.packets import majority
from tools.packet_apps.dataset import Dataset


@dataclass(frozen=True)
class Scores:
    """Shares of right decisions; an undecided packet is a wrong one.

    Parameters
    ----------
    accuracy, balanced : float
        Over packets, and the mean over classes of each class's share.
    payload_accuracy, payload_balanced : float
        The same for packets that carry a payload.
    vote : float
        Over captures, each decided by the majority of its packets.
    """

    accuracy: float
    balanced: float
    payload_accuracy: float
    payload_balanced: float
    vote: float


def score(
    dataset: Dataset, rows: npt.NDArray[np.int64], decisions: npt.NDArray[np.int64]
) -> Scores:
    """Compare decisions with labels.

    Parameters
    ----------
    dataset : Dataset
    rows : (n,) int array
        Positions of the packets that were decided.
    decisions : (n,) int array
        Their classes; -1 is undecided.

    Returns
    -------
    scores : Scores
    """
    y, right = dataset.y[rows], decisions == dataset.y[rows]
    full = dataset.has_payload[rows]
    captures, group = np.unique(dataset.capture[rows], return_inverse=True)
    voted = majority(decisions, group, len(captures), len(dataset.classes))
    truth = majority(y, group, len(captures), len(dataset.classes))
    return Scores(
        accuracy=float(right.mean()),
        balanced=balanced(y, right),
        payload_accuracy=float(right[full].mean()),
        payload_balanced=balanced(y[full], right[full]),
        vote=float((voted == truth).mean()),
    )


def balanced(y: npt.NDArray[np.int64], right: npt.NDArray[np.bool_]) -> float:
    """Mean over the classes met of the share that is right.

    Parameters
    ----------
    y : (n,) int array
    right : (n,) bool array

    Returns
    -------
    balanced : float
    """
    return float(np.mean([right[y == number].mean() for number in np.unique(y)]))


def mean(scores: Sequence[Scores]) -> Scores:
    """Mean of several scores, figure by figure.

    Parameters
    ----------
    scores : sequence of Scores

    Returns
    -------
    mean : Scores
    """
    return Scores(*np.mean([astuple(each) for each in scores], axis=0).tolist())
