"""Time of `check`: ``python -m tools.bench.check [FILE.nir ...]`` prints medians.

Every model under models/ is checked, and each NIR file that is given (as a network of 100 steps in
time units of its framework, `--source`, `--dt` and `--reset`). The time is that of the library's
call on a model that is loaded, compilation and counting included; the limit is one second.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import Any

import click

import neurodeploy as nd
from neurodeploy.errors import NeurodeployError

ROUNDS = 5
LIMIT_S = 1.0


def check_s(model: nd.Model, target: str) -> tuple[float, float]:
    """Return the seconds of one check, on the clock and of all processors together."""
    begun = time.perf_counter(), time.process_time()
    nd.check(model, target)
    return time.perf_counter() - begun[0], time.process_time() - begun[1]


def models_of(files: tuple[str, ...], facts: dict[str, Any]) -> dict[str, nd.Model]:
    """Return the models to check by name."""
    facts = facts | {"encoder": "events:100", "readout": "spike_count"}
    found = {path.parent.name: nd.load(path.parent) for path in Path("models").glob("*/model.toml")}
    return found | {Path(name).name: nd.load(name, **facts) for name in files}


@click.command()
@click.argument("files", nargs=-1)
@click.option("--source", default="sinabs", show_default=True)
@click.option("--dt", default=1.0, show_default=True)
@click.option("--reset", default="subtract", show_default=True)
@click.option("--target", default="spinnaker", show_default=True)
def main(files: tuple[str, ...], target: str, **facts: Any) -> None:
    """Print the median times of each check."""
    for name, model in sorted(models_of(files, facts).items()):
        try:
            check_s(model, target)
            times = [check_s(model, target) for _ in range(ROUNDS)]
        except NeurodeployError as err:
            click.echo(f"{name:<28} refused: {err}")
            continue
        clock_s, processor_s = (statistics.median(column) for column in zip(*times, strict=True))
        said = "" if clock_s < LIMIT_S else f"  above {LIMIT_S:g} s"
        click.echo(
            f"check {name:<22} median {clock_s:6.3f} s  processor {processor_s:6.3f} s{said}"
        )


if __name__ == "__main__":
    sys.exit(main())
