"""A network of hosts with running servers, clients and a tap, cleaned up whatever happens."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random

from neurodeploy.errors import BackendFailure

from .capture import Packet, read_pcap
from .hosts import Host, Network, build, plan, remove
from .programs import Process, end_all_in, send, spawn, start_tap, stop, wait_until_listening
from .words import Words

PEERS = Path(__file__).parent / "peers"
RUN_TIMEOUT_S = 20.0
DRAIN_S = 0.25


@dataclass(frozen=True)
class Session:
    """One conversation.

    Parameters
    ----------
    wanted : str
        A tcpdump expression for its packets. It names the client's hardware address and the
        server's port, which keeps data connections and the network's own chatter out.
    talk : callable
        Runs the conversation and returns when it is over.
    tap : Host, optional
        Whose interface is listened to; otherwise the server's bridge.
    """

    wanted: str
    talk: Callable[[], object]
    tap: Host | None = None


@dataclass
class Lab:
    """A network for one protocol. Use ``open_lab``, which takes it down again."""

    label: str
    network: Network
    folder: Path
    rng: Random
    snap_bytes: int
    started: list[Process] = field(default_factory=list)

    @property
    def words(self) -> Words:
        """Seeded content."""
        return Words(self.rng)

    @property
    def server(self) -> Host:
        """The host that serves."""
        return self.network.server

    def client(self) -> Host:
        """Return one of the clients, chosen by the seed."""
        return self.rng.choice(self.network.clients)

    def at(self) -> str:
        """Return one of the server's IPv4 addresses, chosen by the seed."""
        return self.rng.choice(self.server.addresses)

    def at6(self) -> str:
        """Return one of the server's IPv6 addresses, chosen by the seed."""
        return self.rng.choice(self.server.addresses6)

    def file(self, name: str, content: str | bytes = "", *, mode: int = 0o644) -> Path:
        """Write a file in the lab's folder and return its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)
        return path

    def directory(self, name: str, *, owner: str | None = None, mode: int = 0o755) -> Path:
        """Make a folder in the lab's folder and return its path."""
        path = self.folder / name
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(mode)
        if owner is not None:
            shutil.chown(path, owner, owner)
        return path

    def start(
        self,
        host: Host,
        argv: Sequence[object],
        *,
        listens: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Process:
        """Start a program in a host and wait until it listens.

        Parameters
        ----------
        host : Host
            Where it runs.
        argv : sequence of str or Path
            The command line of a program that stays in the foreground.
        listens : str, optional
            ``tcp:PORT``, ``udp:PORT`` or, with one of its addresses, ``tcp:ADDRESS:PORT``.
        env : mapping, optional
            Variables added to the environment.

        Raises
        ------
        BackendFailure
            If it ends, or does not listen in time.
        """
        words = [str(a) for a in argv]
        log = self.folder / f"{Path(words[0]).name}-{len(self.started)}.log"
        process = spawn(host, words, self.folder, env, log)
        self.started.append(process)
        if listens is not None:
            wait_until_listening(host, listens, process, log)
        return process

    def start_peer(self, host: Host, name: str, *args: object, listens: str) -> None:
        """Start one of the Python servers of ``peers/`` in a host."""
        script = str(PEERS / "servers.py")
        self.start(host, [sys.executable, script, name, *map(str, args)], listens=listens)

    def run(
        self,
        host: Host,
        argv: Sequence[object],
        *,
        given: str = "",
        codes: Sequence[int] = (0,),
        env: Mapping[str, str] | None = None,
        timeout_s: float = RUN_TIMEOUT_S,
    ) -> str:
        """Run a program in a host to its end and return its output.

        Parameters
        ----------
        host : Host
            Where it runs.
        argv : sequence of str or Path
            The command line.
        given : str
            Its standard input.
        codes : sequence of int
            Exit codes that are a success.
        env : mapping, optional
            Variables added to the environment.
        timeout_s : float
            After this many seconds it is killed; that is a failure unless -9 is in `codes`.

        Raises
        ------
        BackendFailure
            If it fails.
        """
        words = [str(a) for a in argv]
        process = spawn(host, words, self.folder, env, None)
        try:
            output, _ = process.communicate(given.encode(), timeout=timeout_s)
        except subprocess.TimeoutExpired:
            send(process, signal.SIGKILL)
            output, _ = process.communicate()
        text = output.decode(errors="replace")
        with (self.folder / "run.log").open("a") as log:
            log.write(f"$ {shlex.join(words)}\n{text}[{process.returncode}]\n")
        if process.returncode not in codes:
            got = f"exit code {process.returncode}, {text.strip()[-300:]}"
            raise BackendFailure(" ".join(words[:4]), "failed", got=got)
        return text

    def run_peer(self, host: Host, name: str, *args: object, given: str = "") -> str:
        """Run one of the Python clients of ``peers/`` in a host."""
        script = str(PEERS / "clients.py")
        return self.run(host, [sys.executable, script, name, *map(str, args)], given=given)

    def session(
        self, client: Host, wanted: str, talk: Callable[..., object], *args: object, **named: object
    ) -> Session:
        """Return the session of one client; `wanted` is the conversation's own port or kind."""
        expression = f"ether host {client.hardware} and ({wanted})"
        return Session(expression, partial(talk, *args, **named))

    def record(self, session: Session) -> tuple[Packet, ...]:
        """Run a session with a tap on the bridge; return the session's packets."""
        path = self.folder / "tap.pcap"
        path.unlink(missing_ok=True)
        host, log = session.tap or self.server, self.folder / "tap.log"
        tap = start_tap(host, path, session.wanted, self.snap_bytes, log)
        self.started.append(tap)
        try:
            session.talk()
            time.sleep(DRAIN_S)
        finally:
            stop(tap)
        return read_pcap(path)


def _close(lab: Lab) -> None:
    for process in reversed(lab.started):
        stop(process)
    end_all_in(lab.network.namespaces)
    remove(lab.network)


@contextlib.contextmanager
def open_lab(
    label: str,
    folder: Path,
    seed: str,
    *,
    snap_bytes: int,
    bare_clients: bool = False,
    groups: bool = False,
) -> Iterator[Lab]:
    """Make the network of one protocol, and remove it and all that ran in it at the end.

    Parameters
    ----------
    label : str
        The protocol's label.
    folder : Path
        An empty folder for everything the lab writes.
    seed : str
        Decides addresses, names and content.
    snap_bytes : int
        Bytes kept of each packet.
    bare_clients, groups : bool
        See ``hosts.build``.
    """
    rng = Random(f"{seed}:{label}")
    words = Words(rng)
    domain = words.domain()
    names: list[str] = []
    while len(names) < 4:
        name = f"{words.host()}.{domain}"
        names += [name] if name not in names else []
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    network = plan(folder, f"rec{os.getpid()}-{label.lower()}-", names, 3, rng)
    lab = Lab(label, network, folder, rng, snap_bytes)
    try:
        build(network, bare_clients=bare_clients, groups=groups)
        yield lab
    finally:
        _close(lab)
