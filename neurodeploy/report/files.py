"""Files of a report: refused before the run, and never left half written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from neurodeploy.errors import InputError


def prepare(folder: Path) -> Path:
    """Create a folder, try to write into it and return it.

    Called before a run, so that no result is lost for want of a place to put it.

    Raises
    ------
    InputError
        If the folder cannot be created or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise _refused(folder, err) from err
    with replacing(folder / ".probe") as file:
        file.write(b"")
    with suppress(OSError):
        (folder / ".probe").unlink()
    return folder


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


def file_stem(name: str) -> str:
    """Return a name as part of a file name: letters, digits, - and _ only."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name) or "group"


def _refused(folder: Path, err: OSError) -> InputError:
    return InputError(
        str(folder), "cannot be written", got=err.strerror or err, todo="choose another --out"
    )
