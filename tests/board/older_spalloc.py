"""A spalloc server of the older protocol, JSON lines over TCP, which allots one board."""

from __future__ import annotations

import json
import socketserver
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

UNKNOWN, QUEUED, POWER, READY, DESTROYED = range(5)
VERSION = "5.0.0"


@dataclass
class Job:
    """A job and all that was said about it."""

    n_boards: int
    wishes: dict
    state: int = QUEUED
    reason: str | None = None
    commands: list = field(default_factory=list)


class OlderSpalloc(socketserver.ThreadingTCPServer):
    """Allots the board at an address to every job, or lets all of them queue.

    Parameters
    ----------
    board : str
        The address.
    queueing : bool
        Whether no job gets beyond the queue.
    address : tuple of str and int
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, board, *, queueing=False, address=("127.0.0.1", 0)):
        super().__init__(address, Client)
        self.board, self.queueing = board, queueing
        self.jobs, self.watching = {}, {}
        self.lock = threading.RLock()

    def command_version(self):
        return VERSION

    def command_create_job(self, n_boards, *, owner, **wishes):
        with self.lock:
            number = len(self.jobs) + 1
            self.jobs[number] = Job(n_boards, {"owner": owner, **wishes})
        return number

    def command_get_job_state(self, number):
        job = self.jobs.get(number)
        if job is None:
            return {"state": UNKNOWN, "power": None, "keepalive": None, "reason": None}
        found = {"state": job.state, "power": True, "keepalive": job.wishes["keepalive"]}
        if not self.queueing and job.state in (QUEUED, POWER):
            # Seen once: the next question gets the next state.
            self.change(number, job.state + 1)
        return {**found, "reason": job.reason}

    def command_get_job_machine_info(self, number):
        got = self.jobs[number].state in (POWER, READY)
        return {
            "width": 8 if got else None,
            "height": 8 if got else None,
            "connections": [[[0, 0], self.board]] if got else None,
            "machine_name": "in software" if got else None,
            "boards": [[0, 0, 0]] if got else None,
        }

    def command_job_keepalive(self, number):
        return None

    def command_power_on_job_boards(self, number):
        return None

    command_power_off_job_boards = command_power_on_job_boards

    def command_destroy_job(self, number, reason=None):
        with self.lock:
            self.jobs[number].reason = reason
            self.change(number, DESTROYED)

    def change(self, number, state):
        """Put a job into a state and tell those who wait."""
        with self.lock:
            self.jobs[number].state = state
            told = [client for client, jobs in self.watching.items() if number in jobs]
        for client in told:
            with suppress(OSError):
                client.say({"jobs_changed": [number]})


class Client(socketserver.StreamRequestHandler):
    """A connection: a command a line, an answer each, and what has changed in between."""

    def setup(self):
        super().setup()
        self.talking = threading.Lock()
        self.server.watching[self] = set()

    def handle(self):
        with suppress(ConnectionError):
            for line in self.rfile:
                asked = json.loads(line)
                name, args = asked["command"], asked["args"]
                self.note(name, args)
                self.answer(name, args, asked["kwargs"])

    def note(self, name, args):
        if args and args[0] in self.server.jobs and name != "create_job":
            self.server.jobs[args[0]].commands.append(name)

    def answer(self, name, args, named):
        if name in ("notify_job", "no_notify_job"):
            watched = self.server.watching[self]
            (watched.add if name == "notify_job" else watched.discard)(args[0])
            self.say({"return": None})
            return
        try:
            found = {"return": getattr(self.server, f"command_{name}")(*args, **named)}
        except (AttributeError, TypeError, KeyError) as err:
            found = {"exception": str(err)}
        self.say(found)

    def say(self, said):
        with self.talking:
            self.wfile.write(json.dumps(said).encode() + b"\n")

    def finish(self):
        self.server.watching.pop(self)
        with suppress(OSError):
            super().finish()


@contextmanager
def served(board, **more):
    """Give a server that serves until the end of the block."""
    with OlderSpalloc(board, **more) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
