"""The command as a user meets it: output, exit codes, one clear line for each wrong input."""

import json
import re
import struct
import subprocess
import sys
from pathlib import Path

import h5py
import nir
import numpy as np
import pytest

from neurodeploy.cli import main

ROOT = Path(__file__).resolve().parents[2]
FACTS = ["--source=snntorch", "--dt=0.001", "--reset=hard", "--encoder=rate:4"]
READ = ["--readout=spike_count"]


@pytest.fixture(autouse=True)
def at_root(monkeypatch):
    monkeypatch.chdir(ROOT)


def graph(tmp_path, weight=None, tau=0.01):
    n = np.ones(3)
    lif = nir.LIF(tau=tau * n, r=10 * n, v_leak=0 * n, v_threshold=n, v_reset=0 * n)
    weight = np.ones((3, 4)) if weight is None else weight
    nodes = {
        "input": nir.Input(np.array([4])),
        "fc": nir.Linear(weight),
        "lif": lif,
        "output": nir.Output(np.array([3])),
    }
    edges = [("input", "fc"), ("fc", "lif"), ("lif", "output")]
    path = tmp_path / "net.nir"
    nir.write(path, nir.NIRGraph(nodes, edges, type_check=False))
    return path


def refused(capsys, *args):
    """Run a command that must fail with one line on stderr and code 2; return the line."""
    assert main([str(a) for a in args]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert "Traceback" not in shown.err
    return shown.err


def test_deploy_prints_the_table_and_writes_the_report(tmp_path, capsys):
    code = main(["deploy", "digits", "--target=ideal", "--limit=60", f"--out={tmp_path}"])
    shown = capsys.readouterr().out
    assert code == 0
    assert "accuracy" in shown
    assert "confusion" in shown
    assert (tmp_path / "report.html").is_file()
    assert (tmp_path / "report.json").is_file()
    assert len((tmp_path / "predictions.csv").read_text().splitlines()) == 61
    assert max(map(len, shown.replace(str(tmp_path), "").splitlines())) <= 100


def test_json_is_one_document_and_nothing_else(tmp_path, capsys):
    assert main(["deploy", "digits", "--limit=40", f"--out={tmp_path}", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["n_samples"] == 40
    assert len(document["predictions"]) == 40
    assert document["target"] == "emulator"
    assert document["accuracy"] > 0.8
    assert document["agreement"] > 0.9
    assert set(document["timing_s"]) >= {"compile", "build", "run"}


def test_minimum_accuracy_is_an_exit_code(tmp_path, capsys):
    args = ["deploy", "digits", "--target=ideal", "--limit=30", f"--out={tmp_path}"]
    assert main([*args, "--min-accuracy=0.5"]) == 0
    assert main([*args, "--min-accuracy=1.1"]) == 1
    assert "below 1.1" in capsys.readouterr().err


def test_packets_without_labels_have_no_accuracy(tmp_path, capsys):
    args = ["deploy", "packet-apps", "--target=ideal", "--limit=50", f"--out={tmp_path}", "--json"]
    assert main([*args, "--data=models/packet-apps/sample.pcap"]) == 0
    assert json.loads(capsys.readouterr().out)["accuracy"] is None
    labels = "--labels=models/packet-apps/sample_labels.csv"
    assert main([*args, "--data=models/packet-apps/sample.pcap", labels]) == 0
    assert json.loads(capsys.readouterr().out)["accuracy"] > 0.5


def test_bare_nir_file_runs_with_its_facts(tmp_path, capsys):
    path = graph(tmp_path)
    np.savez(tmp_path / "x.npz", x=np.eye(4))
    data = ["--data", str(tmp_path / "x.npz"), "--out", str(tmp_path / "out")]
    assert main(["deploy", str(path), *FACTS, *READ, *data]) == 0
    assert "agreement" in capsys.readouterr().out


def test_check_compile_and_targets(tmp_path, capsys):
    assert main(["check", "digits", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["fits"] is True
    assert main(["compile", "digits"]) == 0
    assert "projection" in capsys.readouterr().out
    assert main(["targets"]) == 0
    assert "emulator" in capsys.readouterr().out


def test_check_says_what_a_board_needs(capsys):
    assert main(["check", "digits"]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"SDRAM +\d+ KiB on a core of hidden", shown)
    assert re.search(r"busiest core +\d+ synaptic events in a tick \(hidden", shown)
    assert re.search(r"time scale factor [1-9]", shown)
    assert shown.endswith("fits\n")
    assert main(["check", "digits", "--target=ideal"]) == 0
    shown = capsys.readouterr().out
    assert "SDRAM" not in shown
    assert "time scale" not in shown


def test_check_json_holds_the_same(capsys):
    assert main(["check", "digits", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["time_scale_factor"] >= 1
    assert set(said["events_per_tick"]) == {"hidden", "out"}
    assert all(pop["synaptic_bytes"] > 0 for pop in said["populations"] if pop["synapses"])


def test_bare_command_shows_its_help(capsys):
    assert main([]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("Usage: neurodeploy")
    assert "deploy" in shown.out
    assert shown.err == ""


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["deploy"], "Missing argument 'MODEL'. See neurodeploy deploy --help."),
        (["deploy", "digits", "--limit=0"], "See neurodeploy deploy --help."),
        (["bogus"], "No such command 'bogus'. See neurodeploy --help."),
    ],
)
def test_wrong_usage_is_one_line_that_leads_to_the_help(capsys, args, says):
    assert says in refused(capsys, *args)


def test_wrong_data_leaves_no_folder(tmp_path, capsys):
    refused(capsys, "deploy", "digits", "--data", tmp_path / "gone.npz", "--out", tmp_path / "o")
    assert not (tmp_path / "o").exists()


def test_help_imports_no_simulator():
    code = (
        "import sys; from neurodeploy.cli import main; main(['--help']); "
        "sys.exit('brian2' in sys.modules or 'pyNN' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_such_model(capsys):
    assert "no such model" in refused(capsys, "deploy", "nowhere")


def test_file_that_is_no_nir(tmp_path, capsys):
    path = tmp_path / "a.nir"
    path.write_text("hello")
    assert "is not a NIR file" in refused(capsys, "check", path, *FACTS, *READ)


def test_missing_facts_are_listed(tmp_path, capsys):
    line = refused(capsys, "check", graph(tmp_path))
    for option in ("--source", "--dt", "--reset", "--encoder", "--readout"):
        assert option in line


def test_dangling_edge(tmp_path, capsys):
    path = graph(tmp_path)
    with h5py.File(path, "r+") as file:
        edges = [[a.decode(), b.decode()] for a, b in file["node/edges"][:]]
        del file["node/edges"]
        file["node/edges"] = [*edges, ["lif", "nowhere"]]
    line = refused(capsys, "check", path, *FACTS, *READ)
    assert "lif -> nowhere" in line
    assert "dangling" in line


def test_nan_weights(tmp_path, capsys):
    weight = np.ones((3, 4))
    weight[1, 2] = np.nan
    line = refused(capsys, "check", graph(tmp_path, weight), *FACTS, *READ)
    assert "fc" in line
    assert "NaN" in line


def test_mismatched_shapes(tmp_path, capsys):
    line = refused(capsys, "check", graph(tmp_path, np.ones((3, 5))), *FACTS, *READ)
    assert "mismatched shapes" in line


def test_unknown_node(tmp_path, capsys):
    path = graph(tmp_path)
    with h5py.File(path, "r+") as file:
        del file["node/nodes/fc/type"]
        file["node/nodes/fc/type"] = "Wavelet"
    line = refused(capsys, "check", path, *FACTS, *READ)
    assert "fc: no lowering for Wavelet" in line
    assert "CubaLIF" in line


def test_subtract_is_accepted_by_name(tmp_path, capsys):
    facts = [f.replace("hard", "subtract_delayed") for f in FACTS]
    assert main(["check", str(graph(tmp_path)), *facts, *READ]) == 0
    assert "reset (inh)" in capsys.readouterr().out


def pcap(path, link_type=1, packets=()):
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link_type)
    body = b"".join(struct.pack("<IIII", 1, 0, len(p), len(p)) + p for p in packets)
    path.write_bytes(head + body)
    return path


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty", lambda p: pcap(p), "no packets"),
        ("link", lambda p: pcap(p, 147, [b"x" * 20]), "unknown link type"),
        ("text", lambda p: p.write_text("not a capture") and p, "is not a capture"),
    ],
)
def test_wrong_captures(tmp_path, capsys, name, content, says):
    path = content(tmp_path / name)
    line = refused(capsys, "deploy", "packet-apps", "--data", path, "--out", tmp_path / "o")
    assert says in line


def test_truncated_capture(tmp_path, capsys):
    path = tmp_path / "cut.pcap"
    path.write_bytes((ROOT / "models/packet-apps/sample.pcap").read_bytes()[:5000])
    line = refused(capsys, "deploy", "packet-apps", "--data", path, "--out", tmp_path / "o")
    assert "cut in the middle" in line


def test_pickled_npz(tmp_path, capsys):
    path = tmp_path / "p.npz"
    np.savez(path, x=np.array([{"a": 1}], dtype=object))
    line = refused(capsys, "deploy", "digits", "--data", path, "--out", tmp_path / "o")
    assert "pickled" in line


def test_npz_of_the_wrong_shape(tmp_path, capsys):
    path = tmp_path / "s.npz"
    np.savez(path, x=np.ones((3, 65)))
    line = refused(capsys, "deploy", "digits", "--data", path, "--out", tmp_path / "o")
    assert "s.npz: x: wrong shape" in line
    assert "(3, 65)" in line
    assert "(n, 64)" in line


def test_output_folder_that_cannot_be_written(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    line = refused(capsys, "deploy", "digits", "--limit=3", "--out", tmp_path / "file" / "o")
    assert "cannot be written" in line


def test_unknown_target_and_engine(tmp_path, capsys):
    out = f"--out={tmp_path}"
    assert "emulator" in refused(capsys, "deploy", "digits", "--target=loihi", out)
    assert "cython" in refused(capsys, "deploy", "digits", "--limit=2", "--engine=fast", out)
