"""Draw what the board takes for many cores: ``python -m tools.bench.board_plot TABLE FILE.svg``.

The table is what ``python -m tools.bench.board`` has printed.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

_ROW = re.compile(r"^(\d+) cores, \d+ chips((?: +[\d.]+){5})")


class Row(NamedTuple):
    """What one number of busy cores took: cores, seconds an emulated second, seconds in all."""

    cores: int
    run_s: float
    total_s: float


def rows(lines: Iterable[str]) -> list[Row]:
    """Read the rows of a table that tell of busy cores."""
    found = []
    for line in lines:
        if matched := _ROW.match(line):
            _mips, _cpu, ms_a_second, total_s, _board_s = map(float, matched[2].split())
            found.append(Row(int(matched[1]), 1000 / ms_a_second, total_s))
    return found


def draw(table: Sequence[Row], path: Path) -> None:
    """Draw both times against the number of cores."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(6, 3.6), layout="constrained")
    cores = [row.cores for row in table]
    axis.loglog(cores, [row.total_s for row in table], "o-", label="script of 200 ms, in all")
    axis.loglog(cores, [row.run_s for row in table], "s-", label="1 s of the run itself")
    axis.axhline(1, color="grey", linewidth=0.8, linestyle="--", label="real time of the run")
    axis.set_xticks(cores, [str(n) for n in cores])
    axis.set_xlabel("busy cores, 256 neurons each")
    axis.set_ylabel("seconds on the clock")
    axis.grid(alpha=0.3)
    axis.legend()
    matplotlib.rcParams["svg.hashsalt"] = "board"
    figure.savefig(path, metadata={"Date": None})


def main(argv: Sequence[str] | None = None) -> int:
    """Draw a table to the file that is named."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.board_plot", description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("path", type=Path)
    asked = parser.parse_args(argv)
    draw(rows(asked.table.read_text(encoding="utf-8").splitlines()), asked.path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
