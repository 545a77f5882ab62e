"""sPyNNaker in a process of its own, or a skip that says why not."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec

import pytest


@pytest.fixture(scope="session")
def mapped(project_root, tmp_path_factory):
    """A function that has sPyNNaker map what a request describes, and returns what it made."""
    if find_spec("spynnaker") is None:
        pytest.skip("not run: sPyNNaker is missing (pip install sPyNNaker==1!7.4.1)")
    home = tmp_path_factory.mktemp("spynnaker")
    paths = (project_root, project_root / "backends", project_root / "tests")
    env = os.environ | {"HOME": str(home), "PYTHONPATH": os.pathsep.join(map(str, paths))}
    with (home / "log.txt").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "truth.mapper"], cwd=home, env=env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
        )  # fmt: skip

        def ask(request):
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            assert line, (home / "log.txt").read_text()[-2000:]
            return json.loads(line)

        yield ask
        process.stdin.close()
        process.stdout.close()
        process.wait(timeout=60)
