"""A pytest plugin: tests that use pyNN.spiNNaker, on a virtual board or on a real one.

`pytest --spinnaker virtual` (the default) gives every test that asks for the fixture
`spinnaker` a board of its own inside the test process; `--spinnaker HOST` uses the board at
that address. The ini option `spinnaker_version` says which board, 3 or 5.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

_VIRTUAL = "virtual"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option and the ini setting."""
    group = parser.getgroup("spinnaker", "SpiNNaker")
    group.addoption(
        "--spinnaker",
        default=_VIRTUAL,
        metavar="virtual|HOST",
        help="machine for the fixture `spinnaker` (default: %(default)s)",
    )
    parser.addini("spinnaker_version", "board version: 3 (4 chips) or 5 (48 chips)", default="5")


@pytest.fixture
def spinnaker(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """Give the module pyNN.spiNNaker, connected to a machine that is the test's alone.

    The working directory is a temporary one, since sPyNNaker writes its reports there. A
    simulation that the test has not ended is ended.
    """
    from neurodeploy.errors import BackendUnavailable
    from neurodeploy_virtual.run_script import require_vendor

    monkeypatch.chdir(tmp_path)
    host = request.config.getoption("--spinnaker")
    version = int(request.config.getini("spinnaker_version"))
    try:
        require_vendor()
        yield from _virtual(version) if host == _VIRTUAL else _real(version, host)
    except BackendUnavailable as err:
        pytest.fail(str(err))


def _virtual(version: int) -> Iterator[Any]:
    from neurodeploy_virtual.board import Board, BoardOptions

    with Board(BoardOptions(version=version)) as board, board.in_process():
        try:
            yield from _simulator()
        finally:
            board.check()


def _real(version: int, host: str) -> Iterator[Any]:
    from neurodeploy_virtual.transport.configuration import configured

    with configured(version, host):
        yield from _simulator()


def _simulator() -> Iterator[Any]:
    simulator = import_module("pyNN.spiNNaker")
    try:
        yield simulator
    finally:
        view = import_module("spinn_utilities.data").UtilsDataView
        if not view.is_shutdown() and view.is_setup():
            simulator.end()


__all__ = ["pytest_addoption", "spinnaker"]
