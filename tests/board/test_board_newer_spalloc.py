"""Boards of a spalloc web service, by password and by token: allotted, used, given back."""

import os
import signal

import newer_spalloc
import pytest
from decisions import decided, emulated
from waiting import LIMIT_S, is_running, wait_until

ADDRESS = "127.0.0.45"
PASSWORD, TOKEN = "passw0rd-that-nobody-must-see", "t0ken-that-nobody-must-see"
MANY = ("--limit", "100")  # long enough to break off
BY_USER, BY_TOKEN = ("--user", "me"), ("--ebrains",)


@pytest.fixture
def service(tmp_path):
    """A function that gives a web service in a `with` statement."""

    def served(**more):
        return newer_spalloc.served(ADDRESS, passwords={"me": PASSWORD}, token=TOKEN, **more)

    return served


@pytest.fixture
def ask(deploy, tmp_path):
    """Return a function that starts a deployment on a web service, whose authority it trusts."""

    def run(server, *options, trusted=True, **secrets):
        file = tmp_path / "authority.pem"
        server.authority.cert_pem.write_to_path(str(file))
        secrets = {"SPALLOC_PASSWORD": PASSWORD, "OIDC_BEARER_TOKEN": TOKEN} | secrets
        trust = ("REQUESTS_CA_BUNDLE", "WEBSOCKET_CLIENT_CA_BUNDLE") if trusted else ()
        return deploy(
            "--spalloc", server.url, *options,
            NO_PROXY="127.0.0.1", **secrets, **dict.fromkeys(trust, str(file)),
        )  # fmt: skip

    return run


def files_with(secret, folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if secret.encode() in path.read_bytes()]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("who", "owner", "proxied"),
    [(BY_USER, "me", True), (BY_TOKEN, "bearer", True), (BY_USER, "me", False)],
)
def test_decisions_are_the_emulators_and_no_secret_stays(
    service, ask, serve, tmp_path, who, owner, proxied
):
    serve(ADDRESS)
    settings = tmp_path / "settings.cfg"
    settings.write_text(f"[Machine]\nspalloc_use_proxy = {proxied}\n")
    with service() as server:
        run = ask(server, *who, "--limit", "3", "--spynnaker-cfg", str(settings))
        printed, errors = run.communicate(timeout=LIMIT_S)
    assert (run.returncode, errors) == (0, "")
    out = tmp_path / "out"
    assert decided(out) == emulated(3)
    (job,) = server.jobs
    assert (job.owner, job.wishes["num-boards"], job.state) == (owner, 1, "DESTROYED")
    assert job.kept_alive
    assert job.websockets == (1 if proxied else 0)
    # Cookies of the sessions let anybody use the job, and sPyNNaker writes them into databases.
    cookies = [s for number, session in server.sessions.items() for s in (number, session.csrf)]
    assert out / "spynnaker" / "spynnaker.log" in files_with("num-boards", out)
    for secret in (PASSWORD, TOKEN, *cookies):
        assert secret not in printed
        assert files_with(secret, out) == []
    assert not list((tmp_path / "home").glob(".sp*")), "the user's settings were written"


def test_ctrl_c_in_the_queue_leaves_no_job_there(service, ask):
    with service(state="QUEUED") as server:
        run = ask(server, *BY_USER)
        wait_until(lambda: server.jobs and server.jobs[0].questions, run)
        os.killpg(run.pid, signal.SIGINT)
        _, errors = run.communicate(timeout=LIMIT_S)
    assert run.returncode == 130, errors
    assert errors.strip() == "neurodeploy: interrupted; no report was written"
    assert [job.state for job in server.jobs] == ["DESTROYED"]


@pytest.mark.parametrize(
    ("who", "service_is", "asked", "said"),
    [
        (BY_USER, {}, {"SPALLOC_PASSWORD": "wr0ng"}, "spalloc: refused (got SpallocException: "),
        (BY_TOKEN, {}, {"OIDC_BEARER_TOKEN": "wr0ng"}, "spalloc: refused (got SpallocException: "),
        (BY_USER, {}, {"trusted": False}, "spalloc: has a certificate of an unknown authority"),
        (BY_USER, {"refusing": True}, {}, "spalloc: answers with an error"),
    ],
    ids=["password", "token", "certificate", "job"],
)
def test_what_is_said_of_refusals(service, ask, tmp_path, who, service_is, asked, said):
    with service(**service_is) as server:
        run = ask(server, *who, **asked)
        _, errors = run.communicate(timeout=LIMIT_S)
    assert run.returncode == 3, errors
    assert errors.strip().startswith(f"neurodeploy: {said}")
    for secret in ("wr0ng", PASSWORD, TOKEN):
        assert secret not in errors
        assert files_with(secret, tmp_path / "out") == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("broken_off", "code", "said"),
    [
        ("Ctrl-C", 130, "neurodeploy: interrupted"),
        ("board lost", 3, "neurodeploy: board: does not answer in time"),
        ("taken back", 3, "neurodeploy: spalloc: took the boards back"),
    ],
)
def test_no_job_outlives_its_run(service, ask, serve, tmp_path, broken_off, code, said):
    board = serve(ADDRESS)
    with service() as server:
        run = ask(server, *BY_USER, *MANY)
        wait_until(lambda: is_running(tmp_path / "out"), run)
        assert [job.state for job in server.jobs] == ["READY"]
        if broken_off == "Ctrl-C":
            os.killpg(run.pid, signal.SIGINT)
        elif broken_off == "board lost":
            board.kill()
        else:
            server.change(server.jobs[0], "DESTROYED", "needed elsewhere")
        _, errors = run.communicate(timeout=LIMIT_S)
    assert run.returncode == code, errors
    assert errors.strip().startswith(said)
    assert "Traceback" not in errors
    assert [job.state for job in server.jobs] == ["DESTROYED"]
    for secret in (PASSWORD, *server.sessions):
        assert files_with(secret, tmp_path / "out") == []
