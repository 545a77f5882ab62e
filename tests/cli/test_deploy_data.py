"""Captures, labels and interruptions through the real command."""

import csv
import hashlib
import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import dpkt
import h5py
import nir
import numpy as np
import pytest

from neurodeploy.cli import main
from neurodeploy.packets import feature_names

ROOT = Path(__file__).resolve().parents[2]
ARP = b"\xff" * 6 + b"\x02" * 6 + b"\x08\x06" + bytes(28)


@pytest.fixture(autouse=True)
def at_root(monkeypatch):
    monkeypatch.chdir(ROOT)


def frames(n):
    """Return the first n packets of the shipped capture."""
    content = (ROOT / "models/packet-apps/sample.pcap").read_bytes()
    return [frame for _, frame in dpkt.pcap.Reader(io.BytesIO(content))][:n]


def saved(path, packets, writer=dpkt.pcap.Writer):
    with path.open("wb") as file:
        out = writer(file)
        for k, frame in enumerate(packets):
            out.writepkt(frame, ts=1000.0 + k)
    return path


def deployed(capsys, out, *args, model="packet-apps"):
    """Run deploy, and return its JSON document and the rows of predictions.csv."""
    assert main(["deploy", model, "--json", f"--out={out}", *map(str, args)]) == 0
    said = json.loads(capsys.readouterr().out)
    return said, table(out / "predictions.csv")


def table(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def link_type(path):
    return dpkt.pcap.Reader(io.BytesIO(path.read_bytes())).datalink()


def test_pcapng_says_what_pcap_says(tmp_path, capsys):
    packets = frames(40)
    assert link_type(ROOT / "models/packet-apps/sample.pcap") == dpkt.pcap.DLT_EN10MB
    found = []
    for writer in (dpkt.pcap.Writer, dpkt.pcapng.Writer):
        # A suffix that says nothing: the content decides.
        path = saved(tmp_path / "capture.bin", packets, writer)
        found.append(deployed(capsys, tmp_path / "out", "--data", path))
    assert path.read_bytes()[:4] == b"\x0a\x0d\x0d\x0a"
    (pcap, rows), (pcapng, rows_ng) = found
    assert len(rows) == 40
    assert rows_ng == rows
    assert pcapng["predictions"] == pcap["predictions"]
    assert pcapng["groups"] == pcap["groups"]


def test_labels_by_flow_reach_both_directions_and_no_other_flow(tmp_path, capsys):
    path = saved(tmp_path / "some.pcap", frames(200))
    said, rows = deployed(capsys, tmp_path / "a", "--target=ideal", "--data", path)
    assert said["accuracy"] is None

    def ends(row):
        return {(row["src"], row["sport"]), (row["dst"], row["dport"])}

    flow = next(ends(row) for row in rows if row["proto"] == "tcp")
    both = [row for row in rows if ends(row) == flow and row["proto"] == "tcp"]
    assert len({row["src"] for row in both}) == 2
    assert len(both) < len(rows)
    (src, sport), (dst, dport) = sorted(flow)
    right = both[0]["prediction"]
    labels = tmp_path / "labels.csv"
    labels.write_text(f"src,sport,dst,dport,proto,label\n{src},{sport},{dst},{dport},TCP,{right}\n")
    args = ["--target=ideal", "--data", path, "--labels", labels]
    said, rows = deployed(capsys, tmp_path / "b", *args)
    labelled = [row for row in rows if row["label"]]
    assert [row["pkt"] for row in labelled] == [row["pkt"] for row in both]
    assert {row["label"] for row in labelled} == {right}
    share = np.mean([row["prediction"] == right for row in labelled])
    assert said["accuracy"] == pytest.approx(share)
    assert said["accuracy"] > 0
    flows = table(tmp_path / "b" / "flows.csv")
    assert [row["label"] for row in flows if row["label"]] == [right]


def test_labels_of_another_capture_are_refused(tmp_path, capsys):
    labels = tmp_path / "labels.csv"
    labels.write_text("src,sport,dst,dport,proto,label\n192.0.2.1,1,192.0.2.2,2,tcp,HTTP\n")
    data = f"--data={saved(tmp_path / 'some.pcap', frames(5))}"
    out = tmp_path / "out"
    assert main(["deploy", "packet-apps", data, f"--labels={labels}", f"--out={out}"]) == 2
    assert "no flow of the file is in the capture" in capsys.readouterr().err
    assert not out.exists()


def biased_model(folder):
    """Write a model of packets that counts spikes, and whose biases say `a` of any packet."""
    n = len(feature_names())
    ones = np.ones(2)
    lif = nir.LIF(tau=0.01 * ones, r=10 * ones, v_leak=0 * ones, v_threshold=ones, v_reset=0 * ones)
    nodes = {
        "input": nir.Input(np.array([n])),
        "fc": nir.Affine(np.full((2, n), 0.001), np.array([2.0, 0.0])),
        "lif": lif,
        "output": nir.Output(np.array([2])),
    }
    edges = [("input", "fc"), ("fc", "lif"), ("lif", "output")]
    folder.mkdir()
    nir.write(folder / "graph.nir", nir.NIRGraph(nodes, edges, type_check=False))
    digest = hashlib.sha256((folder / "graph.nir").read_bytes()).hexdigest()
    (folder / "model.toml").write_text(f"""schema = 1
[graph]
file = "graph.nir"
sha256 = "{digest}"
source = "snntorch"
time_unit = "s"
dt = 0.001
reset = "hard"
[input]
encoder = "spike_once"
steps = 8
[input.packets]
ports = "service"
[readout]
kind = "spike_count"
classes = ["a", "b"]
""")
    return str(folder)


@pytest.mark.parametrize("target", ["ideal", "emulator"])
def test_packet_that_is_no_ip_is_undecided(tmp_path, capsys, target):
    """It is a row of zeros, of which the biases of a network may say anything."""
    (web,) = frames(1)
    path = saved(tmp_path / "some.pcap", [ARP, web, ARP])
    labels = tmp_path / "labels.csv"
    labels.write_text("pkt,label\n1,a\n2,a\n")
    args = [f"--target={target}", "--data", path, "--labels", labels]
    model = biased_model(tmp_path / "biased")
    said, rows = deployed(capsys, tmp_path / "out", *args, model=model)
    assert [row["prediction"] for row in rows] == ["", "a", ""]
    assert [row["correct"] for row in rows] == ["0", "1", ""]
    assert (said["undecided"], said["accuracy"], said["ties"]) == (2, 0.5, 0)
    assert said["predictions"] == [None, "a", None]
    (flow,) = table(tmp_path / "out" / "flows.csv")
    assert (flow["samples"], flow["prediction"]) == ("1", "a")


def test_output_folder_that_is_used_again_holds_one_deploy(tmp_path, capsys):
    path = saved(tmp_path / "some.pcap", frames(3))
    out = tmp_path / "out"
    deployed(capsys, out, "--target=ideal", "--data", path)
    assert (out / "flows.csv").exists()
    said, rows = deployed(capsys, out, "--target=ideal", "--limit=4", model="digits")
    assert len(rows) == 4
    assert said["model"] == "digits"
    assert not (out / "flows.csv").exists()


def nir_shape(path, node, shape):
    """Write the shipped digits with another shape at one end."""
    path.write_bytes((ROOT / "models/digits/graph.nir").read_bytes())
    with h5py.File(path, "r+") as file:
        del file[f"node/nodes/{node}/shape"]
        file[f"node/nodes/{node}/shape"] = np.array(shape)
    return path


@pytest.mark.parametrize(
    ("node", "says"), [("input", "got 7, expected 64"), ("output", "got 10, expected 7")]
)
def test_ends_of_a_nir_file_of_another_shape(tmp_path, capsys, node, says):
    path = nir_shape(tmp_path / "net.nir", node, [7])
    facts = ["--source=snntorch", "--dt=0.001", "--reset=hard", "--encoder=rate:4"]
    assert main(["check", str(path), *facts, "--readout=spike_count"]) == 2
    line = capsys.readouterr().err
    assert "mismatched shapes" in line
    assert says in line


def percent_shown(master, least):
    """Read a progress bar until it shows at least so many percent; return the text."""
    shown = ""
    while True:
        try:
            shown += os.read(master, 4096).decode(errors="replace")
        except OSError:
            return shown
        if any(int(share) >= least for share in re.findall(r"(\d+)%", shown)):
            return shown


@pytest.mark.parametrize("as_json", [False, True])
def test_ctrl_c_keeps_what_is_done(tmp_path, as_json):
    """Three even batches: the first is done once the bar has passed a third."""
    n = 2100
    sample = np.load(ROOT / "models/digits/sample.npz")
    np.savez(tmp_path / "many.npz", x=np.resize(sample["x"], (n, 64)), y=np.resize(sample["y"], n))
    out = tmp_path / "out"
    args = [sys.executable, "-m", "neurodeploy", "deploy", "models/digits", f"--out={out}"]
    args += ["--engine=numpy", f"--data={tmp_path / 'many.npz'}", *(["--json"] if as_json else [])]
    master, slave = pty.openpty()
    with subprocess.Popen(
        args,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=slave,
        text=True,
        # A shell may have started the tests with the signal ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        os.close(slave)
        percent_shown(master, 40)
        process.send_signal(signal.SIGINT)
        last = percent_shown(master, 101)
        printed = process.stdout.read()
        code = process.wait()
    os.close(master)
    assert code == 130, last
    said = json.loads((out / "report.json").read_text(encoding="utf-8"))
    kept = said["n_samples"]
    assert kept in (700, 1400)
    assert (said["interrupted"], said["planned"]) == (True, n)
    assert f"interrupted; {kept} of {n} samples kept" in last
    assert len(table(out / "predictions.csv")) == kept
    assert said["accuracy"] > 0.9
    if as_json:
        assert json.loads(printed) == said
    else:
        assert f"{kept} of {n} (interrupted)" in printed
    assert "Interrupted" in (out / "report.html").read_text(encoding="utf-8")
