"""The same models and scripts where sPyNNaker's binaries run: bit for bit the emulator's.

Runs on target `virtual`, or on a board with `pytest --target spinnaker --board HOST`.
"""

from pathlib import Path

import numpy as np
import pytest

import neurodeploy as nd
from neurodeploy.deployment import shipped_samples
from neurodeploy.presentation import Presentation
from neurodeploy.runtime.backend import MachineOptions

N_SAMPLES = 3


@pytest.fixture
def deployed(machine_target, request, tmp_path):
    """Deploy a few samples of a model on the machine and on the emulator."""
    board = request.config.getoption("--board")

    def deploy(folder: Path, n_samples=N_SAMPLES, **more):
        model = nd.load(folder)
        samples = shipped_samples(model).first(n_samples)
        options = MachineOptions(
            board=board, version=None if board else 3, folder=tmp_path / "spynnaker"
        )
        found = nd.deploy(model, samples, target=machine_target, machine=options, **more)
        return found, nd.deploy(model, samples)

    return deploy


def assert_same(found, wanted):
    np.testing.assert_array_equal(found.scores, wanted.scores)
    assert found.recording.spikes.keys() == wanted.recording.spikes.keys()
    for name, spikes in wanted.recording.spikes.items():
        other = found.recording.spikes[name]
        for part in ("sample", "step", "index"):
            np.testing.assert_array_equal(getattr(other, part), getattr(spikes, part), err_msg=name)


def test_digits(deployed, project_root):
    assert_same(*deployed(project_root / "models" / "digits"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["digits", "packet-apps"])
@pytest.mark.parametrize(
    "presentation", [Presentation("apart", 2), Presentation("reset", 2)], ids=repr
)
def test_every_presentation(deployed, project_root, name, presentation):
    assert_same(*deployed(project_root / "models" / name, presentation=presentation))


@pytest.mark.slow
def test_every_model(deployed, model_folder):
    assert_same(*deployed(model_folder, 60))
