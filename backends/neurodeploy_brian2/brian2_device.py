"""Brian2's global state, taken for one run and given back afterwards.

Brian2 keeps its device, its preferences and its log in the process, takes over
Ctrl-C and the excepthook when it is imported, and warns through its dependencies. All of
that stays in here: this is the only module that imports it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from neurodeploy.api import BackendFailure, BackendUnavailable, InputError, NeurodeployError

ENGINES = ("numpy", "cython", "cpp_standalone")

_INSTALL = "pip install brian2"


@dataclass(frozen=True)
class Device:
    """Brian2 while it is ours.

    Parameters
    ----------
    brian2 : module
    engine : {'numpy', 'cython', 'cpp_standalone'}
    folder : str or None
        Where a standalone program is built; None for the engines inside this process.
    light_code : type or None
        How thresholds and monitors run. With Cython they stay in NumPy: they gain nothing,
        and each would cost a compilation of several seconds.
    """

    brian2: Any
    engine: str
    folder: str | None
    light_code: Any

    def run(self, objects: tuple[Any, ...], n_ticks: int, report: Callable[..., None]) -> None:
        """Run the objects for so many ticks of 1 ms."""
        duration = n_ticks * self.brian2.ms
        network = self.brian2.Network(*objects)
        if self.folder is None:
            # Only now, so that building the network compiles nothing.
            self.brian2.prefs.codegen.target = self.engine
            network.run(
                duration, namespace={}, report=report, report_period=0.2 * self.brian2.second
            )
            return
        report(0, 0.0, 0, duration)
        network.run(duration, namespace={})
        self.brian2.get_device().build(directory=self.folder, with_output=False)
        report(0, 1.0, 0, duration)


def missing_compiler(engine: str) -> str:
    """Return which program an engine lacks, or an empty string."""
    if engine == "numpy":
        return ""
    compiler = os.environ.get("CXX", "").split()
    wanted = [compiler[0] if compiler else "g++"] + ["make"] * (engine == "cpp_standalone")
    return " and ".join(name for name in wanted if shutil.which(name) is None)


@contextlib.contextmanager
def brian2_device(engine: str) -> Iterator[Device]:
    """Set Brian2 up for one run with an engine, and undo it on exit."""
    if engine not in ENGINES:
        raise InputError("engine", "is not one of the emulator's", got=engine, limit=ENGINES)
    if absent := missing_compiler(engine):
        raise BackendUnavailable(
            f"engine {engine}",
            f"needs a C++ compiler, and {absent} is not on the path",
            todo="install a C++ compiler and make (Debian: apt-get install g++ make), "
            "or use the engine numpy",
        )
    brian2 = _import()
    with _quiet(brian2), _standalone(brian2, engine) as folder, _errors():
        numpy_code = brian2.codegen.runtime.numpy_rt.NumpyCodeObject
        yield Device(brian2, engine, folder, numpy_code if engine == "cython" else None)


def _import() -> Any:
    """Import Brian2 and take back what it takes over."""
    hook = sys.excepthook
    main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import brian2
    except ImportError as err:
        raise BackendUnavailable(
            "emulator", f"Brian2 does not import: {err}", todo=_INSTALL
        ) from err
    except AttributeError as err:
        raise BackendUnavailable(
            "emulator",
            f"Brian2 and NumPy do not fit each other: {err}",
            todo="on Python 3.11, pip install 'brian2==2.9.0' 'numpy>=2,<2.4'",
        ) from err
    finally:
        sys.excepthook = hook
        if main and handler is not None:
            signal.signal(signal.SIGINT, handler)
    return brian2


@contextlib.contextmanager
def _quiet(brian2: Any) -> Iterator[None]:
    """Keep Brian2's log silent, and its preferences as they were."""
    log = logging.getLogger("brian2")
    level, prefs = log.level, brian2.prefs
    target, graceful = prefs.codegen.target, prefs.core.stop_on_keyboard_interrupt
    try:
        # It would write every line of generated code to a file, which takes time too.
        log.setLevel(logging.CRITICAL)
        prefs.codegen.target = "numpy"
        # Else Ctrl-C would end the run early, as if it were done.
        prefs.core.stop_on_keyboard_interrupt = False
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        prefs.codegen.target = target
        prefs.core.stop_on_keyboard_interrupt = graceful
        log.setLevel(level)


@contextlib.contextmanager
def _standalone(brian2: Any, engine: str) -> Iterator[str | None]:
    if engine != "cpp_standalone":
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="neurodeploy-") as folder:
        brian2.set_device("cpp_standalone", directory=folder, build_on_run=False)
        try:
            yield folder
        finally:
            brian2.get_device().reinit()
            brian2.devices.reset_device()


@contextlib.contextmanager
def _errors() -> Iterator[None]:
    """Turn what Brian2 raises into our own error; Ctrl-C passes."""
    try:
        yield
    except NeurodeployError:
        raise
    except Exception as err:
        cause = err.__cause__ or err
        raise BackendFailure("Brian2", f"failed: {type(cause).__name__}: {cause}") from err


__all__ = ["ENGINES", "Device", "brian2_device", "missing_compiler"]
