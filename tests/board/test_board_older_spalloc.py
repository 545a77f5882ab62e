"""Boards of a spalloc server of the older protocol: allotted, used, given back."""

import os
import signal

import older_spalloc
import pytest
from decisions import decided, emulated
from waiting import LIMIT_S, is_running, wait_until

ADDRESS = "127.0.0.44"
MANY = ("--limit", "100")  # long enough to break off


@pytest.fixture
def server():
    with older_spalloc.served(ADDRESS) as found:
        yield found


def at(server):
    host, port = server.server_address
    return f"{host}:{port}"


@pytest.mark.slow
def test_decisions_are_the_emulators_and_the_board_is_given_back(server, serve, deploy, tmp_path):
    serve(ADDRESS)
    run = deploy("--spalloc", at(server), "--user", "me", "--limit", "3")
    printed = run.communicate(timeout=LIMIT_S)
    assert (run.returncode, printed[1]) == (0, "")
    assert decided(tmp_path / "out") == emulated(3)
    (job,) = server.jobs.values()
    assert (job.n_boards, job.wishes["owner"]) == (1, "me")
    assert job.state == older_spalloc.DESTROYED
    assert job.commands.count("destroy_job") == 1
    assert not list((tmp_path / "home").glob(".sp*")), "the user's settings were written"


def test_ctrl_c_in_the_queue_leaves_no_job_there(deploy):
    with older_spalloc.served(ADDRESS, queueing=True) as server:
        run = deploy("--spalloc", f"spalloc://me@{at(server)}")
        wait_until(lambda: server.jobs and "notify_job" in server.jobs[1].commands, run)
        os.killpg(run.pid, signal.SIGINT)
        _, errors = run.communicate(timeout=LIMIT_S)
        assert run.returncode == 130, errors
        assert errors.strip() == "neurodeploy: interrupted; no report was written"
        assert server.jobs[1].state == older_spalloc.DESTROYED


@pytest.mark.slow
@pytest.mark.parametrize(
    ("broken_off", "code", "said"),
    [
        ("Ctrl-C", 130, "neurodeploy: interrupted"),
        ("board lost", 3, "neurodeploy: board: cannot be reached"),
        ("taken back", 3, "neurodeploy: spalloc: took the boards back"),
    ],
)
def test_no_job_outlives_its_run(server, serve, deploy, tmp_path, broken_off, code, said):
    board = serve(ADDRESS)
    run = deploy("--spalloc", at(server), "--user", "me", *MANY)
    wait_until(lambda: is_running(tmp_path / "out"), run)
    assert server.jobs[1].state == older_spalloc.READY
    if broken_off == "Ctrl-C":
        os.killpg(run.pid, signal.SIGINT)
    elif broken_off == "board lost":
        board.kill()
    else:
        server.command_destroy_job(1, "needed elsewhere")
    _, errors = run.communicate(timeout=LIMIT_S)
    assert run.returncode == code, errors
    assert errors.strip().startswith(said)
    assert "Traceback" not in errors
    assert [job.state for job in server.jobs.values()] == [older_spalloc.DESTROYED]
