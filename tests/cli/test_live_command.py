"""`deploy --live` through the real command: files, interfaces, Ctrl-C and bad input."""

import csv
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from neurodeploy import packets
from neurodeploy.cli import main
from neurodeploy.errors import BackendFailure, InputError
from neurodeploy.runtime import going_live
from neurodeploy_brian2 import BACKEND

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = "models/packet-signatures/sample.pcap"
LABELS = "models/packet-signatures/sample_labels.csv"
FAST = "--speed=1000000000"


@pytest.fixture(autouse=True)
def at_root(monkeypatch):
    monkeypatch.chdir(ROOT)


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_replay_ends_with_a_report(capsys, tmp_path):
    args = [f"--live={SAMPLE}", f"--labels={LABELS}", FAST, "--limit=12", f"--out={tmp_path}"]
    assert main(["deploy", "packet-signatures", *args]) == 0
    lines = capsys.readouterr().out.splitlines()
    said = [
        re.match(r" +(\d+)  \S+ \d+ > \S+ \d+ tcp: (\w+)  \[2 steps, 4 ms", one) for one in lines
    ]
    assert [int(one[1]) for one in said[:12]] == list(range(1, 13))
    table = rows(tmp_path / "predictions.csv")
    assert [one["prediction"] or "undecided" for one in table] == [one[2] for one in said[:12]]
    assert {one["steps"] for one in table} == {"2"}
    assert all(float(one["wall_ms"]) >= 0 for one in table)
    assert any(one.startswith("live        12 shown, ") for one in lines)
    assert any(one.startswith("vote per flow: accuracy") for one in lines)
    votes = rows(tmp_path / "flows.csv")
    assert sum(int(one["samples"]) for one in votes) == 12
    document = json.loads((tmp_path / "report.json").read_text())
    assert document["live"]["source"] == "sample.pcap"
    assert document["n_samples"] == 12


def test_json_alone_is_on_stdout(capsys, tmp_path):
    args = [f"--live={SAMPLE}", FAST, "--limit=3", "--json", f"--out={tmp_path}"]
    assert main(["deploy", "packet-signatures", *args, "--confidence=end"]) == 0
    said = capsys.readouterr()
    document = json.loads(said.out)
    assert document["live"]["confidence"] == "end"
    assert document["labels"] is None
    assert len(said.err.splitlines()) == 3


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--live=nosuch0"], "--live nosuch0: is neither a file nor an interface"),
        (["--live=models/packet-apps/model.toml"], "is not a capture"),
        ([f"--live={SAMPLE}", f"--data={SAMPLE}"], "--data: does not go with --live"),
        ([f"--live={SAMPLE}", "--resume"], "--resume: does not go with --live"),
        ([f"--live={SAMPLE}", "--replicas=2"], "--replicas: does not go with --live"),
        ([f"--live={SAMPLE}", "--confidence=soon"], "--confidence: is not known"),
        ([f"--live={SAMPLE}", "--target=ideal"], "target ideal: does not run live"),
        ([f"--live={SAMPLE}", "--labels=nosuch.csv"], "nosuch.csv: cannot be read"),
        ([f"--live={SAMPLE}", "--labels=README.md"], "README.md: has other columns"),
        (["--speed=2"], "--speed: is for --live"),
        (["--duration=2"], "--duration: is for --live"),
        (["--confidence=end"], "--confidence: is for --live"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input(capsys, tmp_path, args, says):
    assert main(["deploy", "packet-signatures", *args, f"--out={tmp_path}"]) == 2
    said = capsys.readouterr()
    assert says in said.err
    assert len(said.err.splitlines()) == 1
    assert not said.out


def test_a_model_that_takes_no_packets(capsys, tmp_path):
    assert main(["deploy", "digits", f"--live={SAMPLE}", f"--out={tmp_path}"]) == 2
    assert "digits: does not take packets" in capsys.readouterr().err


def test_a_run_that_fails_at_its_end_still_leaves_what_was_decided(capsys, tmp_path, monkeypatch):
    class Lossy:
        """The emulator, with a machine's judgement at the end of its run."""

        def missing(self):
            return None

        @contextmanager
        def live(self, options):
            with BACKEND.live(options) as session:
                yield session
            raise BackendFailure("run", "lost 3 spikes")

    monkeypatch.setattr(going_live, "find", lambda _name: Lossy())
    args = [f"--live={SAMPLE}", FAST, "--limit=3", f"--out={tmp_path}"]
    assert main(["deploy", "packet-signatures", *args]) == 3
    assert capsys.readouterr().err == "neurodeploy: run: lost 3 spikes\n"
    assert len(rows(tmp_path / "predictions.csv")) == 3


def test_full_ring_buffers_are_an_error_where_that_is_asked(capsys, tmp_path):
    args = [f"--live={SAMPLE}", FAST, "--limit=2", "--weight-scale=hidden=300,300"]
    args = ["deploy", "packet-apps", *args, f"--out={tmp_path}"]
    assert main(args) == 0
    assert "ring buffers were full" in capsys.readouterr().out
    assert main([*args, "--strict"]) == 2
    assert "ring buffers were full" in capsys.readouterr().err
    assert len(rows(tmp_path / "predictions.csv")) == 2


def test_an_interface_that_goes_down_still_leaves_what_was_decided(capsys, tmp_path, monkeypatch):
    class GoesDown(packets.arrivals.Replay):
        """The beginning of a capture, as an interface that is then taken away."""

        def __iter__(self):
            for _, arrival in zip(range(3), super().__iter__(), strict=False):
                yield arrival
            raise InputError("--live eth7", "cannot be listened on", got="Network is down")

    @contextmanager
    def opened(_source, *_):
        yield GoesDown(Path(SAMPLE), 1e9)

    monkeypatch.setattr(packets, "opened", opened)
    assert main(["deploy", "packet-signatures", "--live=eth7", f"--out={tmp_path}"]) == 2
    assert capsys.readouterr().err.endswith("(got Network is down)\n")
    assert len(rows(tmp_path / "predictions.csv")) == 3


def test_labels_that_fit_no_packet_do_not_cost_the_report(capsys, tmp_path, monkeypatch):
    """Labels of an interface are only read when its packets are there."""
    replayed = Path(SAMPLE)

    @contextmanager
    def opened(source, *_):
        assert source == "lo"
        yield packets.arrivals.Replay(replayed, 1e9)

    monkeypatch.setattr(packets, "opened", opened)
    labels = tmp_path / "labels.csv"
    labels.write_text("src,sport,dst,dport,proto,label\n1.2.3.4,5,1.2.3.5,6,tcp,DNS\n")
    args = ["--live=lo", f"--labels={labels}", "--limit=2", f"--out={tmp_path / 'out'}"]
    assert main(["deploy", "packet-signatures", *args]) == 0
    said = capsys.readouterr()
    assert "no flow of the file is in the capture" in said.err
    assert "reported without labels" in said.err
    assert len(rows(tmp_path / "out" / "predictions.csv")) == 2


def started(tmp_path, *args):
    """Start the command in a process that takes Ctrl-C, and read what it says line by line."""
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    code += "import sys; from neurodeploy.cli import main; sys.exit(main(sys.argv[1:]))"
    paths = os.pathsep.join([str(ROOT), str(ROOT / "backends")])
    return subprocess.Popen(
        [sys.executable, "-c", code, "deploy", "packet-signatures", f"--out={tmp_path}", *args],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_ctrl_c_keeps_what_was_decided(tmp_path):
    # Slow enough that the capture cannot be over by itself.
    process = started(tmp_path, f"--live={SAMPLE}", "--speed=0.01")
    first = process.stdout.readline()
    assert re.match(r" +1  ", first)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=100)
    assert process.returncode == 130, err
    assert re.search(r"neurodeploy: stopped; \d+ packets? in ", err)
    assert "Traceback" not in err
    assert "samples     " in out
    assert len(rows(tmp_path / "predictions.csv")) >= 1


def test_an_interface_is_decided_live(tmp_path):
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()
    except (AttributeError, PermissionError) as err:
        pytest.skip(f"not run: this process may not listen on an interface ({err})")
    process = started(tmp_path, "--live=lo", "--limit=2")
    stop = threading.Event()

    def talk():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            while not stop.is_set():
                sender.sendto(b"\x12\x34\x01\0", ("127.0.0.1", 53))
                time.sleep(0.2)

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        out, err = process.communicate(timeout=100)
    finally:
        stop.set()
        thread.join()
    assert process.returncode == 0, err
    assert len(rows(tmp_path / "predictions.csv")) == 2
    assert json.loads((tmp_path / "report.json").read_text())["data"]["name"] == "lo"
