"""A recorded run in one file: inputs, spikes, provenance and versions; npz and JSON, no pickle."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, is_zipfile

import numpy as np
from numpy.typing import NDArray

from neurodeploy.compiler import Compiled
from neurodeploy.errors import InputError
from neurodeploy.ir.network import Network, Population, Projection
from neurodeploy.records import Finding, Recording, Spikes, concatenate
from neurodeploy.target.spec import TargetSpec

SCHEMA = "neurodeploy cassette 1"
_HEADER, _INPUTS, _MEMBRANE = "header", "inputs", "membrane"
_PARTS = ("sample", "step", "index")
Raster = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Cassette:
    """A recorded run.

    Parameters
    ----------
    target : TargetSpec
        Of the target that was recorded.
    network : str
        Digest of the network that ran.
    inputs : (n, steps, n_inputs) uint8 array
        Every sample that ran, blank ones among them.
    recording : Recording
        Of the same samples.
    versions : mapping of str to str
        Of the software that was used.
    model, made : str
        The model's name; date and time (UTC, ISO 8601).
    """

    target: TargetSpec
    network: str
    inputs: Raster
    recording: Recording
    versions: Mapping[str, str]
    model: str
    made: str


def tape(
    compiled: Compiled,
    raster: Raster,
    batches: Sequence[Recording],
    versions: Mapping[str, str],
) -> Cassette:
    """Put a run on a cassette.

    Parameters
    ----------
    compiled : Compiled
    raster : (n, steps, n_inputs) uint8 array
        The samples asked for.
    batches : sequence of Recording
        As `run_batches` yields them, each with a blank sample at its end; they may be fewer
        than were asked for.
    versions : mapping of str to str
    """
    return Cassette(
        target=compiled.target,
        network=network_digest(compiled.network),
        inputs=np.concatenate(list(_with_blanks(raster, batches))),
        recording=concatenate(batches),
        versions=dict(versions),
        model=compiled.model.name,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _with_blanks(raster: Raster, batches: Sequence[Recording]) -> Iterator[Raster]:
    first = 0
    for batch in batches:
        last = first + batch.n_samples - 1
        yield raster[first:last]
        yield np.zeros((1, *raster.shape[1:]), dtype=np.uint8)
        first = last


def save(cassette: Cassette, path: Path) -> None:
    """Write a cassette, whole or not at all.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    arrays: dict[str, Any] = {
        _HEADER: np.frombuffer(json.dumps(_header(cassette)).encode(), dtype=np.uint8),
        _INPUTS: cassette.inputs,
    }
    if cassette.recording.membrane is not None:
        arrays[_MEMBRANE] = cassette.recording.membrane
    for k, spikes in enumerate(cassette.recording.spikes.values()):
        arrays |= {f"spikes/{k}/{part}": getattr(spikes, part) for part in _PARTS}
    beside = path.with_name(f".{path.name}.part")
    try:
        with beside.open("wb") as file:
            np.savez_compressed(file, **arrays)
        beside.replace(path)
    except OSError as err:
        raise InputError(str(path), "cannot be written", got=err.strerror or err) from err
    finally:
        with suppress(OSError):
            beside.unlink()


def _header(cassette: Cassette) -> dict[str, Any]:
    recording = cassette.recording
    return {
        "schema": SCHEMA,
        "model": cassette.model,
        "made": cassette.made,
        "versions": dict(cassette.versions),
        "target": asdict(cassette.target),
        "network": cassette.network,
        "populations": list(recording.spikes),
        "timestep_ms": next(s.timestep_ms for s in recording.spikes.values()),
        "engine": recording.engine,
        "saturations": dict(recording.saturations),
        "findings": [asdict(finding) for finding in recording.findings],
        "provenance": dict(recording.provenance),
    }


def load(path: Path) -> Cassette:
    """Read a cassette.

    Raises
    ------
    InputError
        If the file cannot be read or is no cassette.
    """
    try:
        if not is_zipfile(path) and path.is_file():
            raise InputError(str(path), "is no cassette", limit="a file that --cassette wrote")
        # NumPy leaves a file open that it has opened and cannot read.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}
        header = json.loads(arrays[_HEADER].tobytes())
        if header["schema"] != SCHEMA:
            raise InputError(str(path), "is of another kind", got=header["schema"], limit=SCHEMA)
        return _loaded(header, arrays)
    except OSError as err:
        raise InputError(str(path), "cannot be read", got=err.strerror or err) from err
    except InputError:
        raise
    except (AttributeError, EOFError, KeyError, TypeError, ValueError, BadZipFile) as err:
        raise InputError(str(path), "is no cassette", got=err) from err


def _loaded(header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Cassette:
    timestep_ms = float(header["timestep_ms"])
    inputs = arrays[_INPUTS].astype(np.uint8, casting="safe")
    if inputs.ndim != 3:
        raise ValueError(f"inputs of {inputs.ndim} dimensions")
    spikes = {}
    for k, name in enumerate(header["populations"]):
        sample, step, index = (_whole(arrays[f"spikes/{k}/{part}"]) for part in _PARTS)
        spikes[name] = Spikes.sorted(name, sample, step, index, timestep_ms)
    membrane = arrays.get(_MEMBRANE)
    recording = Recording(
        n_samples=len(inputs),
        spikes=spikes,
        membrane=None if membrane is None else membrane.astype(np.float64, casting="safe"),
        saturations=dict(header["saturations"]),
        engine=str(header["engine"]),
        findings=tuple(Finding(**finding) for finding in header["findings"]),
        provenance=dict(header["provenance"]),
    )
    target = TargetSpec(**header["target"] | {"engines": tuple(header["target"]["engines"])})
    return Cassette(
        target=target,
        network=str(header["network"]),
        inputs=inputs,
        recording=recording,
        versions=dict(header["versions"]),
        model=str(header["model"]),
        made=str(header["made"]),
    )


def _whole(array: NDArray[Any]) -> NDArray[np.int64]:
    return array.astype(np.int64, casting="safe")


def network_digest(net: Network) -> str:
    """Return a SHA-256 of everything that is emitted of a lowered network."""
    digest = hashlib.sha256()
    for fact in _facts(net):
        if isinstance(fact, np.ndarray):
            digest.update(f"{fact.dtype.str} {fact.shape};".encode())
            digest.update(np.ascontiguousarray(fact).tobytes())
        else:
            digest.update(f"{fact!r};".encode())
    return digest.hexdigest()


def _facts(net: Network) -> Iterator[Any]:
    yield from (net.timestep_ms, net.output)
    for pop in net.populations:
        yield from _population_facts(pop)
    for proj in net.projections:
        yield from _projection_facts(proj)


def _population_facts(pop: Population) -> Iterator[Any]:
    yield from (pop.name, pop.size, pop.kind, pop.start_tick, pop.start_ticks, pop.ring_shift)
    if pop.cell is not None:
        yield pop.cell.kind
        for name in sorted(pop.cell.parameters):
            yield from (name, pop.cell.parameters[name])
        yield pop.cell.v_init_mV


def _projection_facts(proj: Projection) -> Iterator[Any]:
    yield from (proj.pre, proj.post, proj.receptor, proj.delay_ms)
    yield from (proj.pre_index, proj.post_index, proj.weight)
    if proj.lag is not None:
        yield proj.lag


__all__ = ["SCHEMA", "Cassette", "load", "network_digest", "save", "tape"]
