"""Files of a report: refused before the run, and never left half written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from neurodeploy.errors import InputError

#: The file by which a report, and what else belongs to it, is known.
_DOCUMENT = "report.json"


def writable(folder: Path, option: str = "--out") -> Path:
    """Create a folder, try to write into it and return it; what is there stays.

    Called before a run, so that no result is lost for want of a place to put it.

    Parameters
    ----------
    folder : Path
    option : str
        Where the user said so.

    Raises
    ------
    InputError
        If the folder cannot be created or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise _refused(folder, err, option) from err
    with replacing(folder / ".probe") as file:
        file.write(b"")
    with suppress(OSError):
        (folder / ".probe").unlink()
    return folder


def prepare(folder: Path) -> Path:
    """Make a folder ready for a report: writable, and without the tables of an earlier one.

    Every report overwrites the files that all reports have. Only a table of groups, such as
    flows.csv, is one that the next may not have; the earlier report.json tells its name.

    Raises
    ------
    InputError
        If the folder cannot be created or written.
    """
    folder = writable(folder)
    stale = _group_file(folder / _DOCUMENT)
    if stale is not None:
        with suppress(FileNotFoundError):
            stale.unlink()
    return folder


def _group_file(document: Path) -> Path | None:
    """Return the table of groups beside a report.json; None if there is none or no report."""
    try:
        said = json.loads(document.read_text(encoding="utf-8"))
        name = said["groups"]["name"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return document.with_name(group_file(name)) if isinstance(name, str) else None


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Give a file that takes the place of `path` once it is complete.

    Raises
    ------
    InputError
        If it cannot be written; `path` is then as it was.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    except OSError as err:
        raise _refused(path.parent, err) from err
    finally:
        with suppress(OSError):
            part.unlink()


def group_file(name: str) -> str:
    """Return the file with the table of groups of that name, such as flows.csv."""
    return f"{file_stem(name)}s.csv"


def file_stem(name: str) -> str:
    """Return a name as part of a file name: letters, digits, - and _ only."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name) or "group"


def _refused(folder: Path, err: OSError, option: str = "--out") -> InputError:
    return InputError(
        str(folder), "cannot be written", got=err.strerror or err, todo=f"choose another {option}"
    )
