"""The same small PyNN scripts on the emulator and on sPyNNaker.

`scripts/pynn_facts.json` holds what sPyNNaker 7.4.1 returned, on a board that it only
imagines (`virtual_board`); the slow test makes it anew where sPyNNaker is installed.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent / "scripts"
FACTS = json.loads((SCRIPTS / "pynn_facts.json").read_text(encoding="utf-8"))

# Weights: sPyNNaker on an imagined board returns them before they are rounded to 16 bits.
RELATIVE = 2e-3


def run_cases(module, folder, **environment):
    out = folder / f"{module}.json"
    command = [sys.executable, str(SCRIPTS / "run_pynn_cases.py"), module, str(out)]
    done = subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True
    )
    assert out.is_file(), done.stderr[-2000:]
    return json.loads(out.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def ours(tmp_path_factory, project_root):
    path = os.pathsep.join([str(project_root), str(project_root / "backends")])
    return run_cases("neurodeploy_brian2.pynn", tmp_path_factory.mktemp("ours"), PYTHONPATH=path)


def same(theirs, ours):
    """Compare numbers nearly, everything else exactly."""
    if isinstance(theirs, list) and isinstance(ours, list):
        return len(theirs) == len(ours) and all(map(same, theirs, ours))
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return theirs.keys() == ours.keys() and all(same(theirs[k], ours[k]) for k in theirs)
    if isinstance(theirs, float) or isinstance(ours, float):
        return ours == pytest.approx(theirs, rel=RELATIVE)
    return theirs == ours


@pytest.mark.parametrize("case", sorted(FACTS))
def test_the_emulator_does_what_sPyNNaker_does(ours, case):
    theirs = FACTS[case]
    if "raises" in theirs:
        assert "raises" in ours[case], f"sPyNNaker: {theirs['text']}; ours: {ours[case]}"
        builtins = set(theirs["raises"])
        assert not builtins or builtins & set(ours[case]["raises"]), ours[case]
        return
    assert "returns" in ours[case], ours[case]
    assert same(theirs["returns"], ours[case]["returns"])


def test_every_case_is_compared(ours):
    assert set(ours) == set(FACTS)


@pytest.mark.slow
def test_the_facts_are_those_of_the_sPyNNaker_that_is_installed(tmp_path):
    if importlib.util.find_spec("spynnaker") is None:
        pytest.skip("not run: sPyNNaker is absent")
    config = "[Machine]\nvirtual_board = True\nversion = 5\nmachine_name = None\n"
    (tmp_path / ".spynnaker.cfg").write_text(config + "spalloc_server = None\n", encoding="utf-8")
    facts = run_cases("pyNN.spiNNaker", tmp_path, HOME=str(tmp_path))
    for case, theirs in FACTS.items():
        assert theirs.get("raises") == facts[case].get("raises"), (case, facts[case])
        assert same(theirs.get("returns"), facts[case].get("returns")), case
