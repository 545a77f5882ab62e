"""A spalloc web service that allots one board and stands between it and the client."""

from __future__ import annotations

import json
import secrets
import ssl
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import trustme
from scp import Memory
from websocket_proxy import Proxy, accept_key

BASE = "/spalloc/"
SERVICE = f"{BASE}srv/spalloc/"
JOBS = f"{SERVICE}jobs"
COOKIE, CSRF = "JSESSIONID", "X-CSRF-TOKEN"


@dataclass
class Job:
    """A job, who asked for it and for what."""

    owner: str
    wishes: dict
    state: str
    reason: str | None = None
    kept_alive: int = 0
    questions: int = 0
    websockets: int = 0


@dataclass
class Session:
    """A client's; nobody is logged in where there is no user."""

    user: str | None = None
    csrf: str = field(default_factory=lambda: secrets.token_hex(16))


class NewerSpalloc(ThreadingHTTPServer):
    """Allots the board at an address to who has the password or the token.

    Parameters
    ----------
    board : str
        The address.
    passwords : dict
        Of each user.
    token : str
        Of a bearer, who is user "bearer".
    state : str
        Of a new job.
    refusing : bool
        Whether it gives nobody a job.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, board, *, passwords, token, state="READY", refusing=False):
        super().__init__(("127.0.0.1", 0), Request)
        self.board, self.passwords, self.token = board, passwords, token
        self.first_state, self.refusing = state, refusing
        self.sessions, self.jobs = {}, []
        self.changed = threading.Condition()
        self.memory = Memory(board)
        self.authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert("127.0.0.1").configure_cert(context)
        self.socket = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )
        self.url = f"https://127.0.0.1:{self.server_port}{BASE}"

    def handle_error(self, request, client_address):
        """Say nothing: clients break off in tests."""

    def session(self, user=None):
        """Make a session and return its number."""
        number = secrets.token_hex(16)
        self.sessions[number] = Session(user)
        return number

    def change(self, job, state, reason=None):
        with self.changed:
            job.state, job.reason = state, reason
            self.changed.notify_all()

    def wait_for_change(self, job, timeout_s=20.0):
        before = job.state
        with self.changed:
            self.changed.wait_for(lambda: job.state != before, timeout_s)


class Request(BaseHTTPRequestHandler):
    """Requests, each by its method and path."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer()

    do_POST = do_PUT = do_DELETE = do_GET

    def log_message(self, *_):
        pass

    def answer(self):
        parts = urlsplit(self.path)
        self.query = dict(parse_qsl(parts.query))
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get(COOKIE)
        self.login = self.server.sessions.get(cookie.value if cookie else None, Session())
        if parts.path.startswith(BASE + "system/"):
            self.log_in(parts.path)
        elif self.login.user is None:
            self.say(401, {"message": "log in first"})
        elif self.command != "GET" and self.headers.get(CSRF) != self.login.csrf:
            self.say(403, {"message": "forged"})
        elif parts.path == SERVICE:
            self.describe()
        elif parts.path.rstrip("/") == JOBS:
            self.create()
        else:
            number, _, what = parts.path.removeprefix(f"{JOBS}/").partition("/")
            name = f"{self.command.lower()}_{what.strip('/') or 'job'}"
            getattr(self, name)(self.server.jobs[int(number)])

    def say(self, code, found=b"", **headers):
        data = found if isinstance(found, bytes) else json.dumps(found).encode()
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_in(self, path):
        bearer = self.headers.get("Authorization")
        if bearer is not None:
            if bearer != f"Bearer {self.server.token}":
                return self.say(401, {"message": f"not allowed: {bearer}"})
            return self.say(200, Set_Cookie=f"{COOKIE}={self.server.session('bearer')}; Path=/")
        if path.endswith("login.html"):
            number = self.server.session()
            csrf = self.server.sessions[number].csrf
            form = f'<input type="hidden" name="_csrf" value="{csrf}" />'
            return self.say(200, form.encode(), Set_Cookie=f"{COOKIE}={number}; Path=/")
        form = dict(parse_qsl(self.body.decode()))
        user = form.get("username")
        if form.get("_csrf") != self.login.csrf or user not in self.server.passwords:
            return self.say(401, {"message": "unknown user"})
        if form.get("password") != self.server.passwords[user]:
            return self.say(401, {"message": f"wrong password: {form.get('password')}"})
        cookie = f"{COOKIE}={self.server.session(user)}; Path=/"
        return self.say(302, Location=BASE, Set_Cookie=cookie)

    def describe(self):
        host = f"https://127.0.0.1:{self.server.server_port}"
        self.say(
            200,
            {
                "version": {"major-version": 0, "minor-version": 1, "revision": 0},
                "jobs-ref": host + JOBS,
                "machines-ref": f"{host}{SERVICE}machines",
                "csrf-header": CSRF,
                "csrf-token": self.login.csrf,
            },
        )

    def create(self):
        if self.server.refusing:
            return self.say(403, {"message": "no boards are left of your quota"})
        job = Job(self.login.user, json.loads(self.body), self.server.first_state)
        self.server.jobs.append(job)
        at = f"https://127.0.0.1:{self.server.server_port}{JOBS}/{len(self.server.jobs) - 1}"
        return self.say(201, {}, Location=at)

    def get_job(self, job):
        job.questions += 1
        if self.query.get("wait") in ("true", "True"):
            self.server.wait_for_change(job)
        proxy = f"wss://127.0.0.1:{self.server.server_port}{urlsplit(self.path).path}proxy"
        self.say(200, {"state": job.state, "proxy-ref": proxy})

    def delete_job(self, job):
        self.server.change(job, "DESTROYED", self.query.get("reason"))
        self.say(204)

    def put_keepalive(self, job):
        job.kept_alive += 1
        self.say(200)

    def get_machine(self, job):
        self.say(200, {"width": 1, "height": 1, "connections": [[[0, 0], self.server.board]]})

    def get_chip(self, job):
        self.say(200, {"physical-board-coordinates": [0, 0, 0]})

    def get_memory(self, job):
        x, y, address, size = (int(self.query[k]) for k in ("x", "y", "address", "size"))
        with self.server.changed:
            found = self.server.memory.read(x, y, address, size)
        self.say(200, found)

    def post_memory(self, job):
        x, y, address = (int(self.query[k]) for k in ("x", "y", "address"))
        with self.server.changed:
            self.server.memory.write(x, y, address, self.body)
        self.say(200)

    def delete_router(self, job):
        with self.server.changed:
            self.server.memory.reset_routing({int(k): int(v) for k, v in self.query.items()})
        self.say(204)

    def get_proxy(self, job):
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", accept_key(self.headers["Sec-WebSocket-Key"]))
        self.end_headers()
        job.websockets += 1
        self.close_connection = True
        with suppress(ConnectionError):
            Proxy(self.connection, {(0, 0): self.server.board}).serve()


@contextmanager
def served(board, **more):
    """Give a service that serves until the end of the block."""
    with NewerSpalloc(board, **more) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            server.memory.close()
            thread.join()
