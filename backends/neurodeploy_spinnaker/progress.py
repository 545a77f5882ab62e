"""How far a run is, from the titles of sPyNNaker's progress bars."""

from __future__ import annotations

import logging
from collections.abc import Callable

#: Titles of the bars of one run in their order, with the share of the work done when each is
#: full. Mapping is short; loading and reading back take what the network's size asks for.
STAGES = (
    ("Adding Splitter selectors", 0.01),
    ("Adding delay extensions", 0.02),
    ("Partitioning Graph", 0.04),
    ("Placing Vertices", 0.06),
    ("Routing", 0.08),
    ("Allocating routing keys", 0.10),
    ("Generating routing tables", 0.12),
    ("Finding binaries", 0.13),
    ("Generating data specifications", 0.30),
    ("Loading", 0.45),
    ("Waiting for cores", 0.50),
    ("Updating run time", 0.51),
    ("Extracting buffers", 0.95),
    ("Getting provenance data", 0.98),
)


class Progress:
    """Turns the bars of one session into one share that never goes back.

    Where a session runs more than once, it is the share of the first run.

    Parameters
    ----------
    report : callable or None
        Called with the share done, 0 to 1.
    log : logging.Logger
        Gets each stage as it begins.
    """

    def __init__(self, report: Callable[[float], None] | None, log: logging.Logger) -> None:
        self._report, self._log = report, log
        self._share, self._title = 0.0, ""

    def told(self, title: str, done: int, of: int) -> None:
        """Take one bar's state."""
        if title != self._title:
            self._title = title
            self._log.info("stage: %s", title)
        share = share_of(title, done, of)
        if share > self._share:
            self._share = share
            if self._report is not None:
                self._report(share)


def share_of(title: str, done: int, of: int) -> float:
    """Return the share of a run that is done at a bar's state; 0 for a title not known.

    >>> share_of("Routing", 1, 2)
    0.07
    """
    begun = 0.0
    for known, full in STAGES:
        if title.startswith(known):
            part = done / of if of else 1.0
            return round(begun + (full - begun) * min(1.0, part), 6)
        begun = full
    return 0.0


__all__ = ["STAGES", "Progress", "share_of"]
