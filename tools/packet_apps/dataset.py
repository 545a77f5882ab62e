"""Read the labelled captures: one array of bits, and what each packet belongs to."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from neurodeploy import packets
from neurodeploy.errors import InputError


@dataclass(frozen=True)
class Source:
    """One capture of the index.

    Parameters
    ----------
    file : str
        Path below the data folder.
    label : str
    sha256 : str
        Of the file's content.
    origin : str
        Repository and path that it was taken from.
    """

    file: str
    label: str
    sha256: str
    origin: str


@dataclass(frozen=True, eq=False)
class Dataset:
    """Packets of many captures, one after the other; only IP packets are kept.

    Parameters
    ----------
    sources : tuple of Source
    classes : tuple of str
        Labels in alphabetical order.
    x : (n, n_features) uint8 array
    y : (n,) int array
        Index into `classes`.
    capture : (n,) int array
        Index into `sources`.
    has_payload : (n,) bool array
    n_not_ip : int
        Packets left out because they are not IP.
    """

    sources: tuple[Source, ...]
    classes: tuple[str, ...]
    x: npt.NDArray[np.uint8]
    y: npt.NDArray[np.int64]
    capture: npt.NDArray[np.int64]
    has_payload: npt.NDArray[np.bool_]
    n_not_ip: int

    def rows_of(self, captures: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Positions of the packets of some captures.

        Parameters
        ----------
        captures : (n_captures,) int array
            Indices into `sources`.

        Returns
        -------
        rows : (m,) int array
        """
        return np.flatnonzero(np.isin(self.capture, captures))


def read_index(data: Path) -> tuple[Source, ...]:
    """Read index.csv and hold the files to it.

    Parameters
    ----------
    data : path
        Folder with index.csv and a folder of captures a label.

    Returns
    -------
    sources : tuple of Source
        In the order of the index.

    Raises
    ------
    InputError
        If the index is not there or a file is another than it says.
    """
    path = data / "index.csv"
    if not path.is_file():
        raise InputError(str(path), "is not there", todo="give --data the folder of captures")
    with path.open(newline="", encoding="utf-8") as file:
        sources = tuple(
            Source(
                row["file"],
                row["label"],
                row["sha256"],
                f"{row['origin_repo']}/{row['origin_path']}",
            )
            for row in csv.DictReader(file)
        )
    for source in sources:
        content = (data / source.file).read_bytes()
        if hashlib.sha256(content).hexdigest() != source.sha256:
            raise InputError(source.file, "is another file than the index says")
    return sources


def load(data: Path, sources: tuple[Source, ...], *, ports: packets.Ports) -> Dataset:
    """Encode all captures.

    Parameters
    ----------
    data : path
    sources : tuple of Source
    ports : {"none", "service"}

    Returns
    -------
    dataset : Dataset
    """
    classes = tuple(sorted({source.label for source in sources}))
    captures = [packets.read(data / source.file) for source in sources]
    keep = [capture.is_ip for capture in captures]
    number = {label: index for index, label in enumerate(classes)}
    sizes = [int(kept.sum()) for kept in keep]
    return Dataset(
        sources=sources,
        classes=classes,
        x=np.concatenate(
            [packets.bits(c, ports=ports)[kept] for c, kept in zip(captures, keep, strict=True)]
        ),
        y=np.repeat([number[source.label] for source in sources], sizes),
        capture=np.repeat(np.arange(len(sources)), sizes),
        has_payload=np.concatenate(
            [c.has_payload[kept] for c, kept in zip(captures, keep, strict=True)]
        ),
        n_not_ip=sum(len(capture) for capture in captures) - sum(sizes),
    )
