"""Recordings as a CSV file, in the form that sPyNNaker writes and reads.

Blocks of rows, each closed by an empty one: what the population is, then for every reset its
number, and for every variable what it is, the neurons, and the data.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from neurodeploy_brian2.recording import UNITS, Results, names, rows

_NOBODY = "no intersection between recording and view indexes"

Row = Sequence[Any]


def write(
    path: str | Path,
    segments: Sequence[Results],
    variables: Any,
    annotations: Mapping[str, Any],
    view: Sequence[int] | None = None,
) -> None:
    """Write recordings; what was in the file is lost.

    Parameters
    ----------
    path : str or Path
    segments : sequence of Results
        One for each reset; only the last must have everything that is asked for.
    variables : str or sequence of str
    annotations : mapping
    view : sequence of int, optional
        Which neurons; all of them if not given.
    """
    wanted = names(segments[-1].label, variables, segments[-1].available)
    with Path(path).open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerows(_population(segments[-1], annotations))
        for number, results in enumerate(segments):
            now = datetime.now().strftime("%Y-%m-%d %H:%M:%S.%f")
            out.writerows([("segment_number", number), ("rec_datetime", now), ()])
            for name in wanted:
                if name in results.recorded:
                    out.writerows(_variable(results, name, view))


def _population(results: Results, annotations: Mapping[str, Any]) -> Iterator[Row]:
    yield "population", results.label
    yield "description", f'"population {results.label}"'
    yield "size", results.size
    yield "first_id", results.first_id
    yield "simulator", "neurodeploy emulator"
    yield "dt", results.timestep_ms
    yield from ((str(key), str(value)) for key, value in annotations.items())
    yield ()


def _variable(results: Results, name: str, view: Sequence[int] | None) -> Iterator[Row]:
    every_ms = results.recorded[name].every_ticks * results.timestep_ms
    yield "spikes" if name == "spikes" else "matrix", name
    yield "t_start", f"{results.first_ms(name)} ms"
    yield "t_stop", f"{results.n_ticks * results.timestep_ms} ms"
    yield "sampling_period", f"{every_ms} ms"
    yield "units", UNITS.get(name) or "dimensionless"
    yield ()
    yield results.neurons(name, view).tolist() or (_NOBODY,)
    yield from rows(results, name, True, view).tolist()
    yield ()


__all__ = ["write"]
