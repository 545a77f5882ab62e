"""Where a run of the suite is to happen: on any target, machines included."""

import pytest

import neurodeploy as nd
from neurodeploy.learning import Place
from neurodeploy.runtime.backend import MachineOptions

MACHINES = ("spinnaker", "virtual")


@pytest.fixture(scope="session")
def place_on(request, tmp_path_factory):
    """Return a function that makes the place of a target, on the board which was given."""
    board = request.config.getoption("--board")

    def place(target):
        if target not in MACHINES:
            return Place(target)
        request.getfixturevalue("machine_target")
        folder = tmp_path_factory.mktemp("spynnaker")
        version = None if board else 3
        return Place(target, machine=MachineOptions(board=board, version=version, folder=folder))

    return place


@pytest.fixture
def place(place_on, target):
    """The place of this test's target."""
    return place_on(target)


@pytest.fixture(scope="session")
def deploy(place_on):
    """`nd.deploy` on any target."""

    def on_target(model, *samples, target, **more):
        machine = place_on(target).machine
        return nd.deploy(model, *samples, target=target, machine=machine, **more)

    return on_target
