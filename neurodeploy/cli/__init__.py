"""The command line: parses, calls the library, prints; the only place that does."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from neurodeploy.cli.board import board
from neurodeploy.cli.check import check
from neurodeploy.cli.codes import DONE, INTERRUPTED
from neurodeploy.cli.compile import compile_
from neurodeploy.cli.deploy import deploy
from neurodeploy.cli.targets import targets
from neurodeploy.cli.train import train
from neurodeploy.errors import InputError, NeurodeployError

#: Every command, in the order of a user's work.
COMMANDS: tuple[click.Command, ...] = (train, deploy, check, compile_, board, targets)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="neurodeploy")
def cli() -> None:
    """Trained spiking networks on SpiNNaker: compile, emulate bit for bit, run, report."""


for _command in COMMANDS:
    cli.add_command(_command)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; default those of the process.
    """
    args = list(sys.argv[1:] if argv is None else argv) or ["--help"]
    try:
        code = cli.main(args=args, prog_name="neurodeploy", standalone_mode=False)
    except NeurodeployError as err:
        click.echo(f"neurodeploy: {err}", err=True)
        return err.exit_code
    except click.ClickException as err:
        context = getattr(err, "ctx", None)
        hint = f" See {context.command_path} --help." if context else ""
        click.echo(f"neurodeploy: {err.format_message()}{hint}", err=True)
        return InputError.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("neurodeploy: interrupted; no report was written", err=True)
        return INTERRUPTED
    return code if isinstance(code, int) else DONE


__all__ = ["cli", "main"]
