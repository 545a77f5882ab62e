"""What several commands share: options of a model, loading it, a progress bar."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from neurodeploy.describe import Model

Command = Callable[..., Any]


def model_options(command: Command) -> Command:
    """Add MODEL and the facts that a bare .nir file lacks."""
    for option in (
        click.option("--readout", help="For a bare .nir: spike_count, membrane_sum, ..."),
        click.option("--encoder", help="For a bare .nir: KIND:STEPS, such as rate:16."),
        click.option(
            "--reset", help="For a bare .nir: hard, subtract, ... (docs/model-folder.md)."
        ),
        click.option("--dt", type=float, help="For a bare .nir: step, in the source's unit."),
        click.option("--source", help="For a bare .nir: the framework that wrote it."),
        click.option(
            "--weight-scale",
            multiple=True,
            metavar="HOW",
            help="calibrated (default), safe, or POPULATION=EXC,INH in nA; may repeat.",
        ),
        click.argument("model"),
    ):
        command = option(command)
    return command


def load_model(model: str, options: dict[str, Any]) -> Model:
    """Load MODEL with the facts that the options give."""
    from neurodeploy import load

    facts = ("dt", "reset", "source", "encoder", "readout")
    return load(model, **{key: options[key] for key in facts})


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[float], None] | None]:
    """Show a bar on a terminal; elsewhere stay silent."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=1.0)
        yield lambda share: bar.update(task, completed=share)


__all__ = ["load_model", "model_options", "progress_bar"]
