"""What a population is asked to record: variables, neurons and how often."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from neurodeploy_brian2.errors import ConfigurationError, UnknownNameError, UnsupportedError

logger = logging.getLogger(__name__)

ONLY_ON_A_BOARD = ("packets-per-timestep", "rewiring")
"""What sPyNNaker records besides, which is about a board or not emulated."""


@dataclass(frozen=True)
class Recorded:
    """How a variable is recorded.

    Parameters
    ----------
    every_ticks : int
        Ticks from one sample to the next.
    indexes : tuple of int or None
        Neurons, sorted; None is all.
    """

    every_ticks: int = 1
    indexes: tuple[int, ...] | None = None

    def neurons(self, size: int) -> Sequence[int]:
        """Return the neurons of a population of a size."""
        return range(size) if self.indexes is None else self.indexes


class Recorder:
    """The recordings of one population.

    Parameters
    ----------
    label : str
    size : int
    recordable : tuple of str
    whole : bool
        Whether only the whole population is recorded, in every tick, as of a source.
    """

    def __init__(self, label: str, size: int, recordable: tuple[str, ...], whole: bool) -> None:
        self.label, self.size, self.recordable, self._whole = label, size, recordable, whole
        self.wanted: dict[str, Recorded] = {}
        self.files: dict[str, object] = {}

    def record(
        self,
        variables: str | Iterable[str] | None,
        to_file: object,
        sampling_interval: float | None,
        timestep_ms: float,
        indexes: Sequence[int] | None,
    ) -> None:
        """Turn recording on, or off if `variables` is None."""
        if variables is None:
            if sampling_interval is not None:
                raise ConfigurationError(
                    f"{self.label}.record",
                    "variables=None turns recording off, a sampling_interval turns it on",
                )
            for name in list(self.wanted):
                self._turn_off(name, indexes)
            return
        every = _ticks(f"{self.label}.record", sampling_interval, timestep_ms)
        for name in self.names(variables):
            self._turn_on(name, every, indexes)
            self.files[name] = to_file

    def names(self, variables: str | Iterable[str]) -> tuple[str, ...]:
        """Return the names of variables asked for; `all` is every one there is."""
        wanted = (variables,) if isinstance(variables, str) else tuple(variables)
        if "all" in wanted:
            return self.recordable
        for name in wanted:
            if name in ONLY_ON_A_BOARD:
                raise UnsupportedError(f"{self.label}.record", f"the emulator has no {name}")
            if name not in self.recordable:
                raise UnknownNameError(
                    self.label, "cannot be recorded", got=name, limit=", ".join(self.recordable)
                )
        return wanted

    def _turn_off(self, name: str, indexes: Sequence[int] | None) -> None:
        now = self.wanted[name]
        gone = set(range(self.size) if indexes is None or self._whole else indexes)
        left = tuple(index for index in now.neurons(self.size) if index not in gone)
        if left:
            self.wanted[name] = replace(now, indexes=left)
        else:
            del self.wanted[name]

    def _turn_on(self, name: str, every: int, indexes: Sequence[int] | None) -> None:
        if self._whole:
            if indexes is not None or every != 1:
                logger.warning("%s: a source is recorded whole, in every tick", self.label)
            self.wanted[name] = Recorded()
            return
        now = self.wanted.get(name)
        if indexes is None:
            self.wanted[name] = Recorded(every if now is None else now.every_ticks)
            return
        if not indexes:
            raise ConfigurationError(f"{self.label}.record", "no neurons are selected")
        if now is None:
            self.wanted[name] = Recorded(every, tuple(sorted(set(indexes))))
            return
        if every != now.every_ticks and not set(now.neurons(self.size)) <= set(indexes):
            raise ConfigurationError(
                f"{self.label}.record",
                f"{name} of one population has one sampling_interval",
                got=f"{every} ticks",
                limit=f"{now.every_ticks} ticks",
            )
        # As sPyNNaker 7.4.1, which keeps the first interval, and forgets that all were recorded.
        merged = set(indexes) | set(now.indexes or ())
        self.wanted[name] = Recorded(now.every_ticks, tuple(sorted(merged)))


def _ticks(who: str, interval_ms: float | None, timestep_ms: float) -> int:
    if interval_ms is None:
        return 1
    ticks = int(interval_ms / timestep_ms)
    if ticks < 1 or interval_ms != ticks * timestep_ms:
        raise ConfigurationError(
            who,
            "sampling_interval is not a whole number of timesteps",
            got=f"{interval_ms} ms",
            limit=f"a multiple of {timestep_ms} ms",
        )
    return ticks


__all__ = ["ONLY_ON_A_BOARD", "Recorded", "Recorder"]
