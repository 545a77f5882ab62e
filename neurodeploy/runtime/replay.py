"""Target `replay:FILE`: gives back what a machine did, from a cassette; needs no machine."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurodeploy.errors import InputError, TargetError
from neurodeploy.ir.network import Network
from neurodeploy.records import Recording, Spikes
from neurodeploy.runtime.backend import SessionOptions
from neurodeploy.runtime.cassette import Cassette, load, network_digest
from neurodeploy.runtime.registry import PREFIX
from neurodeploy.target.spec import TargetSpec

Raster = NDArray[np.uint8]
Ints = NDArray[np.int64]


class ReplayBackend:
    """A recorded run in place of a machine.

    Parameters
    ----------
    name : str
        `replay:` and the file's path.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    @cached_property
    def cassette(self) -> Cassette:
        """The recorded run."""
        return load(Path(self.name.removeprefix(PREFIX)))

    def target(self) -> TargetSpec:
        """Return what the recorded target could do, and when it was recorded."""
        spec = self.cassette.target
        emulates = f"{spec.emulates}, recorded on target {spec.name} at {self.cassette.made}"
        return replace(spec, name=self.name, emulates=emulates)

    def missing(self) -> str | None:
        """Return None: a replay needs nothing installed."""
        return None

    def session(self, options: SessionOptions) -> AbstractContextManager[Any]:
        """Refuse: a replay runs no PyNN description.

        Raises
        ------
        TargetError
        """
        raise TargetError(f"target {self.name}", "replays a run and runs nothing")

    def player(self, net: Network) -> Callable[[Raster, Callable[[float], None]], Recording]:
        """Return a function that gives what was recorded for samples.

        Parameters
        ----------
        net : Network
            Lowered; must be the one that was recorded.

        Returns
        -------
        play : callable
            From an (n, steps, n_inputs) uint8 array to the Recording of these samples. What
            was counted over the whole run comes with the first call only.

        Raises
        ------
        TargetError
            If the network is another one.
        """
        cassette = self.cassette
        if network_digest(net) != cassette.network:
            raise TargetError(
                f"target {self.name}",
                "was recorded with another network",
                got=net.name,
                limit=cassette.model,
                todo="give the model, weight scale and calibration data it was recorded with",
            )
        return _Player(cassette, self.name).play


class _Player:
    """Finds samples by their inputs; equal inputs are given back in the order recorded."""

    def __init__(self, cassette: Cassette, name: str) -> None:
        self._cassette, self._name = cassette, name
        self._told = False
        self._left: dict[bytes, list[int]] = {}
        for k, sample in enumerate(cassette.inputs):
            self._left.setdefault(sample.tobytes(), []).append(k)

    def play(self, raster: Raster, progress: Callable[[float], None]) -> Recording:
        """Return the recording of samples."""
        recorded = self._cassette.recording
        order = np.array([self._find(sample, k) for k, sample in enumerate(raster)], dtype=np.int64)
        spikes = {name: _picked(s, order) for name, s in recorded.spikes.items()}
        membrane = None if recorded.membrane is None else recorded.membrane[order]
        progress(1.0)
        found = replace(recorded, n_samples=len(order), spikes=spikes, membrane=membrane)
        found = replace(found, timing_s={"build": 0.0, "run": 0.0})
        if self._told:
            return replace(found, saturations={}, findings=(), provenance={})
        self._told = True
        return found

    def _find(self, sample: NDArray[np.uint8], k: int) -> int:
        known = self._left.get(sample.tobytes())
        if known is None or sample.shape != self._cassette.inputs.shape[1:]:
            raise InputError(f"target {self._name}", f"sample {k} was not recorded")
        # The last one stays: a shorter batch asks for more blank samples than were recorded.
        return known.pop(0) if len(known) > 1 else known[0]


def _picked(spikes: Spikes, order: Ints) -> Spikes:
    """Return the spikes of samples, which get the numbers 0, 1, ... in that order."""
    first = np.searchsorted(spikes.sample, order, side="left")
    counts = np.searchsorted(spikes.sample, order, side="right") - first
    begun = np.cumsum(counts) - counts
    rows = np.arange(counts.sum()) + np.repeat(first - begun, counts)
    sample = np.repeat(np.arange(order.size, dtype=np.int64), counts)
    return replace(spikes, sample=sample, step=spikes.step[rows], index=spikes.index[rows])


__all__ = ["ReplayBackend"]
