"""A small report that holds everything a page can show, made without a simulator."""

from dataclasses import replace

import numpy as np
import pytest

from neurodeploy.inputs import Groups, Samples
from neurodeploy.ir.network import Cell, Network, Population, Projection, Quantisation
from neurodeploy.readout import Decisions
from neurodeploy.records import Recording, Spikes
from neurodeploy.results import Report

HOSTILE = "<script>alert(1)</script>"
CLASSES = ("web, plain", HOSTILE, "never $x_1", "名")
PREDICTIONS = np.array([0, 1, -1, 0, 1, 0])
LABELS = np.array([0, 0, 1, -1, 1, 0])
IDEAL = np.array([0, 1, 1, 0, 1, 1])
GROUP_OF = np.array([0, 0, 1, -1, 2, -1])
STEPS = 5


def _spikes(name, size, rng):
    sample = np.sort(rng.integers(0, 6, 40))
    return Spikes.sorted(
        name, sample, rng.integers(0, STEPS, 40), rng.integers(0, size, 40), timestep_ms=1.0
    )


def _network():
    cell = Cell("IF_curr_delta", {}, np.zeros(1), np.ones(1), 1.0, np.ones(1))
    populations = (
        Population("input", 4, "input"),
        Population("bias", 1, "bias"),
        Population("hidden", 7, cell=cell, ring_shift=(3, 4)),
        Population("out", 4, cell=cell, ring_shift=(2, 2)),
    )
    ends = np.arange(2, dtype=np.int32)

    def projection(pre, post, snr_dB):
        found = Quantisation(0.125, snr_dB, zeroed=1, clipped=2)
        name = f"{pre} -> {post}"
        return Projection(name, pre, post, ends, ends, np.ones(2), quantisation=found)

    projections = (
        projection("input", "hidden", 61.5),
        projection("hidden", "out", float("inf")),
        projection("bias", "out", float("nan")),
    )
    return Network("toy", 1.0, populations, projections, "out", notes=("quantise: & so on",))


@pytest.fixture
def report():
    """Six samples in three flows: right, wrong, undecided, unlabelled; one class never met."""
    rng = np.random.default_rng(3)
    names = {"input": 4, "bias": 1, "hidden": 7, "out": 4}
    scores = rng.random((6, 4))
    tied = np.array([0, 1, 0, 0, 0, 0], dtype=bool)
    samples = Samples(
        np.zeros((6, 4)),
        LABELS,
        name="toy.pcap",
        columns={"pkt": list(range(1, 7)), "src": [f"10.0.0.{k}" for k in range(6)]},
        groups=Groups("flow", GROUP_OF, {"src": ["10.0.0.1", "10.0.0.2", "fe80::1"]}),
        tags={"with payload": np.arange(6) < 2, "nothing": np.zeros(6, dtype=bool)},
        counts={"packets": 6, "malformed: ipv4": np.int64(1)},
    )
    return Report(
        model="toy",
        target="emulator",
        engine="numpy",
        emulates="sPyNNaker 7.4.1",
        classes=CLASSES,
        decisions=Decisions(scores, PREDICTIONS, tied),
        ideal=Decisions(scores, IDEAL, np.zeros(6, dtype=bool)),
        samples=samples,
        recording=Recording(
            6, {k: _spikes(k, n, rng) for k, n in names.items()}, saturations={"out": np.int64(3)}
        ),
        network=_network(),
        timing_s={"compile": 0.5, "build": 0.25, "run": 2.0},
        warnings=("out: ring buffers were full 3 times",),
        versions={"numpy": "2.3.5"},
        planned=6,
        provenance={"licence": "Apache-2.0"},
    )


@pytest.fixture
def unlabelled(report):
    """The same samples without labels, groups, tags, columns or a comparison with ideal."""
    plain = Samples(report.samples.x)
    return replace(report, samples=plain, ideal=None)
