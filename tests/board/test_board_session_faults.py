"""A core that fails under target `virtual`: what the caller of a session is told."""

import pytest
from running import lacking

import neurodeploy_virtual.backend
from neurodeploy.api import MachineOptions, SessionOptions
from neurodeploy.runtime.registry import find
from neurodeploy_virtual.board import Board
from neurodeploy_virtual.errors import BoardFault

#: An instruction that the architecture leaves undefined for ever.
UNDEFINED = 0xE7F000F0


@pytest.fixture
def session(tmp_path, monkeypatch):
    """Return a function that opens a session, and the boards that were made for it."""
    reason = lacking()
    if reason is not None:
        pytest.skip(reason)
    boards = []

    def made(options):
        boards.append(Board(options))
        return boards[-1]

    monkeypatch.setattr(neurodeploy_virtual.backend, "Board", made)

    def opened():
        machine = MachineOptions(folder=tmp_path / "run", version=3)
        return find("virtual").session(SessionOptions(1.0, machine=machine))

    return opened, boards


def cells(sim):
    population = sim.Population(10, sim.IF_curr_exp(i_offset=0.5), label="cells")
    population.record("v")
    return population


def core_of(board, name):
    """Return chip and core of the only core that runs a binary."""
    memories = {xy: chip.memory for xy, chip in board.monitor.chips.items()}
    (found,) = (
        (*xy, p)
        for xy, memory in memories.items()
        for p in range(1, 18)
        if neurodeploy_virtual.iobuf.program_name(memory, p) == name
    )
    return found


def test_an_undefined_instruction(session, tmp_path):
    opened, boards = session
    with pytest.raises(BoardFault) as caught, opened() as sim:  # noqa: PT012
        cells(sim)
        sim.run(5)
        x, y, p = core_of(boards[0], "IF_curr_exp")
        machine = boards[0].machine
        where = machine.registers(x, y, p)[15]
        machine.write_core(x, y, p, where, UNDEFINED.to_bytes(4, "little"))
        sim.run(5)
    (core,) = caught.value.cores
    assert (core.x, core.y, core.p, core.binary) == (x, y, p, "IF_curr_exp")
    assert core.reason == "undefined instruction"
    assert core.pc == where
    assert core.registers[15] == where
    assert f"core {x},{y},{p} (IF_curr_exp): undefined instruction" in str(caught.value)
    log = tmp_path / "run" / "spynnaker.log"
    assert str(log) in str(caught.value)
    assert f"pc=0x{where:08x}" in log.read_text(encoding="utf-8")


def test_an_error_that_the_program_reports(session, monkeypatch):
    """Without its magic number in front, a program refuses its data and says so."""
    from spinnman.transceiver.base_transceiver import BaseTransceiver

    load = BaseTransceiver.execute_flood

    def spoilt(self, subsets, executable, *arguments, **options):
        if "IF_curr_exp" in str(executable):
            (subset,) = subsets
            (p,) = subset.processor_ids
            data = self.read_user(subset.x, subset.y, p, 0)
            self.write_memory(subset.x, subset.y, data, 0x600DF00D)
        return load(self, subsets, executable, *arguments, **options)

    monkeypatch.setattr(BaseTransceiver, "execute_flood", spoilt)
    opened, _ = session
    with pytest.raises(BoardFault, match="API error") as caught, opened() as sim:  # noqa: PT012
        cells(sim)
        sim.run(5)
    (core,) = caught.value.cores
    assert core.binary == "IF_curr_exp"
    assert core.pc is not None
    assert "600df00d" in core.iobuf
    assert "600df00d" in "\n".join(caught.value.__notes__)
    assert isinstance(caught.value.__cause__, Exception)


def test_a_core_that_answers_no_more(session):
    """It turns its interrupts off and goes round in a circle: the monitor gives it up."""
    opened, boards = session
    with pytest.raises(BoardFault, match="watchdog") as caught, opened() as sim:  # noqa: PT012
        cells(sim)
        sim.run(5)
        x, y, p = core_of(boards[0], "IF_curr_exp")
        machine = boards[0].machine
        where = machine.registers(x, y, p)[15]
        # mrs r0, cpsr; orr r0, r0, #0x80; msr cpsr_c, r0; b .
        code = (0xE10F0000, 0xE3800080, 0xE121F000, 0xEAFFFFFE)
        machine.write_core(x, y, p, where, b"".join(n.to_bytes(4, "little") for n in code))
        sim.run(5)
    (core,) = caught.value.cores
    assert (core.x, core.y, core.p, core.binary) == (x, y, p, "IF_curr_exp")
    assert core.pc == where + 12
    assert len(core.registers) == 17
