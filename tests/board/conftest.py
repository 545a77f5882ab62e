"""What every test on the virtual board asks for."""

import pytest
from running import lacking, run_on_board


@pytest.fixture
def on_board(tmp_path):
    """Return a function that runs a script on a board and returns what the script gave."""
    reason = lacking()
    if reason is not None:
        pytest.skip(reason)

    def run(code, *options, name="run", **named):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        return run_on_board(folder, code, *options, **named)

    return run
