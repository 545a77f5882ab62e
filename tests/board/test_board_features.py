"""Parts of the host software and of the machine that simple scripts do not reach."""

import json
import os
import signal
import subprocess
import sys

import pytest
from running import PRELUDE, command, environment

RELAY = """
import pyNN.spiNNaker as sim
from spinn_front_end_common.interface.abstract_spinnaker_base import AbstractSpinnakerBase

if COMPRESS:
    AbstractSpinnakerBase._compression_skipable = lambda self, tables: False
sim.setup(1.0)
sim.set_number_of_neurons_per_core(sim.IF_curr_exp, 5)
source = sim.Population(40, sim.SpikeSourceArray([[5 + i, 20 + i, 50 + i] for i in range(40)]))
first, second = (sim.Population(60, sim.IF_curr_exp()) for _ in range(2))
sim.Projection(source, first, sim.FromListConnector([(i, i, 5.0, 2.0) for i in range(40)]))
sim.Projection(first, second, sim.FromListConnector(
    [(i, i * 7 % 60, 5.0, 2.0) for i in range(40)]))
first.record("spikes")
second.record("spikes")
sim.run(100)
give([[float(t) for t in train.magnitude] for p in (first, second)
      for train in p.get_data("spikes").segments[0].spiketrains])
sim.end()
"""


@pytest.mark.slow
def test_routes_compressed_on_the_board_lead_where_the_others_do(on_board):
    plain = on_board(RELAY.replace("COMPRESS", "False"), name="plain")
    assert sum(map(len, plain)) > 150
    assert on_board(RELAY.replace("COMPRESS", "True"), name="compressed") == plain


SPLIT = """
import pyNN.spiNNaker as sim
sim.setup(1.0)
source = sim.Population(50, sim.SpikeSourceArray([[5 + i % 20] for i in range(50)]))
cells = sim.Population(50, sim.IF_curr_exp(), n_synapse_cores=CORES)
links = [(i, (i * 3 + k) % 50, 8.0, 2.0) for i in range(50) for k in range(3)]
sim.Projection(source, cells, sim.FromListConnector(links))
cells.record(["spikes", "v"])
sim.run(60)
segment = cells.get_data().segments[0]
give([segment.filter(name="v")[0].magnitude.tolist(),
      [[float(t) for t in train.magnitude] for train in segment.spiketrains]])
sim.end()
"""


@pytest.mark.slow
def test_synapse_cores_beside_the_neuron_core(on_board):
    together = on_board(SPLIT.replace("CORES", "None"), name="together")
    apart = on_board(SPLIT.replace("CORES", "2"), name="apart")
    assert sum(map(len, together[1])) > 20
    assert apart[1] == together[1]


CONVOLUTION = """
import numpy
import pyNN.spiNNaker as sim
from pyNN.space import Grid2D
sim.setup(1.0)
sim.set_number_of_neurons_per_core(sim.IF_curr_exp, (6, 6))
sim.set_number_of_neurons_per_core(sim.SpikeSourceArray, (8, 8))
spikes = [[10.0] if i == 27 else [] for i in range(64)]
source = sim.Population(64, sim.SpikeSourceArray(spikes), structure=Grid2D(1.0))
cells = sim.Population(36, sim.IF_curr_exp(), structure=Grid2D(1.0))
kernel = sim.ConvolutionConnector(numpy.full((3, 3), 20.0))
sim.Projection(source, cells, kernel, sim.Convolution())
cells.record("spikes")
sim.run(50)
counts = [len(train) for train in cells.get_data("spikes").segments[0].spiketrains]
sim.end()
give(numpy.reshape(counts, (6, 6)).tolist())
"""


@pytest.mark.slow
def test_convolution_spreads_one_spike_over_the_kernel(on_board):
    counts = on_board(CONVOLUTION)
    fired = [(x, y) for x in range(6) for y in range(6) if counts[x][y]]
    assert len(fired) == 9
    xs, ys = {x for x, _ in fired}, {y for _, y in fired}
    assert len(xs) == len(ys) == 3
    assert len({counts[x][y] for x, y in fired}) == 1


FOREVER = """
import time
import pyNN.spiNNaker as sim


def stop(label, connection):
    time.sleep(0.2)
    sim.external_devices.request_stop()


connection = sim.external_devices.SpynnakerLiveSpikesConnection(
    receive_labels=["cells"], local_port=None)
connection.add_start_resume_callback("cells", stop)
sim.setup(1.0)
source = sim.Population(5, sim.SpikeSourceArray(list(range(5, 2000, 10))))
cells = sim.Population(5, sim.IF_curr_exp(), label="cells")
sim.Projection(source, cells, sim.OneToOneConnector(), sim.StaticSynapse(weight=20.0, delay=1.0))
sim.external_devices.activate_live_output_for(
    cells, database_notify_port_num=connection.local_port)
cells.record("spikes")
sim.external_devices.run_forever()
ended = float(sim.get_current_time())
spikes = len(cells.get_data("spikes").segments[0].spiketrains[0])
sim.end()
give({"ended": ended, "spikes": spikes})
"""


@pytest.mark.slow
def test_run_without_an_end_until_it_is_stopped(on_board):
    result = on_board(FOREVER)
    assert 190 <= result["ended"] <= 1900
    assert result["spikes"] >= 19


LIVE_CLIENT = """
import time
import pyNN.spiNNaker as sim
received = []


def send(label, connection):
    for i in range(10):
        connection.send_spike(label, i % 5)
        time.sleep(0.02)


connection = sim.external_devices.SpynnakerLiveSpikesConnection(
    receive_labels=["cells"], send_labels=["input"], local_port=None)
connection.add_start_resume_callback("input", send)
connection.add_receive_callback(
    "cells", lambda label, moment, ids: received.extend([int(moment), int(i)] for i in ids))
sim.setup(1.0)
port = connection.local_port
injector = sim.Population(
    5, sim.external_devices.SpikeInjector(database_notify_port_num=port), label="input")
cells = sim.Population(5, sim.IF_curr_exp(), label="cells")
sim.Projection(injector, cells, sim.OneToOneConnector(), sim.StaticSynapse(weight=20.0, delay=1.0))
cells.record("spikes")
sim.external_devices.activate_live_output_for(cells, database_notify_port_num=port)
sim.run(1500)
trains = cells.get_data("spikes").segments[0].spiketrains
fired = sorted([int(t), i] for i, train in enumerate(trains) for t in train.magnitude)
time.sleep(0.5)
give({"fired": fired, "received": sorted(received)})
sim.end()
"""


@pytest.mark.slow
def test_live_input_and_output_over_udp(on_board, tmp_path):
    address = f"127.3.{os.getpid() // 250 % 250}.{os.getpid() % 250 + 1}"
    server = subprocess.Popen(
        command("serve", "--version", "3", "--pace", "1", "--address", address),
        env=environment(tmp_path / "server"),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert address in server.stdout.readline()
        home = tmp_path / "home"
        home.mkdir()
        (home / ".spynnaker.cfg").write_text(
            f"[Machine]\nmachine_name = {address}\nversion = 3\n"
            "post_simulation_overrun_before_error = 600\n"
        )
        (tmp_path / "script.py").write_text(PRELUDE + LIVE_CLIENT)
        ended = subprocess.run(
            [sys.executable, "script.py", "result.json"],
            cwd=tmp_path,
            env=environment(home),
            check=False,
            capture_output=True,
            text=True,
            timeout=170,
        )
        assert ended.returncode == 0, ended.stderr
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(20)
        server.stdout.close()
    result = json.loads((tmp_path / "result.json").read_text())
    assert len(result["fired"]) >= 10
    assert result["received"] == result["fired"]


SYNCHRONISED = """
import time
import pyNN.spiNNaker as sim

parts = [[]]


def receive(label, moment, neurons):
    parts[-1] += [moment] * len(neurons)


def go_on(label, connection):
    for _ in range(4):
        time.sleep(0.1)
        parts.append([])
        sim.external_devices.continue_simulation()


connection = sim.external_devices.SpynnakerLiveSpikesConnection(
    receive_labels=["source"], local_port=None)
connection.add_receive_callback("source", receive)
connection.add_start_resume_callback("source", go_on)
sim.setup(1.0)
source = sim.Population(60, sim.SpikeSourceArray([[i] for i in range(60)]), label="source")
sim.external_devices.activate_live_output_for(
    source, database_notify_port_num=connection.local_port)
sim.external_devices.run_sync(60, 20)
sim.end()
give(parts)
"""


@pytest.mark.slow
def test_a_callback_lets_the_simulation_go_on_step_by_step(on_board):
    """It asks the board, from a thread of its own, while the script waits for the board."""
    parts = on_board(SYNCHRONISED, timeout_s=100)
    assert parts[:3] == [list(range(k, k + 20)) for k in (0, 20, 40)]
