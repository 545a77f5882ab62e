"""What is changed in sPyNNaker for a session."""

from importlib import import_module
from types import SimpleNamespace

import pytest

from neurodeploy_spinnaker import vendor

pytestmark = pytest.mark.usefixtures("spynnaker")


def error(name, *args):
    return getattr(import_module("spinnman.exceptions"), name)(*args)


def timeout():
    return error("SpinnmanTimeoutException", "read", 1.0)


def wrapped(inner):
    return error("SpinnmanGenericProcessException", inner, None, 0, 0, 0, "")


def grouped():
    scp = import_module("spinnman.messages.scp.impl")
    connection = SimpleNamespace(remote_ip_address="a board", chip_x=0, chip_y=0)
    asked = [scp.GetVersion(0, 0, 0)]
    return error("SpinnmanGroupedProcessException", asked, [timeout()], [None], [connection])


@pytest.mark.parametrize("silent", [timeout, lambda: wrapped(timeout()), grouped])
def test_a_lost_board_is_asked_for_nothing_more(monkeypatch, silent):
    base = import_module("spinn_front_end_common.interface.abstract_spinnaker_base")
    asked = []
    monkeypatch.setattr(
        base.AbstractSpinnakerBase, "_recover_from_error", lambda self, err: asked.append(err)
    )
    simulator = object.__new__(base.AbstractSpinnakerBase)
    crashed = wrapped(ValueError("a core stopped"))
    with vendor.lost_boards_left():
        simulator._recover_from_error(silent())
        assert asked == []
        simulator._recover_from_error(crashed)
        assert asked == [crashed]
    lost = silent()
    simulator._recover_from_error(lost)
    assert asked == [crashed, lost]
