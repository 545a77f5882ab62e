"""Starting, awaiting and ending programs in a host, each in bounded time."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from neurodeploy.errors import BackendFailure

from .hosts import Host, processes_in

POLL_S = 0.05
START_TIMEOUT_S = 20.0
Process = subprocess.Popen[bytes]


def spawn(
    host: Host, words: Sequence[str], folder: Path, env: Mapping[str, str] | None, log: Path | None
) -> Process:
    """Start a program in a host.

    Parameters
    ----------
    host : Host
        Where it runs.
    words : sequence of str
        The command line.
    folder : Path
        Its working folder and home.
    env : mapping, optional
        Variables added to a small environment.
    log : Path, optional
        Where its output goes; without one, pipes are opened for input and output.
    """
    with contextlib.ExitStack() as stack:
        sink = subprocess.PIPE if log is None else stack.enter_context(log.open("wb"))
        return subprocess.Popen(
            host.enter(words),
            stdin=subprocess.PIPE if log is None else subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            env=_environment(folder, env),
            cwd=folder,
            start_new_session=True,
        )


def wait_until_listening(host: Host, listens: str, process: Process, log: Path) -> None:
    """Wait until a host listens on ``tcp:PORT``, ``udp:PORT`` or ``tcp:ADDRESS:PORT``.

    Raises
    ------
    BackendFailure
        If the program ends, or the time is over.
    """
    kind, _, place = listens.partition(":")
    where = ["src", place] if ":" in place else ["sport", "=", f":{place}"]
    look = ["ip", "netns", "exec", host.namespace, "ss", f"-Hln{kind[0]}", *where]
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if subprocess.run(look, capture_output=True, check=False).stdout.strip():
            return
        if process.poll() not in (None, 0):  # a daemon may leave its first process with 0
            break
        time.sleep(POLL_S)
    raise BackendFailure(log.stem, f"does not listen on {listens}", got=last_line(log))


def start_tap(host: Host, path: Path, wanted: str, snap_bytes: int, log: Path) -> Process:
    """Start tcpdump on a host's interface and wait until it listens."""
    dump = ["tcpdump", "-i", host.interface, "-nUw", str(path), "-Z", "root", "--immediate-mode"]
    with log.open("wb") as sink:
        tap = subprocess.Popen(
            ["ip", "netns", "exec", host.namespace, *dump, "-s", str(snap_bytes), wanted],
            stdin=subprocess.DEVNULL,
            stderr=sink,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_TIMEOUT_S
    while b"listening on" not in log.read_bytes():
        if tap.poll() is not None or time.monotonic() > deadline:
            stop(tap)
            raise BackendFailure("tcpdump", "does not start", got=last_line(log))
        time.sleep(POLL_S / 5)
    return tap


def stop(process: Process) -> None:
    """End a program and its children: politely, after two seconds by force."""
    if process.poll() is not None:
        return
    send(process, signal.SIGTERM)
    try:
        process.wait(timeout=2)
    except subprocess.TimeoutExpired:
        send(process, signal.SIGKILL)
        process.wait(timeout=5)


def send(process: Process, number: signal.Signals) -> None:
    """Send a signal to a program and its children."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def end_all_in(namespaces: Sequence[str]) -> None:
    """End what daemons left running: they are found by the namespace made for them."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        left = [pid for namespace in namespaces for pid in processes_in(namespace)]
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        if left:
            time.sleep(0.3)


def last_line(log: Path) -> str:
    """Return the last line of a log, for an error."""
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1][-300:] if lines else "no output"


def _environment(folder: Path, more: Mapping[str, str] | None) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    path = f"{kept.get('PATH', '/usr/bin:/bin')}:/usr/local/sbin:/usr/sbin:/sbin"
    return {**kept, "PATH": path, "HOME": str(folder), **(more or {})}
