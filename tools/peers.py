"""Run a folder of other people's sPyNNaker scripts or tests on the virtual board.

Each script, or each test method, runs by `neurodeploy board run` in a process of its own, in its
own folder, and has so long. What came of each is added to a table as it ends, so that a run which
is broken off goes on from there. Run it with `python -m tools.peers FOLDER --table FILE`.
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

#: Run by the board as the main program: pytest for one method.
_ONE_TEST = """
import sys, pytest
sys.exit(pytest.main(["-q", "-x", "-rs", "--no-header", "-p", "no:cacheprovider", *sys.argv[1:]]))
"""
#: How much longer than its limit a process may take to end by itself.
_GRACE_S = 30.0
_LONGEST = 200
_SKIPPED = re.compile(r"^SKIPPED \[\d+\] (.*)$", re.MULTILINE)
#: Where the reason is told: pytest's mark of an error, or the end of a traceback.
_TOLD = re.compile(r"^(?:E {3}|[\w.]*(?:Error|Exception|Interrupt|Exit)\b|neurodeploy: )(.*)$")


@dataclass(frozen=True)
class Outcome:
    """What came of a script or test.

    Parameters
    ----------
    name : str
        Its path in the folder, and the method.
    result : str
        passed, failed, skipped or stopped (at the limit).
    seconds : float
        From start to end.
    reason : str
        In a line; empty if it passed.
    """

    name: str
    result: str
    seconds: float
    reason: str = ""


def scripts(folder: Path) -> list[str]:
    """Return all Python files below a folder but those of packages."""
    found = (path.relative_to(folder) for path in folder.rglob("*.py"))
    return sorted(str(path) for path in found if path.name != "__init__.py")


def methods(folder: Path) -> list[str]:
    """Return the identifiers of all tests that pytest finds below a folder."""
    asked = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    told = subprocess.run(
        [*asked, "--rootdir", ".", "."], cwd=folder, capture_output=True, text=True, check=False
    )
    lines = told.stdout.splitlines()
    broken = [line.split()[1] for line in lines if line.startswith("ERROR ")]
    return [line for line in lines if "::" in line and " " not in line] + broken


def run(folder: Path, name: str, *, limit_s: float, options: Sequence[str] = ()) -> Outcome:
    """Run one script, or one test if the name says a method, and wait for its end.

    Parameters
    ----------
    folder : Path
    name : str
        As `scripts` or `methods` return it.
    limit_s : float
        Stopped after so long.
    options : sequence of str
        Of `neurodeploy board run`.
    """
    path, _, method = name.partition("::")
    where = (folder / path).resolve()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="peers-") as home:
        wanted = [where.name]
        if method or where.name.startswith("test_"):
            (Path(home) / "one_test.py").write_text(_ONE_TEST, encoding="utf-8")
            wanted = [f"{home}/one_test.py", f"--rootdir={folder.resolve()}"]
            wanted.append(f"{where}::{method}" if method else str(where))
        limits = ["--limit", f"{limit_s:g}"]
        command = [sys.executable, "-m", "neurodeploy", "board", "run", *limits, *options, *wanted]
        environment = os.environ | {"HOME": home, "MPLBACKEND": "Agg"}
        code, text = _finish(command, where.parent, environment, limit_s + _GRACE_S)
    return Outcome(name, *judge(code, text, time.monotonic() - started))


def _finish(
    command: Sequence[str], folder: Path, environment: dict[str, str], limit_s: float
) -> tuple[int | None, str]:
    """Run a command; return its exit code, None if it had to be stopped, and what it said."""
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            text = process.communicate(timeout=limit_s)[0]
            return process.returncode, text
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return None, process.communicate()[0]


def judge(code: int | None, text: str, seconds: float) -> tuple[str, float, str]:
    """Return result, time and reason of what ended with a code and said a text."""
    seconds = round(seconds, 1)
    if code is None or "ran past its limit" in text:
        return "stopped", seconds, "at its limit"
    skipped = _SKIPPED.search(text)
    if code == 0:
        return ("skipped", seconds, skipped[1]) if skipped else ("passed", seconds, "")
    told = [line for line in text.splitlines() if _TOLD.match(line)]
    last = told[-1] if told else (text.strip().splitlines() or [""])[-1]
    return "failed", seconds, f"exit {code}: {' '.join(last.split())}"[:_LONGEST]


def known(table: Path) -> dict[str, Outcome]:
    """Return what a table holds already; the last line of a name counts."""
    if not table.exists():
        return {}
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t"))[1:]
    return {n: Outcome(n, result, float(s), reason) for n, result, s, reason in rows}


def _append(table: Path, outcome: Outcome) -> None:
    new = not table.exists()
    with table.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t")
        if new:
            writer.writerow(field.name for field in fields(Outcome))
        writer.writerow(astuple(outcome))


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return how many ended how."""
    counts = Counter(outcome.result for outcome in outcomes)
    return ", ".join(f"{n} {result}" for result, n in sorted(counts.items())) or "nothing was run"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is not in the table yet; print every outcome and the sums."""
    for line in _lines(_parser().parse_args(arguments)):
        print(line, flush=True)
    return 0


def _lines(asked: argparse.Namespace) -> Iterator[str]:
    names = methods(asked.folder) if asked.tests else scripts(asked.folder)
    names = [name for name in names if re.search(asked.only, name)]
    before = {} if asked.again else known(asked.table)
    for name in names:
        if name not in before:
            outcome = run(asked.folder, name, limit_s=asked.limit, options=asked.options.split())
            _append(asked.table, outcome)
            yield f"{outcome.result:8} {outcome.seconds:7.1f} s  {name}  {outcome.reason}"
    table = known(asked.table)
    yield summary([table[name] for name in names])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.peers", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--table", type=Path, required=True, help="file of outcomes, added to")
    parser.add_argument("--tests", action="store_true", help="run test methods, not scripts")
    parser.add_argument("--limit", type=float, default=300.0, metavar="SECONDS")
    parser.add_argument("--only", default="", metavar="REGEX", help="those whose name has this")
    parser.add_argument("--again", action="store_true", help="even those the table has")
    parser.add_argument("--options", default="", help="for `neurodeploy board run`, in one word")
    return parser


if __name__ == "__main__":
    sys.exit(main())
