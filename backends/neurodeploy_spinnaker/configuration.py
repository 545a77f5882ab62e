"""A sPyNNaker configuration made for one run, and the environment that it is read in.

sPyNNaker reads `.spynnaker.cfg` from the user's HOME, from two more folders and from the
working directory, and writes one into HOME if it finds none. A session therefore gives it a
HOME of its own inside the run's folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from configparser import Error, RawConfigParser
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from neurodeploy.api import InputError
from neurodeploy_spinnaker.machine import Section

FILE_NAME = ".spynnaker.cfg"
#: Runs whose reports are kept; sPyNNaker removes the oldest beyond them.
REPORTS_KEPT = 10
#: What the vendor is told whatever the user's own file says: the judgement of a run needs its
#: provenance, and databases that may hold the cookies of a spalloc session are not kept.
FIXED: Mapping[str, Section] = {
    "Mode": {"mode": "Production"},
    "Logging": {"instantiate": "False", "default": "info"},
    "Reports": {
        "write_provenance": "True",
        "read_router_provenance_data": "True",
        "read_placements_provenance_data": "True",
        # At the end they would be read again, and every counter would stand there twice.
        "read_provenance_data_on_end": "False",
        "keep_data_database": "True",
        "keep_dataspec_database": "False",
        "keep_input_output_database": "False",
        "display_algorithm_timings": "False",
        "max_reports_kept": str(REPORTS_KEPT),
        "remove_errored_folders": "True",
    },
}
#: Where a machine is named in a configuration: none of it may come from the user's file.
_MACHINE_NAMES = (
    "machine_name",
    "spalloc_server",
    "spalloc_user",
    "remote_spinnaker_url",
    "virtual_board",
    "json_path",
    "version",
    "versions",
    "width",
    "height",
    "machine_spec_file",
)


@dataclass(frozen=True)
class RunFolder:
    """The folders and files of one run.

    Parameters
    ----------
    path : Path
    """

    path: Path

    @property
    def home(self) -> Path:
        """What sPyNNaker takes for the user's HOME."""
        return self.path / "home"

    @property
    def log(self) -> Path:
        """What sPyNNaker says."""
        return self.path / "spynnaker.log"

    @property
    def reports(self) -> Path:
        """A folder of reports for each run."""
        return self.path / "reports"


def write(folder: RunFolder, machine: Section, settings: Path | None = None) -> Path:
    """Write the configuration of a run and return its path.

    Parameters
    ----------
    folder : RunFolder
        Created if it is missing.
    machine : mapping of str to str
        Options of [Machine].
    settings : Path, optional
        The user's own configuration to start from; what names a machine in it is left out.

    Raises
    ------
    InputError
        If the user's configuration cannot be read, or the folder not be written.
    """
    parser = RawConfigParser()
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_dict({} if settings is None else _taken_over(settings))
    parser.read_dict(FIXED)
    parser.read_dict({"Reports": {"default_report_file_path": str(folder.path.resolve())}})
    parser.read_dict({"Machine": machine})
    path = folder.home / FILE_NAME
    try:
        folder.home.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8") as file:
            parser.write(file)
    except OSError as err:
        raise InputError(str(folder.path), "cannot be written", got=err.strerror or err) from err
    return path


def _taken_over(path: Path) -> dict[str, dict[str, str]]:
    """Return a user's configuration without what names a machine."""
    parser = RawConfigParser()
    try:
        with path.open(encoding="utf-8") as file:
            parser.read_file(file)
    except (OSError, UnicodeDecodeError, Error) as err:
        raise InputError(str(path), "cannot be read as a configuration", got=err) from err
    fixed = {_plain(name) for section in FIXED.values() for name in section}
    left_out = fixed | {_plain(name) for name in (*_MACHINE_NAMES, "default_report_file_path")}
    return {
        section: {
            key: value for key, value in parser[section].items() if _plain(key) not in left_out
        }
        for section in parser.sections()
    }


def _plain(option: str) -> str:
    """Return an option's name as sPyNNaker compares it."""
    return option.lower().replace("_", "")


@contextmanager
def environment(folder: RunFolder, hidden: tuple[str, ...] = ()) -> Iterator[None]:
    """Point HOME and its like into a run's folder; as before on leaving.

    Parameters
    ----------
    folder : RunFolder
    hidden : tuple of str
        Variables that are absent meanwhile.
    """
    home = str(folder.home.resolve())
    given = {
        "HOME": home,
        "XDG_CONFIG_HOME": f"{home}/.config",
        "XDG_CONFIG_DIRS": f"{home}/.config",
        "XDG_CACHE_HOME": f"{home}/.cache",
    }
    # Continuous integration of the vendor: it would send reports elsewhere.
    absent = ("GLOBAL_REPORTS", *hidden)
    before = {name: os.environ.get(name) for name in (*given, *absent)}
    os.environ.update(given)
    for name in absent:
        os.environ.pop(name, None)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def working_directory(path: Path) -> Iterator[None]:
    """Work in another directory; back in the one before on leaving."""
    before = Path.cwd()
    os.chdir(path)
    try:
        yield
    finally:
        os.chdir(before)


__all__ = ["FILE_NAME", "FIXED", "RunFolder", "environment", "working_directory", "write"]
