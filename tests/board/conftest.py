"""What every test on the virtual board asks for."""

import pytest
from running import lacking, run_on_board, run_on_host


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
