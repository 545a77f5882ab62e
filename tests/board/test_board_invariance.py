"""A result must not depend on the board, the transport or the way data are read out."""

import json
import os
import signal
import subprocess
import sys

import pytest
from running import PRELUDE, command, environment

#: All voltages of 1,000 neurons: 5 neuron cores and 5 of sources.
NETWORK = """
import hashlib
import numpy
import pyNN.spiNNaker as sim

sim.setup(1.0)
draw = numpy.random.default_rng(5)
excite, inhibit = sim.Population(800, sim.IF_curr_exp()), sim.Population(200, sim.IF_curr_exp())
noise = sim.Population(1000, sim.SpikeSourcePoisson(rate=30.0), additional_parameters={"seed": 11})


def links(pre, post, weight, delay):
    chosen = numpy.argwhere(draw.random((pre.size, post.size)) < 0.01)
    return sim.FromListConnector([(int(a), int(b), weight, delay) for a, b in chosen])


sim.Projection(excite, excite, links(excite, excite, 0.3, 2.0))
sim.Projection(excite, inhibit, links(excite, inhibit, 0.3, 2.0))
sim.Projection(inhibit, excite, links(inhibit, excite, 0.9, 1.0), receptor_type="inhibitory")
sim.Projection(noise, excite, sim.FromListConnector([(k, k, 4.0, 1.0) for k in range(800)]))
sim.Projection(noise, inhibit, sim.FromListConnector([(800 + k, k, 4.0, 1.0) for k in range(200)]))
result = {"spikes": 0, "samples": 0, "md5": []}
for population in (excite, inhibit):
    population.record(["v", "spikes"])
sim.run(200)
for population in (excite, inhibit):
    segment = population.get_data().segments[0]
    v = numpy.asarray(segment.filter(name="v")[0].magnitude, dtype=float)
    result["md5"].append(hashlib.md5(v.tobytes()).hexdigest())
    result["samples"] += v.size
    result["spikes"] += sum(len(train) for train in segment.spiketrains)
sim.end()
give(result)
"""
SLOW_READ = "[Machine]\nenable_advanced_monitor_support = False\n"


@pytest.mark.slow
def test_same_on_both_boards_by_both_read_outs_and_with_two_threads(on_board, tmp_path):
    small = on_board(NETWORK, name="small")
    assert small["samples"] == 200 * 1000
    assert small["spikes"] > 1000
    assert on_board(NETWORK, "--threads", "2", name="threads") == small
    assert on_board(NETWORK, "--version", "5", name="large") == small
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "spynnaker.cfg").write_text(SLOW_READ)
    assert on_board(NETWORK, name="plain") == small


@pytest.mark.slow
def test_same_over_udp(on_board, tmp_path):
    inside = on_board(NETWORK, name="inside")
    folder = tmp_path / "client"
    folder.mkdir()
    address = f"127.1.{os.getpid() // 250 % 250}.{os.getpid() % 250 + 1}"
    server = subprocess.Popen(
        command("serve", "--version", "3", "--address", address),
        env=environment(tmp_path / "server"),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert address in server.stdout.readline()
        home = folder / "home"
        home.mkdir()
        (home / ".spynnaker.cfg").write_text(
            f"[Machine]\nmachine_name = {address}\nversion = 3\n"
            "post_simulation_overrun_before_error = 600\n"
        )
        (folder / "script.py").write_text(PRELUDE + NETWORK)
        subprocess.run(
            [sys.executable, "script.py", "result.json"],
            cwd=folder,
            env=environment(home),
            check=True,
            capture_output=True,
            timeout=170,
        )
    finally:
        server.send_signal(signal.SIGINT)
        assert server.wait(20) == 0
        server.stdout.close()
    assert json.loads((folder / "result.json").read_text()) == inside
