"""Boards and servers that are not there or refuse; what sPyNNaker makes of a token."""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("spynnaker")

TOKEN = "t0ken-that-nobody-must-see"
HUB_TOKEN = "hub-t0ken-that-nobody-must-see"
GIVEN_TOKEN = "given-t0ken-that-nobody-must-see"
PASSWORD = "passw0rd-that-nobody-must-see"


class Refusing(BaseHTTPRequestHandler):
    """A spalloc server that refuses everybody and says back what it was shown."""

    def do_GET(self):
        if self.path == "/services/access-token-service/access-token":
            self.give_token()
        else:
            self.refuse()

    def refuse(self):
        shown = str(self.headers.get("Authorization"))
        self.server.shown.append(shown)
        self.send_response(401)
        self.end_headers()
        self.wfile.write(f"not allowed: {shown}".encode())

    def give_token(self):
        """Be a JupyterHub of EBRAINS."""
        assert self.headers.get("Authorization") == f"Token {HUB_TOKEN}"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"access_token": GIVEN_TOKEN}).encode())

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    http = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    http.shown = []
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield http
    http.shutdown()
    http.server_close()
    thread.join()


@pytest.fixture(scope="module")
def tried(server, tmp_path_factory):
    """The folder of the runs, what came of each and all that was printed."""
    folder = tmp_path_factory.mktemp("unreachable")
    (folder / "user").mkdir()
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [
            *(sys.executable, Path(__file__).with_name("reach.py"), folder / "runs"),
            f"http://127.0.0.1:{server.server_port}/spalloc/",
        ],
        env=os.environ
        | {
            "HOME": str(folder / "user"),
            "OIDC_BEARER_TOKEN": TOKEN,
            "SPALLOC_PASSWORD": PASSWORD,
            "HUB_TOKEN": HUB_TOKEN,
            "PYTHONPATH": os.pathsep.join([str(root), str(root / "backends")]),
        },
        cwd=folder / "user",
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout.splitlines()[-1]), done.stdout + done.stderr


@pytest.mark.parametrize(
    ("attempt", "said"),
    [
        ("board", "board: cannot be reached"),
        ("name", "no-such-board.invalid"),
        ("ebrains", "spalloc: refused"),
        ("hub", "spalloc: refused"),
        ("spalloc", "spalloc: refused"),
        ("old", "machine: cannot be reached"),
    ],
)
def test_what_the_user_is_told(tried, attempt, said):
    kind, code, text = tried[1][attempt]
    assert (kind, code) == ("BackendFailure", 3)
    assert said in text
    assert f"log: {tried[0] / 'runs' / attempt / 'spynnaker.log'}" in text


def test_a_token_is_shown_to_ebrains_alone(tried, server):
    assert f"Bearer {TOKEN}" in server.shown
    assert f"Bearer {GIVEN_TOKEN}" in server.shown
    assert "None" in server.shown
    assert tried[1]["token kept"] == TOKEN


def test_a_token_or_password_is_in_no_file_and_no_message(tried):
    folder, found, printed = tried
    files = [path for path in (folder / "runs").rglob("*") if path.is_file()]
    assert {"spynnaker.log", ".spynnaker.cfg", "global_provenance.sqlite3"} <= {
        path.name for path in files
    }
    for secret in (TOKEN, HUB_TOKEN, GIVEN_TOKEN, PASSWORD):
        assert [p for p in files if secret.encode() in p.read_bytes()] == []
        assert secret not in json.dumps({k: v for k, v in found.items() if k != "token kept"})
        assert secret not in printed.replace(f'"token kept": "{TOKEN}"', "")


def test_home_is_not_touched(tried):
    assert list((tried[0] / "user").iterdir()) == []
