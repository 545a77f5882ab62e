"""`neurodeploy compile`: the lowered network, or a PyNN script."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from neurodeploy.cli.codes import DONE
from neurodeploy.cli.options import load_model, model_options


@click.command("compile")
@model_options
@click.option("--target", default="emulator", show_default=True)
@click.option("--script", type=click.Path(path_type=Path), help="Write a PyNN script instead.")
def compile_(model: str, target: str, script: Path | None, **options: Any) -> int:
    """Show MODEL as lowered, or write it as a standalone PyNN script."""
    from neurodeploy import WeightScale
    from neurodeploy import compile as run
    from neurodeploy.emit.script import write_script
    from neurodeploy.ir.show import show

    loaded = load_model(model, options)
    compiled = run(loaded, target, weight_scale=WeightScale.parse(options["weight_scale"]))
    if script is None:
        click.echo(show(compiled.network), nl=False)
    else:
        for path in write_script(compiled, script):
            click.echo(path)
    return DONE


__all__ = ["compile_"]
