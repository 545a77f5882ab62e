"""The oracle's core, run by the virtual board: same memory from outside, but time passes."""

import struct
from types import SimpleNamespace

from oracle.aplx import find_program
from oracle.core import APP_ID, DATA, RTE, SYNC1, VCPU, Core, CoreError
from oracle.machine import Packet

from neurodeploy_virtual.core.machine import ChipSpec, Machine

CHIP, CORE = (0, 0), 1
TO_CORE, TO_MONITOR = 1 << 6 + CORE, 1 << 6
FLAGS_SET, FLAGS_CLEAR = 0xE2000058, 0xE200005C
SHARED = 0x60000000
SENT_BY_CORE = 0x80000000
UNTIL_IDLE_US = 200_000


class Calls:
    """Where the oracle raises an interrupt line, the monitor calls the core."""

    def __init__(self, machine):
        self._machine = machine

    @property
    def raised(self):
        return 0

    @raised.setter
    def raised(self, _lines):
        self._machine.interrupt(*CHIP, CORE)


class BoardCore(Core):
    """One core of a chip; its packets go to the monitor, who sends it those of others."""

    def __init__(self, program):
        self.program = program
        self.machine = Machine([ChipSpec(*CHIP, 2, (None,) * 6)])
        self._send_to(TO_MONITOR)
        self.vic, self.timers = Calls(self.machine), SimpleNamespace(running=True)
        self._next_data = DATA
        self._period_us = 0
        self._next_us = 0
        self._fill_system()

    def read(self, address, n_bytes):
        if address >= SHARED:
            return self.machine.read(*CHIP, address, n_bytes)
        return self.machine.read_core(*CHIP, CORE, address, n_bytes)

    def write(self, address, content):
        if address >= SHARED:
            self.machine.write(*CHIP, address, bytes(content))
        else:
            self.machine.write_core(*CHIP, CORE, address, bytes(content))

    def _pass(self, us):
        self.machine.run(us, attention=False)
        faults = self.machine.faults()
        if faults or self.state == RTE:
            raise CoreError(f"{self.program.name}: state {self.state}, {faults}; {self.log()}")

    def boot(self, user0):
        self.write(VCPU + 112, struct.pack("<I", user0))
        self._period_us = self.word(self.word(user0 + 8) + 4)
        image = find_program(self.program.name).read_bytes()
        self.machine.start(*CHIP, CORE, image, APP_ID, wait=False)
        self._pass(UNTIL_IDLE_US)

    def settle(self):
        self._pass(UNTIL_IDLE_US)

    def wake(self):
        register = FLAGS_SET if self.state == SYNC1 else FLAGS_CLEAR
        self.machine.write(*CHIP, register, struct.pack("<I", 1 << CORE))
        self.machine.interrupt(*CHIP, CORE)
        self._next_us = self.machine.now_us + self._period_us // 2

    def _send_to(self, route):
        """Route what the core sends; everything else is for the core."""
        routes = [(SENT_BY_CORE, SENT_BY_CORE, route), (0, SENT_BY_CORE, TO_CORE)]
        self.machine.load_routes(*CHIP, 0, routes)

    def _sent(self):
        return [Packet(*packet) for packet in self.machine.take_packets(*CHIP)]

    def tick(self):
        self._next_us += self._period_us
        self._pass(self._next_us - self.machine.now_us)
        return self._sent()

    def receive(self, packets):
        self._send_to(TO_CORE)
        for packet in packets:
            self.machine.send(*CHIP, packet.key, packet.payload)
        self._pass(self._period_us * 2 // 5)
        self._send_to(TO_MONITOR)
        return self._sent()
