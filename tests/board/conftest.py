"""What every test on the virtual board asks for."""

import subprocess

import pytest
from running import ROOT, command, environment, lacking, run_on_board, run_on_host


@pytest.fixture
def on_board(request, tmp_path):
    """Return a function that runs a script on a board and returns what the script gave.

    With `--board HOST` that is the board, unless the test asks for one of a certain kind.
    """
    host = request.config.getoption("--board")
    reason = lacking()
    if reason is not None:
        pytest.skip(reason)

    def run(code, *options, name="run", **named):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        if host is None:
            return run_on_board(folder, code, *options, **named)
        if options:
            pytest.skip(f"not run: it needs a board with {' '.join(options)}, not any")
        return run_on_host(folder, code, host, **named)

    return run


@pytest.fixture
def start(tmp_path):
    """Return a function that starts a process of a group of its own; all end with the test."""
    reason = lacking()
    if reason is not None:
        pytest.skip(reason)
    started = []

    def run(arguments, **variables):
        process = subprocess.Popen(
            arguments, cwd=ROOT, env=environment(tmp_path / "home") | variables,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def serve(start):
    """Return a function that serves a board at an address."""

    def run(address, version="5"):
        server = start(command("serve", "--version", version, "--address", address))
        assert address in server.stdout.readline()
        return server

    return run


@pytest.fixture
def deploy(start, tmp_path):
    """Return a function that starts a deployment of digits on target spinnaker into tmp_path/out.

    Parameters of the function: options of the command line; environment variables.
    """
    python, *_ = command()

    def run(*options, **variables):
        return start(
            [python, "-m", "neurodeploy", "deploy", "models/digits", "--target", "spinnaker"]
            + ["--out", str(tmp_path / "out"), *options],
            **variables,
        )

    return run
