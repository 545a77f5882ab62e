"""The compiled engines give the integers of the numpy engine and leave Brian2 clean."""

import logging
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
from board_reference import simulate
from random_networks import assert_same, build, make_net, run

from neurodeploy.api import BackendFailure, BackendUnavailable, InputError, SessionOptions
from neurodeploy_brian2 import brian2_device, brian2_engine
from neurodeploy_brian2.simulator import Simulator

NET = make_net(4, 1000, 27, heavy=True, sample_ticks=9)


def needs_compiler(engine):
    if brian2_device.missing_compiler(engine):
        pytest.skip("not run: no C++ compiler")


@pytest.mark.parametrize("engine", ["cython", "cpp_standalone"])
def test_compiled_engines_are_bit_exact(engine):
    needs_compiler(engine)
    recorded = ("spikes", "v")  # each variable is one more module to compile
    assert_same(run(NET, engine, sample_ticks=9, record=recorded), simulate(NET, sample_ticks=9))


def test_brian2_is_left_as_it_was():
    import brian2

    level = logging.getLogger("brian2").level
    hook, target = sys.excepthook, brian2.prefs.codegen.target
    run(NET, sample_ticks=9)
    with pytest.raises(BackendFailure), brian2_device.brian2_device("numpy"):
        raise ZeroDivisionError("boom")
    assert logging.getLogger("brian2").level == level
    assert (sys.excepthook, brian2.prefs.codegen.target) == (hook, target)


def test_a_failed_standalone_run_leaves_the_runtime_device():
    needs_compiler("cpp_standalone")
    import brian2

    folders = []

    def fail():
        with brian2_device.brian2_device("cpp_standalone") as device:
            folders.append(Path(device.folder))
            raise RuntimeError("boom")

    with pytest.raises(BackendFailure, match="boom"):
        fail()
    assert type(brian2.get_device()).__name__ == "RuntimeDevice"
    assert not folders[0].exists()


@pytest.mark.parametrize("engine", ["cython", "cpp_standalone"])
def test_no_compiler_is_said_with_the_remedy(engine, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    sim, _ = build(NET, engine, sample_ticks=9)
    with pytest.raises(BackendUnavailable, match="install a C"):
        sim.run(27.0)


def test_code_that_was_not_compiled_is_noticed(monkeypatch):
    """Brian2 leaves a block out, without a word, if Cython cannot compile it."""
    build_network = brian2_engine.build

    def broken(*arguments):
        network = build_network(*arguments)
        tick = network.objects[1]
        create = tick.before_run

        def before_run(namespace):
            create(namespace)
            tick.code_objects[0].compiled_code["run"] = None

        tick.before_run = before_run
        return network

    monkeypatch.setattr(brian2_engine, "build", broken)
    sim, _ = build(NET, engine="numpy", sample_ticks=9)
    with pytest.raises(BackendFailure, match="was not compiled"):
        sim.run(27.0)


def test_ctrl_c_passes_through_and_progress_reaches_the_end(sigint):
    seen = []

    def interrupt(share):
        signal.raise_signal(sigint)

    net = make_net(2, 1000, 9)
    for progress in (seen.append, interrupt):
        sim = Simulator(SessionOptions(1.0, None, "numpy", progress))
        pop = sim.Population(net.pops[1].size, sim.IF_curr_exp())
        pop.record("spikes")
        if progress is interrupt:
            with pytest.raises(KeyboardInterrupt):
                sim.run(9.0)
        else:
            sim.run(9.0)
    assert seen[0] == 0.0
    assert seen[-1] == 1.0


def test_what_does_not_fit_the_packed_sums_is_refused():
    sim = Simulator(SessionOptions(engine="numpy"))
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[1.0] * 80000))
    neuron = sim.Population(
        1, sim.IF_curr_exp(), additional_parameters={"max_expected_summed_weight": [1.0, 1.0]}
    )
    sim.Projection(source, neuron, sim.FromListConnector([(0, 0, 1.9, 1.0)]))
    with pytest.raises(ValueError, match="more in one tick"):
        sim.run(3.0)


def test_an_unknown_engine_is_refused():
    sim, _ = build(NET, "fortran", sample_ticks=9)
    with pytest.raises(InputError, match="fortran"):
        sim.run(27.0)


def test_nothing_is_printed_and_only_findings_are_logged(capfd, caplog):
    with caplog.at_level(logging.INFO):
        run(make_net(3, 1000, 9))
    assert capfd.readouterr() == ("", "")
    warned = [r.name for r in caplog.records if r.levelno >= logging.WARNING]
    assert set(warned) <= {"neurodeploy_brian2.findings"}  # findings are what a run reports


def test_a_network_without_neurons_runs():
    sim = Simulator()
    source = sim.Population(2, sim.SpikeSourceArray(spike_times=[[1.0], [2.0, 2.0, 30.0]]))
    source.record("spikes")
    sim.run(10.0)
    rows = source.spinnaker_get_data("spikes")
    np.testing.assert_array_equal(rows, [[0, 1.0], [1, 2.0], [1, 2.0]])
