"""`deploy --live` on a board that another process serves, up to Ctrl-C."""

import csv
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from running import ROOT, command, environment, lacking

import neurodeploy as nd

N_PACKETS = 4
INTERRUPTIBLE = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from neurodeploy.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.slow
def test_a_served_board_decides_live_until_it_is_interrupted(tmp_path):
    reason = lacking()
    if reason is not None:
        pytest.skip(reason)
    address = f"127.4.{os.getpid() // 250 % 250}.{os.getpid() % 250 + 1}"
    server = subprocess.Popen(
        command("serve", "--version", "3", "--pace", "1", "--address", address),
        env=environment(tmp_path / "server"),
        stdout=subprocess.PIPE,
        text=True,
    )
    sample = ROOT / "models/packet-signatures/sample.pcap"
    options = [f"--live={sample}", "--speed=1000000", "--target=spinnaker", f"--board={address}"]
    out = tmp_path / "out"
    try:
        assert address in server.stdout.readline()
        client = subprocess.Popen(
            [sys.executable, "-c", INTERRUPTIBLE, "deploy", "packet-signatures"]
            + [*options, "--version=3", f"--out={out}"],
            cwd=ROOT,
            env=environment(tmp_path / "home"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        lines = [client.stdout.readline() for _ in range(N_PACKETS)]
        client.send_signal(signal.SIGINT)
        _, err = client.communicate(timeout=120)
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(20)
        server.stdout.close()
    assert client.returncode == 130, err
    assert [int(line.split()[0]) for line in lines] == [1, 2, 3, 4]
    with (out / "predictions.csv").open(newline="") as file:
        said = [row["prediction"] for row in csv.DictReader(file)]
    assert len(said) >= N_PACKETS
    model = nd.load(ROOT / "models/packet-signatures")
    batch = nd.deploy(model, nd.read(model, sample).first(len(said)))
    names = np.array([*model.classes, ""])
    assert said == names[batch.predictions].tolist()
