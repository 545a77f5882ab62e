"""sPyNNaker for real, or a skip with the reason."""

import pytest

from neurodeploy.api import MachineOptions, SessionOptions
from neurodeploy_spinnaker import versions


@pytest.fixture(scope="session")
def spynnaker():
    """Skip where sPyNNaker is missing."""
    reason = versions.missing()
    if reason is not None:
        pytest.skip(f"not run: {reason}")


@pytest.fixture
def mapping(tmp_path):
    """Options of a session that only maps, in its own folder; more machine options may be given."""

    def options(progress=None, **machine):
        chosen = MachineOptions(map_only=True, folder=tmp_path / "run", **machine)
        return SessionOptions(1.0, progress=progress, machine=chosen)

    return options


@pytest.fixture
def small_network():
    """A function that builds five sources onto ten neurons on a PyNN module."""

    def build(sim):
        neurons = sim.Population(10, sim.IF_curr_exp(), label="neurons")
        times = [[1.0 + k] for k in range(5)]
        sources = sim.Population(5, sim.SpikeSourceArray(spike_times=times), label="sources")
        projection = sim.Projection(
            sources, neurons, sim.AllToAllConnector(), sim.StaticSynapse(weight=1.0, delay=2.0)
        )
        neurons.record("spikes")
        return neurons, projection

    return build
