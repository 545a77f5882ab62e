"""Run sPyNNaker scripts on the virtual board, each in a process of its own."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"

#: Put before a script: `give(value)` hands a result to the test.
PRELUDE = """
import json, sys
def give(value):
    with open(sys.argv[1], "w") as file:
        json.dump(value, file)
"""


@cache
def lacking() -> str | None:
    """Return why nothing can run here, or None."""
    for name in ("spynnaker", "pyNN", "neo"):
        if importlib.util.find_spec(name) is None:
            return f"not run: {name} is not installed"
    from neurodeploy_virtual.core.machine import available

    return None if available() else "not run: the board's C extension is not built"


def environment(home: Path) -> dict[str, str]:
    """Return an environment with an empty home and the checkout's packages."""
    home.mkdir(exist_ok=True)
    paths = (str(ROOT), str(ROOT / "backends"))
    return os.environ | {
        "HOME": str(home),
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONHASHSEED": "0",
        "MPLBACKEND": "Agg",
    }


def command(*arguments: str) -> list[str]:
    """Return the command line of `neurodeploy board ...`."""
    return [sys.executable, "-m", "neurodeploy", "board", *arguments]


def run_on_board(folder: Path, code: str, *options: str, timeout_s: float = 170) -> object:
    """Run a script with `neurodeploy board run` and return what it gave."""
    prefix = command("run", "--version", "3", "--limit", str(timeout_s), *options)
    result = _run(prefix, folder, code, timeout_s)
    assert not (folder / "home" / ".spynnaker.cfg").exists(), "the user's settings were written"
    return result


def run_on_host(folder: Path, code: str, host: str, timeout_s: float = 600) -> object:
    """Run a script by itself on a board at an address and return what it gave.

    Nothing of this project is in that process: it is what any user of sPyNNaker would start.
    """
    environment(folder / "home")
    settings = f"[Machine]\nmachine_name = {host}\nversion = 5\nspalloc_server = None\n"
    (folder / "home" / ".spynnaker.cfg").write_text(settings, encoding="utf-8")
    return _run([sys.executable], folder, code, timeout_s)


def _run(prefix: list[str], folder: Path, code: str, timeout_s: float) -> object:
    (folder / "script.py").write_text(PRELUDE + code, encoding="utf-8")
    ended = subprocess.run(
        [*prefix, "script.py", "result.json"],
        cwd=folder,
        env=environment(folder / "home"),
        capture_output=True,
        text=True,
        timeout=timeout_s + 30,
        check=False,
    )
    assert ended.returncode == 0, f"exit {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
    return json.loads((folder / "result.json").read_text(encoding="utf-8"))
