"""Live decisions are those of a batch, spike for spike, on the models that ship."""

import numpy as np
import pytest

import neurodeploy as nd
from neurodeploy import packets

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
