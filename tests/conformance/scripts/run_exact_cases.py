"""Run exact cases on one target and write what they returned.

Usage: run_exact_cases.py TARGET OUT CASE...; a board's address is in NEURODEPLOY_TEST_BOARD.
"""

import json
import os
import sys
import traceback
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from exact_cases import CASES

from neurodeploy.runtime.backend import MachineOptions, SessionOptions
from neurodeploy.runtime.registry import find


def run(target, name, folder):
    board = os.environ.get("NEURODEPLOY_TEST_BOARD") or None
    machine = MachineOptions(board=board, version=None if board else 3, folder=folder / name)
    # The board counts what it never delivers, and sPyNNaker calls it a loss.
    machine = replace(machine, allow_loss=name == "lost")
    options = SessionOptions(1.0, machine=machine, time_scale_factor=None)
    with find(target).session(options) as sim:
        return CASES[name](sim)


def main():
    target, out, *names = sys.argv[1:]
    found = {}
    for name in names:
        try:
            found[name] = {"returns": run(target, name, Path(out).parent)}
        except Exception as err:
            found[name] = {
                "raises": str(err),
                "where": traceback.format_exc(),
            }
    Path(out).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
