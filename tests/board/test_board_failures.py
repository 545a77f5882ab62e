"""What a user sees when a script, a core or the machine fails."""

import subprocess
from pathlib import Path

import pytest
from running import command, environment, lacking

from neurodeploy_virtual.board import Board, BoardOptions
from neurodeploy_virtual.errors import BoardFault
from neurodeploy_virtual.monitor.layout import SYSTEM_SDRAM, State, Vcpu, vcpu

SMALL = """
import sys
import pyNN.spiNNaker as sim
sim.setup(1.0)
cells = sim.Population(10, sim.IF_curr_exp())
cells.record("v")
"""


@pytest.fixture
def outcome(tmp_path):
    """Return a function that runs a script and returns exit code and both outputs."""
    reason = lacking()
    if reason is not None:
        pytest.skip(reason)

    def run(code, *options):
        (tmp_path / "script.py").write_text(code)
        ended = subprocess.run(
            command("run", "--version", "3", *options, "script.py"),
            cwd=tmp_path,
            env=environment(tmp_path / "home"),
            capture_output=True,
            text=True,
            timeout=170,
            check=False,
        )
        return ended.returncode, ended.stdout, ended.stderr

    return run


def test_exit_code_of_the_script(outcome):
    assert outcome("import sys\nsys.exit(7)\n")[0] == 7


def test_error_of_the_script(outcome):
    code, _, err = outcome("raise ValueError('my own mistake')\n")
    assert code == 1
    assert "ValueError: my own mistake" in err
    assert 'File "script.py", line 1' in err


def test_script_that_never_ends(outcome):
    code, _, err = outcome("while True:\n    pass\n", "--limit", "1")
    assert code == 3
    assert "script: ran past its limit (expected 1 s)" in err


@pytest.mark.slow
def test_error_after_a_run_ends_the_simulation_first(outcome):
    code, _, err = outcome(SMALL + "sim.run(10)\nraise ValueError('my own mistake')\n")
    assert code == 1
    assert "ValueError: my own mistake" in err
    assert "is closed" not in err


FAILING_CORE = """
from spinnman.transceiver.base_transceiver import BaseTransceiver
load = BaseTransceiver.execute_flood


def load_without_data(self, core_subsets, executable, *arguments, **options):
    if "IF_curr_exp" in str(executable):
        for subset in core_subsets:
            for p in subset.processor_ids:
                self.write_user(subset.x, subset.y, p, 0, 0)
    return load(self, core_subsets, executable, *arguments, **options)


BaseTransceiver.execute_flood = load_without_data
"""


@pytest.mark.slow
def test_core_that_fails_in_a_script(outcome):
    code, _, err = outcome(FAILING_CORE + SMALL + "sim.run(10)\nsim.end()\n")
    assert code == 3
    assert "IF_curr_exp" in err
    assert "data abort" in err
    assert "pc=0x" in err


def test_core_that_fails():
    reason = lacking()
    if reason is not None:
        pytest.skip(reason)
    import spynnaker

    image = Path(spynnaker.__file__).parent / "pyNN" / "model_binaries" / "IF_curr_exp.aplx"
    with Board(BoardOptions(version=3)) as board:
        chip = board.monitor.chips[1, 0]
        chip.memory.write(SYSTEM_SDRAM, image.read_bytes())
        chip.control.start(SYSTEM_SDRAM, 30 << 24 | 1 << 4)
        board.hub.sleep(0.1)
        assert chip.memory.byte(vcpu(4) + Vcpu.STATE) == State.RUN_TIME_ERROR
        with pytest.raises(BoardFault, match=r"core 1,0,4 \(IF_curr_exp\): data abort") as caught:
            board.check()
        (core,) = caught.value.cores
        assert core.pc is not None
        assert len(core.registers) == 17
        assert "data abort at address" in caught.value.report()
