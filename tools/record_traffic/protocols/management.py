"""SNMP and Syslog: devices that are asked how they are, and devices that tell."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from ..hosts import Host
from ..lab import Lab, Session
from ..programs import stop
from ..protocol import Protocol

SNMPD = """
agentaddress udp:161
sysName {name}
sysLocation {place}
sysContact {mail}
sysServices 72
rocommunity {read} default
rwcommunity {write} default
createUser {user} SHA {secret} AES {secret}
rouser {user} authpriv
"""
TREES = ("1.3.6.1.2.1.1", "1.3.6.1.2.1.2.2.1.2", "1.3.6.1.2.1.4.20", "1.3.6.1.2.1.11.1")
SCALARS = (
    "1.3.6.1.2.1.1.1.0",
    "1.3.6.1.2.1.1.3.0",
    "1.3.6.1.2.1.1.5.0",
    "1.3.6.1.2.1.1.6.0",
    "1.3.6.1.2.1.2.1.0",
    "1.3.6.1.2.1.25.1.1.0",
    "1.3.6.1.4.1.2021.10.1.3.1",
)


def snmp(lab: Lab) -> Iterator[Session]:
    """Net-SNMP's agent and trap receiver; versions 1, 2c and 3; its programs and pysnmp."""
    words = lab.words
    read, write, secret = words.noun(), words.noun(), words.secret() + "-key"
    user = words.user()
    text = SNMPD.format(
        name=words.name(),
        place=words.sentence(),
        mail=words.mail(),
        read=read,
        write=f"{write}-write",
        user=user,
        secret=secret,
    )
    config = lab.file("snmpd.conf", text)
    env = {"SNMP_PERSISTENT_DIR": str(lab.directory("snmp")), "MIBS": ""}
    line = ["snmpd", "-f", "-C", "-c", config, "-Lo", "-p", "/run/snmpd.pid"]
    lab.start(lab.server, line, listens="udp:161", env=env)
    config = lab.file("trapd.conf", "disableAuthorization yes\n")
    env = {"SNMP_PERSISTENT_DIR": str(lab.directory("trap")), "MIBS": ""}
    line = ["snmptrapd", "-f", "-C", "-c", config, "-Lo", "-p", "/run/snmptrapd.pid"]
    lab.start(lab.server, line, listens="udp:162", env=env)
    while True:
        client = lab.client()
        known = (read, f"{write}-write", user, secret)
        talk = _snmp_talk(lab, client, known)
        yield lab.session(client, "udp port 161 or udp port 162", talk)


def _snmp_talk(lab: Lab, client: Host, known: tuple[str, str, str, str]) -> Callable[[], object]:
    read, write, user, secret = known
    server, pick, words = lab.at(), lab.rng.choice, lab.words
    plain = [pick(("-v1", "-v2c")), "-c", read]
    strict = ["-v3", "-l", "authPriv", "-u", user, "-a", "SHA", "-A", secret]
    strict += ["-x", "AES", "-X", secret]
    how = [*pick((plain, plain, strict)), "-r", "0", "-t", "3", server]
    asked = lab.rng.sample(SCALARS, lab.rng.randint(1, 4))
    oid = f"1.3.6.1.4.1.8072.{lab.rng.randrange(1, 999)}.0.1"
    told = [oid, f"{oid}.1", "s", words.sentence()]
    lines = (
        ["snmpget", *how, *asked],
        ["snmpgetnext", *how, *asked],
        ["snmpwalk", *how, pick(TREES[1:])],
        ["snmpbulkwalk", "-v2c", "-c", read, "-r", "0", "-t", "3", server, pick(TREES)],
        ["snmpset", "-v2c", "-c", write, server, "1.3.6.1.2.1.1.6.0", "s", words.sentence()],
        ["snmptrap", "-v2c", "-c", read, server, "", *told],
        ["snmpinform", "-v2c", "-c", read, server, "", *told],
    )
    if lab.rng.random() < 0.25:
        return lambda: lab.run_peer(client, "snmp", server, read, *asked)
    line, env = pick(lines), {"MIBS": "", "SNMP_PERSISTENT_DIR": str(lab.directory("client"))}
    return lambda: lab.run(client, line, env=env, codes=(0, 1, 2))


RSYSLOG = """
module(load="imudp")
module(load="imtcp")
input(type="imudp" port="514")
input(type="imtcp" port="514")
*.* action(type="omfile" file="{folder}/messages")
"""
FORWARDER = """
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="{folder}/forward.sock")
*.* action(type="omfwd" target="{server}" port="514" protocol="{kind}" template="{template}")
"""


def _lines(lab: Lab) -> list[str]:
    words, number = lab.words, lab.rng.randrange
    return [
        f"Accepted publickey for {words.user()} from {words.address()} port {number(1024, 65535)}",
        f"{words.host()}: {words.sentence()}",
        f"DROP IN=eth0 SRC={words.address()} DST={words.address()} PROTO=TCP DPT={number(9999)}",
        f"temperature={number(99)}.{number(9)} unit={words.noun()}",
        f"GET /{words.file_name()} {lab.rng.choice((200, 304, 404, 500))} {number(99999)}",
        words.text(lab.rng.randint(2, 6)).replace("\n", " "),
    ]


def syslog(lab: Lab) -> Iterator[Session]:
    """Syslog with rsyslog as receiver and forwarder, logger and Python's handler; UDP and TCP."""
    config = lab.file("rsyslog.conf", RSYSLOG.format(folder=lab.folder))
    line = ["rsyslogd", "-n", "-f", config, "-i", "/run/rsyslogd.pid"]
    lab.start(lab.server, line, listens="udp:514")
    while True:
        client = lab.client()
        told = lab.rng.sample(_lines(lab), lab.rng.randint(2, 4))
        wanted = "udp port 514 or tcp port 514"
        yield lab.session(client, wanted, _syslog_talk(lab, client, told))


def _syslog_talk(lab: Lab, client: Host, told: list[str]) -> Callable[[], object]:
    server, pick, words = lab.at(), lab.rng.choice, lab.words
    way = pick((["-d"], ["-d"], ["-T"]))
    level = f"{pick(('auth', 'daemon', 'local3', 'mail'))}.{pick(('info', 'err', 'warning'))}"
    line = ["logger", "-n", server, "-P", "514", *way, pick(("--rfc3164", "--rfc5424"))]
    line += ["-t", words.noun(), "-p", level]
    kind = lab.rng.random()
    if kind < 0.3:
        return lambda: lab.run_peer(client, "syslog", server, words.noun(), *told)
    if kind < 0.5:
        return lambda: _forward(lab, client, server, told)
    given = "\n".join(told) + "\n"
    return lambda: lab.run(client, line, given=given)


def _forward(lab: Lab, client: Host, server: str, told: list[str]) -> None:
    """Let a second rsyslog on the client pass on what logger tells it."""
    kind = lab.rng.choice(("udp", "tcp"))
    template = lab.rng.choice(
        ("RSYSLOG_TraditionalForwardFormat", "RSYSLOG_SyslogProtocol23Format")
    )
    text = FORWARDER.format(folder=lab.folder, server=server, kind=kind, template=template)
    config = lab.file("forward.conf", text)
    socket = lab.folder / "forward.sock"
    socket.unlink(missing_ok=True)
    process = lab.start(client, ["rsyslogd", "-n", "-f", config, "-i", "/run/forward.pid"])
    deadline = time.monotonic() + 5
    while not socket.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    lab.run(client, ["logger", "-u", socket, "-t", lab.words.noun()], given="\n".join(told) + "\n")
    time.sleep(0.5)
    stop(process)


SNMP = ("snmpd", "snmptrapd", "snmpget", "snmpwalk", "snmpbulkwalk", "snmpset", "snmptrap")
PROTOCOLS = (
    Protocol("SNMP", SNMP, snmp, modules=("pysnmp",)),
    Protocol("Syslog", ("rsyslogd", "logger"), syslog),
)
