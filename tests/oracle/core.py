"""One SpiNNaker core that runs a program file from reset, under an ARM emulator."""

import ctypes
import mmap
import struct
from collections.abc import Callable
from typing import Any

import unicorn
from unicorn.arm_const import (
    UC_ARM_REG_CPSR,
    UC_ARM_REG_LR,
    UC_ARM_REG_PC,
    UC_ARM_REG_R0,
    UC_ARM_REG_SPSR,
    UC_CPU_ARM_946,
)

from .aplx import Program
from .machine import CALL, Comms, Dma, Packet, SystemController, Timers, Vic

ITCM, DTCM, SDRAM, SYSRAM = 0x0, 0x400000, 0x60000000, 0xE5000000
SDRAM_BYTES = 32 << 20
SV = SYSRAM + 0x7F00
VCPU = SYSRAM + 0x7000 + 128  # the core is number 1
MESSAGES, APPS = SYSRAM + 0x100, SYSRAM + 0x2000
SYSTEM_HEAP, USER_HEAP, TAGS = SDRAM + 0x10000, SDRAM + 0x100000, SDRAM + 0x60000
USER_HEAP_BYTES = 8 << 20
DATA = USER_HEAP + USER_HEAP_BYTES  # where regions are put
SLEEP = 0xEE070F90  # mcr p15, 0, rX, c7, c0, 4: wait for an interrupt
NOWHERE = 0xFFFFFFF0
UNICORN: Any = unicorn  # the package has no types
FAST, SLOW = (0x1C, 0x11, 0xC0), (0x18, 0x12, 0x80)
RTE, READY, SYNC1 = 2, 5, 9
RUNTIME = 7
APP_ID = 30
VERSION = 0x040000


class CoreError(RuntimeError):
    """The program stopped with a run time error, or did what no program may."""


class Core:
    """A core with its memories; `boot`, then `start` a run, then `tick` and `receive`.

    Interrupts are taken where the program sleeps, all that wait, fast ones first: within a tick
    the timer's work is finished before the next packet is looked at.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.uc = UNICORN.Uc(UNICORN.UC_ARCH_ARM, UNICORN.UC_MODE_ARM)
        self.uc.ctl_set_cpu_model(UC_CPU_ARM_946)
        self._spaces: list[tuple[int, int, mmap.mmap]] = []
        self.vic = Vic()
        self.timers = Timers(self.vic)
        self.dma = Dma(self.vic, self._copy)
        self.comms = Comms(self.vic)
        self.system = SystemController(self.vic, self._go)
        self._next_data = DATA
        self._failure: Exception | None = None
        self._map()
        self._load()
        self._fill_system()

    # memory ------------------------------------------------------------------------------

    def _map(self) -> None:
        self._map_memory((ITCM,), 0x8000)
        self._map_memory((DTCM,), 0x10000)
        self._map_memory((SDRAM, SDRAM + 0x10000000), SDRAM_BYTES)
        self._map_memory((SYSRAM, SYSRAM + 0x10000000), 0x8000)
        devices: tuple[tuple[tuple[int, ...], Any], ...] = (
            ((0x10000000, 0x20000000), self.comms),
            ((0x11000000, 0x21000000), self.timers),
            ((0x1F000000, 0x2F000000, 0xFFFFF000), self.vic),
            ((0x30000000, 0x40000000), self.dma),
            ((0xE2000000, 0xF2000000), self.system),
        )
        for addresses, device in devices:
            for address in addresses:
                self._map_device(address, device.read, device.write)

    def _map_memory(self, addresses: tuple[int, ...], size: int) -> None:
        memory = mmap.mmap(-1, size)
        buffer = (ctypes.c_char * size).from_buffer(memory)
        for address in addresses:
            self.uc.mem_map_ptr(address, size, UNICORN.UC_PROT_ALL, ctypes.addressof(buffer))
            self._spaces.append((address, size, memory))

    def _map_device(
        self, address: int, read: Callable[[int], int], write: Callable[[int, int], None]
    ) -> None:
        def on_read(_uc: Any, offset: int, _size: int, _data: object) -> int:
            return self._guard(lambda: read(offset) & 0xFFFFFFFF)

        def on_write(_uc: Any, offset: int, _size: int, value: int, _data: object) -> None:
            self._guard(lambda: write(offset, value))

        self.uc.mmio_map(address, 0x1000, on_read, None, on_write, None)

    def _guard(self, action: Callable[[], int | None]) -> int:
        """Keep an error of a device: a callback cannot raise through the emulator."""
        try:
            return action() or 0
        except Exception as err:  # handed on in _run
            self._failure = err
            self.uc.emu_stop()
            return 0

    def read(self, address: int, n_bytes: int) -> bytes:
        """Read memory."""
        for start, size, memory in self._spaces:
            if start <= address and address + n_bytes <= start + size:
                return memory[address - start : address - start + n_bytes]
        raise CoreError(f"{self.program.name}: no memory at {address:#x}")

    def write(self, address: int, content: bytes) -> None:
        """Write memory."""
        for start, size, memory in self._spaces:
            if start <= address and address + len(content) <= start + size:
                memory[address - start : address - start + len(content)] = content
                return
        raise CoreError(f"{self.program.name}: no memory at {address:#x}")

    def word(self, address: int) -> int:
        """Read one unsigned word."""
        return int.from_bytes(self.read(address, 4), "little")

    def put(self, content: bytes) -> int:
        """Put bytes in fresh shared memory and return their address."""
        address = self._next_data
        self._next_data += (len(content) + 15) // 16 * 16 + 16
        self.write(address, content)
        return address

    def _copy(self, shared: int, local: int, n_bytes: int, to_shared: bool) -> None:
        if to_shared:
            self.write(shared, self.read(local, n_bytes))
        else:
            self.write(local, self.read(shared, n_bytes))

    # what the monitor core would have set up ------------------------------------------------

    def _load(self) -> None:
        for address, content in self.program.blocks:
            self.write(address, content)
        code = self.program.code
        for at in range(0, len(code) - 3, 4):
            if struct.unpack_from("<I", code, at)[0] & 0xFFFF0FFF == SLEEP:
                self.uc.hook_add(UNICORN.UC_HOOK_CODE, self._on_sleep, None, at, at)

    def _fill_system(self) -> None:
        numbers = bytes(range(18))
        words = {
            0x48: self._heap(SYSTEM_HEAP, 0x40000),
            0x4C: self._heap(USER_HEAP, USER_HEAP_BYTES),
            0x50: 16384,
            0x54: SDRAM,
            0x58: 512,
            0x68: MESSAGES + 512,
            0xC0: USER_HEAP,
            0xCC: VCPU - 128,
            0xD0: SYSTEM_HEAP,
            0xD4: SDRAM + 0xC0000,
            0xDC: TAGS,
            0xE4: APPS,
            0xE8: MESSAGES,
            0xFC: VERSION,
        }
        for offset, value in words.items():
            self.write(SV + offset, struct.pack("<I", value))
        self.write(SV + 0x24, struct.pack("<2H", 200, 130))
        self.write(SV + 0x94, numbers)
        self.write(SV + 0xA8, numbers)
        self.write(SV + 0xBC, bytes([18, 18]))

    def _heap(self, base: int, n_bytes: int) -> int:
        first, last = base + 16, base + n_bytes - 8
        self.write(base, struct.pack("<4I", first, first, last, last - first - 8))
        self.write(first, struct.pack("<2I", last, 0))
        self.write(last, bytes(8))
        return base

    # running -----------------------------------------------------------------------------

    def _on_sleep(self, uc: Any, _address: int, _size: int, _data: object) -> None:
        uc.emu_stop()

    def _run(self, address: int) -> int:
        try:
            self.uc.emu_start(address, NOWHERE)
        except UNICORN.UcError as err:
            where = self.uc.reg_read(UC_ARM_REG_PC)
            raise CoreError(f"{self.program.name}: {err} at {where:#x}") from err
        if self._failure is not None:
            raise self._failure
        if self.state == RTE:
            code = self.read(VCPU + 44, 1)[0]
            saved = struct.unpack("<11I", self.read(VCPU, 44))
            raise CoreError(
                f"{self.program.name}: run time error {code} (lr {saved[10]:#x}, "
                f"r0-r7 {[hex(r) for r in saved[:8]]}); log: {self.log()}"
            )
        return int(self.uc.reg_read(UC_ARM_REG_PC))

    def _interrupt(self, kind: tuple[int, int, int], sleeping: int) -> int:
        """Take an interrupt at the sleeping instruction, and come back to it."""
        vector, mode, mask = kind
        cpsr = self.uc.reg_read(UC_ARM_REG_CPSR)
        self.uc.reg_write(UC_ARM_REG_CPSR, cpsr & ~0x3F | mode | mask | 0x80)
        self.uc.reg_write(UC_ARM_REG_SPSR, cpsr)
        self.uc.reg_write(UC_ARM_REG_LR, sleeping + 4)
        return self._run(vector)

    def settle(self) -> None:
        """Run until the core sleeps and no interrupt waits."""
        at = int(self.uc.reg_read(UC_ARM_REG_PC))
        while self.vic.fast() or self.vic.slow():
            while self.vic.fast() or self.vic.slow():
                at = self._interrupt(FAST if self.vic.fast() else SLOW, at)
            at = self._run(at + 4)

    def wake(self) -> None:
        """Let the sleeping core go once round its loop, in which it looks at the go flags."""
        self._run(int(self.uc.reg_read(UC_ARM_REG_PC)) + 4)

    @property
    def state(self) -> int:
        """State that the program gives itself, as a number of the run time system."""
        return self.read(VCPU + 46, 1)[0]

    def _go(self) -> int:
        """Go flags of all cores: always the value that a waiting core waits for."""
        return 0xFFFFFFFF if self.state == SYNC1 else 0

    def boot(self, user0: int) -> None:
        """Run from reset until the program waits for a command."""
        self.write(VCPU + 112, struct.pack("<I", user0))
        self.uc.reg_write(UC_ARM_REG_CPSR, 0xD3)
        self.uc.reg_write(UC_ARM_REG_R0, APP_ID)
        self._run(0)

    def start(self, until_tick: int, from_tick: int = 0) -> None:
        """Tell the program to run from one tick to another."""
        body = struct.pack("<2H3I", RUNTIME, 0, until_tick, 0, from_tick) + bytes(4)
        self._send_message(port=3, body=body)
        self.wake()
        if not self.timers.running:
            raise CoreError(f"{self.program.name}: timer is off after the start command")

    def _send_message(self, *, port: int, body: bytes) -> None:
        header = struct.pack("<I2H4B2H", 0, 8 + len(body), 0, 7, 0, port << 5 | 1, 0xFF, 0, 0)
        self.write(MESSAGES, (header + body).ljust(292, b"\0"))
        self.write(MESSAGES + 512, bytes(292))
        self.write(SV + 0x68, struct.pack("<I2H", MESSAGES + 512, 1, 1))
        self.write(VCPU + 48, struct.pack("<I", MESSAGES))
        self.write(VCPU + 56, b"\1\0")
        self.vic.raised |= 1 << CALL
        self.settle()
        self.write(VCPU + 57, b"\0")

    def tick(self) -> list[Packet]:
        """Let one timer tick happen; returns the packets sent meanwhile."""
        before = len(self.comms.sent)
        self.timers.tick()
        self.settle()
        return self.comms.sent[before:]

    def receive(self, packets: list[Packet]) -> list[Packet]:
        """Let packets arrive; returns the packets sent meanwhile."""
        before = len(self.comms.sent)
        self.comms.offer(packets)
        self.settle()
        return self.comms.sent[before:]

    def log(self) -> str:
        """What the program printed (message numbers and values, see its .dict file)."""
        block = self.word(VCPU + 88)
        text = b""
        while block:
            following, _time, _ms, length = struct.unpack("<4I", self.read(block, 16))
            text += self.read(block + 16, length)
            block = following
        return text.decode("latin-1")
