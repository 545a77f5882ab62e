"""Deploying on whichever target a run of the suite is for, machines included."""

import pytest

import neurodeploy as nd
from neurodeploy.runtime.backend import MachineOptions

MACHINES = ("spinnaker", "virtual")


@pytest.fixture(scope="session")
def deploy(request, tmp_path_factory):
    """`nd.deploy` that knows the board which the suite was given."""
    board = request.config.getoption("--board")

    def on_target(model, *samples, target, **more):
        if target in MACHINES:
            request.getfixturevalue("machine_target")
            folder = tmp_path_factory.mktemp("spynnaker")
            version = None if board else 3
            more["machine"] = MachineOptions(board=board, version=version, folder=folder)
        return nd.deploy(model, *samples, target=target, **more)

    return on_target
