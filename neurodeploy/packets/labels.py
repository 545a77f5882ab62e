"""Labels of a capture's packets from a CSV file, by packet number or by 5-tuple."""

from __future__ import annotations

import csv
import ipaddress
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from neurodeploy.errors import InputError
from neurodeploy.packets.capture import Capture, protocol_number
from neurodeploy.packets.flows import Ends, ends_of, packet_ends

_TUPLE_COLUMNS = ("src", "sport", "dst", "dport", "proto", "label")
_PACKET_COLUMNS = ("pkt", "label")
_FORMS = f"{','.join(_PACKET_COLUMNS)} or {','.join(_TUPLE_COLUMNS)}"

_T = TypeVar("_T")
_Row = tuple[str, dict[str, str]]


def read_labels(
    path: str | Path, capture: Capture, classes: Sequence[str]
) -> npt.NDArray[np.int64]:
    """Read the label of each packet.

    Parameters
    ----------
    path : path
        CSV with a header line: `pkt,label`, packets counting from 1, or
        `src,sport,dst,dport,proto,label`, either direction of a flow (ports empty or 0 where
        the protocol has none). More columns are ignored, an empty label means none.
    capture : Capture
    classes : sequence of str
        The class names of the model.

    Returns
    -------
    labels : (n_packets,) int array
        Index into `classes`; -1 where the file gives none.

    Raises
    ------
    InputError
        If a row is bad (with its line), or no flow of the file is in the capture.
    """
    columns, rows = _table(Path(path))
    index = {name: number for number, name in enumerate(classes)}
    if set(_PACKET_COLUMNS) <= set(columns):
        return _by_packet(rows, len(capture), index)
    if set(_TUPLE_COLUMNS) <= set(columns):
        return _by_flow(str(path), rows, capture, index)
    raise InputError(str(path), "has other columns", got=",".join(columns), limit=_FORMS)


def _table(path: Path) -> tuple[list[str], list[_Row]]:
    """Read header and rows; each row comes with its place in the file."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, skipinitialspace=True, restval="")
            columns = [name.strip().lower() for name in reader.fieldnames or []]
            reader.fieldnames = columns
            rows = [(f"{path}: line {reader.line_num}", _clean(row)) for row in reader]
    except OSError as err:
        reason = err.strerror or type(err).__name__
        raise InputError(str(path), f"cannot be read: {reason}", limit=f"CSV {_FORMS}") from err
    except (UnicodeDecodeError, csv.Error) as err:
        raise InputError(str(path), "is not CSV text", limit=_FORMS) from err
    return columns, rows


def _clean(row: dict[str, str]) -> dict[str, str]:
    """Strip the cells; cells beyond the header (a list under None) are dropped."""
    return {name: cell.strip() for name, cell in row.items() if isinstance(cell, str)}


def _label(where: str, row: dict[str, str], index: dict[str, int]) -> int:
    """Class index of a row; -1 if it has no label."""
    name = row["label"]
    if not name:
        return -1
    if name not in index:
        known = ", ".join(index)
        raise InputError(where, "unknown class", got=repr(name), limit=f"one of {known}")
    return index[name]


def _set(where: str, labels: npt.NDArray[np.int64], at: npt.NDArray[np.int64], label: int) -> None:
    """Write a label, unless another one stands there."""
    if label < 0:
        return
    if np.any((labels[at] >= 0) & (labels[at] != label)):
        raise InputError(where, "a second, different label for the same packet")
    labels[at] = label


def _by_packet(rows: list[_Row], n_packets: int, index: dict[str, int]) -> npt.NDArray[np.int64]:
    """Label packets by number."""
    labels = np.full(n_packets, -1, dtype=np.int64)
    for where, row in rows:
        number = _number(where, "pkt", row["pkt"], 1, n_packets)
        _set(where, labels, np.array([number - 1]), _label(where, row, index))
    return labels


def _by_flow(
    who: str, rows: list[_Row], capture: Capture, index: dict[str, int]
) -> npt.NDArray[np.int64]:
    """Label all packets of each flow; flows of a longer capture may be in the file too."""
    members: dict[Ends, list[int]] = {}
    for number in np.flatnonzero(capture.is_ip):
        members.setdefault(packet_ends(capture.packets[number]), []).append(int(number))
    labels = np.full(len(capture), -1, dtype=np.int64)
    n_found = 0
    for where, row in rows:
        label = _label(where, row, index)
        found = [at for ends in _row_ends(where, row) for at in members.get(ends, [])]
        n_found += bool(found)
        _set(where, labels, np.array(found, dtype=np.int64), label)
    if rows and not n_found:
        raise InputError(
            who, "no flow of the file is in the capture", todo=f"check that it is of {capture.name}"
        )
    return labels


def _row_ends(where: str, row: dict[str, str]) -> Iterator[Ends]:
    """Read the 5-tuple of a row; port 0 may stand for no port."""
    src, dst = (_address(where, name, row[name]) for name in ("src", "dst"))
    sport, dport = (_number(where, name, row[name] or "0", 0, 65535) for name in ("sport", "dport"))
    protocol = _parsed(where, "proto", row["proto"], protocol_number, "tcp, udp, ... or a number")
    yield ends_of(src, sport, dst, dport, protocol)
    if not sport and not dport:
        yield ends_of(src, -1, dst, -1, protocol)


def _address(where: str, column: str, text: str) -> bytes:
    """Read an IP address."""
    return _parsed(where, column, text, lambda t: ipaddress.ip_address(t).packed, "an IP address")


def _number(where: str, column: str, text: str, low: int, high: int) -> int:
    """Read a whole number within bounds."""
    number = _parsed(where, column, text, int, "a whole number")
    if not low <= number <= high:
        raise InputError(where, f"{column} is out of range", got=number, limit=f"{low} to {high}")
    return number


def _parsed(where: str, column: str, text: str, parse: Callable[[str], _T], form: str) -> _T:
    """Read a cell or say what is wrong with it."""
    try:
        return parse(text)
    except (ValueError, KeyError) as err:
        raise InputError(where, f"bad {column}", got=repr(text), limit=form) from err
