"""What the runner makes of a target that is a machine: emulator in its place, its say our own."""

import sys
from contextlib import contextmanager
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest
from strategies import DT_S, chain, lif, linear

import neurodeploy as nd
from neurodeploy.describe import Model
from neurodeploy.encode import Encoder
from neurodeploy.errors import TargetError
from neurodeploy.importer import Timing
from neurodeploy.records import Finding
from neurodeploy.runtime.backend import MachineOptions
from neurodeploy.runtime.registry import find
from neurodeploy.runtime.runner import run_batches

MODEL = Model(
    name="small",
    graph=chain(linear(np.ones((2, 3))), lif(2), n_inputs=3, n_outputs=2),
    timing=Timing(DT_S, "snntorch", "hard"),
    encoder=Encoder("rate", 4),
    readout="spike_count",
)
X = np.full((4, 3), 0.7)
LOSS = Finding("loss: Late_packets", "core 0,0,1", 3, 3, "packets came late", adds=True)


class Said:
    """The emulator's module, and what a machine would say of itself."""

    def __init__(self, sim, said):
        self.__dict__ |= {"_sim": sim, **said}

    def __getattr__(self, name):
        return getattr(self._sim, name)


class Machine:
    """A backend `fake_machine:MACHINE`."""

    name = "fake_machine:MACHINE"
    restores_state = True
    said = {}

    def __init__(self):
        self.options = []

    def target(self):
        spec = find("emulator").target()
        return replace(spec, name=self.name, restores_state=self.restores_state)

    def missing(self):
        return None

    @contextmanager
    def session(self, options):
        self.options.append(options)
        with find("emulator").session(options) as sim:
            yield Said(sim, self.said)


@pytest.fixture
def machine(monkeypatch):
    module = ModuleType("fake_machine")
    module.MACHINE = Machine()
    monkeypatch.setitem(sys.modules, "fake_machine", module)
    return module.MACHINE


def deployed(**more):
    return nd.deploy(MODEL, X, calibration=X, target=Machine.name, **more)


def test_machine_options_reach_the_session(machine):
    asked = MachineOptions(board="192.168.240.1", allow_loss=True)
    deployed(machine=asked)
    assert [options.machine for options in machine.options] == [asked]
    deployed()
    assert machine.options[-1].machine == MachineOptions()


def test_what_a_machine_says_is_kept(machine):
    machine.said = {"findings": (LOSS,), "provenance": {"Late_packets": 3}, "engine_used": "ARM"}
    compiled = nd.compile(MODEL, Machine.name, calibration=X)
    (recording,) = run_batches(compiled, np.ones((2, 4, 3), dtype=np.uint8), batch=2)
    assert recording.provenance == {"Late_packets": 3}
    assert recording.engine == "ARM"
    report = deployed()
    assert "core 0,0,1: 3 of 3 packets came late" in report.warnings


def test_counters_of_several_batches(machine):
    machine.said = {"provenance": {"Late_packets": 3, "Max_backgrounds_queued": 2}}
    compiled = nd.compile(MODEL, Machine.name, calibration=X)
    found = list(run_batches(compiled, np.ones((4, 4, 3), dtype=np.uint8), batch=2))
    total = nd.records.concatenate(found)
    assert total.provenance == {"Late_packets": 6, "Max_backgrounds_queued": 2}


def test_a_network_that_was_only_mapped_has_no_result(machine):
    machine.said = {"mapped_only": True}
    with pytest.raises(TargetError, match="mapped the network, ran nothing"):
        deployed()


def test_a_deployment_on_a_cassette(machine, tmp_path):
    machine.said = {"findings": (LOSS,), "provenance": {"Late_packets": 3}}
    live = deployed(cassette=tmp_path / "run.npz")
    again = nd.deploy(MODEL, X, calibration=X, target=f"replay:{tmp_path / 'run.npz'}")
    np.testing.assert_array_equal(again.scores, live.scores)
    assert again.recording.provenance == {"Late_packets": 3}
    assert again.warnings == live.warnings


def test_a_cassette_of_what_was_done_before_ctrl_c(machine, tmp_path, monkeypatch):
    monkeypatch.setattr(nd.deployment, "batch_size", lambda *_: 2)
    calls = []

    def stop(share):
        calls.append(share)
        if share > 0.6:
            raise KeyboardInterrupt

    with pytest.raises(nd.Interrupted):
        deployed(cassette=tmp_path / "run.npz", progress=stop)
    again = nd.deploy(MODEL, X[:2], calibration=X, target=f"replay:{tmp_path / 'run.npz'}")
    assert again.n_samples == 2


def test_a_machine_that_does_not_restore_its_state_gets_samples_apart(machine):
    restored = deployed()
    machine.restores_state = False
    apart = deployed()
    assert [options.sample_ticks is None for options in machine.options] == [False, True]
    np.testing.assert_array_equal(apart.scores, restored.scores)
