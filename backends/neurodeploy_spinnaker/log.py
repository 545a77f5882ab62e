"""sPyNNaker's log in a file of the run, and nowhere else."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from neurodeploy_spinnaker.faults import redacted
from neurodeploy_spinnaker.vendor import LOGGERS

FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


class _Redacting(logging.Formatter):
    """Leaves the values of secret environment variables out of what is written."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as text."""
        return redacted(super().format(record))


@contextmanager
def logged(path: Path) -> Iterator[logging.Logger]:
    """Write what the vendor logs into a file and give a logger for our own lines in it.

    Entered once the vendor is imported: some of its loggers are known only then.

    Parameters
    ----------
    path : Path
        Written to its end if it exists.
    """
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(_Redacting(FORMAT))
    loggers = [logging.getLogger(name) for name in (*LOGGERS, *_named_by_file(), __package__)]
    before = [(one.level, one.propagate) for one in loggers]
    own = [(one, one.handlers) for one in _below()]
    for one, _ in own:
        # Some write to stderr by themselves.
        one.handlers = []
    for one in loggers:
        one.addHandler(handler)
        one.setLevel(logging.INFO)
        one.propagate = False
    try:
        yield logging.getLogger(__package__)
    finally:
        for one, (level, propagate) in zip(loggers, before, strict=True):
            one.removeHandler(handler)
            one.setLevel(level)
            one.propagate = propagate
        for one, handlers in own:
            one.handlers = handlers
        handler.close()


def _named_by_file() -> list[str]:
    """Return the vendor's loggers that are named by a file instead of a module."""
    known = logging.root.manager.loggerDict
    return [n for n in known if n.endswith(".py") and not {*LOGGERS}.isdisjoint(Path(n).parts)]


def _below() -> list[logging.Logger]:
    """Return the loggers of the vendor's modules that have handlers of their own."""
    known = logging.root.manager.loggerDict
    names = [name for name in known if "." in name and name.partition(".")[0] in LOGGERS]
    return [one for one in map(logging.getLogger, names) if one.handlers]


@contextmanager
def root_handlers_apart() -> Iterator[None]:
    """Take the root logger's handlers away for a moment: sPyNNaker would reformat them all."""
    root = logging.getLogger()
    before, root.handlers = root.handlers, []
    try:
        yield
    finally:
        root.handlers = before


__all__ = ["logged", "root_handlers_apart"]
