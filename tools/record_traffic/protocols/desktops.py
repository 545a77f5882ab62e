"""VNC and RDP: desktops seen from afar, small and for a short while."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from ..hosts import Host
from ..lab import Lab, Session
from ..protocol import Protocol
from .web import certificate


def vnc(lab: Lab) -> Iterator[Session]:
    """TigerVNC's server with and without a password, used by vncdotool and gvnccapture."""
    secret = lab.words.secret()[:8]
    mark = lab.folder / "vnc-mark"
    lab.run(lab.server, ["sh", "-c", 'tigervncpasswd -f > "$0"', mark], given=f"{secret}\n")
    size = f"{lab.rng.choice((64, 80, 96))}x{lab.rng.choice((48, 64))}"
    first, second = lab.server.addresses[:2]
    base = ["-geometry", size, "-depth", "24", "-desktop", lab.words.noun(), "-AlwaysShared"]
    common = ["Xtigervnc", "-rfbport", "5900", *base, "-localhost=0", "-nolisten", "unix"]
    line = [*common, "-interface", first, "-SecurityTypes", "VncAuth", "-rfbauth", str(mark), ":31"]
    lab.start(lab.server, line, listens="tcp:5900")
    line = [*common, "-interface", second, "-SecurityTypes", "None", ":32"]
    lab.start(lab.server, line, listens=f"tcp:{second}:5900")
    while True:
        client, server = lab.client(), lab.rng.choice((first, second))
        wrong = lab.rng.random() < 0.15
        given = lab.words.secret()[:8] if wrong else secret
        yield lab.session(client, "tcp port 5900", _vnc_talk(lab, client, server, given))


def _vnc_talk(lab: Lab, client: Host, server: str, secret: str) -> Callable[[], object]:
    x, y = lab.rng.randrange(60), lab.rng.randrange(40)
    picture = str(lab.folder / "picture.png")
    orders = (
        ["move", str(x), str(y), "click", "1"],
        ["type", lab.words.noun()],
        ["capture", picture],
        ["move", str(x), str(y), "key", "enter", "capture", picture],
    )
    dotool = [sys.executable, "-m", "vncdotool.command", "-s", f"{server}::5900", "-p", secret]
    line = [*dotool, "-t", "8", *lab.rng.choice(orders)]
    if lab.rng.random() < 0.3:
        line = ["gvnccapture", f"{server}:0", picture]
    return lambda: lab.run(client, line, given=f"{secret}\n", codes=(0, 1, 10, 255))


XRDP = """
[Globals]
ini_version=1
fork=false
port=3389
security_layer=negotiate
crypt_level={crypt}
certificate={cert}
key_file={key}
ssl_protocols=TLSv1.2, TLSv1.3
max_bpp=16
use_fastpath=both
allow_channels=true
blue={colour}
ls_title={title}
ls_width=120
ls_height=90
[Logging]
LogFile={folder}/xrdp.log
LogLevel=WARNING
EnableSyslog=false
[Channels]
rdpsnd=true
cliprdr=true
drdynvc=true
[Xvnc]
name=Xvnc
lib=libvnc.so
username=ask
password=ask
ip=127.0.0.1
port=-1
"""


def rdp(lab: Lab) -> Iterator[Session]:
    """RDP with xrdp up to its login screen, used by FreeRDP with both kinds of security."""
    cert, key = certificate(lab, [lab.words.name()])
    text = XRDP.format(
        crypt=lab.rng.choice(("low", "medium", "high")),
        cert=cert,
        key=key,
        colour=f"{lab.rng.randrange(16**6):06x}",
        title=lab.words.noun(),
        folder=lab.folder,
    )
    config = lab.file("xrdp.ini", text)
    lab.start(lab.server, ["xrdp", "--nodaemon", "--config", config], listens="tcp:3389")
    screens = {client: 41 + number for number, client in enumerate(lab.network.clients)}
    for client, screen in screens.items():
        line = ["Xvfb", f":{screen}", "-screen", "0", "320x240x24", "-nolisten", "unix"]
        lab.start(client, [*line, "-listen", "tcp"], listens=f"tcp:{6000 + screen}")
    while True:
        client = lab.client()
        yield lab.session(client, "tcp port 3389", _rdp_talk(lab, client, screens[client]))


def _rdp_talk(lab: Lab, client: Host, screen: int) -> Callable[[], object]:
    words, kind = lab.words, lab.rng.choice(("tls", "tls", "rdp", "auth"))
    line = ["xfreerdp", f"/v:{lab.at()}", f"/u:{words.user()}", f"/p:{words.secret()}"]
    line += ["/cert:ignore", "/size:200x200", "/bpp:16", f"/client-hostname:{words.host()}"]
    line += ["+auth-only", "/sec:tls"] if kind == "auth" else [f"/sec:{kind}"]
    env = {"DISPLAY": f"localhost:{screen}", "XDG_RUNTIME_DIR": str(lab.folder)}
    timed = ["timeout", "-k", "1", "2", *line]
    return lambda: lab.run(client, timed, env=env, codes=range(256))


PROTOCOLS = (
    Protocol("VNC", ("Xtigervnc", "tigervncpasswd", "gvnccapture"), vnc, modules=("vncdotool",)),
    Protocol("RDP", ("xrdp", "xfreerdp", "Xvfb", "openssl"), rdp),
)
