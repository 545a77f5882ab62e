"""Every network that ships, mapped by the installed sPyNNaker as it is emitted; nothing runs."""

import numpy as np
import pytest

import neurodeploy as nd
from neurodeploy.api import MachineOptions, SessionOptions
from neurodeploy.emit.pynn import connection_list, emit
from neurodeploy.errors import TargetError
from neurodeploy.runtime.registry import find
from neurodeploy.schedule import schedule, source_ticks

#: Synapses of a projection that are read back: sPyNNaker makes a Python object of each.
READ = 20_000


@pytest.fixture(scope="session")
def board():
    """Target spinnaker, or a skip with the reason."""
    backend = find("spinnaker")
    reason = backend.missing()
    if reason is not None:
        pytest.skip(f"not run: {reason}")
    return backend


class Noting:
    """A PyNN module that keeps the projections made on it, by label."""

    def __init__(self, sim):
        self._sim = sim
        self.projections = {}

    def __getattr__(self, name):
        return getattr(self._sim, name)

    def Projection(self, *args, label, **more):
        self.projections[label] = self._sim.Projection(*args, label=label, **more)


def mapping(folder):
    return MachineOptions(map_only=True, folder=folder)


def blank(net, steps=2):
    """Sources that send one spike each in the first sample, which is all there is."""
    raster = np.zeros((1, steps, net.inputs.size), dtype=np.uint8)
    raster[0, 0] = 1
    return source_ticks(net, schedule(net, steps), raster)


def by_synapse(rows):
    return rows[np.lexsort(rows.T[::-1])]


def test_models_are_mapped_with_their_weights_and_delays(model_folder, board, tmp_path):
    net = nd.compile(nd.load(model_folder), "spinnaker").network
    with board.session(SessionOptions(net.timestep_ms, machine=mapping(tmp_path))) as sim:
        noting = Noting(sim)
        handles = emit(net, noting, blank(net))
        sim.run(8 * net.timestep_ms)
        assert {name: handle.size for name, handle in handles.items()} == {
            pop.name: pop.size for pop in net.populations
        }
        small = [proj for proj in net.projections if proj.n_synapses <= READ]
        assert small
        for proj in small:
            found = noting.projections[proj.name].get(["weight", "delay"], "list")
            rows = by_synapse(np.array([tuple(row) for row in found], dtype=np.float64))
            expected = by_synapse(connection_list(proj, net.timestep_ms))
            np.testing.assert_array_equal(rows[:, :2], expected[:, :2], err_msg=proj.name)
            lsb = proj.quantisation.lsb_nA if proj.quantisation is not None else 0.0
            np.testing.assert_allclose(
                np.abs(rows[:, 2]), np.abs(expected[:, 2]), rtol=0, atol=lsb * 1e-3
            )
            np.testing.assert_array_equal(rows[:, 3], expected[:, 3], err_msg=proj.name)


def test_a_mapped_network_has_no_result(board, tmp_path, model_folders):
    folder = next(f for f in model_folders if f.name == "digits")
    model = nd.load(folder)
    with pytest.raises(TargetError, match="target spinnaker: mapped the network, ran nothing"):
        nd.deploy(
            model,
            nd.deployment.shipped_samples(model).first(2),
            target="spinnaker",
            agreement=False,
            machine=mapping(tmp_path),
        )
