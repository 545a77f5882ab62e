"""Run a sPyNNaker script, unmodified, on a board in this process."""

from __future__ import annotations

import contextlib
import importlib.util
import runpy
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType, FunctionType

from neurodeploy.errors import BackendUnavailable, InputError
from neurodeploy_virtual.board import Board, BoardOptions
from neurodeploy_virtual.errors import BoardFault, BoardTimeout, past_limit


def run_script(
    script: str | Path, arguments: Sequence[str] = (), options: BoardOptions | None = None
) -> None:
    """Run a script as the main program, with a board for its simulator.

    Parameters
    ----------
    script : path
        A Python file that imports pyNN.spiNNaker.
    arguments : sequence of str
        What the script finds in sys.argv after its own name.
    options : BoardOptions or None
        Which board.

    Raises
    ------
    InputError
        If there is no such file.
    BackendUnavailable
        If sPyNNaker or the C extension is missing.
    BoardFault
        If a core failed, from whatever the script made of it.
    BoardTimeout
        If the script ran past its limit.
    """
    path = Path(script)
    if not path.is_file():
        raise InputError("script", "is not a file", got=path)
    require_vendor()
    _with_room(lambda: _run(path, arguments, options))


def _run(path: Path, arguments: Sequence[str], options: BoardOptions | None) -> None:
    with (
        Board(options) as board,
        board.in_process(),
        _as_main(path, arguments),
        _limited(board.options.limit_s),
    ):
        try:
            runpy.run_path(str(path), run_name="__main__")
        except Exception as err:
            _let_vendor_clean_up(err)
            _raise_cause(board, err)
            raise
        board.check()


def _call(what: Callable[[], None]) -> None:
    what()


#: CPython keeps Python's frames in pieces of 16 kB, which it takes from the system and gives back
#: whenever a call crosses an edge: in a loop at the wrong depth, for every call. A function that
#: asks for much makes a large piece, and what it calls finds room in there.
_with_room = FunctionType(_call.__code__.replace(co_stacksize=17_000), globals())


def _let_vendor_clean_up(err: Exception) -> None:
    """Call the hook by which the host software ends a simulation that failed.

    Python would call it when the board is gone already. What it does on top, printing, is
    left to whoever catches the exception: see `_as_main`.
    """
    with contextlib.suppress(Exception):
        sys.excepthook(type(err), err, err.__traceback__)


def _raise_cause(board: Board, err: BaseException) -> None:
    """Raise what the board knows of a failure that reached the script as something else."""
    cause: BaseException | None = err
    while cause is not None:
        if isinstance(cause, BoardFault | BoardTimeout):
            raise cause from (None if cause is err else err)
        cause = cause.__cause__ or cause.__context__
    failures = board.failures()
    if failures:
        raise BoardFault(failures) from err


def require_vendor() -> None:
    """Raise BackendUnavailable if sPyNNaker is not installed."""
    for name in ("spynnaker", "pyNN"):
        if importlib.util.find_spec(name) is None:
            raise BackendUnavailable(
                "virtual board",
                f"{name} is not installed",
                todo="pip install 'neurodeploy[spinnaker]'",
            )


@contextlib.contextmanager
def _limited(seconds: float | None) -> Iterator[None]:
    """Stop the main thread after so many seconds, wherever it is."""
    if seconds is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise past_limit(seconds)

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _as_main(path: Path, arguments: Sequence[str]) -> Iterator[None]:
    """Set sys.argv and sys.path as Python does for a script, and a hook that prints nothing."""
    argv, places, hook = sys.argv[:], sys.path[:], sys.excepthook
    sys.argv[:] = [str(path), *arguments]
    sys.path.insert(0, str(path.resolve().parent))
    sys.excepthook = lambda _kind, _err, _trace: None
    try:
        yield
    finally:
        sys.argv[:], sys.path[:], sys.excepthook = argv, places, hook


__all__ = ["require_vendor", "run_script"]
