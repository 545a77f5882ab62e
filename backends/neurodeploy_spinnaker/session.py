"""One session of sPyNNaker in this process: set up on entry, always ended on exit.

sPyNNaker holds one simulation in globals of the process, reads HOME and the working directory
when it is set up, takes Ctrl-C and `sys.excepthook` for itself, and logs and draws bars on
stderr. A process of its own would keep all that apart, but every call and every array of the
network would have to cross to it; so a session changes this process and puts everything back,
and there is one session at a time.
"""

from __future__ import annotations

import logging
import shutil
import signal
import sqlite3
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from pathlib import Path

from neurodeploy.api import BackendFailure, SessionOptions, TargetError
from neurodeploy_spinnaker import vendor, versions
from neurodeploy_spinnaker.configuration import RunFolder, environment, working_directory, write
from neurodeploy_spinnaker.faults import redacted, taken_back, translated
from neurodeploy_spinnaker.log import logged, root_handlers_apart
from neurodeploy_spinnaker.machine import Machine, Witness
from neurodeploy_spinnaker.progress import Progress
from neurodeploy_spinnaker.simulation import Simulation
from neurodeploy_spinnaker.vendor_spalloc import boards_given_back

_ONE_AT_A_TIME = threading.Lock()


@contextmanager
def opened(options: SessionOptions, machine: Machine) -> Iterator[Simulation]:
    """Set sPyNNaker up on a machine and give pyNN.spiNNaker.

    Parameters
    ----------
    options : SessionOptions
    machine : Machine
        Of `machine.py`, or another package's own.

    Yields
    ------
    simulation : Simulation

    Raises
    ------
    BackendFailure
        If the vendor or the machine fails, whatever the call in the body.
    TargetError
        If another session is open, or another release of sPyNNaker is installed.
    """
    versions.require(options.machine.allow_version)
    settings = machine.settings()
    if not _ONE_AT_A_TIME.acquire(blocking=False):
        raise TargetError("sPyNNaker", "runs one session at a time", todo="end the other first")
    try:
        with _run_folder(options.machine.folder) as folder, ExitStack() as stack:
            write(folder, settings, options.machine.settings)
            stack.enter_context(environment(folder, machine.hidden))
            stack.callback(_scrub, folder)
            stack.enter_context(_handlers_kept())
            stack.enter_context(translated(str(folder.log)))
            module = vendor.pynn()
            progress = Progress(options.progress, stack.enter_context(logged(folder.log)))
            witness = stack.enter_context(machine.attached())
            known = partial(_heard, witness, folder.log)
            stack.enter_context(translated(str(folder.log), known))
            stack.enter_context(vendor.bars_silenced(progress.told))
            stack.enter_context(vendor.sources_mended())
            stack.enter_context(vendor.lost_boards_left())
            stack.enter_context(_allotment(str(folder.log)))
            stack.enter_context(_set_up(module, options, folder))
            yield Simulation(
                module,
                database=vendor.database if machine.runs else None,
                allow_loss=options.machine.allow_loss,
                log=str(folder.log),
                known=known,
            )
    finally:
        _ONE_AT_A_TIME.release()


def _heard(witness: Witness, log: Path) -> BackendFailure | None:
    """Return what the machine knows of a failure, with all of it in the log."""
    known = witness(str(log))
    if known is not None:
        told = "\n".join([str(known), *getattr(known, "__notes__", ())])
        logging.getLogger(__package__).error("%s", told)
    return known


@contextmanager
def _set_up(module: object, options: SessionOptions, folder: RunFolder) -> Iterator[None]:
    """Set the simulator up; end it however the body ends, the first error going on."""
    if vendor.is_open():
        raise TargetError(
            "sPyNNaker", "is set up by this script already", todo="call sim.end() first"
        )
    step_ms = options.timestep_ms
    try:
        with working_directory(folder.home), root_handlers_apart():
            module.setup(  # type: ignore[attr-defined]
                timestep=step_ms, min_delay=step_ms, time_scale_factor=options.time_scale_factor
            )
        vendor.redact_store(redacted)
        yield
    except BaseException:
        with suppress(Exception):
            module.end()  # type: ignore[attr-defined]
        with suppress(Exception):
            vendor.close()
        raise
    else:
        module.end()  # type: ignore[attr-defined]
    finally:
        vendor.forget()


@contextmanager
def _allotment(log: str) -> Iterator[None]:
    """Give allotted boards back at the end; say so where a server took them back."""
    with boards_given_back() as allotted:
        try:
            yield
        except Exception as err:
            if allotted.lost:
                raise taken_back(err, log) from err
            raise


@contextmanager
def _run_folder(asked: Path | None) -> Iterator[RunFolder]:
    """Give the folder asked for, or a temporary one that stays if the session fails."""
    if asked is not None:
        yield RunFolder(asked)
        return
    made = Path(tempfile.mkdtemp(prefix="neurodeploy-spinnaker-"))
    yield RunFolder(made)
    shutil.rmtree(made, ignore_errors=True)


@contextmanager
def _handlers_kept() -> Iterator[None]:
    """Put the handlers of Ctrl-C and of uncaught errors back."""
    hook = sys.excepthook
    main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT) if main else None
    try:
        yield
    finally:
        sys.excepthook = hook
        if main and handler is not None:
            signal.signal(signal.SIGINT, handler)


def _scrub(folder: RunFolder) -> None:
    """Remove the cookies of a spalloc session, and what servers said back, from what is kept."""
    for path in folder.reports.glob("*/*"):
        # ErrorFile.txt, errored: tracebacks and texts of exceptions.
        if path.is_file() and path.suffix != ".sqlite3":
            text = path.read_text(encoding="utf-8", errors="replace")
            if redacted(text) != text:
                path.write_text(redacted(text), encoding="utf-8")
    for path in folder.reports.glob("**/*.sqlite3"):
        with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as db, db:
            db.execute("PRAGMA secure_delete = ON")
            db.execute("DELETE FROM proxy_configuration")


__all__ = ["opened"]
