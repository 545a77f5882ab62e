"""Boards that a spalloc server allots: given back however a session ends.

sPyNNaker 7.4.1 talks to a board before it gives it back, and so keeps one that is lost. On
Ctrl-C it leaves a job in the queue of an older server, where it may be allotted boards yet. In
a working directory below one called `shared` it asks the drive of EBRAINS for the collab of that
name, with something that is no token, and fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from neurodeploy_spinnaker.faults import keep_secret

_OLDER = "spinn_front_end_common.interface.interface_functions.spalloc_allocator_old"
_NEWER = "spinnman.spalloc.spalloc_allocator"
_NO_PATH = re.compile("(?!)")


@dataclass(frozen=True)
class Allotted:
    """What a session was allotted.

    Parameters
    ----------
    controllers : list
        The vendor's objects that hold boards, each with a thread that watches the server.
    jobs : list
        Those of an older server that are not destroyed.
    lost : list
        Controllers whose boards the server took back.
    """

    controllers: list[Any] = field(default_factory=list)
    jobs: list[Any] = field(default_factory=list)
    lost: list[Any] = field(default_factory=list)

    def give_back(self) -> None:
        """Give back what is still held; what fails in it does not matter any more."""
        for held in self.controllers:
            if not held.exited:
                with suppress(Exception):
                    held.close()
        for job in list(self.jobs):
            with suppress(Exception):
                job.destroy("the run broke off")


@contextmanager
def boards_given_back() -> Iterator[Allotted]:
    """Know every board that is allotted, and give all back at the end."""
    older: Any = import_module(_OLDER)
    newer: Any = import_module(_NEWER)
    allotted = Allotted()
    controller = "_OldSpallocJobController"
    changed: tuple[tuple[Any, str, Any], ...] = (
        # Files of the user's, in HOME and in the working directory.
        (import_module("spalloc_client.job"), "SEARCH_PATH", []),
        (older, "Job", _known_job(older.Job, allotted)),
        (older, controller, _known_controller(getattr(older, controller), allotted)),
        (newer, "SpallocJobController", _known_controller(newer.SpallocJobController, allotted)),
        (newer, "SHARED_PATH", _NO_PATH),
        (newer, "SHARED_WITH_PATH", _NO_PATH),
        (newer, "__bearer_token", _known_token(getattr(newer, "__bearer_token"))),
    )
    before = [(module, name, getattr(module, name)) for module, name, _ in changed]
    for module, name, ours in changed:
        setattr(module, name, ours)
    try:
        yield allotted
    finally:
        for module, name, made in before:
            setattr(module, name, made)
        allotted.give_back()


def _known_token(ask: Callable[[], str | None]) -> Callable[[], str | None]:
    """Return a function that asks for the token, and sees that it is never repeated."""

    def asked() -> str | None:
        token = ask()
        if token:
            keep_secret(token)
        return token

    return asked


def _known_job(made: Any, allotted: Allotted) -> Any:
    class Job(made):  # type: ignore[misc]
        """A job that is known until it is destroyed."""

        def __init__(self, *args: Any, **more: Any) -> None:
            allotted.jobs.append(self)
            super().__init__(*args, **more)

        def destroy(self, reason: str | None = None) -> None:
            """Give the boards back."""
            if self in allotted.jobs:
                allotted.jobs.remove(self)
            super().destroy(reason)

    return Job


def _known_controller(made: Any, allotted: Allotted) -> Any:
    class Controller(made):  # type: ignore[misc]
        """Holds boards; its thread ends when they are given or taken back."""

        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            allotted.controllers.append(self)

        @property
        def exited(self) -> bool:
            """Whether the boards were given back."""
            return bool(self._exited)

        def _wait(self) -> bool:
            still = bool(super()._wait())
            if not (still or self._exited):
                allotted.lost.append(self)
            return still

        def _teardown(self) -> None:
            # What fails here would be printed, and so would the vendor's own end of the thread.
            with suppress(Exception):
                super()._teardown()
            self._exited = True

    return Controller


__all__ = ["Allotted", "boards_given_back"]
