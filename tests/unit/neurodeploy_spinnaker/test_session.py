"""Sessions on the installed sPyNNaker, in its mapping-only mode."""

import logging
import os
import signal
import sqlite3
import sys
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from neurodeploy.api import BackendFailure, InputError, SessionOptions, TargetError
from neurodeploy.runtime.registry import find
from neurodeploy_spinnaker import session, versions
from neurodeploy_spinnaker.machine import MapOnly
from neurodeploy_spinnaker.progress import share_of

pytestmark = pytest.mark.usefixtures("spynnaker")


@pytest.fixture
def opened():
    """The session of target spinnaker."""
    return find("spinnaker").session


def mapped(opened, options, *build):
    """Map a network, or fail on the way."""
    with opened(options) as sim:
        for part in build:
            part(sim)
        sim.run(5.0)


def raising(error):
    def part(sim):
        raise error

    return part


def ended():
    """Whether sPyNNaker has been shut down."""
    return import_module("spinn_utilities.data").UtilsDataView.is_shutdown()


def state():
    """What a session must leave as it was."""
    root = logging.getLogger()
    return (
        dict(os.environ),
        Path.cwd(),
        sys.excepthook,
        signal.getsignal(signal.SIGINT),
        [(h, h.formatter, list(h.filters)) for h in root.handlers],
        root.level,
        logging.getLogger("spinnman").handlers,
    )


def test_a_network_is_mapped(opened, mapping, small_network, tmp_path, capfd):
    shares = []
    with opened(mapping(shares.append)) as sim:
        neurons, projection = small_network(sim)
        assert sim.run(20.0) == 20.0
        assert sim.mapped_only
        assert neurons.spinnaker_get_data("spikes").size == 0
        weights = projection.get("weight", "array")
    np.testing.assert_allclose(weights, np.ones((5, 10)), rtol=1e-4)
    assert shares == sorted(shares)
    assert 0 < shares[0] < shares[-1] <= 1
    assert capfd.readouterr() == ("", "")
    log = (tmp_path / "run" / "spynnaker.log").read_text()
    assert "stage: Placing Vertices" in log
    assert "Starting execution process" in log


def test_two_sessions_leave_all_as_it_was(opened, mapping, small_network, monkeypatch):
    monkeypatch.setenv("OIDC_BEARER_TOKEN", "secret")
    before = state()
    for _ in range(2):
        with opened(mapping()) as sim:
            assert "OIDC_BEARER_TOKEN" not in os.environ
            small_network(sim)
            sim.run(5.0)
        assert state() == before


def test_home_is_not_touched(opened, mapping, small_network, tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    (home / ".spynnaker.cfg").write_text("[Machine]\nversion = 3\nmachineName = theirs\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    here = tmp_path / "here"
    here.mkdir()
    (here / "spynnaker.cfg").write_text("[Machine]\nversion = 3\n")
    monkeypatch.chdir(here)
    with opened(mapping()) as sim:
        small_network(sim)
        sim.run(5.0)
        # 48 chips, not the 4 that HOME and the working directory ask for.
        assert sim.get_machine().n_chips == 48
    assert [path.name for path in home.rglob("*")] == [".spynnaker.cfg"]
    assert [path.name for path in here.rglob("*")] == ["spynnaker.cfg"]


def test_settings_are_read_when_asked(opened, mapping, small_network, tmp_path):
    theirs = tmp_path / "theirs.cfg"
    theirs.write_text("[Machine]\nversion = 3\ndown_chips = 1,1\n")
    with opened(mapping(settings=theirs)) as sim:
        small_network(sim)
        sim.run(5.0)
        assert sim.get_machine().n_chips == 47


def test_errors_of_the_vendor_are_ours(opened, mapping, tmp_path):
    before = state()
    with pytest.raises(BackendFailure, match="got ") as caught, opened(mapping()) as sim:
        sim.Population(10, sim.IF_curr_exp(no_such_parameter=1.0))
    assert caught.value.exit_code == 3
    assert caught.value.__cause__ is not None
    assert f"log: {tmp_path / 'run' / 'spynnaker.log'}" in str(caught.value)
    assert state() == before


def test_a_network_that_does_not_fit(opened, mapping):
    def build(sim):
        sim.Population(30_000, sim.IF_curr_exp(), label="much")

    with pytest.raises(BackendFailure, match="machine: .* does not support multiple boards"):
        mapped(opened, mapping(version=3), build)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_other_errors_pass_and_the_next_session_works(opened, mapping, small_network, error):
    with pytest.raises(error, match="mine"):
        mapped(opened, mapping(), small_network, raising(error("mine")))
    mapped(opened, mapping(), small_network)


def test_ctrl_c_while_mapping(opened, mapping, small_network):
    before = state()

    def stop(share):
        if share > 0.08:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        mapped(opened, mapping(stop), small_network)
    assert state() == before
    mapped(opened, mapping(), small_network)


def test_ctrl_c_does_not_end_the_process(opened, mapping, monkeypatch):
    """sPyNNaker ends the process on Ctrl-C while the board runs; no board, so we stand in."""

    def run(simtime_ms, callbacks=None):
        raise SystemExit(1)

    monkeypatch.setattr(import_module("pyNN.spiNNaker"), "run", run)
    with pytest.raises(KeyboardInterrupt):
        mapped(opened, mapping())


def test_one_session_at_a_time(opened, mapping):
    with opened(mapping()):  # noqa: SIM117
        with pytest.raises(TargetError, match="one session at a time"):
            opened(mapping()).__enter__()


def test_a_script_that_has_set_it_up(opened, mapping, tmp_path):
    with opened(mapping()) as sim:
        options = mapping()
        session._ONE_AT_A_TIME.release()
        with pytest.raises(TargetError, match="set up by this script already"):
            opened(options).__enter__()
        session._ONE_AT_A_TIME.acquire(blocking=False)
        sim.run(5.0)


def test_oldest_reports_are_removed(opened, mapping, small_network, tmp_path):
    for _ in range(13):
        with opened(mapping()) as sim:
            small_network(sim)
    kept = list((tmp_path / "run" / "reports").iterdir())
    assert len(kept) <= 11


def test_a_temporary_folder_goes_and_stays_on_failure(opened, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    options = SessionOptions(1.0)
    with session.opened(options, MapOnly()):
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(KeyError), session.opened(options, MapOnly()):
        raise KeyError
    (folder,) = tmp_path.iterdir()
    assert (folder / "spynnaker.log").exists()


def test_cookies_of_a_server_are_removed(opened, mapping, small_network, tmp_path):
    with opened(mapping()) as sim:
        small_network(sim)
        sim.run(5.0)
        (path,) = (tmp_path / "run" / "reports").glob("*/run_1/data.sqlite3")
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("INSERT INTO proxy_configuration VALUES('COOKIE', 'JSESSIONID', 'c00kie')")
        assert b"c00kie" in path.read_bytes()
    assert b"c00kie" not in path.read_bytes()


def test_another_release_is_refused(opened, mapping, monkeypatch):
    monkeypatch.setattr(versions, "SUPPORTED", "7.4.0")
    with pytest.raises(TargetError, match="--allow-version"):
        opened(mapping()).__enter__()
    with opened(mapping(allow_version=True)):
        pass


def test_a_machine_of_another_package(mapping, small_network):
    """What target `virtual` does: its machine is started before and stopped after a session."""
    told = []

    @dataclass(frozen=True)
    class Software(MapOnly):
        @contextmanager
        def attached(self):
            told.append(("started", Path(os.environ["HOME"]).name))
            yield
            told.append(("stopped", ended()))

    with session.opened(mapping(), Software()) as sim:
        small_network(sim)
        sim.run(5.0)
    assert told == [("started", "home"), ("stopped", True)]


def test_no_machine(opened):
    with pytest.raises(InputError, match="needs one machine"):
        opened(SessionOptions(1.0))


def test_share_of_the_stages():
    assert share_of("Routing", 0, 4) < share_of("Routing", 2, 4) < share_of("Loading buffers", 0, 1)
    assert share_of("Routing", 0, 0) == share_of("Routing", 7, 4) == 0.08
    assert share_of("a new stage", 1, 2) == 0.0
