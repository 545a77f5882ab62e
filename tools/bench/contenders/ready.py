"""What a contender hands back: a network made ready, to be run as often as wanted."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from neurodeploy_brian2.plan_parts import Ints


@dataclass(frozen=True)
class Result:
    """What one run gave.

    Parameters
    ----------
    seconds : float
        What the run took, building and compiling left out.
    cpu_s : float or None
        Processor time of all threads; None if the engine cannot tell it from its other work. On
        a busy machine it says more than `seconds`.
    n_spikes : int
        Spikes of neurons.
    checksum : int or None
        Of ticks and indices of all spikes; None where no spike train is promised.
    """

    seconds: float
    cpu_s: float | None
    n_spikes: int
    checksum: int | None = None


Run = Callable[[], Result]


class NotRun(Exception):  # noqa: N818 - not an error: the reason stands in the table
    """Why an engine does not take part."""


def checksum(tick: Ints, index: Ints) -> int:
    """Return a CRC-32 of spikes, whatever order they come in."""
    order = np.lexsort((tick, index))
    columns = np.stack([index[order], tick[order]]).astype("<i8")
    return zlib.crc32(columns.tobytes())


class Watch:
    """Wall and processor time since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        """Return both in seconds."""
        return time.perf_counter() - self._wall, time.process_time() - self._cpu


def timed(run: Callable[[], int]) -> Run:
    """Return a run that is timed from outside and only counts spikes."""

    def measured() -> Result:
        watch = Watch()
        n_spikes = run()
        return Result(*watch.read(), int(n_spikes))

    return measured


__all__ = ["NotRun", "Result", "Run", "Watch", "checksum", "timed"]
