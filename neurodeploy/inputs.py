"""A user's data -> Samples: arrays, npz files and packet captures."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurodeploy import packets
from neurodeploy.describe import Model
from neurodeploy.describe.spatial import chosen_columns
from neurodeploy.errors import InputError, ModelError

Ints = NDArray[np.int64]
#: Label of a sample that has none.
UNLABELLED = -1
#: Columns that a report adds to what identifies a sample or a group.
RESULT_COLUMNS = ("samples", "label", "prediction", "ideal", "tied", "correct")
#: A group of this name would put its table where that of the samples is.
_TAKEN_GROUP = "prediction"
_ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")


@dataclass(frozen=True, eq=False)
class Groups:
    """Samples that are also decided together, such as the packets of a flow.

    Parameters
    ----------
    name : str
        What a group is, such as `flow`.
    of : (n,) int array
        Group of each sample; -1 for none.
    columns : mapping of str to list
        What identifies each group, one entry a group.

    Raises
    ------
    InputError
        If the name, or that of a column, is one that a report uses itself.
    """

    name: str
    of: Ints
    columns: Mapping[str, list[Any]]

    def __post_init__(self) -> None:
        if self.name == _TAKEN_GROUP:
            raise InputError("groups", "the name is the report's own", got=self.name)
        _check_columns(f"group {self.name!r}", self.columns)

    @property
    def size(self) -> int:
        """Number of groups."""
        return len(next(iter(self.columns.values()), []))


@dataclass(frozen=True, eq=False)
class Samples:
    """What is run and what is known of it.

    Parameters
    ----------
    x : (n, features) or (n, steps, features) array
        As the model's encoder takes it.
    y : (n,) int array or None
        Class indices, -1 for a sample without a label; None if there are no labels.
    name : str
    columns : mapping of str to list
        What identifies each sample in tables, one entry a sample.
    groups : Groups or None
    tags : mapping of str to (n,) bool array
        Subsets that are reported apart.
    counts : mapping of str to int
        Facts on the data that belong in the report.
    decidable : (n,) bool array or None
        False for a sample that holds nothing to decide by: it is undecided, whatever the
        network says of an empty input. None if every sample can be decided.

    Raises
    ------
    InputError
        If a column has the name of one that a report adds, or `decidable` another length.
    """

    x: NDArray[Any]
    y: Ints | None = None
    name: str = "array"
    columns: Mapping[str, list[Any]] = field(default_factory=dict)
    groups: Groups | None = None
    tags: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    decidable: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        _check_columns("samples", self.columns)
        if self.decidable is not None and self.decidable.shape != (len(self.x),):
            got, limit = self.decidable.shape, (len(self.x),)
            raise InputError("decidable", "does not fit x", got=got, limit=limit)

    def __len__(self) -> int:
        return len(self.x)

    def first(self, n: int) -> Samples:
        """Return the first n samples; groups keep their numbers."""
        if n >= len(self):
            return self
        groups = None if self.groups is None else _first_groups(self.groups, n)
        return replace(
            self,
            x=self.x[:n],
            y=None if self.y is None else self.y[:n],
            columns={k: v[:n] for k, v in self.columns.items()},
            groups=groups,
            tags={k: v[:n] for k, v in self.tags.items()},
            decidable=None if self.decidable is None else self.decidable[:n],
        )


def _check_columns(who: str, columns: Mapping[str, list[Any]]) -> None:
    taken = [name for name in columns if name in RESULT_COLUMNS]
    if taken:
        raise InputError(
            who,
            "a column has the name of one that the report adds",
            got=", ".join(taken),
            limit=f"none of {', '.join(RESULT_COLUMNS)}",
            todo="rename it",
        )


def _first_groups(groups: Groups, n: int) -> Groups:
    """Keep the groups of the first n samples; they are numbered by first appearance."""
    of = groups.of[:n]
    kept = int(of.max(initial=-1)) + 1
    return replace(groups, of=of, columns={k: v[:kept] for k, v in groups.columns.items()})


def as_samples(x: Any, y: Any = None) -> Samples:
    """Return arrays as samples.

    Parameters
    ----------
    x : array_like or Samples
    y : (n,) array_like of int, optional
        Class indices, -1 for none.

    Raises
    ------
    InputError
        If x is empty, or y does not fit.
    """
    if isinstance(x, Samples):
        return x
    try:
        array = np.asarray(x)
    except ValueError as err:
        raise InputError("x", "is no array", got=err) from err
    if array.dtype.kind not in "buif":
        raise InputError("x", "does not hold numbers", got=array.dtype)
    if array.ndim < 2 or len(array) == 0:
        raise InputError("x", "holds no samples", got=f"shape {array.shape}", limit="(n, features)")
    return Samples(array, None if y is None else _labels(np.asarray(y), len(array)))


def read(model: Model, path: str | Path, labels: str | Path | None = None) -> Samples:
    """Read a user's file as the model takes it.

    Parameters
    ----------
    model : Model
    path : str or Path
        An npz file with `x` and optionally `y`, or a pcap or pcapng capture for a model of
        packets. The content decides, not the suffix.
    labels : str or Path, optional
        CSV with labels of a capture's packets.

    Raises
    ------
    InputError
        If the file is missing, malformed or not of a kind that the model takes.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as err:
        raise InputError(str(path), "cannot be read", got=err.strerror) from err
    if magic in _ZIP_MAGICS:
        if labels is not None:
            raise InputError("--labels", "is for captures", todo="put the labels into the npz as y")
        return _read_npz(path)
    if model.packets is None:
        raise InputError(
            str(path), "is not an npz file", limit=f"an npz with x, as model {model.name} takes"
        )
    return _read_capture(model, path, labels)


def _read_npz(path: Path) -> Samples:
    try:
        # Opened here: np.load leaves its file open where the zip is broken.
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files if key in ("x", "y")}
    except (ValueError, zipfile.BadZipFile, OSError, EOFError, KeyError) as err:
        pickled = "pickle" in str(err)
        raise InputError(
            str(path),
            "holds pickled objects" if pickled else "is not a readable npz file",
            limit="arrays of numbers, saved with np.savez(path, x=..., y=...)",
        ) from err
    if "x" not in arrays:
        raise InputError(str(path), "holds no array x", limit="x, and optionally y")
    try:
        return replace(as_samples(arrays["x"], arrays.get("y")), name=path.name)
    except InputError as err:
        raise InputError(f"{path}: {err.who}", err.what, got=err.got, limit=err.limit) from err


def _read_capture(model: Model, path: Path, labels: str | Path | None) -> Samples:
    capture = packets.read(path)
    y = None if labels is None else packets.read_labels(labels, capture, model.classes)
    return from_capture(model, capture, path.name, y)


def from_capture(
    model: Model, capture: packets.Capture, name: str, y: Ints | None = None
) -> Samples:
    """Return packets as the model takes them.

    Parameters
    ----------
    model : Model
    capture : Capture
    name : str
        Of the samples.
    y : (n,) int array, optional
        Class indices, -1 for a packet without a label.

    Raises
    ------
    ModelError
        If the model does not take packets.
    """
    if model.packets is None:
        raise ModelError(model.name, "does not take packets")
    flows = packets.flows(capture)
    x = packets.bits(capture, ports=model.packets.ports)
    if model.spatial is not None:
        x = x[:, chosen_columns(model.spatial, model.packets.ports)]
    rows = capture.tuples()
    ends = {k: [row[i] for row in rows] for i, k in enumerate(packets.FlowKey._fields)}
    return Samples(
        x=x,
        y=y,
        name=name,
        columns={"pkt": list(range(1, len(capture) + 1)), **ends},
        groups=Groups(
            "flow",
            flows.flow_of,
            {k: [key[i] for key in flows.table] for i, k in enumerate(packets.FlowKey._fields)},
        ),
        tags={"with payload": capture.has_payload},
        counts=capture.counts | {f"malformed: {k}": v for k, v in capture.malformed.items()},
        decidable=capture.is_ip,
    )


def _labels(y: NDArray[Any], n: int) -> Ints:
    if y.shape != (n,) or y.dtype.kind not in "bui":
        raise InputError(
            "y", "does not fit x", got=f"{y.dtype} {y.shape}", limit=f"whole numbers ({n},)"
        )
    return y.astype(np.int64)
