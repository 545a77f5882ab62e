"""The pytest plugin, used as another project uses it."""

import subprocess
import sys

import pytest
from running import environment, lacking

THEIR_TESTS = """
def one_neuron(sim, weight):
    sim.setup(1.0)
    source = sim.Population(1, sim.SpikeSourceArray([5]))
    cell = sim.Population(1, sim.IF_curr_exp())
    sim.Projection(source, cell, sim.OneToOneConnector(), sim.StaticSynapse(weight=weight))
    cell.record("spikes")
    sim.run(20)
    return len(cell.get_data("spikes").segments[0].spiketrains[0])


def test_strong(spinnaker):
    assert one_neuron(spinnaker, 20.0) > 0
    spinnaker.end()


def test_weak_and_not_ended(spinnaker):
    assert one_neuron(spinnaker, 0.1) == 0


def test_wrong(spinnaker):
    assert one_neuron(spinnaker, 0.1) > 0


def test_without_a_board():
    pass
"""


@pytest.mark.slow
def test_their_tests_run_on_boards_of_their_own(tmp_path):
    reason = lacking()
    if reason is not None:
        pytest.skip(reason)
    (tmp_path / "test_theirs.py").write_text(THEIR_TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nspinnaker_version = 3\n")
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "neurodeploy_virtual.pytest_plugin"]
        + ["--spinnaker", "virtual", "-rf", "test_theirs.py"],
        cwd=tmp_path,
        env=environment(tmp_path / "home"),
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert "1 failed, 3 passed" in ended.stdout, ended.stdout + ended.stderr
    assert "FAILED test_theirs.py::test_wrong" in ended.stdout
    assert {p.name for p in tmp_path.iterdir()} <= {
        "test_theirs.py",
        "pytest.ini",
        "home",
        "__pycache__",
        ".pytest_cache",
    }
