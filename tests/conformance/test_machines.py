"""The same models and scripts where sPyNNaker's binaries run: bit for bit the emulator's.

Runs on target `virtual`, or on a board with `pytest --target spinnaker --board HOST`.
"""

import nir
import numpy as np
import pytest
from strategies import Case, Layer, chain, input_node, linear

import neurodeploy as nd
from neurodeploy.deployment import shipped_samples
from neurodeploy.describe import Model
from neurodeploy.encode import Encoder
from neurodeploy.importer import Timing
from neurodeploy.presentation import Presentation
from neurodeploy.runtime.backend import MachineOptions

N_SAMPLES = 3


@pytest.fixture
def deployed(machine_target, request, tmp_path):
    """Deploy a few samples of a model on the machine and on the emulator."""
    board = request.config.getoption("--board")

    def deploy(model: Model, samples=None, **more):
        samples = shipped_samples(model).first(N_SAMPLES) if samples is None else samples
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
    assert_same(*deployed(nd.load(project_root / "models" / "digits")))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["digits", "packet-apps"])
@pytest.mark.parametrize(
    "presentation", [Presentation("apart", 2), Presentation("reset", 2)], ids=repr
)
def test_every_presentation(deployed, project_root, name, presentation):
    assert_same(*deployed(nd.load(project_root / "models" / name), presentation=presentation))


def soft_cnn(kind, reset):
    """Return a convolution, a pool and a dense layer, neurons with a reset by subtraction."""
    rng = np.random.default_rng(5)

    def cells(n):
        full = {key: np.full(n, value) for key, value in CELL[kind].items()}
        return getattr(nir, kind)(**full)

    weight = rng.normal(0.1, 0.4, (4, 2, 3, 3))
    graph = chain(
        nir.Conv2d((8, 8), weight, 1, 1, 1, 1, rng.normal(0, 0.2, 4)), cells(256),
        nir.AvgPool2d(2, 2, 0), nir.Flatten(None, 0, -1),
        linear(rng.normal(0.03, 0.4, (5, 64))), cells(5), n_inputs=1, n_outputs=5,
    )  # fmt: skip
    graph.nodes["input"] = input_node(2, 8, 8)
    timing = Timing(1e-3, "snntorch", reset)
    return Model("soft", graph, timing, Encoder("events", 12), "spike_count")


#: A step multiplies the potential of a LIF by 0.9 and adds the input; an IF only adds it.
CELL = {
    "LIF": {"tau": 10e-3, "r": 10.0, "v_leak": 0.0, "v_threshold": 1.0},
    "IF": {"r": 1000.0, "v_threshold": 1.0},
}


@pytest.mark.parametrize(
    ("kind", "reset", "how"), [("LIF", "subtract_delayed", "apart"), ("IF", "subtract", "reset")]
)
def test_convolutions_and_resets_by_subtraction(deployed, kind, reset, how):
    samples = (np.random.default_rng(6).random((N_SAMPLES, 12, 2, 8, 8)) < 0.15).astype(np.uint8)
    found, wanted = deployed(soft_cnn(kind, reset), samples, presentation=Presentation(how))
    assert wanted.recording.spikes["b"].total > 500
    assert wanted.recording.spikes["f"].total > 20
    assert_same(found, wanted)


def test_two_decays_and_a_reset_by_subtraction(deployed):
    """The slower decay is the membrane's in one layer, the synapse's in the other."""
    rng = np.random.default_rng(7)
    layers = tuple(
        Layer(
            "cubalif", rng.normal(0.2, 0.5, (m, n)), None, np.full(m, beta), np.full(m, alpha),
            np.ones(m), None if m == 4 else rng.normal(-0.05, 0.2, (m, m)),
        )
        for n, m, alpha, beta in ((8, 12, 0.6, 0.85), (12, 4, 0.85, 0.6))
    )  # fmt: skip
    case = Case(layers, reset="subtract")
    model = Model("soft", case.graph(), case.timing, Encoder("events", 40), "spike_count")
    samples = (rng.random((N_SAMPLES, 40, 8)) < 0.2).astype(np.uint8)
    found, wanted = deployed(model, samples)
    assert wanted.recording.spikes["n0"].total > 300
    assert wanted.recording.spikes["n1"].total > 20
    assert_same(found, wanted)


@pytest.mark.slow
def test_every_model(deployed, model_folder):
    model = nd.load(model_folder)
    assert_same(*deployed(model, shipped_samples(model).first(60)))
