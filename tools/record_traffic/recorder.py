"""Records protocols side by side, session by session, until each has enough packets."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from neurodeploy.errors import BackendFailure, NeurodeployError

from .capture import Recording
from .lab import Lab, Session, open_lab
from .protocol import Protocol

Report = Callable[[str], None]


@dataclass(frozen=True)
class Limits:
    """How much of each protocol is recorded.

    Parameters
    ----------
    sessions : int
        At least this many sessions.
    packets : int
        Sessions are added until a protocol has this many packets.
    most_sessions : int
        Never more sessions than this.
    seconds : float
        No new session of a protocol after this many seconds in its sessions.
    snap_bytes : int
        Bytes kept of each packet.
    side_by_side : int
        Networks that exist at a time; their sessions take turns.
    """

    sessions: int = 4
    packets: int = 48
    most_sessions: int = 60
    seconds: float = 150.0
    snap_bytes: int = 512
    side_by_side: int = 8


@dataclass
class Running:
    """A protocol whose servers are up, and what was recorded of it."""

    protocol: Protocol
    lab: Lab
    sessions: Iterator[Session]
    recordings: list[Recording] = field(default_factory=list)
    seconds: float = 0.0
    failures: int = 0

    @property
    def packets(self) -> int:
        """Packets recorded up to now."""
        return sum(len(r.packets) for r in self.recordings)


@dataclass(frozen=True)
class Outcome:
    """All sessions recorded, and per protocol that is not there, why."""

    recordings: tuple[Recording, ...]
    left_out: dict[str, str]


def record_all(
    protocols: Sequence[Protocol], seed: str, limits: Limits, report: Report, keep: Path | None
) -> Outcome:
    """Record protocols a few networks at a time.

    Parameters
    ----------
    protocols : sequence of Protocol
        What to record; those with missing software are left out with the reason.
    seed : str
        Decides addresses, content and order.
    limits : Limits
        How much.
    report : callable
        Takes one line of progress.
    keep : Path, optional
        Where to leave the servers' files and logs; otherwise they are deleted.
    """
    left_out = {p.label: f"missing {', '.join(p.missing())}" for p in protocols if p.missing()}
    wanted = [p for p in protocols if p.label not in left_out]
    Random(f"{seed}:order").shuffle(wanted)
    recordings: list[Recording] = []
    with contextlib.ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="record-")))
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        for first in range(0, len(wanted), limits.side_by_side):
            batch = wanted[first : first + limits.side_by_side]
            recordings += _record_batch(batch, folder, seed, limits, report, left_out)
    return Outcome(tuple(recordings), left_out)


def _record_batch(
    batch: Sequence[Protocol],
    folder: Path,
    seed: str,
    limits: Limits,
    report: Report,
    left_out: dict[str, str],
) -> list[Recording]:
    done: list[Running] = []
    with contextlib.ExitStack() as stack:
        running = []
        for protocol in batch:
            lab = stack.enter_context(
                open_lab(
                    protocol.label,
                    folder / protocol.label,
                    seed,
                    snap_bytes=limits.snap_bytes,
                    bare_clients=protocol.bare_clients,
                    groups=protocol.groups,
                )
            )
            running.append(Running(protocol, lab, protocol.record(lab)))
        while running:
            for one in list(running):
                if not _take_turn(one, limits, report, left_out):
                    running.remove(one)
                    done.append(one)
    return [recording for one in done for recording in one.recordings]


def _take_turn(one: Running, limits: Limits, report: Report, left_out: dict[str, str]) -> bool:
    """Record one session; return whether the protocol goes on."""
    label, began = one.protocol.label, time.monotonic()
    try:
        session = next(one.sessions, None)
        if session is None:  # the servers failed later on; what was recorded is whole
            return False
        packets = one.lab.record(session)
        if not packets:
            raise BackendFailure(label, "a session left no packets", got=session.wanted)
        one.recordings.append(Recording(label, packets))
    except NeurodeployError as err:
        return _note_failure(one, err, report, left_out)
    one.seconds += time.monotonic() - began
    if not _enough(one, limits):
        return True
    report(f"{label}: {len(one.recordings)} sessions, {one.packets} packets")
    return False


def _note_failure(
    one: Running, err: NeurodeployError, report: Report, left_out: dict[str, str]
) -> bool:
    """Allow a few failed sessions, whose packets are not kept; a generator cannot go on."""
    one.failures += 1
    report(f"{one.protocol.label}: a session was not kept: {err}")
    if one.failures < 3 and one.recordings:
        return True
    one.recordings.clear()
    left_out[one.protocol.label] = str(err)
    return False


def _enough(one: Running, limits: Limits) -> bool:
    count = len(one.recordings)
    if count >= limits.most_sessions or one.seconds > limits.seconds:
        return True
    return count >= limits.sessions and one.packets >= limits.packets
