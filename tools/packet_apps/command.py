"""What the commands on packets/apps have in common."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from neurodeploy.errors import NeurodeployError


def parser(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser that asks for the captures; `doc` is the command's module docstring."""
    made = argparse.ArgumentParser(description=(doc or "").splitlines()[0])
    made.add_argument("--data", type=Path, required=True, help="folder with index.csv")
    return made


def say(name: str, lines: Iterable[str]) -> int:
    """Print lines as they come.

    Parameters
    ----------
    name : str
        Of the command.
    lines : iterable of str
        May raise a NeurodeployError, which becomes one line on stderr.

    Returns
    -------
    exit_code : int
        0, or that of the error.
    """
    try:
        for line in lines:
            print(line, flush=True)
    except NeurodeployError as err:
        print(f"{name}: {err}", file=sys.stderr)
        return err.exit_code
    return 0
