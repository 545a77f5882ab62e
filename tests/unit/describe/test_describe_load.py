import hashlib

import nir
import numpy as np
import pytest
from strategies import chain, lif, linear

from neurodeploy.describe import load
from neurodeploy.errors import ModelError

GOOD = """schema = 1
name = "tiny"
[graph]
file = "graph.nir"
sha256 = "SHA"
source = "snntorch"
time_unit = "s"
dt = 0.001
reset = "hard"
[input]
encoder = "rate"
steps = 8
scale = 16
[readout]
kind = "spike_count"
classes = ["no", "yes"]
[sample]
data = "sample.npz"
[expected.ideal]
accuracy = 0.5
tolerance = 0.25
[expected.emulator]
accuracy = 0.5
agreement = 1
[provenance]
licence = "CC0"
"""


@pytest.fixture
def folder(tmp_path):
    """A model folder whose model.toml can be written with replacements."""
    path = tmp_path / "tiny"
    path.mkdir()
    graph = chain(linear(np.ones((2, 3))), lif(2), n_inputs=3, n_outputs=2)
    nir.write(path / "graph.nir", graph)
    np.savez(path / "sample.npz", x=np.zeros((2, 3)))
    np.savez(tmp_path / "outside.npz", x=np.zeros((2, 3)))
    sha256 = hashlib.sha256((path / "graph.nir").read_bytes()).hexdigest()

    def write(*changes):
        text = GOOD.replace("SHA", sha256)
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (path / "model.toml").write_text(text, encoding="utf-8")
        return path

    write()
    return write


def refused(path, *texts, kind=ModelError, **options):
    with pytest.raises(kind) as caught:
        load(path, **options)
    line = str(caught.value)
    assert "\n" not in line
    for text in texts:
        assert text in line


def test_model_folder(folder):
    path = folder()
    model = load(path)
    assert (model.name, model.readout, model.classes) == ("tiny", "spike_count", ("no", "yes"))
    assert (model.timing.dt, model.timing.source, model.timing.reset) == (0.001, "snntorch", "hard")
    assert (model.encoder.kind, model.encoder.steps, model.encoder.scale) == ("rate", 8, 16.0)
    assert model.files.data == path / "sample.npz"
    assert (model.files.labels, model.files.calibration, model.packets) == (None, None, None)
    assert (model.expected["ideal"].accuracy, model.expected["ideal"].tolerance) == (0.5, 0.25)
    assert model.expected["ideal"].agreement is None
    assert model.expected["emulator"].agreement == 1.0
    assert model.provenance == {"licence": "CC0"}
    assert "tiny" in repr(model)


def test_folder_is_found_by_name_under_models(folder, tmp_path, monkeypatch):
    path = folder()
    (tmp_path / "models").mkdir()
    path.rename(tmp_path / "models" / "tiny")
    monkeypatch.chdir(tmp_path)
    assert load("tiny").name == "tiny"
    refused("huge", "huge: no such model", "models here: tiny")


WRONG = {
    "unknown key at the top": ("schema = 1", 'schema = 1\nhue = "red"', ["unknown keys", "hue"]),
    "unknown key in a table": ("steps = 8", "steps = 8\nstep = 9", ["[input]", "unknown keys"]),
    "unknown table": ("[provenance]", "[extra]\na = 1\n[provenance]", ["unknown keys", "extra"]),
    "unknown key of a target": ("tolerance = 0.25", "tolerence = 0.25", ["expected", "tolerence"]),
    "text for a number": ("steps = 8", 'steps = "8"', ["steps has the wrong type", "expected int"]),
    "float for an int": ("steps = 8", "steps = 8.0", ["steps has the wrong type", "8.0"]),
    "bool for an int": ("steps = 8", "steps = true", ["steps has the wrong type", "True"]),
    "number for a text": ('"snntorch"', "3", ["source has the wrong type", "expected str"]),
    "table of another name": ("[sample]\ndata", "[other]\ndata", ["unknown keys", "other"]),
    "classes of numbers": ('["no", "yes"]', "[0, 1]", ["classes must hold strings only"]),
    "missing dt": ("dt = 0.001\n", "", ["[graph]", "missing key", "dt = float"]),
    "missing steps": ("steps = 8\n", "", ["[input]", "missing key", "steps = int"]),
    "missing file": ('file = "graph.nir"\n', "", ["[graph]", "missing key", "file"]),
    "missing table": ('[readout]\nkind = "spike_count"\nclasses', "[other]\nclasses", ["readout"]),
    "missing schema": ("schema = 1\n", "", ["missing key", "schema = int"]),
    "another schema": ("schema = 1", "schema = 2", ["unknown schema", "got 2", "expected 1"]),
    "no TOML": ("schema = 1", "schema = ", ["tiny/model.toml: is not TOML"]),
    "graph that is not there": ('"graph.nir"', '"gone.nir"', ["no such file", "gone.nir"]),
    "file outside": ('"sample.npz"', '"../outside.npz"', ["no such file in the model folder"]),
    "file by a detour": ('"sample.npz"', '"../tiny/../outside.npz"', ["no such file in the model"]),
    "absolute file": ('"sample.npz"', '"/etc/passwd"', ["no such file in the model folder"]),
    "dt of 0": ("dt = 0.001", "dt = 0.0", ["tiny/model.toml", "dt must be above 0"]),
    "dt that is no number": ("dt = 0.001", "dt = nan", ["dt must be above 0"]),
    "dt without end": ("dt = 0.001", "dt = inf", ["dt must be above 0"]),
    "steps of 0": ("steps = 8", "steps = 0", ["[input]", "steps and scale must be above 0"]),
    "scale of 0": ("scale = 16", "scale = 0", ["steps and scale must be above 0"]),
    "unknown encoder": ('"rate"', '"poisson"', ["encoder: unknown", "poisson", "rate"]),
    "unknown source": ('"snntorch"', '"lava"', ["source: unknown framework", "lava"]),
    "unknown unit": ('time_unit = "s"', 'time_unit = "h"', ["time_unit: unknown", "got h"]),
    "unknown reset": ('reset = "hard"', 'reset = "soft"', ["reset: unknown kind", "soft"]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_wrong_model_toml(folder, case):
    old, new, texts = WRONG[case]
    refused(folder((old, new)), *texts)


def test_another_graph(folder):
    path = folder()
    with (path / "graph.nir").open("ab") as file:
        file.write(b"\0")
    refused(path, "tiny/graph.nir", "is not the file that model.toml names", "sha256")


def test_model_toml_that_is_not_utf8(folder):
    path = folder()
    (path / "model.toml").write_bytes(b"\xff\xfe")
    refused(path, "tiny/model.toml", "is not TOML")


def test_link_out_of_the_folder(folder, tmp_path):
    path = folder(('"sample.npz"', '"link.npz"'))
    (path / "link.npz").symlink_to(tmp_path / "outside.npz")
    refused(path, "no such file in the model folder", "link.npz")


@pytest.mark.parametrize("kind", ["subtract", "subtract_delayed"])
def test_reset_by_subtraction(folder, kind):
    assert load(folder(('reset = "hard"', f'reset = "{kind}"'))).timing.reset == kind


def test_packets(folder):
    path = folder(("[readout]", '[input.packets]\nports = "none"\n[readout]'))
    assert load(path).packets.ports == "none"
    refused(folder(("[readout]", '[input.packets]\nports = "all"\n[readout]')), "ports", "got all")


def test_folder_takes_no_options(folder):
    refused(folder(), "is a model folder, which has these facts", "--dt, --encoder",
            dt=1.0, encoder="rate:3")  # fmt: skip


def test_folder_without_model_toml(tmp_path):
    refused(tmp_path, "holds no model.toml")


def test_nothing_there(tmp_path):
    refused(tmp_path / "gone", "no such model", "give a folder or a .nir file")


# A bare file

BARE = {"dt": 1e-3, "source": "snntorch", "reset": "hard", "readout": "spike_count"}


def test_bare_file(folder):
    model = load(folder() / "graph.nir", encoder="latency:12", **BARE)
    assert (model.name, model.classes, model.folder) == ("graph", (), None)
    assert (model.encoder.kind, model.encoder.steps) == ("latency", 12)


def test_events_need_no_steps(folder):
    assert load(folder() / "graph.nir", encoder="events", **BARE).encoder.steps == 0


def test_bare_file_says_all_that_is_missing(folder):
    path = folder() / "graph.nir"
    refused(path, "graph.nir", "--source --dt --reset --encoder --readout", "snntorch, norse")
    refused(path, "missing (got --dt --encoder)", source="nir", reset="hard", readout="spike_count")


@pytest.mark.parametrize("encoder", ["rate", "poisson:3", "rate:", "rate:x", "rate:-1", "rate:1.5"])
def test_encoder_that_is_not_understood(folder, encoder):
    refused(folder() / "graph.nir", "--encoder: not understood", encoder, "KIND:STEPS",
            encoder=encoder, **BARE)  # fmt: skip


def test_bare_encoder_of_no_steps(folder):
    refused(folder() / "graph.nir", "encoder", encoder="rate:0", **BARE)


@pytest.mark.parametrize("dt", [-1.0, float("nan")])
def test_bare_dt(folder, dt):
    refused(folder() / "graph.nir", "dt must be above 0", encoder="rate:3", **(BARE | {"dt": dt}))
