"""What the README and the script promise is run."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import neurodeploy as nd
from neurodeploy.cli import main
from neurodeploy.deployment import compile, deploy

ROOT = Path(__file__).resolve().parents[2]


def test_library_block_runs(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    block = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    names = {}
    exec(compile_source(block.group(1)), names)
    assert names["report"].accuracy > 0.9
    assert "array" in capsys.readouterr().out or names["report"].predictions.size == 50


def compile_source(text):
    import builtins

    return builtins.compile(text, "README.md", "exec")


@pytest.mark.parametrize("name", ["demo", "test", "lint"])
def test_make_targets_of_the_readme_exist(name):
    assert re.search(rf"^{name}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("command", ["deploy", "check", "compile", "targets"])
def test_commands_of_the_readme_exist(command, capsys):
    assert f"neurodeploy {command}" in (ROOT / "README.md").read_text()
    assert main([command, "--help"]) == 0


def test_public_names_are_pinned():
    assert sorted(nd.__all__) == nd.__all__
    assert all(hasattr(nd, name) for name in nd.__all__)


def test_script_computes_what_deploy_computes(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    script = tmp_path / "net.py"
    assert main(["compile", "digits", "--script", str(script)]) == 0
    model = nd.load("models/digits")
    x = np.load("models/digits/sample.npz")["x"][:1]
    report = deploy(model, x, agreement=False)
    from neurodeploy.encode import encode

    raster = encode(x, model.encoder, 64)[0]
    np.save(tmp_path / "spikes.npy", raster)
    args = [sys.executable, str(script), "neurodeploy_brian2.pynn", str(tmp_path / "spikes.npy")]
    env = {
        "PYTHONPATH": f"{ROOT}:{ROOT / 'backends'}",
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
    }
    done = subprocess.run(args, capture_output=True, text=True, check=True, env=env)
    counts = report.scores[0].astype(int).tolist()
    assert f"counts: {counts}" in done.stdout
    assert compile(model).network.output in done.stdout
