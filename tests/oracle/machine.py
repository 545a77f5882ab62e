"""The registers of one core that its program can touch: interrupts, timer, DMA, packets.

Only what the programs use is there, and time does not pass by itself: a DMA transfer is done at
once, the transmit buffer is never full, a tick comes when the caller asks for one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

SOFTWARE, TIMER, PACKET, DMA_DONE, CALL, MULTICAST, FIXED_ROUTE = 1, 4, 6, 12, 18, 24, 27
DMA_ID = 1 << 24  # the core's own physical number, as the DMA controller's status gives it
DMA_FINISHED = 1 << 10
TRANSMIT_FREE = 1 << 31 | 1 << 28  # empty, and not full


@dataclass(frozen=True)
class Packet:
    """One multicast packet; `payload` is None where there is none."""

    key: int
    payload: int | None = None


@dataclass
class Vic:
    """Vectored interrupt controller (PL190)."""

    enabled: int = 0
    select: int = 0
    raised: int = 0
    default: int = 0
    vectors: list[int] = field(default_factory=lambda: [0] * 16)
    controls: list[int] = field(default_factory=lambda: [0] * 16)

    def fast(self) -> int:
        """Lines that ask for the fast interrupt."""
        return self.raised & self.enabled & self.select

    def slow(self) -> int:
        """Lines that ask for the ordinary interrupt."""
        return self.raised & self.enabled & ~self.select

    def vector(self) -> int:
        """Address of the handler of the most urgent ordinary interrupt."""
        waiting = self.slow()
        for address, control in zip(self.vectors, self.controls, strict=True):
            if control & 0x20 and waiting >> (control & 31) & 1:
                return address
        return self.default

    def read(self, at: int) -> int:
        """Read a register."""
        if 0x100 <= at < 0x140:
            return self.vectors[(at - 0x100) // 4]
        if 0x200 <= at < 0x240:
            return self.controls[(at - 0x200) // 4]
        if at == 0x30:
            return self.vector()
        values = {0: self.slow(), 4: self.fast(), 8: self.raised, 0xC: self.select}
        values |= {0x10: self.enabled, 0x18: self.raised & 2, 0x34: self.default}
        return values.get(at, 0)

    def write(self, at: int, value: int) -> None:
        """Write a register."""
        if 0x100 <= at < 0x140:
            self.vectors[(at - 0x100) // 4] = value
        elif 0x200 <= at < 0x240:
            self.controls[(at - 0x200) // 4] = value
        elif at == 0xC:
            self.select = value
        elif at == 0x10:
            self.enabled |= value
        elif at == 0x14:
            self.enabled &= ~value
        elif at == 0x18:
            self.raised |= value
        elif at == 0x1C:
            self.raised &= ~value
        elif at == 0x34:
            self.default = value


@dataclass
class Timers:
    """The two counters. A read lets some clock cycles pass, so that waiting loops end."""

    vic: Vic
    registers: dict[int, int] = field(default_factory=dict)
    cycles_per_read: int = 50

    def read(self, at: int) -> int:
        """Read a register."""
        if at in (0x04, 0x24):
            now = self.registers.get(at, 0) - self.cycles_per_read
            once = self.registers.get(0x28, 0) & 1
            least = 1 if at == 0x04 else 0 if once else now  # the tick comes only when asked for
            self.registers[at] = max(now, least) & 0xFFFFFFFF
        return self.registers.get(at, 0)

    def write(self, at: int, value: int) -> None:
        """Write a register."""
        self.registers[at] = value
        if at in (0x00, 0x20):
            self.registers[at + 4] = value
        if at == 0x0C:
            self.vic.raised &= ~(1 << TIMER)

    @property
    def running(self) -> bool:
        """Whether the tick timer was switched on."""
        return bool(self.registers.get(0x08, 0) & 0x80)

    def tick(self) -> None:
        """Let the tick timer reach zero."""
        self.registers[0x04] = self.registers.get(0x18, 0)
        self.vic.raised |= 1 << TIMER


@dataclass
class Dma:
    """Block copies between the shared and the core's own memory."""

    vic: Vic
    copy: Callable[[int, int, int, bool], None]
    shared: int = 0
    local: int = 0
    status: int = 0

    def read(self, at: int) -> int:
        """Read a register."""
        return DMA_ID | self.status if at == 0x14 else 0

    def write(self, at: int, value: int) -> None:
        """Write a register; writing the description moves the data."""
        if at == 0x04:
            self.shared = value
        elif at == 0x08:
            self.local = value
        elif at == 0x0C:
            n_bytes = value & 0x1FFFF
            self.copy(self.shared, self.local, n_bytes, bool(value >> 19 & 1))
            self.status |= DMA_FINISHED
            self.vic.raised |= 1 << DMA_DONE
        elif at == 0x10 and value & 8:
            self.status &= ~DMA_FINISHED
            self.vic.raised &= ~(1 << DMA_DONE)


@dataclass
class Comms:
    """The packet controller."""

    vic: Vic
    incoming: list[Packet] = field(default_factory=list)
    sent: list[Packet] = field(default_factory=list)
    control: int = 0
    data: int | None = None

    def offer(self, packets: list[Packet]) -> None:
        """Put packets in the receive queue."""
        self.incoming.extend(packets)
        self._signal()

    def _signal(self) -> None:
        lines = 1 << PACKET | 1 << MULTICAST
        self.vic.raised &= ~lines
        if self.incoming:
            self.vic.raised |= lines

    def read(self, at: int) -> int:
        """Read a register; reading the key takes the packet out of the queue."""
        if at == 0x00:
            return TRANSMIT_FREE | self.control & 0x00FFFFFF
        if not self.incoming:
            return 0
        head = self.incoming[0]
        if at == 0x0C:
            return 1 << 31 | (1 << 17 if head.payload is not None else 0)
        if at == 0x10:
            return head.payload or 0
        if at == 0x14:
            self.incoming.pop(0)
            self._signal()
            return head.key
        return 0

    def write(self, at: int, value: int) -> None:
        """Write a register; writing the key sends the packet."""
        if at == 0x00:
            self.control = value
            self.data = None
        elif at == 0x04:
            self.data = value
        elif at == 0x08:
            has_payload = self.data is not None or self.control & 1 << 17
            self.sent.append(Packet(value, (self.data or 0) if has_payload else None))
            self.data = None


@dataclass
class SystemController:
    """Locks, calls to a core and the two go flags, shared by the cores of a chip."""

    vic: Vic
    go: Callable[[], int]

    def read(self, at: int) -> int:
        """Read a register; every lock is free."""
        return self.go() if at == 0x58 else 0

    def write(self, at: int, value: int) -> None:
        """Write a register."""
        if at == 0x0C:
            self.vic.raised &= ~(1 << CALL)
