"""Live decisions are those of a batch, spike for spike, on the models that ship."""

import numpy as np
import pytest

import neurodeploy as nd
from neurodeploy import packets
from neurodeploy.errors import TargetError
from neurodeploy.runtime.backend import MachineOptions
from neurodeploy.runtime.options import RunOptions

N_PACKETS = 30


@pytest.mark.parametrize("name", ["packet-apps", "packet-signatures"])
def test_emulator_live_is_emulator_batch(project_root, name):
    model = nd.load(project_root / "models" / name)
    with (
        packets.opened(str(model.files.data), speed=1e9) as arrivals,
        nd.live(model) as deployed,
    ):
        said = [one.prediction for one in deployed.decisions(arrivals, N_PACKETS)]
    live = deployed.report()
    samples = nd.read(model, model.files.data, model.files.labels).first(N_PACKETS)
    batch = nd.deploy(model, samples)
    np.testing.assert_array_equal(said, batch.predictions)
    np.testing.assert_array_equal(live.scores, batch.scores)
    np.testing.assert_array_equal(live.groups.predictions, batch.groups.predictions)
    assert (live.live.changed, live.live.repeated) == (0, 0)
    assert live.recording.saturations == batch.recording.saturations
    assert live.recording.spikes.keys() == batch.recording.spikes.keys()
    for one, spikes in batch.recording.spikes.items():
        for part in ("sample", "step", "index"):
            np.testing.assert_array_equal(
                getattr(live.recording.spikes[one], part), getattr(spikes, part), err_msg=one
            )
    if batch.recording.membrane is None:
        assert live.recording.membrane is None
    else:
        np.testing.assert_array_equal(live.recording.membrane, batch.recording.membrane)


@pytest.fixture
def on_machine(machine_target, request, tmp_path):
    """Decide a few packets live on the machine; return what was said, and its report."""
    board = request.config.getoption("--board")
    version = None if board else 3
    machine = MachineOptions(board=board, version=version, folder=tmp_path / "spynnaker")

    def decided(model, n):
        options = RunOptions(machine=machine)
        with (
            packets.opened(str(model.files.data), speed=1e9) as arrivals,
            nd.live(model, machine_target, options=options) as deployed,
        ):
            said = [one.prediction for one in deployed.decisions(arrivals, n)]
        return said, deployed.report()

    return decided


@pytest.mark.slow
def test_a_machine_live_decides_as_the_emulator(on_machine, project_root):
    model = nd.load(project_root / "models" / "packet-signatures")
    said, live = on_machine(model, 5)
    batch = nd.deploy(model, nd.read(model, model.files.data).first(5))
    assert len(set(said)) > 1
    np.testing.assert_array_equal(said, batch.predictions)
    np.testing.assert_array_equal(live.scores, batch.scores)
    for name in ("input", "detectors"):
        for part in ("sample", "step", "index"):
            np.testing.assert_array_equal(
                getattr(live.recording.spikes[name], part),
                getattr(batch.recording.spikes[name], part),
                err_msg=name,
            )
    # Spikes that nobody listened to are not said to be none.
    assert "relays" not in live.recording.spikes
    assert live.recording.provenance


@pytest.mark.slow
def test_a_machine_does_not_tell_membranes(on_machine, project_root):
    model = nd.load(project_root / "models" / "packet-apps")
    with pytest.raises(TargetError, match="the output of this network never spikes"):
        on_machine(model, 1)
