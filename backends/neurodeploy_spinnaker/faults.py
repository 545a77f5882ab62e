"""One table from the vendor's exceptions to ours, each with its cause and a remedy."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from neurodeploy.api import BackendFailure, NeurodeployError
from neurodeploy_spinnaker.machine import SECRETS

#: Packages whose exceptions, and whose frames in a traceback, are the vendor's.
VENDOR = (
    "pacman",
    "pyNN",
    "spalloc_client",
    "spinn_front_end_common",
    "spinn_machine",
    "spinn_utilities",
    "spinnman",
    "spynnaker",
)
#: The web service's answers come as ValueError from here.
_ANSWERS = "spinnman.spalloc.session"
#: Secrets that are in no variable, such as a token that a JupyterHub has given.
_KEPT_SECRET: set[str] = set()
#: Characters of a cause that are shown.
LONGEST = 400


@dataclass(frozen=True)
class Fault:
    """What an exception means.

    Parameters
    ----------
    who, what, todo : str
        As in every error: who is wrong, what is wrong, what to do.
    """

    who: str
    what: str
    todo: str = ""


_BAD_ANSWER = Fault("spalloc", "answers with an error", "look up the job on its web page")
_SMALLER = "take more boards, or run `neurodeploy check MODEL --target spinnaker`"
_REACH = "check its name, its power and the network to it"
#: By name, so that the vendor need not be imported; the nearest class of an exception decides.
FAULTS: Mapping[str, Fault] = {
    # The board.
    "SpinnmanBootException": Fault("board", "does not boot", "check --version and its power"),
    "SpinnmanTimeoutException": Fault("board", "does not answer in time", _REACH),
    "SpinnmanIOException": Fault("board", "cannot be reached", _REACH),
    "SpinnmanEOFException": Fault("board", "closed the connection", _REACH),
    "SpiNNManCoresNotInStateException": Fault(
        "board", "cores stopped or hang", "see the log; a larger time scale factor may help"
    ),
    "ExecutableFailedToStartException": Fault("board", "a core does not start"),
    "ExecutableFailedToStopException": Fault("board", "a core does not stop"),
    "SpinnmanUnexpectedResponseCodeException": Fault("board", "answers with an error"),
    "SpinnmanGroupedProcessException": Fault("board", "a transfer failed", _REACH),
    "SpinnmanGenericProcessException": Fault("board", "a transfer failed", _REACH),
    "SpinnmanException": Fault("board", "failed"),
    "CantFindSDRAMToUseException": Fault("board", "memory is full", _SMALLER),
    "SpinnMachineException": Fault("machine", "is not one that the network or --version needs"),
    # Servers.
    "SpallocBoardUnavailableException": Fault("spalloc", "has no such board free"),
    "SpallocException": Fault("spalloc", "refused", "check --user and the password or token"),
    "SpallocServerException": Fault("spalloc", "refused", "check --spalloc and --user"),
    "JobDestroyedError": Fault("spalloc", "took the boards back"),
    "StateChangeTimeoutError": Fault("spalloc", "does not answer in time"),
    "ProtocolError": Fault("spalloc", "broke off", "check --spalloc"),
    "ProtocolTimeoutError": Fault("spalloc", "does not answer in time", "check --spalloc"),
    "SSLError": Fault(
        "spalloc",
        "has a certificate of an unknown authority",
        "name a file of the authority's in REQUESTS_CA_BUNDLE and WEBSOCKET_CLIENT_CA_BUNDLE",
    ),
    "WebSocketException": Fault("spalloc", "broke off", "check --spalloc"),
    # The network on the machine.
    "PacmanPlaceException": Fault("network", "does not fit the machine", _SMALLER),
    "PacmanPartitionException": Fault("network", "cannot be cut into cores", _SMALLER),
    "PacmanRouteInfoAllocationException": Fault("network", "runs out of routing keys"),
    "PacmanElementAllocationException": Fault("network", "runs out of routing keys"),
    "PacmanRoutingException": Fault("network", "cannot be routed"),
    "MinimisationFailedError": Fault("network", "has too many routing entries", _SMALLER),
    "RallocException": Fault("network", "has too many routing entries", _SMALLER),
    "PacmanException": Fault("network", "cannot be mapped"),
    "SynapseRowTooBigException": Fault("network", "a neuron has too many synapses"),
    "DelayExtensionException": Fault("network", "has delays that are too long"),
    "SynapticConfigurationException": Fault("network", "has synapses that the board has not"),
    "SynapticMaxIncomingAtomsSupportException": Fault("network", "has too many inputs"),
    # Software.
    "ConfigException": Fault("sPyNNaker", "does not take its configuration"),
    "ConfigurationException": Fault("sPyNNaker", "does not take the network or its settings"),
    "UnexpectedConfigException": Fault("sPyNNaker", "does not take its configuration"),
    "ExecutableNotFoundException": Fault("sPyNNaker", "a binary is missing", "reinstall it"),
    "DatabaseException": Fault("sPyNNaker", "cannot keep its data"),
    "DsDatabaseException": Fault("sPyNNaker", "cannot keep its data"),
    "SpynnakerException": Fault("sPyNNaker", "failed"),
    "SpinnFrontEndException": Fault("sPyNNaker", "failed"),
    "SpiNNUtilsException": Fault("sPyNNaker", "failed"),
    # From anywhere inside the vendor's code.
    "gaierror": Fault("machine", "has no such name", "check --board or --spalloc"),
    "ConnectionError": Fault("machine", "cannot be reached", _REACH),
    "TimeoutError": Fault("machine", "does not answer in time", _REACH),
    "RequestException": Fault("spalloc", "cannot be reached", "check --spalloc"),
    "Exception": Fault("sPyNNaker", "failed"),
}


def _nothing() -> None:
    """Return None: nobody knows more than the vendor."""


@contextmanager
def translated(
    log: str = "", known: Callable[[], BackendFailure | None] = _nothing
) -> Iterator[None]:
    """Raise the vendor's exceptions as ours; others pass.

    Parameters
    ----------
    log : str
        Where the vendor's log is, told to the user.
    known : callable
        Gives what the machine knows of the failure, which is raised in its place, or None.

    Raises
    ------
    BackendFailure
        With the vendor's exception as its cause.
    """
    try:
        yield
    except NeurodeployError:
        raise
    except Exception as err:
        if not is_vendors(err):
            raise
        raise known() or failure(err, log) from err


def failure(err: BaseException, log: str = "") -> BackendFailure:
    """Return our error for one of the vendor's."""
    fault = next(FAULTS[name] for name in _names(err) if name in FAULTS)
    if isinstance(err, ValueError) and _ANSWERS in _modules(err):
        fault = _BAD_ANSWER
    todo = "; ".join(filter(None, (fault.todo, f"log: {log}" if log else "")))
    return BackendFailure(fault.who, fault.what, got=cause(err), todo=todo)


def taken_back(err: BaseException, log: str) -> BackendFailure:
    """Return our error for one that came of boards which a server took back.

    Parameters
    ----------
    err : BaseException
        What failed for want of the boards, ours or the vendor's.
    log : str
        Where the vendor's log is.
    """
    first = err.__cause__ if isinstance(err, NeurodeployError) and err.__cause__ else err
    todo = f"try again; --resume goes on where it broke off; log: {log}"
    return BackendFailure("spalloc", "took the boards back", got=cause(first), todo=todo)


def is_vendors(err: BaseException) -> bool:
    """Return whether an exception is of the vendor's classes or came out of its code."""
    if any(cls.__module__.partition(".")[0] in VENDOR for cls in type(err).__mro__):
        return True
    return any(name.partition(".")[0] in VENDOR for name in _modules(err))


def cause(err: BaseException) -> str:
    """Return an exception in one line: its class and text, without secrets."""
    inner = getattr(err, "exception", None)
    text = str(err if not isinstance(inner, Exception) else inner)
    line = " ".join(redacted(text).split())
    shown = line if len(line) <= LONGEST else line[: LONGEST - 3] + "..."
    name = type(err if not isinstance(inner, Exception) else inner).__name__
    return f"{name}: {shown}" if shown else name


def keep_secret(value: str) -> None:
    """Leave a value out of every text from now on, as those of secret variables are."""
    _KEPT_SECRET.add(value)


def redacted(text: str) -> str:
    """Return a text without secrets, those of environment variables by their names."""
    for name in SECRETS:
        value = os.environ.get(name)
        if value:
            text = text.replace(value, f"${name}")
    for value in _KEPT_SECRET:
        text = text.replace(value, "$TOKEN")
    return text


def _modules(err: BaseException) -> list[str]:
    """Return the modules that an exception came through."""
    frames = traceback.walk_tb(err.__traceback__)
    return [frame.f_globals.get("__name__", "") for frame, _ in frames]


def _names(err: BaseException) -> list[str]:
    """Return the names that decide, nearest first; a wrapped exception goes before its wrapper."""
    inner = getattr(err, "exception", None)
    kinds = [*type(inner).__mro__] if isinstance(inner, Exception) else []
    named = [cls.__name__ for cls in kinds if cls is not Exception]
    return [*named, *(cls.__name__ for cls in type(err).__mro__)]


__all__ = [
    "FAULTS",
    "VENDOR",
    "Fault",
    "cause",
    "failure",
    "is_vendors",
    "keep_secret",
    "redacted",
    "taken_back",
    "translated",
]
