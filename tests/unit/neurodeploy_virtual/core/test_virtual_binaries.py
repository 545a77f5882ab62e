"""Every program file of the wheels starts, and fails as programs do when it has no data."""

import pytest

pytest.importorskip("unicorn", reason="not run: unicorn is not installed")
pytest.importorskip("spynnaker", reason="not run: sPyNNaker is not installed")

from board_core import CHIP, CORE, BoardCore
from oracle.aplx import find_folders, load_program
from oracle.core import APP_ID, READY, RTE, VCPU

from neurodeploy_virtual.core.machine import available

pytestmark = pytest.mark.skipif(not available(), reason="not run: the C extension is not built")

FILES = {p.stem: p for folder in find_folders() for p in sorted(folder.glob("*.aplx"))}
COMPRESSORS = {"simple_pair_compressor", "simple_unordered_compressor"}
"""What they take for a table at address 0 is their own code, which they overwrite."""

WRONG_VERSION = 20  # code of the run-time system


def start(name, wait):
    core = BoardCore(load_program(name))
    core.machine.start(*CHIP, CORE, FILES[name].read_bytes(), APP_ID, wait)
    return core


def version(core):
    """Version of the run-time system that a program was built with: major, minor, patch."""
    return tuple(core.read(VCPU + 92, 3)[::-1])


def test_every_program_waits_for_the_start_signal_or_is_too_old():
    """Programs built for version 3 refuse the monitor's version 4, as on a board."""
    too_old = set()
    for name in FILES:
        core = start(name, wait=True)
        stop = core.machine.run(10_000, attention=False)
        assert (name, stop.reason, core.machine.faults()) == (name, "idle", [])
        if core.state == RTE:
            too_old.add(name)
            assert (name, core.read(VCPU + 44, 1)[0], version(core)[0]) == (name, WRONG_VERSION, 3)
        else:
            assert (name, core.state, version(core)[0]) == (name, READY, 4)
        core.machine.close()
    assert (len(FILES), len(too_old)) == (100, 18)
    assert {"bit_field_expander", "delay_expander"} < too_old


@pytest.mark.parametrize("name", sorted(FILES.keys() - COMPRESSORS))
def test_a_program_without_data_ends_in_an_error_of_its_own(name):
    core = start(name, wait=False)
    core.machine.run(20_000, attention=False)
    assert core.state == RTE
    assert {fault.kind for fault in core.machine.faults()} <= {"data abort"}
    core.machine.close()
