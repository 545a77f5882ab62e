"""`neurodeploy targets`: what can run here."""

from __future__ import annotations

import click

from neurodeploy.cli.codes import DONE
from neurodeploy.errors import NeurodeployError


@click.command()
def targets() -> int:
    """Say which targets can run here and what the others lack."""
    from neurodeploy.runtime.registry import find, names

    click.echo("ideal       ready     the trained network in float (engines: numpy)")
    for name in names():
        try:
            backend = find(name)
            missing, spec = backend.missing(), backend.target()
        except NeurodeployError as err:
            click.echo(f"{name:<11} missing   {err}")
            continue
        state = "ready" if missing is None else "missing"
        text = missing or f"{spec.emulates} (engines: {', '.join(spec.engines)})"
        click.echo(f"{name:<11} {state:<9} {text}")
    return DONE


__all__ = ["targets"]
