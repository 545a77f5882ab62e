"""Boards are given back; whole runs against servers are in tests/board."""

import threading
from importlib import import_module

import pytest

from neurodeploy.api import BackendFailure
from neurodeploy_spinnaker.faults import taken_back
from neurodeploy_spinnaker.vendor_spalloc import Allotted, boards_given_back

OLDER = "spinn_front_end_common.interface.interface_functions.spalloc_allocator_old"
READY, DESTROYED = 3, 4


class Job:
    """What a controller of an older server asks of a job."""

    def __init__(self, events, fails=False):
        self.events, self.fails = events, fails
        self.state = READY
        self.changed = threading.Event()

    def wait_for_state_change(self, old):
        self.changed.wait()
        return DESTROYED

    def destroy(self, reason=None):
        self.events.append("destroyed")
        self.changed.set()
        if self.fails:
            raise OSError("server gone")

    def close(self):
        self.events.append("closed")


@pytest.fixture
def controller(spynnaker):
    """A function that makes the controller of a job, inside a session."""
    return lambda job: import_module(OLDER)._OldSpallocJobController(job)


@pytest.mark.parametrize("fails", [False, True])
def test_a_board_that_is_still_held_is_given_back(controller, fails):
    events = []
    with boards_given_back() as allotted:
        controller(Job(events, fails))
    assert events == ["destroyed"]
    assert allotted.lost == []


def test_a_board_is_given_back_once(controller):
    events = []
    with boards_given_back():
        controller(Job(events)).close()
    assert events == ["destroyed"]


def test_a_board_that_was_taken_back_is_known(controller):
    events = []
    job = Job(events)
    with boards_given_back() as allotted:
        before = threading.enumerate()
        held = controller(job)
        (thread,) = (t for t in threading.enumerate() if t not in before)
        job.changed.set()
        thread.join()
        assert allotted.lost == [held]
    assert events == ["closed"]


def test_a_job_that_waits_is_destroyed():
    events = []
    Allotted(jobs=[Job(events, fails=True), Job(events)]).give_back()
    assert events == ["destroyed", "destroyed"]


def test_settings_of_the_users_are_not_read(spynnaker, tmp_path, monkeypatch):
    job = import_module("spalloc_client.job")
    monkeypatch.chdir(tmp_path)
    asked = []

    class Unreachable:
        def __init__(self, *server):
            asked.append(server)

        def connect(self, timeout):
            asked.append(timeout)
            raise OSError("unreachable")

    monkeypatch.setattr(job, "ProtocolClient", Unreachable)
    (tmp_path / ".spalloc").write_text("[spalloc]\ntimeout = 77.0\n")
    with boards_given_back(), pytest.raises(OSError, match="unreachable"):
        import_module(OLDER).Job(1, hostname="host", port=1, owner="me")
    assert asked == [("host", 1), 10.0]


def test_all_is_as_before(spynnaker):
    names = ("Job", "_OldSpallocJobController")
    before = [getattr(import_module(OLDER), name) for name in names]
    with boards_given_back():
        assert [getattr(import_module(OLDER), name) for name in names] != before
    assert [getattr(import_module(OLDER), name) for name in names] == before


def test_a_folder_called_shared_is_no_collab(spynnaker, tmp_path, monkeypatch):
    folder = tmp_path / "shared" / "mine"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    newer = import_module("spinnman.spalloc.spalloc_allocator")
    monkeypatch.setattr(newer, "__get_collab_id_from_folder", lambda name: {"collab": name})
    monkeypatch.setattr(newer, "get_config_str_or_none", lambda *_: "group")
    collab_or_group = getattr(newer, "__group_collab_or_job")
    assert collab_or_group() == {"collab": "mine"}
    with boards_given_back():
        assert collab_or_group() == {"group": "group"}


def test_what_is_said_when_boards_are_taken_back():
    failed = BackendFailure("board", "cannot be reached", got="...")
    failed.__cause__ = OSError("no route")
    said = str(taken_back(failed, "the.log"))
    assert said.startswith("spalloc: took the boards back (got OSError: no route); try again")
    assert said.endswith("log: the.log")
