"""When what an output has said so far decides a sample, though its steps are not over.

A class is sure to win once no other can overtake it. That is known of spikes: in each step
left, a neuron spikes at most once. Of a membrane nothing is known of the steps to come, so there
it is the end of the sample, or a margin that the user chooses, that decides.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np

from neurodeploy.errors import InputError
from neurodeploy.readout import Scores

How = Literal["certain", "margin", "end"]
_FORMS = "certain, end, or a margin above 0"


@dataclass(frozen=True)
class Confidence:
    """What has to be so before a sample is decided.

    Parameters
    ----------
    how : {"certain", "margin", "end"}
        `certain`: no other class can overtake the leading one. `margin`: that, or it leads by so
        much. `end`: all steps are over.
    margin : float
        In the readout's own score: spikes, steps, or units of the membrane.

    Raises
    ------
    InputError
        If it is none of them, or the margin is not above 0.
    """

    how: How = "certain"
    margin: float = math.inf

    def __post_init__(self) -> None:
        if self.how not in get_args(How):
            raise InputError("confidence", "is not known", got=self.how, limit=_FORMS)
        if not self.margin > 0:
            raise InputError("confidence", "is no margin", got=self.margin, limit="above 0")

    @staticmethod
    def parse(text: str) -> Confidence:
        """Read `certain`, `end` or a margin.

        Raises
        ------
        InputError
            If it is none of them.
        """
        if text == "certain":
            return Confidence()
        if text == "end":
            return Confidence("end")
        try:
            margin = float(text)
        except ValueError:
            margin = math.nan
        if not (math.isfinite(margin) and margin > 0):
            raise InputError("--confidence", "is not known", got=text, limit=_FORMS)
        return Confidence("margin", margin)

    def __str__(self) -> str:
        return f"margin {self.margin:g}" if self.how == "margin" else self.how

    def reached(self, readout: str, scores: Scores, silent: Scores, *, left: int) -> bool:
        """Tell whether a sample is decided.

        Parameters
        ----------
        readout : str
            Key of `READOUTS`.
        scores, silent : (n_classes,) float array
            What the readout makes of the steps that are over, of this sample and of one
            without input.
        left : int
            Steps that are not over.
        """
        if left == 0:
            return True
        if self.how == "end" or np.array_equal(scores, silent):
            return False
        if self.how == "margin" and lead(scores) >= self.margin:
            return True
        return not can_be_overtaken(readout, scores, left)


def lead(scores: Scores) -> float:
    """Return how far the highest score, (n_classes,) float array, is above the next."""
    if scores.size < 2:
        return math.inf
    second, first = np.partition(scores, -2)[-2:]
    return float(first - second)


def can_be_overtaken(readout: str, scores: Scores, left: int) -> bool:
    """Tell whether steps that are not over can change which class wins.

    Parameters
    ----------
    readout : str
        Key of `READOUTS`.
    scores : (n_classes,) float array
        Of the steps that are over.
    left : int
        Steps that are not; in each of them each class may spike once.
    """
    if left == 0:
        return False
    leader = int(scores.argmax())
    if readout not in MOST or scores[leader] <= 0.0:
        return True
    most = MOST[readout](scores, left)
    # A tie goes to the lowest class.
    above = most > scores[leader]
    above[:leader] |= most[:leader] == scores[leader]
    above[leader] = False
    return bool(above.any())


def _one_each_step(scores: Scores, left: int) -> Scores:
    return scores + left


def _first_is_kept(scores: Scores, left: int) -> Scores:
    """A class that has spiked keeps its score; another can still have as many steps left."""
    return np.where(scores > 0.0, scores, float(left))


#: The most that each class can still come to, by a readout of spikes.
MOST: Mapping[str, Callable[[Scores, int], Scores]] = MappingProxyType(
    {"first_spike": _first_is_kept, "spike_count": _one_each_step}
)

__all__ = ["MOST", "Confidence", "can_be_overtaken", "lead"]
