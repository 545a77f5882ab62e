"""The emulator beside other engines: ``python -m tools.bench.engines [A B C]``.

Every engine gets a process; the processes take turns, round by round, so that a busy machine
disturbs all alike. The emulator's engines must give the same spikes, else the exit code is 1.
An engine that is not installed is a line that says so.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.bench.table import ENGINES

ROUNDS = 7


class Contender:
    """An engine with a network, in a process that waits between runs."""

    def __init__(self, name: str, network: str, options: Mapping[str, Any] | None = None) -> None:
        self.name = name
        command = [sys.executable, "-m", "tools.bench.worker", name, network]
        self._process = subprocess.Popen(
            [*command, json.dumps(options or {})],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
        )
        self.facts = self._answer()

    def run(self) -> dict[str, Any]:
        """Return the facts of one run."""
        if self._process.stdin is not None and self._process.poll() is None:
            self._process.stdin.write("run\n")
        return self._answer()

    def close(self) -> None:
        """End the process."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()

    def _answer(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        if not line:
            return {"not_run": f"ended with exit code {self._process.wait()}"}
        facts: dict[str, Any] = json.loads(line)
        return facts


@dataclass
class Row:
    """What is known of one engine on one network."""

    engine: str
    network: str
    build_s: float = 0.0
    n_samples: int = 0
    n_synapses: int = 0
    ms_a_sample: list[float] = field(default_factory=list)
    cpu_ms_a_sample: list[float] = field(default_factory=list)
    n_spikes: int = 0
    checksum: int | None = None
    not_run: str = ""

    @property
    def median(self) -> float:
        """Return ms a sample."""
        return statistics.median(self.ms_a_sample)


def compare(
    network: str,
    names: Sequence[str],
    rounds: int,
    *,
    options: Mapping[str, Any] | None = None,
) -> list[Row]:
    """Return a row for each engine, all measured in turns."""
    rows, running = [], []
    for name in names:
        row = Row(name, network)
        rows.append(row)
        print(f"{network}: build {name}", file=sys.stderr)
        one = Contender(name, network, options)
        row.not_run = one.facts.get("not_run", "")
        if row.not_run:
            one.close()
            continue
        row.build_s, row.n_samples = one.facts["build_s"], one.facts["n_samples"]
        row.n_synapses = one.facts["n_synapses"]
        running.append((one, row))
    for number in range(rounds + 1):  # the first round fills caches and is not counted
        for one, row in running:
            if number <= ENGINES[row.engine].rounds and not row.not_run:
                _measure(one, row, counted=number > 0)
    for one, _ in running:
        one.close()
    return rows


def _measure(one: Contender, row: Row, *, counted: bool) -> None:
    facts = one.run()
    row.not_run = facts.get("not_run", "")
    if row.not_run:
        return
    row.n_spikes, row.checksum = facts["n_spikes"], facts["checksum"]
    if counted:
        row.ms_a_sample.append(1000 * facts["seconds"] / row.n_samples)
        if facts["cpu_s"] is not None:
            row.cpu_ms_a_sample.append(1000 * facts["cpu_s"] / row.n_samples)


def differing(rows: Sequence[Row]) -> bool:
    """Tell whether engines that must agree do not."""
    found = {row.checksum for row in rows if ENGINES[row.engine].exact and not row.not_run}
    return len(found) > 1


def ratio(row: Row, base: Row) -> float:
    """Return how much longer an engine takes, as the median over rounds."""
    pairs = zip(row.ms_a_sample, base.ms_a_sample, strict=False)
    return statistics.median(mine / other for mine, other in pairs)


def table(rows: Sequence[Row]) -> str:
    """Return a Markdown table."""
    ran = [row for row in rows if row.ms_a_sample]
    lines = ["| engine | ms a sample, median | min | processor ms | ratio | build, s | spikes |"]
    lines.append("|---|---|---|---|---|---|---|")
    for row in rows:
        if row.not_run:
            lines.append(f"| {row.engine} | not run: {row.not_run} | | | | | |")
            continue
        limit = ENGINES[row.engine].n_samples
        fewer = f", {row.n_samples} samples" if limit == row.n_samples else ""
        if row.network in ENGINES[row.engine].smaller:
            fewer += f", {row.n_synapses} synapses"
        cpu = f"{statistics.median(row.cpu_ms_a_sample):.3g}" if row.cpu_ms_a_sample else ""
        lines.append(
            f"| {row.engine}{fewer} | {row.median:.3g} | {min(row.ms_a_sample):.3g} | {cpu} "
            f"| {ratio(row, ran[0]):.2g} | {row.build_s:.2g} | {row.n_spikes / row.n_samples:.0f} |"
        )
    return "\n".join(lines)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.bench.engines", description=__doc__)
    parser.add_argument("networks", nargs="*", default=["A", "B", "C"], help="of A, B and C")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument(
        "--engines", default="", help="only engines with one of these in the name, as 'kernel;NEST'"
    )
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Compare and print tables."""
    given = _arguments(argv)
    wanted = given.engines.split(";")
    names = [name for name in ENGINES if any(part in name for part in wanted)]
    everything, failed = [], False
    for network in given.networks:
        rows = compare(network, names, given.rounds)
        everything += [vars(row) for row in rows]
        load = os.getloadavg()[0]
        print(f"\nNetwork {network}, {load:.1f} busy threads on {os.cpu_count()} processors\n")
        print(f"{table(rows)}\n", flush=True)
        if differing(rows):
            print(f"{network}: the emulator's engines differ", file=sys.stderr)
            failed = True
    if given.json:
        given.json.write_text(json.dumps(everything, indent=1) + "\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
