"""Connect the vendor's host software to a board in the same process.

Its UDP connections get sockets of the hub, and the places where it sleeps or reads the
clock use the board's time. Every attribute is put back at the end.
"""

from __future__ import annotations

import contextlib
import gc
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from importlib import import_module
from types import SimpleNamespace
from typing import Any, ParamSpec, TypeVar

from neurodeploy_virtual.transport.hub import Hub

P = ParamSpec("P")
T = TypeVar("T")

_SIMULATOR = "pyNN.spiNNaker"
_UDP = "spinnman.connections.udp_packet_connections.udp_connection"
_FUNCTIONS = "spinn_front_end_common.interface.interface_functions"
#: Modules whose name `time` is the module of that name.
_CLOCKS = (
    "spinnman.transceiver.base_transceiver",
    "spinnman.connections.scp_request_pipeline",
    "spinn_front_end_common.utilities.system_control_logic",
    "spinn_front_end_common.utility_models.data_speed_up_packet_gatherer_machine_vertex",
    f"{_FUNCTIONS}.application_finisher",
)
#: Modules whose name `sleep` is the function of that name.
_SLEEPERS = (f"{_FUNCTIONS}.application_runner", f"{_FUNCTIONS}.chip_provenance_updater")


class _AtOnce(Executor):
    """Runs what is submitted at once, so that a listener is idle when its callbacks are."""

    def __init__(self, max_workers: int | None = None) -> None:
        super().__init__()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call the function and return its result as a finished future."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as err:  # the future carries it
            future.set_exception(err)
        return future


class _Clock:
    """The module `time`, with the board's clock."""

    def __init__(self, hub: Hub) -> None:
        self.sleep, self.time = hub.sleep, hub.time

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


def _replacements(hub: Hub) -> Iterator[tuple[str, str, Any]]:
    yield _UDP, "get_udp_socket", hub.socket
    yield _UDP, "select", SimpleNamespace(select=hub.select)
    yield "spinnman.connections.connection_listener", "ThreadPoolExecutor", _AtOnce
    yield "time", "sleep", hub.thread_sleep
    clock = _Clock(hub)
    for module in _CLOCKS:
        yield module, "time", clock
    for module in _SLEEPERS:
        yield module, "sleep", hub.sleep


def vendor_imported() -> None:
    """Import the vendor's software, without looking for rubbish in what stays for good.

    Its import makes half a million objects. The collector would go through all of them again
    and again, for a quarter of the time that it takes.
    """
    if _SIMULATOR in sys.modules or not gc.isenabled():
        import_module(_SIMULATOR)
        return
    gc.disable()
    try:
        import_module(_SIMULATOR)
        gc.freeze()
    finally:
        gc.enable()


@contextlib.contextmanager
def connected(hub: Hub) -> Iterator[Hub]:
    """Connect everything the vendor's software opens from now on to the hub's board."""
    with contextlib.ExitStack() as stack:
        for name, attribute, value in _replacements(hub):
            module = import_module(name)
            stack.callback(setattr, module, attribute, getattr(module, attribute))
            setattr(module, attribute, value)
        yield hub


__all__ = ["connected", "vendor_imported"]
