"""Batches on disk as they are done, so that a run that broke off can go on."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurodeploy.compiler import Compiled
from neurodeploy.errors import InputError
from neurodeploy.records import Recording
from neurodeploy.runtime.cassette import Cassette, load, network_digest, save, tape

Raster = NDArray[np.uint8]


@dataclass(frozen=True)
class Journal:
    """A folder with a cassette for each batch.

    Parameters
    ----------
    folder : Path
        Created if it is missing.
    """

    folder: Path

    def clear(self) -> None:
        """Forget every batch."""
        for path in self.folder.glob("[0-9]*.npz"):
            path.unlink()
        with suppress(OSError):
            self.folder.rmdir()

    def kept(self, number: int, compiled: Compiled, samples: Raster) -> Recording | None:
        """Return a batch if it is there: of the same network, target and samples.

        Parameters
        ----------
        number : int
            Of the batch.
        compiled : Compiled
        samples : (n, steps, n_inputs) uint8 array
            Without the blank sample.
        """
        path = self._path(number)
        if not path.is_file():
            return None
        try:
            found = load(path)
        except InputError:
            return None  # Half of a file, or of another version: the batch runs again.
        same = (
            found.target.name == compiled.target.name
            and found.network == network_digest(compiled.network)
            and np.array_equal(found.inputs[:-1], samples)
        )
        return found.recording if same else None

    def keep(self, number: int, compiled: Compiled, samples: Raster, recording: Recording) -> None:
        """Write a batch."""
        self.folder.mkdir(parents=True, exist_ok=True)
        cassette: Cassette = tape(compiled, samples, [recording], {})
        save(cassette, self._path(number))

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:06d}.npz"


__all__ = ["Journal"]
