"""A served board that dies in the middle of a run, as a user with a real one meets it."""

import csv
import json
import signal
import subprocess
import time

import pytest
from running import ROOT, command, environment, lacking

import neurodeploy as nd
from neurodeploy.deployment import shipped_samples

ADDRESS = "127.0.0.43"
N_SAMPLES = 100  # one batch and a part of another
LIMIT_S = 170


@pytest.fixture
def processes():
    """Processes of a test; those that still run at its end are ended."""
    started = []
    yield started
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def start(tmp_path, processes):
    reason = lacking()
    if reason is not None:
        pytest.skip(reason)

    def run(arguments):
        process = subprocess.Popen(
            arguments, cwd=ROOT, env=environment(tmp_path / "home"),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        processes.append(process)
        return process

    return run


@pytest.fixture
def serve(start):
    def run():
        server = start(command("serve", "--version", "3", "--address", ADDRESS))
        assert ADDRESS in server.stdout.readline()
        return server

    return run


@pytest.fixture
def deploy(start, tmp_path):
    """Start a deployment of digits on the served board into one folder."""
    python, *_ = command()

    def run(*more):
        return start(
            [python, "-m", "neurodeploy", "deploy", "models/digits", "--target", "spinnaker"]
            + ["--board", ADDRESS, "--version", "3", "--limit", str(N_SAMPLES)]
            + ["--out", str(tmp_path / "out"), *more]
        )

    return run


def wait_for(pattern, folder, process):
    end = time.monotonic() + LIMIT_S
    while not list(folder.glob(pattern)):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, f"no {pattern} in {folder}"
        time.sleep(0.2)


@pytest.mark.slow
def test_run_goes_on_after_the_board_was_lost(serve, deploy, tmp_path):
    server, run = serve(), deploy()
    wait_for("batches/0*.npz", tmp_path / "out", run)
    server.kill()
    server.wait(LIMIT_S)
    _, errors = run.communicate(timeout=LIMIT_S)
    assert run.returncode == 3, errors
    assert "neurodeploy: board: cannot be reached" in errors
    assert "Traceback" not in errors
    assert len(list((tmp_path / "out" / "batches").iterdir())) == 1

    server, run = serve(), deploy("--resume")
    _, errors = run.communicate(timeout=LIMIT_S)
    assert run.returncode == 0, errors
    server.send_signal(signal.SIGINT)
    assert server.wait(LIMIT_S) == 0
    model = nd.load(ROOT / "models" / "digits")
    wanted = nd.deploy(model, shipped_samples(model).first(N_SAMPLES))
    with (tmp_path / "out" / "predictions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [model.classes[k] for k in wanted.predictions]
    assert [row["prediction"] for row in rows] == names
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["n_samples"] == N_SAMPLES
