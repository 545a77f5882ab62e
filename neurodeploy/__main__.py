"""The process: python -m neurodeploy, and the installed command."""

import sys

from neurodeploy.cli import main


def run() -> None:
    """Run the command and end the process with its exit code."""
    sys.exit(main())


if __name__ == "__main__":
    run()
