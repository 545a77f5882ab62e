"""The interpreter against another one, instruction by instruction."""

import ctypes
from random import Random

import pytest

unicorn = pytest.importorskip("unicorn", reason="not run: unicorn is not installed")

from random_instructions import DTCM, draw_case  # noqa: E402
from unicorn import arm_const  # noqa: E402

from neurodeploy_virtual.core.machine import ChipSpec, Machine, available  # noqa: E402

pytestmark = pytest.mark.skipif(not available(), reason="not run: the C extension is not built")

ITCM_BYTES, DTCM_BYTES = 0x8000, 0x10000
SYSTEM_MODE, MASKED, THUMB = 0x1F, 0xC0, 0x20
STATUS_BITS = 0xF80000FF
CORE = (0, 0, 1)
NUMBERS = [
    *(getattr(arm_const, f"UC_ARM_REG_R{i}") for i in range(13)),
    arm_const.UC_ARM_REG_SP,
    arm_const.UC_ARM_REG_LR,
    arm_const.UC_ARM_REG_PC,
    arm_const.UC_ARM_REG_CPSR,
]


class Other:
    """The other interpreter, over memory of its own."""

    def __init__(self, itcm, dtcm):
        self.uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_ARM)
        self.uc.ctl_set_cpu_model(arm_const.UC_CPU_ARM_946)
        self.itcm = ctypes.create_string_buffer(itcm, ITCM_BYTES)
        self.dtcm = ctypes.create_string_buffer(dtcm, DTCM_BYTES)
        for address, memory in ((0, self.itcm), (DTCM, self.dtcm)):
            size = ctypes.sizeof(memory)
            self.uc.mem_map_ptr(address, size, unicorn.UC_PROT_ALL, ctypes.addressof(memory))
        self.run(0, 0xE1A00000, False, [0] * 15, SYSTEM_MODE | MASKED)

    def run(self, pc, code, thumb, registers, status):
        size = 2 if thumb else 4
        ctypes.memmove(ctypes.byref(self.itcm, pc), code.to_bytes(size, "little"), size)
        self.uc.ctl_remove_cache(pc, pc + size)
        values = [*registers, pc, status]
        for number, value in reversed(list(zip(NUMBERS, values, strict=True))):
            self.uc.reg_write(number, value)
        try:
            self.uc.emu_start(pc | thumb, 0xFFFFFFF0, count=1)
        except unicorn.UcError:
            return None
        return tuple(self.uc.reg_read(number) for number in NUMBERS)


class Ours:
    """Our interpreter."""

    def __init__(self, itcm, dtcm):
        self.machine = Machine([ChipSpec(0, 0, 2, (None,) * 6)])
        self.machine.reset(*CORE)
        self.machine.write_core(*CORE, 0, itcm)
        self.machine.write_core(*CORE, DTCM, dtcm)

    def run(self, pc, code, thumb, registers, status):
        self.machine.write_core(*CORE, pc, code.to_bytes(2 if thumb else 4, "little"))
        self.machine.set_registers(*CORE, [*registers, pc, status])
        self.machine.step(*CORE)
        return None if self.machine.faults() else self.machine.registers(*CORE)


def make_memory(rng):
    """Draw memory in which words are also good targets of a jump."""
    words = [rng.getrandbits(32) & ~0xFFFF8002 for _ in range(DTCM_BYTES // 4)]
    return b"".join(w.to_bytes(4, "little") for w in words)


class Comparison:
    """Both interpreters, which start each case with the same memory."""

    def __init__(self, rng):
        itcm, self.dtcm = rng.randbytes(ITCM_BYTES), make_memory(rng)
        self.ours, self.other = Ours(itcm, self.dtcm), Other(itcm, self.dtcm)
        self.n_faults = 0

    def differs(self, case):
        """Run a case on both; returns None or what came out."""
        found = self._run(case)
        if found is None:
            return None
        # After loading the program counter, the other one may stop counting instructions: only
        # what a new one says is held against us.
        self.other = Other(self.other.itcm.raw, self.dtcm)
        return self._run(case)

    def _run(self, case):
        status = SYSTEM_MODE | MASKED | (THUMB if case.thumb else 0) | case.flags
        arguments = (case.pc, case.code, case.thumb, case.registers, status)
        got, wanted = self.ours.run(*arguments), self.other.run(*arguments)
        if got is None or wanted is None:
            self.n_faults += 1
            same = got is wanted
        else:
            same = got[:16] == wanted[:16] and (got[16] ^ wanted[16]) & STATUS_BITS == 0
        memory = self.ours.machine.read_core(*CORE, DTCM, DTCM_BYTES)
        same &= memory == self.other.dtcm.raw
        self.ours.machine.write_core(*CORE, DTCM, self.dtcm)
        ctypes.memmove(self.other.dtcm, self.dtcm, DTCM_BYTES)
        return None if same else (case, got, wanted)


def compare(n_cases, thumb, seed):
    """Run cases on both; returns what differs."""
    rng = Random(seed)
    comparison = Comparison(rng)
    differing = []
    for _ in range(n_cases):
        found = comparison.differs(draw_case(rng, thumb))
        if found:
            differing.append(found)
    comparison.ours.machine.close()
    assert comparison.n_faults < n_cases // 20
    return differing


@pytest.mark.parametrize("thumb", [False, True])
def test_instructions_do_what_they_do_elsewhere(thumb):
    assert compare(2500, thumb, seed=11) == []


@pytest.mark.slow
@pytest.mark.parametrize("thumb", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_many_instructions_do_what_they_do_elsewhere(thumb, seed):
    assert compare(10_000, thumb, 100 + seed) == []
