"""Options that say which machine a target is to use, for every command that runs on one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from neurodeploy.runtime.backend import MachineOptions

Command = Callable[..., Any]


def machine_options(command: Command) -> Command:
    """Add the options that name a board or a server of boards, and a file to record a run in."""
    for option in (
        click.option(
            "--cassette",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Record the run; --target replay:FILE plays it back.",
        ),
        click.option(
            "--spynnaker-cfg",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Start from this .spynnaker.cfg; without it yours is not read.",
        ),
        click.option(
            "--allow-version", is_flag=True, help="Run with another sPyNNaker than 7.4.1."
        ),
        click.option(
            "--allow-loss", is_flag=True, help="Count a run though the machine lost spikes."
        ),
        click.option(
            "--ebrains", is_flag=True, help="Boards through EBRAINS; token in OIDC_BEARER_TOKEN."
        ),
        click.option("--user", help="User of the spalloc server; a password in SPALLOC_PASSWORD."),
        click.option("--spalloc", metavar="SERVER", help="Boards allotted by a spalloc server."),
        click.option(
            "--version",
            "version",
            type=click.Choice(["3", "5"]),
            help="Of --board: 3 has 4 chips, 5 has 48 (default).",
        ),
        click.option("--board", metavar="HOST", help="Board for target spinnaker, by address."),
    ):
        command = option(command)
    return command


def machine_from(options: dict[str, Any], folder: Path | None = None) -> MachineOptions:
    """Return the machine that a command's options ask for.

    Parameters
    ----------
    options : dict
        Parameters of the command, those of `machine_options` among them.
    folder : Path, optional
        Gets the vendor's log and reports.
    """
    from neurodeploy.runtime.backend import MachineOptions

    version = options["version"]
    return MachineOptions(
        board=options["board"],
        version=None if version is None else int(version),
        spalloc=options["spalloc"],
        user=options["user"],
        ebrains=options["ebrains"],
        allow_loss=options["allow_loss"],
        allow_version=options["allow_version"],
        settings=options["spynnaker_cfg"],
        folder=folder,
    )


__all__ = ["machine_from", "machine_options"]
