"""A served board that dies in the middle of a run, as a user with a real one meets it."""

import json
import signal

import pytest
from decisions import decided, emulated
from waiting import LIMIT_S, wait_until

ADDRESS = "127.0.0.43"
N_SAMPLES = 100  # one batch and a part of another
OPTIONS = ("--board", ADDRESS, "--version", "3", "--limit", str(N_SAMPLES))


@pytest.mark.slow
def test_run_goes_on_after_the_board_was_lost(serve, deploy, tmp_path):
    server, run = serve(ADDRESS, "3"), deploy(*OPTIONS)
    wait_until(lambda: list((tmp_path / "out").glob("batches/0*.npz")), run)
    server.kill()
    server.wait(LIMIT_S)
    _, errors = run.communicate(timeout=LIMIT_S)
    assert run.returncode == 3, errors
    assert "neurodeploy: board: cannot be reached" in errors
    assert "Traceback" not in errors
    assert len(list((tmp_path / "out" / "batches").iterdir())) == 1

    server, run = serve(ADDRESS, "3"), deploy(*OPTIONS, "--resume")
    _, errors = run.communicate(timeout=LIMIT_S)
    assert run.returncode == 0, errors
    server.send_signal(signal.SIGINT)
    assert server.wait(LIMIT_S) == 0
    assert decided(tmp_path / "out") == emulated(N_SAMPLES)
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["n_samples"] == N_SAMPLES
