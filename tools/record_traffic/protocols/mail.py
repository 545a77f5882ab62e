"""SMTP and POP3: mail sent and fetched by several programs."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

from ..hosts import Host
from ..lab import Lab, Session
from ..protocol import Protocol

EXIM = """
primary_hostname = {name}
spool_directory = {spool}
log_file_path = {spool}/%slog
local_interfaces = {address}
daemon_smtp_ports = 25
pid_file_path = /run/exim.pid
tls_advertise_hosts =
host_lookup =
rfc1413_hosts =
smtp_accept_max_nonmail = 50
acl_smtp_rcpt = check_rcpt
begin acl
check_rcpt:
  deny local_parts = nobody
       message = no such user
  accept
begin routers
drop:
  driver = redirect
  data = :blackhole:
"""


def _letter(lab: Lab) -> str:
    words = lab.words
    head = f"Subject: {words.sentence()}\r\nMessage-ID: <{words.secret()}@{words.domain()}>\r\n"
    body = words.text(lab.rng.randint(1, 12)).replace("\n", "\r\n")
    return f"From: {words.mail()}\r\nTo: {words.mail()}\r\n{head}\r\n{body}"


def _send(lab: Lab, client: Host, server: str) -> Callable[[], object]:
    words = lab.words
    sender, others = words.mail(), [words.mail() for _ in range(lab.rng.randint(1, 3))]
    if lab.rng.random() < 0.1:
        others[0] = f"nobody@{words.domain()}"
    letter, name = _letter(lab), words.name()
    targets = [w for to in others for w in ("--mail-rcpt", to)]
    url = f"smtp://{server}/{name}"
    swaks = ["swaks", "--server", server, "--helo", name, "--from", sender, "--to", others[0]]
    msmtp = ["msmtp", f"--host={server}", "--port=25", f"--domain={name}", f"--from={sender}"]
    lines = (
        [*swaks, "--body", words.text(3), "--h-Subject", words.sentence()],
        ["curl", "-sS", "--url", url, "--mail-from", sender, *targets, "-T", "-"],
        [*msmtp, *others],
    )
    if lab.rng.random() < 0.3:
        return lambda: lab.run_peer(client, "smtp", server, name, sender, *others, given=letter)
    line = lab.rng.choice(lines)
    return lambda: lab.run(client, line, given=letter, codes=(0, 24, 55, 65, 67))


def smtp(lab: Lab) -> Iterator[Session]:
    """Exim and aiosmtpd, sent to by swaks, curl, msmtp and smtplib."""
    spool = lab.directory("exim", owner="Debian-exim")
    first, second = lab.server.addresses[:2]
    config = lab.file("exim.conf", EXIM.format(name=lab.words.name(), spool=spool, address=first))
    lab.start(lab.server, ["exim4", "-C", config, "-bdf"], listens="tcp:25")
    lab.start_peer(lab.server, "smtp", second, 25, lab.words.name(), listens=f"tcp:{second}:25")
    while True:
        client, server = lab.client(), lab.rng.choice((first, second))
        yield lab.session(client, "tcp port 25", _send(lab, client, server))


DOVECOT = """
protocols = pop3
base_dir = /run/dovecot
state_dir = {folder}/state
log_path = {folder}/dovecot.log
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = mbox:~/mail:INBOX=~/inbox
first_valid_uid = 1
login_greeting = {greeting}
passdb {{
  driver = passwd-file
  args = scheme=plain username_format=%n {folder}/users
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={folder}/home/%n
}}
"""


def _mailbox(lab: Lab, user: str) -> None:
    lab.directory(f"home/{user}", owner="mail")
    letters = []
    for day in range(lab.rng.randint(0, 4)):
        letter = _letter(lab).replace("\r\n", "\n")
        letters.append(f"From {lab.words.mail()} Mon Mar {day + 3:2} 10:00:00 2025\n{letter}\n")
    path = lab.file(f"home/{user}/inbox", "".join(letters), mode=0o600)
    shutil.chown(path, "mail", "mail")


def _fetch(lab: Lab, client: Host, server: str, user: str, secret: str) -> Callable[[], object]:
    number = lab.rng.choice(("", "", "1", "2"))
    verb = lab.rng.choice(([], ["-X", "STAT"], ["-X", "UIDL"], ["-l"]))
    lines = (
        ["curl", "-sS", *verb, "-u", f"{user}:{secret}", f"pop3://{server}/{number}"],
        ["mpop", f"--host={server}", f"--user={user}", "--passwordeval=cat pop-secret"]
        + ["--tls=off", "--auth=user", "--keep=on", "--delivery=maildir,."]
        + ["--uidls-file=uidls", "--half-quiet"],
    )
    if lab.rng.random() < 0.4:
        return lambda: lab.run_peer(client, "pop3", server, user, secret)
    line = lab.rng.choice(lines)

    def talk() -> None:
        lab.file("pop-secret", f"{secret}\n")
        for part in ("new", "cur", "tmp"):
            lab.directory(part)
        lab.run(client, line, codes=(0, 8, 56, 67, 77, 78))

    return talk


def pop3(lab: Lab) -> Iterator[Session]:
    """Dovecot, asked by curl, mpop and poplib; right and wrong passwords."""
    accounts = {user: lab.words.secret() for user in lab.words.users(6)}
    lab.file("users", "".join(f"{u}:{{PLAIN}}{s}\n" for u, s in accounts.items()))
    for user in accounts:
        _mailbox(lab, user)
    greeting = f"{lab.words.noun()} ready."
    config = lab.file("dovecot.conf", DOVECOT.format(folder=lab.folder, greeting=greeting))
    lab.start(lab.server, ["dovecot", "-F", "-c", config], listens="tcp:110")
    while True:
        client, user = lab.client(), lab.rng.choice(list(accounts))
        wrong = lab.rng.random() < 0.1
        secret = lab.words.secret() if wrong else accounts[user]
        yield lab.session(client, "tcp port 110", _fetch(lab, client, lab.at(), user, secret))


PROTOCOLS = (
    Protocol("SMTP", ("exim4", "swaks", "curl", "msmtp"), smtp, modules=("aiosmtpd",)),
    Protocol("POP3", ("dovecot", "curl", "mpop"), pop3),
)
