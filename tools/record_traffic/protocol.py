"""What a protocol's entry in the catalogue holds, and whether its software is here."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .lab import Lab, Session


@dataclass(frozen=True)
class Protocol:
    """How one protocol is recorded.

    Parameters
    ----------
    label : str
        The class name written into the label file.
    programs, modules : tuple of str
        Executables and Python modules that must be there.
    record : callable
        Starts the servers of a lab, then yields sessions for as long as it is asked.
    bare_clients, groups : bool
        See ``hosts.build``.
    """

    label: str
    programs: tuple[str, ...]
    record: Callable[[Lab], Iterator[Session]]
    modules: tuple[str, ...] = ()
    bare_clients: bool = False
    groups: bool = False

    def missing(self) -> list[str]:
        """Return the programs and Python modules that are not here."""
        programs = [p for p in self.programs if find_program(p) is None]
        absent = [m for m in self.modules if importlib.util.find_spec(m) is None]
        return programs + [f"python module {name}" for name in absent]


def find_program(name: str) -> Path | None:
    """Return where a program is; Debian keeps PostgreSQL's out of the search path."""
    postgres = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    folders = ["/usr/sbin", "/sbin", *map(str, postgres)]
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *folders]))
    return Path(found) if found else None
