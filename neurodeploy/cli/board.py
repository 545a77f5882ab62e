"""`neurodeploy board`: sPyNNaker scripts on the virtual board, in this process or over UDP."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

import click

from neurodeploy.cli.codes import DONE
from neurodeploy.errors import BackendUnavailable, InputError

#: The target whose package has the board.
_TARGET = "virtual"
_POSITIVE = click.FloatRange(min=0, min_open=True)


def _part(name: str) -> Any:
    """Return a module of the backend's package."""
    from neurodeploy.runtime.registry import find

    package = type(find(_TARGET)).__module__.partition(".")[0]
    try:
        return import_module(f"{package}.{name}")
    except ImportError as err:
        raise BackendUnavailable(
            "virtual board", "cannot be loaded", got=err, todo="pip install neurodeploy"
        ) from err


def _numbers(text: str, count: int, what: str) -> list[tuple[int, ...]]:
    """Read groups of numbers, like `0,1,5 1,1,2`."""
    groups = [part for part in re.split(r"[\s:;]+", text) if part]
    if not all(re.fullmatch(r"\d+(,\d+)*", g) and g.count(",") == count - 1 for g in groups):
        raise InputError(what, "cannot be read", got=text, limit=",".join("n" * count))
    return [tuple(int(n) for n in group.split(",")) for group in groups]


def _options(machine: dict[str, Any], **more: Any) -> Any:
    """Build the backend's options from those of `_machine_options`, and more."""
    kinds = (("chips", 2), ("cores", 3), ("links", 3))
    chips, cores, links = (
        frozenset(_numbers(machine[f"dead_{what}"], count, f"dead {what}")) for what, count in kinds
    )
    across, triads = None, machine["triads"]
    if triads is not None:
        if not re.fullmatch(r"\d+x\d+", triads):
            raise InputError("triads", "cannot be read", got=triads, limit="WIDTHxHEIGHT")
        across = tuple(int(n) for n in triads.split("x"))
    faults = _part("geometry").Faults(chips=chips, cores=cores, links=links)
    return _part("board").BoardOptions(
        version=int(machine["version"]),
        triads=across,
        faults=faults,
        **{name: machine[name] for name in ("wrap", "pace", "threads")},
        **more,
    )


def _machine_options(command: Any) -> Any:
    """Add the options that describe the machine."""
    for option in reversed(
        (
            click.option(
                "--version",
                type=click.Choice(["3", "5"]),
                default="5",
                show_default=True,
                help="Board: 3 has 4 chips, 5 has 48.",
            ),
            click.option(
                "--triads", metavar="WxH", help="Triads of 48-chip boards instead of one."
            ),
            click.option(
                "--wrap/--no-wrap", default=True, help="Whether edges of triads are joined."
            ),
            click.option(
                "--threads", type=click.IntRange(1, 64), default=1, help="Threads to use."
            ),
            click.option("--pace", type=_POSITIVE, help="Emulated seconds a second, at most."),
            click.option(
                "--dead-chips", default="", metavar="X,Y ...", help="Chips that are dead."
            ),
            click.option("--dead-cores", default="", metavar="X,Y,P ...", help="Dead cores."),
            click.option("--dead-links", default="", metavar="X,Y,L ...", help="Dead links."),
        )
    ):
        command = option(command)
    return command


@click.group()
def board() -> None:
    """Run sPyNNaker scripts on a virtual board that executes the real binaries."""


@board.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@_machine_options
@click.option("--limit", type=_POSITIVE, metavar="SECONDS", help="Stop a script that runs longer.")
@click.argument("script", type=click.Path())
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run(script: str, arguments: tuple[str, ...], limit: float | None, **machine: Any) -> int:
    """Run SCRIPT with ARGUMENTS, unmodified, on a board inside this process."""
    options = _options(machine, limit_s=limit)
    module = _part("run_script")
    try:
        module.run_script(script, arguments, options)
    except _part("errors").BoardFault as fault:
        click.echo(fault.report(), err=True)
        raise
    return DONE


@board.command()
@_machine_options
@click.option("--address", default="127.0.0.2", show_default=True, help="Address of the board.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=17893,
    show_default=True,
    help="Command port.",
)
@click.option("--public", is_flag=True, help="Allow an address that is not loopback.")
def serve(address: str, port: int, public: bool, **machine: Any) -> int:
    """Serve a board over UDP until interrupted, for clients of any kind."""
    options = _options(machine, address=address)

    def ready(made: Any) -> None:
        places, chips = ", ".join(made.layout.addresses.values()), len(made.layout.places)
        click.echo(f"board of version {options.version}, {chips} chips, at {places}")

    _part("serve").serve(options, port=port, public=public, ready=ready)
    return DONE


__all__ = ["board"]
