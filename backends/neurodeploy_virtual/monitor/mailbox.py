"""Messages between the monitor and the application cores of a chip, through shared memory."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from neurodeploy_virtual.monitor.datagram import HEADER_BYTES, Code, Refusal, Sdp
from neurodeploy_virtual.monitor.layout import (
    MAX_DATA_BYTES,
    MESSAGE_BYTES,
    N_MESSAGES,
    SV,
    Mailbox,
    Message,
    Sv,
    Vcpu,
    vcpu,
)
from neurodeploy_virtual.monitor.memory import Memory

#: How long a core may take to empty its mailbox.
_PATIENCE_US = 1000
_SLICE_US = 5
_MAX_BYTES = HEADER_BYTES + 16 + MAX_DATA_BYTES
#: Free buffer, buffers in use and the most there were; buffer posted and two commands.
_ROOT, _POSTED = struct.Struct("<IHH"), struct.Struct("<IBB")


@dataclass(frozen=True)
class Mailboxes:
    """The mailboxes of one chip.

    Parameters
    ----------
    memory : Memory
        The chip's memory.
    wait : callable
        Lets so many microseconds pass, in which the monitor takes what cores send.
    """

    memory: Memory
    wait: Callable[[int], None]

    def send(self, p: int, message: Sdp) -> None:
        """Put a datagram into the mailbox of core p and call the core.

        Raises
        ------
        Refusal
            If the core does not empty its mailbox or no buffer gets free. A host in the
            same process sends faster than any network, so both are waited for.
        """
        data = message.packed()
        if len(data) > _MAX_BYTES:
            raise Refusal(Code.BAD_LENGTH)
        if not self._wait_for(lambda: self._is_empty(p) and self._has_buffer()):
            raise Refusal(Code.NO_BUFFER if self._is_empty(p) else Code.TIMEOUT)
        buffer = self._take_buffer()
        self.memory.set_word(buffer + Message.LENGTH, len(data))
        self.memory.write(buffer + Message.FLAGS, data)
        self._post(p, Mailbox.MESSAGE, buffer)

    def signal(self, p: int, signal: int) -> None:
        """Send a signal to core p, over what its mailbox may hold."""
        self._post(p, Mailbox.SIGNAL, signal)

    def _post(self, p: int, command: Mailbox, word: int) -> None:
        self.memory.set_word(vcpu(p) + Vcpu.TO_CORE, word)
        self.memory.set_byte(vcpu(p) + Vcpu.TO_CORE_COMMAND, command)
        self.memory.machine.interrupt(self.memory.x, self.memory.y, p)

    def _wait_for(self, ready: Callable[[], bool]) -> bool:
        """Let cores run until something is so; return whether it was in time."""
        for _ in range(_PATIENCE_US // _SLICE_US):
            # Waiting for locks lets cores run, too, so it comes before the question.
            self.memory.machine.quiesce(self.memory.x, self.memory.y)
            if ready():
                return True
            self.wait(_SLICE_US)
        return False

    def _is_empty(self, p: int) -> bool:
        return self.memory.byte(vcpu(p) + Vcpu.TO_CORE_COMMAND) == Mailbox.IDLE

    def _has_buffer(self) -> bool:
        return self.memory.word(SV + Sv.MESSAGE_FREE) != 0

    def _take_buffer(self) -> int:
        buffer = self.memory.word(SV + Sv.MESSAGE_FREE)
        self.memory.set_word(SV + Sv.MESSAGE_FREE, self.memory.word(buffer + Message.NEXT))
        used = self.memory.half(SV + Sv.MESSAGE_COUNT) + 1
        self.memory.set_half(SV + Sv.MESSAGE_COUNT, used)
        if used > self.memory.half(SV + Sv.MESSAGE_MAX):
            self.memory.set_half(SV + Sv.MESSAGE_MAX, used)
        return buffer

    def _give_back(self, buffer: int) -> None:
        free, used, most = _ROOT.unpack(self.memory.read(SV + Sv.MESSAGE_FREE, _ROOT.size))
        self.memory.set_word(buffer + Message.NEXT, free)
        self.memory.write(SV + Sv.MESSAGE_FREE, _ROOT.pack(buffer, max(used - 1, 0), most))

    def collect(self) -> list[Sdp]:
        """Take all datagrams that cores have posted for the monitor, lowest core first."""
        if not self.memory.word(SV + Sv.MAILBOX_FLAGS):
            return []
        self.memory.machine.quiesce(self.memory.x, self.memory.y)
        flags = self.memory.word(SV + Sv.MAILBOX_FLAGS)
        self.memory.set_word(SV + Sv.MAILBOX_FLAGS, 0)
        posted = (self._take_from(p) for p in range(1, 32) if flags >> p & 1)
        return [message for message in posted if message is not None]

    def _take_from(self, p: int) -> Sdp | None:
        block = vcpu(p) + Vcpu.FROM_CORE
        buffer, _, command = _POSTED.unpack(self.memory.read(block, _POSTED.size))
        self.memory.set_byte(vcpu(p) + Vcpu.FROM_CORE_COMMAND, Mailbox.IDLE)
        if command != Mailbox.MESSAGE or not self._is_buffer(buffer):
            return None
        raw = self.memory.read(buffer, MESSAGE_BYTES)
        length = min(int.from_bytes(raw[Message.LENGTH : Message.LENGTH + 2], "little"), _MAX_BYTES)
        self._give_back(buffer)
        return Sdp.parse(raw[Message.FLAGS :][:length]) if length >= HEADER_BYTES else None

    def _is_buffer(self, address: int) -> bool:
        offset = address - self.memory.word(SV + Sv.MESSAGES)
        return 0 <= offset < N_MESSAGES * MESSAGE_BYTES and offset % MESSAGE_BYTES == 0


__all__ = ["Mailboxes"]
