"""Unmodified sPyNNaker scripts on the virtual board."""

import json
import math

import pytest
from running import DATA

from tools.bench.board_scripts import synfire

TEN_NEURONS = """
import pyNN.spiNNaker as sim
sim.setup(1.0)
source = sim.Population(10, sim.SpikeSourceArray([[5 + i, 20 + i, 50 + i] for i in range(10)]))
cells = sim.Population(10, sim.IF_curr_exp())
sim.Projection(source, cells, sim.OneToOneConnector(), sim.StaticSynapse(weight=5.0, delay=2.0))
cells.record(["spikes", "v"])
sim.run(100)
segment = cells.get_data().segments[0]
spikes = [[float(t) for t in train] for train in segment.spiketrains]
v = [[float(x) for x in row] for row in segment.filter(name="v")[0]]
sim.end()
give({"spikes": spikes, "v": v})
"""


def float_cell(input_ms, *, weight=5.0, delay=2, duration=100):
    """Step one default IF_curr_exp in float, in the order of operations of the binaries."""
    leak, synapse = math.exp(-1 / 20.0), math.exp(-1 / 5.0)
    share = 5.0 * (1 - synapse)
    arrivals = {t + delay for t in input_ms}
    v, current, resting, trace, spikes = -65.0, 0.0, 0, [], []
    for t in range(duration):
        trace.append(v)
        current += weight * share if t in arrivals else 0.0
        target = 20.0 * current - 65.0
        v = target - leak * (target - v) if resting == 0 else v
        resting = max(resting - 1, 0)
        if v >= -50.0:
            v, resting = -65.0, 1
            spikes.append(float(t))
        current *= synapse
    return spikes, trace


def test_ten_neurons(on_board):
    result = on_board(TEN_NEURONS)
    for i, train in enumerate(result["spikes"]):
        spikes, trace = float_cell([5 + i, 20 + i, 50 + i])
        assert train == spikes
        assert [row[i] for row in result["v"]] == pytest.approx(trace, abs=0.005)
    # Recorded from these binaries before, on another emulation of the processor.
    wanted = [-65.0, -60.580413818359375, -57.17742919921875, -54.59625244140625]
    assert [row[0] for row in result["v"]][7:11] == wanted


READ = """
spikes = [[i, float(t)] for i, train in enumerate(segment.spiketrains) for t in train]
give({"spikes": spikes, "v": [float(x) for x in segment.filter(name="v")[0][:, 0]]})
"""


def golden_runs():
    file = DATA / "boards" / "synfire.json"
    if not file.exists():
        return []
    return json.loads(file.read_text(encoding="utf-8"))["runs"]


@pytest.mark.parametrize("index", [0, 1])
def test_spikes_recorded_on_a_real_board(on_board, index):
    runs = golden_runs()
    if not runs:
        pytest.skip("not run: the recorded data is not here")
    run = runs[index]
    result = on_board(synfire(run["delay"], run["run_ms"]) + READ)
    assert sorted(map(tuple, result["spikes"])) == sorted(map(tuple, run["spikes"]))
    for t, v in run.get("v_neuron0", ()):
        assert result["v"][int(t)] == pytest.approx(v, rel=1e-3)
