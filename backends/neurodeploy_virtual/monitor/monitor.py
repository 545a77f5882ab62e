"""All monitors of a machine: they route datagrams and answer requests.

Nothing here waits for a host: datagrams come in by `receive`, packets for hosts are kept
until `take` fetches them, and emulated time passes only in `run`.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable, Iterable
from dataclasses import replace

from neurodeploy.errors import BackendFailure
from neurodeploy_virtual.errors import BoardFault
from neurodeploy_virtual.geometry import Geometry, Place
from neurodeploy_virtual.monitor.boot import boot
from neurodeploy_virtual.monitor.commands import answer
from neurodeploy_virtual.monitor.control import Control, Signal
from neurodeploy_virtual.monitor.datagram import (
    ANY_CHIP,
    CHECKSUM,
    HEADER_BYTES,
    REPLY_WANTED,
    REQUEST_BYTES,
    STAY,
    TO_ETHERNET,
    Address,
    Code,
    Coordinates,
    Packet,
    Refusal,
    Request,
    Sdp,
)
from neurodeploy_virtual.monitor.layout import MAX_DATA_BYTES, SV, State, Sv, Vcpu, vcpu
from neurodeploy_virtual.monitor.mailbox import Mailboxes
from neurodeploy_virtual.monitor.memory import MachineLike, Memory, StopLike
from neurodeploy_virtual.monitor.node import Flood
from neurodeploy_virtual.monitor.tags import Tag, Tags
from neurodeploy_virtual.monitor.watchdog import Watch, Watchdog

SCP_PORT = 17893
_PADDING = b"\0\0"
_NO_TAG = 255
_ROOT = (0, 0)
#: No host answers a core's new state sooner; programs tell it a little before they act on it.
_HOST_DELAY_US = 200
#: Nor is live input there sooner after a signal that starts a simulation.
_LIVE_DELAY_US = 2000
#: What reading structures raises that a host or a core has overwritten.
_UNREADABLE = (ValueError, IndexError, OverflowError, struct.error, BackendFailure)
#: Programs use the clock to give up after some milliseconds, which no mailbox takes here.
_CLOCK_STEP_MS = 5


class ChipMonitor:
    """One chip with its monitor."""

    def __init__(self, monitor: Monitor, place: Place) -> None:
        self.memory = Memory(monitor.machine, place.x, place.y)
        self.place = place
        self.layout = monitor.layout
        self.mailboxes = Mailboxes(self.memory, monitor.wait)
        self.control = Control(self.memory, place, self.mailboxes)
        self.tags = Tags()
        self.watch = Watch(self.memory, self.control, tuple(sorted(place.cores - {0})))
        self._monitor = monitor
        boot(self.memory, self.layout, place)

    def peer(self, xy: Coordinates) -> ChipMonitor:
        """Return the monitor of another chip."""
        return self._monitor.chips[xy]

    def signal(self, data: int) -> None:
        """Pass a signal to all chips."""
        self._monitor.signal(data)

    def flood(self) -> Flood:
        """Return the state of the program that is being sent to all chips."""
        return self._monitor.flood


class Monitor:
    """The monitors of all chips of a machine.

    Parameters
    ----------
    machine : MachineLike
        The emulated machine.
    layout : Geometry
        Its chips.

    Attributes
    ----------
    on_stop : callable
        Told every time the machine has stopped, and why.
    before_end : callable
        Called before an application is ended, while the state of its cores can be read.
    """

    def __init__(self, machine: MachineLike, layout: Geometry) -> None:
        self.machine, self.layout = machine, layout
        self.flood = Flood()
        self.chips = {xy: ChipMonitor(self, place) for xy, place in layout.places.items()}
        self.on_stop: Callable[[StopLike], None] = lambda _stop: None
        self.before_end: Callable[[], None] = lambda: None
        self._out: list[Packet] = []
        self._signalled_us = -_LIVE_DELAY_US
        self._clock_ms = 0
        self._watchdog = Watchdog(chip.watch for chip in self.chips.values())

    # Datagrams from hosts

    def receive(self, ethernet: Coordinates, data: bytes, sender: Address) -> None:
        """Take a UDP packet that came to the command port of an Ethernet chip."""
        if not len(_PADDING) + HEADER_BYTES <= len(data) <= 2 + REQUEST_BYTES + MAX_DATA_BYTES:
            return
        message = replace(Sdp.parse(data[len(_PADDING) :]), from_chip=ethernet)
        tags = self.chips[ethernet].tags
        if message.flags & REPLY_WANTED:
            if message.tag == _NO_TAG:
                message = replace(message, tag=tags.lend(sender))
            elif not tags.get(message.tag).flags:
                return
        elif message.core:
            self._delay_live_input()
        self._route(ethernet, message)

    def receive_tagged(
        self, ethernet: Coordinates, port: int, data: bytes, sender: Address
    ) -> None:
        """Take a UDP packet that came to the port of a reverse tag."""
        if len(data) > MAX_DATA_BYTES + 16:
            return
        tags = self.chips[ethernet].tags
        for number, tag in tags.listening():
            if tag.listen_port == port:
                tags.set(number, replace(tag, host=sender))
                self._delay_live_input()
                message = Sdp(7, number, tag.to_port, TO_ETHERNET, tag.to_chip, ethernet, data)
                self._route(ethernet, message)
                return

    def _delay_live_input(self) -> None:
        """Let time pass until what a host sends by itself may be there."""
        early = self._signalled_us + _LIVE_DELAY_US - self.machine.now_us
        if early > 0:
            self.run(early)

    def take(self) -> list[Packet]:
        """Return the packets for hosts since the last call."""
        packets, self._out = self._out, []
        return packets

    def listening(self) -> list[tuple[Coordinates, int]]:
        """Return the ports of all reverse tags, with the Ethernet chip of each."""
        return [
            (xy, tag.listen_port)
            for xy in self.layout.addresses
            for _, tag in self.chips[xy].tags.listening()
        ]

    # Routing

    def _route(self, here: Coordinates, message: Sdp) -> None:
        """Send a datagram on, as the monitor of chip `here` does."""
        if message.flags & CHECKSUM or ANY_CHIP in (message.to_chip, message.from_chip):
            message = replace(
                message,
                flags=message.flags & ~CHECKSUM,
                to_chip=_ROOT if message.to_chip == ANY_CHIP else message.to_chip,
                from_chip=_ROOT if message.from_chip == ANY_CHIP else message.from_chip,
            )
        if not message.flags & STAY and message.to_chip != message.from_chip:
            if message.to_chip not in self.chips:
                self._refuse(here, message, Refusal(Code.NO_ROUTE))
                return
            here = message.to_chip
        self._deliver(here, message)

    def _deliver(self, here: Coordinates, message: Sdp) -> None:
        if message.to_port == TO_ETHERNET:
            self._send_out(here, message)
            return
        chip = self.chips[here]
        try:
            if message.core == 0:
                self._ask_monitor(chip, message)
            elif message.core not in chip.place.cores:
                raise Refusal(Code.BAD_CORE)
            else:
                self._pass_on(chip, message)
        except BoardFault:
            raise
        except Refusal as refusal:
            self._refuse(here, message, refusal)
        except _UNREADABLE:
            self._refuse(here, message, Refusal(Code.BAD_ARGUMENT))

    def _ask_monitor(self, chip: ChipMonitor, message: Sdp) -> None:
        if message.port:
            raise Refusal(Code.BAD_PORT)
        request = Request.parse(message)
        self.machine.quiesce(chip.place.x, chip.place.y)
        payload = answer(chip, request)
        self._reply(chip, message, request.sequence, Code.OK, payload)

    def _pass_on(self, chip: ChipMonitor, message: Sdp) -> None:
        state = chip.memory.byte(vcpu(message.core) + Vcpu.STATE)
        if state in (State.IDLE, State.POWERED_DOWN, State.RUN_TIME_ERROR, State.WATCHDOG):
            raise Refusal(Code.DEAD)
        chip.mailboxes.send(message.core, message)

    def _refuse(self, here: Coordinates, message: Sdp, refusal: Refusal) -> None:
        sequence = int.from_bytes(message.payload[2:4], "little")
        self._reply(self.chips[here], message, sequence, refusal.code, refusal.payload)

    def _reply(
        self, chip: ChipMonitor, message: Sdp, sequence: int, code: Code, payload: bytes
    ) -> None:
        if message.flags & REPLY_WANTED:
            body = struct.pack("<HH", code, sequence) + payload
            self._route((chip.place.x, chip.place.y), message.answer(body))

    def _send_out(self, here: Coordinates, message: Sdp) -> None:
        """Send a datagram to the host of its tag, over the Ethernet of this chip."""
        address = self.layout.addresses.get(here)
        tag = self.chips[here].tags.spend(message.tag)
        if address is None or tag is None or tag.host is None:
            return
        payload = message.payload if tag.strip else _PADDING + message.packed()
        source = (address, tag.listen_port if tag.reverse else SCP_PORT)
        self._out.append(Packet(source, tag.host, payload))

    def signal(self, data: int) -> None:
        """Pass a signal to the cores of all chips at the same moment."""
        number, app_mask, app_id = data >> 16 & 15, data >> 8 & 0xFF, data & 0xFF
        self.run(_HOST_DELAY_US)
        for xy in self.chips:
            # A core that died with a lock keeps it, but can still be stopped.
            with contextlib.suppress(BackendFailure):
                self.machine.quiesce(*xy)
        if number == Signal.STOP:
            self.before_end()
        for chip in self.chips.values():
            chip.control.signal(number, app_mask, app_id)
        self._signalled_us = self.machine.now_us

    # Time

    def run(self, us: int, until: Callable[[], bool] | None = None) -> StopLike:
        """Let emulated time pass and route what cores send.

        Parameters
        ----------
        us : int
            At most so many microseconds.
        until : callable or None
            Asked whenever cores have sent something; true ends the run.

        Returns
        -------
        StopLike
            Why the run ended: as the machine says, or "mailbox" if `until` did.
        """
        end = self.machine.now_us + us
        while True:
            stop = self.machine.run(max(end - self.machine.now_us, 0))
            self.on_stop(stop)
            self._keep_time()
            sent = self._collect_after(stop)
            if stop.reason in ("fault", "idle") or self.machine.now_us >= end:
                return stop
            if sent and until is not None and until():
                return stop

    def wait(self, us: int) -> None:
        """Let so much time pass and take what cores send."""
        self.on_stop(self.machine.run(us, False))
        self._keep_time()
        self._collect(self.chips)

    def _keep_time(self) -> None:
        """Look after the cores, and write the clock that time-outs of programs read."""
        now_ms = self.machine.now_us // 1000
        self._watchdog.look(self.machine.now_us)
        if now_ms - self._clock_ms < _CLOCK_STEP_MS:
            return
        self._clock_ms = now_ms
        for chip in self.chips.values():
            chip.memory.write(SV + Sv.CLOCK_MS, struct.pack("<Q", now_ms))

    def _collect_after(self, stop: StopLike) -> bool:
        """Take what cores have sent, where the machine says that there may be something."""
        if stop.reason == "mailbox":
            return self._collect([(stop.x, stop.y)])
        return stop.reason == "idle" and self._collect(self.chips)

    def _collect(self, places: Iterable[Coordinates]) -> bool:
        posted: list[tuple[Coordinates, Sdp]] = []
        for xy in places:
            with contextlib.suppress(*_UNREADABLE):
                posted += ((xy, message) for message in self.chips[xy].mailboxes.collect())
        for xy, message in posted:
            self._route(xy, message)
        return bool(posted)

    def tag(self, ethernet: Coordinates, number: int) -> Tag:
        """Return a tag of an Ethernet chip."""
        return self.chips[ethernet].tags.get(number)


__all__ = ["SCP_PORT", "ChipMonitor", "Monitor"]
