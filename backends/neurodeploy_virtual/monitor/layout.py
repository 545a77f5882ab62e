"""Addresses and field offsets of the structures shared by monitor and application cores.

Offsets are those of the structure description that comes with the binaries (sv: system
variables of a chip, vcpu: one block a core, and the mailbox message).
"""

from __future__ import annotations

from enum import IntEnum

SDRAM = 0x60000000
SDRAM_BYTES = 0x08000000
SYSRAM = 0xE5000000
SYSRAM_BYTES = 0x8000
ROUTER = 0xE1000000
SYSTEM_CONTROLLER = 0xE2000000

#: System variables, vcpu blocks and the user part of system RAM.
SV = 0xE5007F00
SV_BYTES = 256
VCPU = 0xE5007000
VCPU_BYTES = 128
SYSRAM_USER = 0xE5000100
SYSRAM_USER_WORDS = 1024

#: A buffer a core at the start of SDRAM, and the monitor's own part at its end.
SYSTEM_BUFFER_WORDS = 32768
SYSTEM_SDRAM_BYTES = 0x00800000
SYSTEM_SDRAM = SDRAM + SDRAM_BYTES - SYSTEM_SDRAM_BYTES
IMAGE_WORDS = 65536

ROUTER_FIXED_ROUTE = ROUTER + 0x84
ROUTER_ROUTES = ROUTER + 0x4000
ROUTER_KEYS = ROUTER + 0x8000
ROUTER_MASKS = ROUTER + 0xC000
ROUTER_P2P = ROUTER + 0x10000
N_ROUTER_ENTRIES = 1024
ROUTE_UNUSED = 0xFF000000

SYNC_SET = SYSTEM_CONTROLLER + 0x58
SYNC_CLEAR = SYSTEM_CONTROLLER + 0x5C

#: Length of a mailbox message and of its data part, and of one application's record.
MESSAGE_BYTES = 292
MAX_DATA_BYTES = 256
N_MESSAGES = 7
APPLICATION_BYTES = 8
N_APPLICATIONS = 256
IOBUF_BYTES = 16384
SOFTWARE_VERSION = 0x00040000
CLOCK_MHZ = 200


class Sv(IntEnum):
    """Offset of a system variable."""

    P2P_ADDRESS = 0x00
    P2P_SIZE = 0x02
    P2P_UP = 0x06
    ETHERNET_CHIP = 0x08
    HARDWARE = 0x0A
    ETHERNET_UP = 0x0B
    CLOCK_MS = 0x10
    TIME_MS = 0x18
    UNIX_TIME = 0x1C
    CPU_MHZ = 0x24
    SDRAM_MHZ = 0x26
    PHASE = 0x2D
    P2P_ROOT = 0x2E
    RANDOM = 0x3C
    ROOT_CHIP = 0x40
    N_MESSAGES = 0x41
    WATCHDOG = 0x43
    SYSRAM_HEAP = 0x48
    SDRAM_HEAP = 0x4C
    IOBUF_BYTES = 0x50
    SDRAM_BUFFERS = 0x54
    BUFFER_WORDS = 0x58
    LINKS = 0x65
    MESSAGE_FREE = 0x68
    MESSAGE_COUNT = 0x6C
    MESSAGE_MAX = 0x6E
    PHYSICAL_TO_VIRTUAL = 0x94
    VIRTUAL_TO_PHYSICAL = 0xA8
    N_CORES = 0xBC
    ROM_CORES = 0xBD
    SDRAM_BASE = 0xC0
    SYSRAM_BASE = 0xC4
    SDRAM_SYSTEM = 0xC8
    VCPU_BASE = 0xCC
    SYSTEM_HEAP = 0xD0
    ROUTER_COPY = 0xD4
    HOP_TABLE = 0xD8
    ALLOCATED_TAGS = 0xDC
    ROUTER_FREE = 0xE0
    P2P_ACTIVE = 0xE2
    APPLICATIONS = 0xE4
    MESSAGES = 0xE8
    MAILBOX_FLAGS = 0xEC
    IP_ADDRESS = 0xF0
    FIXED_ROUTE = 0xF4
    SOFTWARE = 0xFC


class Vcpu(IntEnum):
    """Offset of a field in a core's block."""

    REGISTERS = 0
    STATUS = 32
    STACK = 36
    LINK = 40
    ERROR = 44
    PHYSICAL = 45
    STATE = 46
    APPLICATION = 47
    TO_CORE = 48
    FROM_CORE = 52
    TO_CORE_COMMAND = 56
    FROM_CORE_COMMAND = 57
    SOFTWARE_ERRORS = 58
    ERROR_FILE = 60
    ERROR_LINE = 64
    TIME = 68
    NAME = 72
    IOBUF = 88
    SOFTWARE = 92
    USER0 = 112


class State(IntEnum):
    """What a core says it is doing."""

    DEAD = 0
    POWERED_DOWN = 1
    RUN_TIME_ERROR = 2
    WATCHDOG = 3
    INITIALISING = 4
    READY = 5
    MAIN = 6
    RUNNING = 7
    SYNC0 = 8
    SYNC1 = 9
    PAUSED = 10
    FINISHED = 11
    IDLE = 15


class Mailbox(IntEnum):
    """What a mailbox holds."""

    IDLE = 0
    MESSAGE = 1
    NOTHING = 2
    SIGNAL = 3


class Message(IntEnum):
    """Offset of a field in a mailbox message; the datagram itself starts at FLAGS."""

    NEXT = 0
    LENGTH = 4
    FLAGS = 8


def vcpu(p: int) -> int:
    """Return the address of a core's block."""
    return VCPU + VCPU_BYTES * p
