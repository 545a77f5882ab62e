"""Where to run: frozen descriptions of machines, each giving its part of the configuration."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from neurodeploy.api import BackendFailure, InputError, MachineOptions

#: What a machine knows of a failure better than the vendor, or None; given where the log is.
Witness = Callable[[str], BackendFailure | None]
#: Options of one section of a sPyNNaker configuration.
Section = Mapping[str, str]
#: Numbers of boards that sPyNNaker 7.4.1 has a SpiNNaker 1 machine for.
VERSIONS = (3, 5)
#: Of a server: its web service, or the older protocol.
SCHEMES = ("https", "http", "spalloc")
#: The server of the million-core machine, which takes the tokens of EBRAINS.
EBRAINS_SERVER = "https://spinnaker.cs.man.ac.uk/spalloc/"
#: Where sPyNNaker reads an EBRAINS token: a variable, or a JupyterHub that gives one away.
TOKEN = "OIDC_BEARER_TOKEN"
HUB = ("JUPYTERHUB_API_TOKEN", "JUPYTERHUB_SERVICE_HOST", "JUPYTERHUB_SERVICE_PORT")
USER, PASSWORD = "SPALLOC_USER", "SPALLOC_PASSWORD"
#: Variables whose values must never reach a file, a log or a message.
SECRETS = (TOKEN, HUB[0], PASSWORD)


class Machine(Protocol):
    """What a session needs to know of a machine."""

    @property
    def runs(self) -> bool:
        """Whether anything runs; else the network is only mapped."""
        ...

    @property
    def hidden(self) -> tuple[str, ...]:
        """Environment variables that must not reach the vendor during a session."""
        ...

    def settings(self) -> Section:
        """Options of the section [Machine]; never a password or a token."""
        ...

    def attached(self) -> AbstractContextManager[Witness]:
        """Provide the machine while a session lasts, and give a witness of its failures.

        Entered once the vendor is imported and before it is set up; a machine in software
        starts here, and may replace what reaches it.
        """
        ...


@dataclass(frozen=True)
class Board:
    """A board, or several wired to one, by its name on the network.

    Parameters
    ----------
    host : str
    version : int
        3 for a board of 4 chips, 5 for boards of 48.
    """

    host: str
    version: int = 5
    runs: bool = field(default=True, init=False)
    hidden: tuple[str, ...] = field(default=SECRETS, init=False)

    def __post_init__(self) -> None:
        _check_version(self.version)
        _plain("--board", self.host)

    def settings(self) -> Section:
        """Return the options of [Machine]."""
        # Tries are for servers that may allot a better board: the same one will not change.
        return {"machine_name": self.host, "version": str(self.version), "spalloc_retry": "0"}

    def attached(self) -> AbstractContextManager[Witness]:
        """Return a context that does nothing: the board is there."""
        return nullcontext(_knows_nothing)


@dataclass(frozen=True)
class Spalloc:
    """Boards allotted by a spalloc server.

    Parameters
    ----------
    server : str
        The URL of a web service; or HOST, HOST:PORT or spalloc://USER@HOST:PORT of an older
        server.
    user : str or None
        None leaves it to the server's URL, or to SPALLOC_USER for a web service.
    """

    server: str
    user: str | None = None
    runs: bool = field(default=True, init=False)
    hidden: tuple[str, ...] = field(default=(TOKEN, HUB[0]), init=False)

    def __post_init__(self) -> None:
        _check_server(self.server)
        if self.user is not None:
            _plain("--user", self.user)
        if not _is_url(self.server) and not self._named():
            raise InputError("--spalloc", "an older server needs a user", todo="give --user")

    def _named(self) -> str | None:
        return self.user or urlsplit(self.server).username

    def settings(self) -> Section:
        """Return the options of [Machine]; sPyNNaker takes a password from the environment.

        Raises
        ------
        InputError
            If a web service is to be asked without a user or a password.
        """
        if _is_url(self.server):
            if not self._named() and not os.environ.get(USER):
                raise InputError("--spalloc", "needs a user", todo="give --user")
            if not os.environ.get(PASSWORD):
                raise InputError(
                    "--spalloc", "needs a password in the environment", todo=f"set {PASSWORD} to it"
                )
        server = _with_port(_with_user(self.server, self.user))
        found = {"spalloc_server": server, "version": "5"}
        # An older server's user is asked for here even if the URL has one.
        user = self._named()
        return found if user is None else found | {"spalloc_user": user}

    def attached(self) -> AbstractContextManager[Witness]:
        """Return a context that does nothing: sPyNNaker allots and frees."""
        return nullcontext(_knows_nothing)


@dataclass(frozen=True)
class Ebrains:
    """Boards allotted to the bearer of an EBRAINS token.

    Parameters
    ----------
    server : str
        The spalloc server that is shown the token.
    """

    server: str = EBRAINS_SERVER
    runs: bool = field(default=True, init=False)
    hidden: tuple[str, ...] = field(default=(PASSWORD,), init=False)

    def __post_init__(self) -> None:
        _check_server(self.server)
        if not _is_url(self.server):
            raise InputError("--spalloc", "takes no token", got=self.server, limit="a URL")

    def settings(self) -> Section:
        """Return the options of [Machine]; sPyNNaker takes the token from the environment.

        Raises
        ------
        InputError
            If the environment holds none.
        """
        if not os.environ.get(TOKEN) and not all(os.environ.get(name) for name in HUB):
            raise InputError(
                "--ebrains", "needs a token in the environment", todo=f"set {TOKEN} to it"
            )
        return {"spalloc_server": self.server, "version": "5"}

    def attached(self) -> AbstractContextManager[Witness]:
        """Return a context that does nothing: sPyNNaker allots and frees."""
        return nullcontext(_knows_nothing)


@dataclass(frozen=True)
class MapOnly:
    """No machine: sPyNNaker maps the network as for boards of a version and runs nothing."""

    version: int = 5
    runs: bool = field(default=False, init=False)
    hidden: tuple[str, ...] = field(default=SECRETS, init=False)

    def __post_init__(self) -> None:
        _check_version(self.version)

    def settings(self) -> Section:
        """Return the options of [Machine]."""
        return {"virtual_board": "True", "version": str(self.version)}

    def attached(self) -> AbstractContextManager[Witness]:
        """Return a context that does nothing."""
        return nullcontext(_knows_nothing)


def _knows_nothing(_log: str) -> None:
    """Return None: what a machine that is not ours says, the vendor hears."""


def choose(options: MachineOptions) -> Machine:
    """Return the machine that the options ask for.

    Raises
    ------
    InputError
        If they ask for none or for several, or one of them is wrong.
    """
    server = options.spalloc is not None or options.ebrains
    asked = [options.board is not None, server, options.map_only]
    if sum(asked) != 1:
        raise InputError(
            "target spinnaker",
            "needs one machine" if not any(asked) else "takes one machine, not several",
            todo="give --board HOST, --spalloc SERVER or --ebrains",
        )
    if server:
        return _allotted(options)
    if options.user is not None:
        raise InputError("--user", "goes with --spalloc alone", got=options.user)
    version = 5 if options.version is None else options.version
    return MapOnly(version) if options.board is None else Board(options.board, version)


def _allotted(options: MachineOptions) -> Machine:
    if options.version not in (None, 5):
        raise InputError("--version", "of allotted boards", got=options.version, limit=5)
    if not options.ebrains:
        return Spalloc(options.spalloc or "", options.user)
    if options.user is not None:
        raise InputError("--user", "the token says who asks", todo="leave --user out")
    return Ebrains(options.spalloc or EBRAINS_SERVER)


def _check_version(version: int) -> None:
    if version not in VERSIONS:
        limit = "3 (4 chips) or 5 (48 chips)"
        raise InputError("--version", "no such board", got=version, limit=limit)


def _check_server(server: str) -> None:
    _plain("--spalloc", server)
    scheme, found, _ = server.partition("://")
    if found and scheme.lower() not in SCHEMES:
        raise InputError(
            "--spalloc", "no such kind of server", got=scheme, limit=", ".join(SCHEMES)
        )
    parts = urlsplit(server)
    if parts.scheme == "http" and not _is_this_computer(parts.hostname or ""):
        raise InputError(
            "--spalloc", "would send passwords and tokens in the clear", got="http", limit="https"
        )
    if parts.password is not None:
        # It would stand in the configuration of the run, and in lists of processes.
        raise InputError(
            "--spalloc", "holds a password", todo=f"leave it out and set {PASSWORD} instead"
        )


def _plain(who: str, text: str) -> None:
    """Refuse what could end a line of a configuration file."""
    if not re.fullmatch(r"[!-~]+", text):
        raise InputError(who, "is no name or address", got=repr(text))


def _is_url(server: str) -> bool:
    return urlsplit(server).scheme in ("http", "https")


def _is_this_computer(host: str) -> bool:
    return host == "localhost" or re.fullmatch(r"127(\.\d+){3}|::1", host) is not None


def _with_port(server: str) -> str:
    """Return HOST:PORT in the form that sPyNNaker takes; anything else as it is."""
    return f"spalloc://{server}" if ":" in server and "://" not in server else server


def _with_user(server: str, user: str | None) -> str:
    """Return a URL with the user in it, which is where sPyNNaker looks for one."""
    if user is None or not _is_url(server):
        return server
    parts = urlsplit(server)
    return parts._replace(netloc=f"{user}@{parts.netloc.rpartition('@')[2]}").geturl()


__all__ = ["SECRETS", "Board", "Ebrains", "Machine", "MapOnly", "Spalloc", "Witness", "choose"]
