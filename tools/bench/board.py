"""Speed of the virtual board: ``python -m tools.bench.board`` prints a table.

Measured are the seconds of `neurodeploy board run SCRIPT` from start to end, and, in another
process with a meter, of the time in which all cores run: instructions that the cores retire a
second (sleep is skipped and counts for nothing) and emulated milliseconds a second.
`python -m tools.bench.board_plot` draws what this prints.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.bench.board_scripts import many_cores, synfire, thousand

ROOT = Path(__file__).resolve().parents[2]
CORES = (1, 2, 4, 8, 16, 32, 64)
ROUNDS = 3
_RUNNING = 7
_CORE_BLOCKS, _BLOCK_BYTES, _STATE = 0xE5007000, 128, 46


@dataclass
class Span:
    """What one number of running cores has taken.

    Attributes
    ----------
    cpu_s, wall_s : float
        Seconds in the machine's `run`, of this thread and on the clock.
    emulated_us, instructions : int
    """

    cpu_s: float = 0.0
    wall_s: float = 0.0
    emulated_us: int = 0
    instructions: int = 0


class Meter:
    """Adds up what a machine does, apart for each number of running cores."""

    def __init__(self, machine: Any, chips: list[tuple[int, int]]) -> None:
        self._machine, self._chips, self._run = machine, chips, machine.run
        self.spans: dict[int, Span] = defaultdict(Span)
        machine.run = self.run

    def _running(self) -> int:
        n = 0
        for x, y in self._chips:
            blocks = self._machine.read(x, y, _CORE_BLOCKS, 18 * _BLOCK_BYTES)
            n += blocks[_STATE::_BLOCK_BYTES].count(_RUNNING)
        return n

    def run(self, us: int, attention: bool = True) -> Any:
        """Run the machine, with a stopwatch."""
        span = self.spans[self._running()]
        before = self._machine.stats()["instructions"]
        cpu, wall = time.thread_time(), time.perf_counter()
        stop = self._run(us, attention)
        span.cpu_s += time.thread_time() - cpu
        span.wall_s += time.perf_counter() - wall
        span.emulated_us += stop.elapsed_us
        span.instructions += self._machine.stats()["instructions"] - before
        return stop

    def main_span(self) -> Span:
        """Return that of the most cores: the run itself."""
        return self.spans[max(self.spans)]


def measure(script: str, version: int) -> dict[str, float]:
    """Run a script on a board in this process; returns figures."""
    from neurodeploy_virtual.board import Board, BoardOptions

    made = time.perf_counter()
    with Board(BoardOptions(version=version)) as board:
        board_s = time.perf_counter() - made
        meter = Meter(board.machine, sorted(board.layout.places))
        values: dict[str, Any] = {}
        with board.in_process(), contextlib.redirect_stdout(sys.stderr):
            exec(compile(script, "script", "exec"), values)
    span = meter.main_span()
    return {
        "board_s": board_s,
        "mips": span.instructions / span.cpu_s / 1e6,
        "ms_a_second": span.emulated_us / span.cpu_s / 1000,
        "wall": span.emulated_us / span.wall_s / 1000,
        "spikes": values["spikes"],
    }


def in_processes(script: str, version: int) -> dict[str, float]:
    """Measure a script in fresh processes; interpreter start is included in `total_s`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "script.py"
        path.write_text(script, encoding="utf-8")
        said = _python(folder, "tools.bench.board", str(path), str(version))
        figures: dict[str, float] = json.loads(said.splitlines()[-1])
        begun = time.perf_counter()
        _python(folder, "neurodeploy", "board", "run", "--version", str(version), str(path))
        return figures | {"total_s": time.perf_counter() - begun}


def _python(folder: str, *module: str) -> str:
    """Run a module where sPyNNaker may write its reports; returns what it printed."""
    roots = os.pathsep.join(str(ROOT / part) for part in (".", "backends"))
    ended = subprocess.run(
        [sys.executable, "-m", *module],
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": roots},
    )
    if ended.returncode:
        raise SystemExit(ended.stderr[-3000:])
    return ended.stdout


def show(name: str, script: str, version: int) -> None:
    """Print the best of some rounds: other processes only ever make it slower."""
    found = [in_processes(script, version) for _ in range(ROUNDS)]
    best = {key: max(f[key] for f in found) for key in ("mips", "ms_a_second", "wall")}
    best |= {key: min(f[key] for f in found) for key in ("board_s", "total_s")}
    spikes = {f["spikes"] for f in found}
    print(
        f"{name:<22} {best['mips']:6.0f} {best['ms_a_second']:8.0f} {best['wall']:8.0f}"
        f" {best['total_s']:8.1f}"
        f" {best['board_s']:8.3f}  {'/'.join(str(n) for n in sorted(spikes))}",
        flush=True,
    )


def main(arguments: list[str]) -> int:
    """Print the table; with a script and a board's version, one row of it as JSON."""
    if arguments:
        script, version = Path(arguments[0]).read_text(encoding="utf-8"), int(arguments[1])
        print(json.dumps(measure(script, version)))
        return 0
    heads = ("MIPS", "ms/s", "wall", "total s", "board s")
    print(f"{'':<22} {heads[0]:>6}", *(f"{head:>8}" for head in heads[1:]), " spikes")
    show("synfire, 4 chips", synfire(), 3)
    show("1,000 neurons, 4 chips", thousand(), 3)
    show("1,000 neurons, 48", thousand(), 5)
    for n in CORES:
        show(f"{n} cores, 48 chips", many_cores(n), 5)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
