"""What the README and the script promise is run."""

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import neurodeploy as nd
from neurodeploy.cli import main
from neurodeploy.deployment import compile, deploy
from neurodeploy.importer import Timing
from neurodeploy.target.rules import RULES
from neurodeploy.target.spinnaker import S1615_LIMIT, SPINN5

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


def test_links_of_the_readme_lead_somewhere():
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / "README.md").read_text())
    assert "docs/pipeline.svg" in links
    for link in links:
        assert (ROOT / link).is_file()


def test_picture_is_whole_and_needs_nothing_else():
    root = ElementTree.parse(ROOT / "docs" / "pipeline.svg").getroot()
    text = (ROOT / "docs" / "pipeline.svg").read_text()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "prefers-color-scheme: dark" in text
    assert "href" not in text
    shown = "".join(root.itertext())
    for name in ("graph.nir", "Network", "Compiled", "target", "Report"):
        assert name in shown


def test_every_rule_is_documented_and_nothing_else():
    rows = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "checks.md").read_text(), re.MULTILINE)
    assert rows == [rule.__name__ for rule in RULES]


def test_limits_of_the_documentation_are_those_of_the_code():
    text = (ROOT / "docs" / "checks.md").read_text().replace(",", "")
    for limit in (
        SPINN5.sdram_bytes, SPINN5.row_words, SPINN5.events_per_ms, SPINN5.neurons_per_core,
        int(S1615_LIMIT),
    ):  # fmt: skip
        assert re.search(rf"\b{limit}\b", text), limit


def test_default_reset_is_taken_as_the_readme_says():
    assert "reset by subtraction" in (ROOT / "README.md").read_text()
    for source, kind in (("sinabs", "subtract"), ("snntorch", "subtract_delayed")):
        assert Timing(1.0, source, kind).reset == kind


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


@pytest.mark.parametrize("name", ["errors.InputError", "packets.read", "passes.WeightScale"])
def test_modules_of_public_names_need_no_import_of_their_own(name):
    """`except nd.errors.InputError` in a script that imports nothing else."""
    code = f"import neurodeploy as nd; print(nd.{name}.__name__)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == name.partition(".")[2]


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
