"""The N-MNIST network of the NIR paper: convolutions, pools and a reset by subtraction."""

import nir
import numpy as np
import pytest

import neurodeploy as nd

LAYERS = ("1", "3", "6", "10", "12")
CLASS = 4


@pytest.fixture(scope="module")
def folder(shared_data):
    return shared_data / "models" / "nir"


@pytest.fixture(scope="module")
def events(folder):
    """One recording as spike counts, (steps of 1 ms, polarity, rows, columns)."""
    rows = np.fromfile(folder / "sample_nmnist.bin", np.uint8).reshape(-1, 5).astype(np.int64)
    x, y, polarity = rows[:, 0], rows[:, 1], rows[:, 2] >> 7
    time_us = (rows[:, 2] & 0x7F) << 16 | rows[:, 3] << 8 | rows[:, 4]
    found = np.zeros((time_us.max() // 1000 + 1, 2, 34, 34))
    np.add.at(found, (time_us // 1000, polarity, y, x), 1)
    return found


def convolved(x, node):
    """Return a convolution as PyTorch computes it, of (channels, rows, columns)."""
    (py, px), (sy, sx) = np.broadcast_to(node.padding, 2), np.broadcast_to(node.stride, 2)
    padded = np.pad(x, ((0, 0), (py, py), (px, px)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, node.weight.shape[2:], axis=(1, 2))
    return np.einsum("oikl,iyxkl->oyx", node.weight, windows[:, ::sy, ::sx])


def pooled(x, node):
    channels, rows, columns = x.shape
    return x.reshape(channels, rows // 2, 2, columns // 2, 2).sum(axis=(2, 4))


LINEAR = {
    "Conv2d": convolved,
    "SumPool2d": pooled,
    "Flatten": lambda x, node: x.ravel(),
    "Affine": lambda x, node: node.weight @ x + node.bias,
}


@pytest.fixture(scope="module")
def reference(folder, events):
    """Spikes of each layer, (steps, size) bool: IF neurons that subtract once a step."""
    nodes = nir.read(folder / "cnn_sinabs.nir", type_check=False).nodes
    potential, found = {}, {name: [] for name in LAYERS}
    for step in events:
        x = step
        for name in sorted((n for n in nodes if n.isdecimal()), key=int):
            node = nodes[name]
            kind = type(node).__name__
            if kind != "IF":
                x = LINEAR[kind](x, node)
                continue
            u = potential.get(name, 0.0) + node.r * x
            spikes = u > node.v_threshold
            potential[name] = u - spikes * node.v_threshold
            found[name].append(spikes.ravel())
            x = spikes.astype(float)
    return {name: np.array(rows) for name, rows in found.items()}


@pytest.fixture(scope="module")
def model(folder):
    return nd.load(
        folder / "cnn_sinabs.nir", dt=1, source="sinabs", reset="subtract", encoder="events",
        readout="spike_count",
    )  # fmt: skip


def test_decision_and_spikes(deploy, model, events, reference, target):
    report = deploy(model, events[None], target=target, agreement=False)
    assert report.predictions.tolist() == [CLASS]
    for name, wanted in reference.items():
        spikes = report.recording.spikes[name]
        found = np.zeros_like(wanted)
        found[spikes.step, spikes.index] = True
        exact = target == "ideal"
        assert (found ^ wanted).sum() <= (0.001 if exact else 0.2) * wanted.sum(), name
        assert abs(found.sum() - wanted.sum()) <= (0.001 if exact else 0.01) * wanted.sum(), name
    assert not any(report.recording.saturations.values())


def test_it_fits_a_board(model):
    found = nd.check(model, "spinnaker")
    assert found.fits, [str(v) for v in found.violations]
    assert found.figures["cores"].value == 1 + 16 + 16 + 2 + 1 + 1
