import sys
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from strategies import DT_S, chain, lif, linear

import neurodeploy as nd
from neurodeploy.deployment import target_spec
from neurodeploy.describe import Model
from neurodeploy.encode import Encoder
from neurodeploy.errors import BackendUnavailable, TargetError
from neurodeploy.importer import Timing
from neurodeploy.runtime.registry import find, names
from neurodeploy.target.ideal import IDEAL
from neurodeploy.target.spec import TargetSpec

MODEL = Model(
    name="small",
    graph=chain(linear(np.ones((2, 3))), lif(2), n_inputs=3, n_outputs=2),
    timing=Timing(DT_S, "snntorch", "hard"),
    encoder=Encoder("rate", 4),
    readout="spike_count",
)
X = np.full((2, 3), 0.5)


def backend(missing=None, session=None):
    spec = TargetSpec("fake", "nothing", True, True, ("slow", "fast"))
    return SimpleNamespace(
        name="fake", target=lambda: spec, missing=lambda: missing, session=session
    )


@pytest.fixture
def module(monkeypatch):
    """A module `fake_backend` that can be asked for as fake_backend:NAME."""
    made = ModuleType("fake_backend")
    monkeypatch.setitem(sys.modules, "fake_backend", made)
    return made


def test_emulator_is_known_in_a_checkout():
    assert "emulator" in names()
    assert find("emulator").target().fixed_point
    assert target_spec("ideal") is IDEAL


def test_unknown_target():
    with pytest.raises(TargetError, match=r"target: unknown \(got loihi, expected ideal, emulator"):
        find("loihi")


def test_module_and_attribute(module):
    module.MINE = backend()
    assert find("fake_backend:MINE") is module.MINE


@pytest.mark.parametrize("name", ["no_such_module_at_all:X", "fake_backend:NOTHING"])
def test_backend_that_cannot_be_loaded(module, name):
    with pytest.raises(BackendUnavailable, match=f"target {name}: cannot be loaded"):
        find(name)


def test_missing_software_is_said_before_anything_runs(module):
    module.MINE = backend(missing="needs the vendor's software; pip install vendor")
    module.MINE.target = lambda: TargetSpec("fake_backend:MINE", "x", True, True, ("slow",))
    with pytest.raises(BackendUnavailable, match="needs the vendor's software"):
        nd.deploy(MODEL, X, target="fake_backend:MINE")


@pytest.mark.parametrize("target", ["ideal", "emulator"])
def test_unknown_engine(target):
    with pytest.raises(TargetError, match=rf"engine of target {target}: unknown \(got warp"):
        nd.deploy(MODEL, X, target=target, engine="warp")


def test_session_ends_when_the_run_fails(module):
    ended = []

    @contextmanager
    def session(options):
        try:
            yield SimpleNamespace()
        finally:
            ended.append(options)

    module.MINE = backend(session=session)
    module.MINE.target = lambda: TargetSpec("fake_backend:MINE", "x", True, True, ("slow",))
    with pytest.raises(AttributeError):
        nd.deploy(MODEL, X, target="fake_backend:MINE")
    (options,) = ended
    # Two ticks of delay, four steps and one tick for the last membrane.
    assert (options.timestep_ms, options.sample_ticks) == (1.0, 7)
