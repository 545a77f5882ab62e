"""Every program file of the wheels starts, and fails as programs do when it has no data."""

from importlib import import_module
from pathlib import Path

import pytest

pytest.importorskip("unicorn", reason="not run: unicorn is not installed")
pytest.importorskip("spynnaker", reason="not run: sPyNNaker is not installed")

from board_core import CHIP, CORE, BoardCore
from oracle.aplx import find_folders, load_program
from oracle.core import APP_ID, READY, RTE, VCPU

from neurodeploy_virtual.core.machine import available
from neurodeploy_virtual.monitor.layout import SV, Sv

pytestmark = pytest.mark.skipif(not available(), reason="not run: the C extension is not built")

FILES = {p.stem: p for folder in find_folders() for p in sorted(folder.glob("*.aplx"))}
COMPRESSORS = {"simple_pair_compressor", "simple_unordered_compressor"}
"""What they take for a table at address 0 is their own code, which they overwrite."""

WRONG_VERSION = 20  # code of the run-time system
OLD = (3, 4, 2)  # the run-time system of those that do not start


OTHERS_IN_THEIR_PLACE = ("_structural", "_neuromodulation")
"""What sPyNNaker runs on cores apart from those of the neurons."""
NAMED_NOWHERE = {"bit_field_expander", "delay_expander"}


def start(name, wait, monitor=None):
    """Start a program; `monitor` is the version that the monitor tells, if not its own."""
    core = BoardCore(load_program(name))
    if monitor is not None:
        core.write(SV + Sv.SOFTWARE, bytes([*monitor[::-1], 0]))
    core.machine.start(*CHIP, CORE, FILES[name].read_bytes(), APP_ID, wait)
    return core


def version(core):
    """Version of the run-time system that a program was built with: major, minor, patch."""
    return tuple(core.read(VCPU + 92, 3)[::-1])


@pytest.fixture(scope="module")
def too_old():
    """Names of the programs that do not start."""
    found = set()
    for name in FILES:
        core = start(name, wait=True)
        stop = core.machine.run(10_000, attention=False)
        assert (name, stop.reason, core.machine.faults()) == (name, "idle", [])
        if core.state == RTE:
            found.add(name)
            assert (name, core.read(VCPU + 44, 1)[0], version(core)) == (name, WRONG_VERSION, OLD)
        else:
            assert (name, core.state, version(core)[0]) == (name, READY, 4)
        core.machine.close()
    return found


def test_every_program_waits_for_the_start_signal_or_is_too_old(too_old):
    """Programs built for version 3 refuse the monitor's version 4, as on a board."""
    assert (len(FILES), len(too_old)) == (100, 18)


@pytest.mark.parametrize(
    ("monitor", "state"),
    [
        ((3, 4, 2), READY),
        ((3, 4, 0), READY),
        ((3, 5, 0), READY),
        ((3, 3, 9), RTE),
        ((4, 4, 2), RTE),
    ],
)
def test_those_too_old_start_under_a_monitor_of_their_time(too_old, monitor, state):
    """SARK asks for its own major version and a minor one that is no less."""
    for name in sorted(too_old):
        core = start(name, wait=True, monitor=monitor)
        core.machine.run(10_000, attention=False)
        assert (name, core.state) == (name, state)
        core.machine.close()


def test_nothing_uses_those_too_old(too_old):
    """They were left in the package by earlier releases."""
    from spynnaker.pyNN.models.neuron import synapse_dynamics as dynamics

    apart = {name for name in too_old if any(word in name for word in OTHERS_IN_THEIR_PLACE)}
    assert too_old - apart == NAMED_NOWHERE
    for rule in (
        dynamics.SynapseDynamicsStructuralStatic,
        dynamics.SynapseDynamicsStructuralSTDP,
        dynamics.SynapseDynamicsNeuromodulation,
    ):
        assert rule.is_combined_core_capable.fget(None) is False
    for package in ("spynnaker", "spinn_front_end_common"):
        folder = Path(import_module(package).__file__).parent
        for file in folder.rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            assert [name for name in NAMED_NOWHERE if name + ".aplx" in text] == [], file


@pytest.mark.parametrize("name", sorted(FILES.keys() - COMPRESSORS))
def test_a_program_without_data_ends_in_an_error_of_its_own(name):
    core = start(name, wait=False)
    core.machine.run(20_000, attention=False)
    assert core.state == RTE
    assert {fault.kind for fault in core.machine.faults()} <= {"data abort"}
    core.machine.close()
