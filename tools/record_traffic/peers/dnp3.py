"""DNP3 with OpenDNP3: outstations on one port, and a master that polls or commands one of them."""

# mypy: disable-error-code="import-not-found, import-untyped, misc, no-untyped-call"
# The libraries are installed only where traffic is recorded.

from __future__ import annotations

import threading
import time
from random import Random
from typing import Any

import opendnp3 as dnp

POINTS = 12
SETTLE_S = 0.8


class _Commands(dnp.ICommandHandler):
    """Accepts every command."""

    def Begin(self) -> None:  # noqa: N802
        """Nothing to prepare."""

    def End(self) -> None:  # noqa: N802
        """Nothing to finish."""

    def Select(self, *command: Any) -> dnp.CommandStatus:  # noqa: N802
        """Accept."""
        return dnp.CommandStatus.SUCCESS

    def Operate(self, *command: Any) -> dnp.CommandStatus:  # noqa: N802
        """Accept."""
        return dnp.CommandStatus.SUCCESS


class _Events(dnp.ISOEHandler):
    """Takes the values of a poll."""

    def BeginFragment(self, info: Any) -> None:  # noqa: N802
        """Nothing to prepare."""

    def EndFragment(self, info: Any) -> None:  # noqa: N802
        """Nothing to finish."""

    def Process(self, *values: Any) -> None:  # noqa: N802
        """Drop them: only the conversation counts here."""

    def OnDeviceAttribute(self, *values: Any) -> None:  # noqa: N802
        """Drop it."""


def serve_outstations(rng: Random, text: str) -> None:
    """Serve outstations until ended.

    Parameters
    ----------
    rng : Random
        Draws the points' values.
    text : str
        ``ADDRESS/LOCAL/REMOTE`` for each, separated by commas: the IP address to listen on and
        the link addresses of the outstation and its master.
    """
    manager = dnp.DNP3Manager(2)
    kept: list[Any] = [manager, _Commands(), dnp.IOutstationApplication(), dnp.IChannelListener()]
    for part in text.split(","):
        address, local, remote = part.split("/")
        end = dnp.IPEndpoint(address, 20000)
        mode = dnp.ServerAcceptMode.CloseExisting
        channel = manager.AddTCPServer(address, dnp.LogLevels(0), mode, end, kept[3])
        config = dnp.OutstationStackConfig(dnp.DatabaseConfig(POINTS))
        config.link.LocalAddr, config.link.RemoteAddr = int(local), int(remote)
        config.outstation.params.allowUnsolicited = rng.random() < 0.5
        station = channel.AddOutstation(address, kept[1], kept[2], config)
        station.Enable()
        station.Apply(_values(rng))
        kept += [channel, station]
    threading.Event().wait()


def _values(rng: Random) -> dnp.Updates:
    build = dnp.UpdateBuilder()
    for index in range(POINTS):
        build.Update(dnp.Binary(rng.random() < 0.5), index)
        build.Update(dnp.Analog(rng.uniform(-400, 400)), index)
    return build.Build()


def poll(server: str, local: str, remote: str, kind: str, index: str, value: str) -> None:
    """Connect as a master, do one thing and leave.

    Parameters
    ----------
    server : str
        The outstation's IP address.
    local, remote : str
        The master's and the outstation's link addresses.
    kind : str
        ``poll`` (all classes), ``class`` (events), ``range`` (some points) or ``operate``.
    index, value : str
        The point, and what to write.
    """
    manager = dnp.DNP3Manager(1)
    end, retry = [dnp.IPEndpoint(server, 20000)], dnp.ChannelRetry.Default()
    listener, events = dnp.IChannelListener(), _Events()
    channel = manager.AddTCPClient("m", dnp.LogLevels(0), retry, end, "0.0.0.0", listener)
    config = dnp.MasterStackConfig()
    config.link.LocalAddr, config.link.RemoteAddr = int(local), int(remote)
    config.master.disableUnsolOnStartup = kind == "poll"
    master = channel.AddMaster("m", events, dnp.IMasterApplication(), config)
    master.Enable()
    time.sleep(SETTLE_S)
    _order(master, events, kind, int(index), int(value))
    time.sleep(SETTLE_S)
    manager.Shutdown()


def _order(master: Any, events: Any, kind: str, index: int, value: int) -> None:
    if kind == "class":
        master.ScanClasses(dnp.ClassField.AllEventClasses(), events)
    elif kind == "range":
        master.ScanRange(dnp.GroupVariationID(30, 1), index, index + 3, events)
    elif kind == "operate":
        block = dnp.ControlRelayOutputBlock(dnp.OperationType.LATCH_ON)
        master.SelectAndOperate(block, index, lambda result: None)
        master.DirectOperate(dnp.AnalogOutputInt16(value), index, lambda result: None)
    else:
        master.ScanClasses(dnp.ClassField.AllClasses(), events)
