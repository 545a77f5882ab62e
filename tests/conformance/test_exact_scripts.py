"""PyNN scripts on the emulator and where sPyNNaker's binaries run: every bit the same."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent / "scripts"))
from exact_cases import MORE, QUICK

SCRIPT = Path(__file__).parent / "scripts" / "run_exact_cases.py"
UNSUPPORTED = tomllib.loads((Path(__file__).parent / "unsupported.toml").read_text("utf-8"))


def run_cases(target, names, folder, root, board):
    out = folder / f"{target}.json"
    paths = os.pathsep.join([str(root), str(root / "backends")])
    environment = os.environ | {"PYTHONPATH": paths, "HOME": str(folder)}
    environment["NEURODEPLOY_TEST_BOARD"] = board or ""
    command = [sys.executable, str(SCRIPT), target, str(out), *names]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert out.is_file(), done.stderr[-2000:]
    return json.loads(out.read_text("utf-8"))


def both(names, machine_target, request, factory):
    root = request.getfixturevalue("project_root")
    board = request.config.getoption("--board")
    folder = factory.mktemp("exact")
    return [
        run_cases(target, names, folder, root, board) for target in ("emulator", machine_target)
    ]


@pytest.fixture(scope="module")
def quick(machine_target, request, tmp_path_factory):
    return both([case.__name__ for case in QUICK], machine_target, request, tmp_path_factory)


@pytest.fixture(scope="module")
def more(machine_target, request, tmp_path_factory):
    return both([case.__name__ for case in MORE], machine_target, request, tmp_path_factory)


def assert_same(found, name):
    emulator, machine = (one[name] for one in found)
    for one in (emulator, machine):
        assert "returns" in one, one.get("where")
    assert emulator["returns"].keys() == machine["returns"].keys()
    for key, values in machine["returns"].items():
        ours, theirs = np.asarray(emulator["returns"][key]), np.asarray(values)
        assert theirs.size, key
        np.testing.assert_array_equal(ours, theirs, err_msg=f"{name}: {key}")


@pytest.mark.parametrize("name", [case.__name__ for case in QUICK])
def test_scripts_of_every_day(quick, name):
    assert_same(quick, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [case.__name__ for case in MORE])
def test_more_scripts(more, name, request):
    if name in UNSUPPORTED:
        request.applymarker(pytest.mark.xfail(reason=UNSUPPORTED[name], strict=True))
    assert_same(more, name)
