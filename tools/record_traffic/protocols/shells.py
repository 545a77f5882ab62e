"""SSH: two servers, three clients, keys and passwords."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from ..hosts import Host
from ..lab import Lab, Session
from ..protocol import Protocol

SSHD = """
ListenAddress {address}
Port 22
HostKey {folder}/sshd_key
PidFile /run/sshd.pid
AuthorizedKeysFile {folder}/authorized
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
PrintMotd no
UseDNS no
LogLevel ERROR
Subsystem sftp internal-sftp
{banner}
"""


def _commands(lab: Lab) -> str:
    words = lab.words
    return lab.rng.choice(
        (
            "uptime",
            f"echo {words.sentence()}",
            "uname -sr; date",
            f"printf '%s\\n' {' '.join(words.users(5))}",
            f"head -c {lab.rng.randint(50, 1500)} /dev/zero | od -c",
            "false",
        )
    )


def _keys(lab: Lab) -> Path:
    """Make the servers' and the client's keys; return the client's."""
    kind = lab.rng.choice(("ed25519", "ecdsa"))
    mine = lab.folder / "id"
    lab.run(
        lab.server, ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", lab.folder / "sshd_key"]
    )
    lab.run(lab.server, ["ssh-keygen", "-q", "-t", kind, "-N", "", "-m", "PEM", "-f", mine])
    lab.run(lab.server, ["dropbearkey", "-t", "ed25519", "-f", lab.folder / "dropbear_key"])
    lab.file("authorized", (lab.folder / "id.pub").read_bytes(), mode=0o600)
    lab.file(".ssh/authorized_keys", (lab.folder / "id.pub").read_bytes(), mode=0o600)
    convert = ["dropbearconvert", "openssh", "dropbear", mine, lab.folder / "id.dropbear"]
    lab.run(lab.server, convert)
    return mine


def _ssh_talk(lab: Lab, client: Host, server: str, key: Path) -> Callable[[], object]:
    user = "root" if lab.rng.random() < 0.8 else lab.words.user()
    cipher = lab.rng.choice(("aes128-ctr", "chacha20-poly1305@openssh.com", "aes256-ctr"))
    free = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]
    quiet = ["-o", "BatchMode=yes", "-o", "LogLevel=ERROR", "-F", "none", "-c", cipher]
    name = lab.file(lab.words.file_name(), lab.words.text(2)).name
    lines = (
        ["ssh", *free, *quiet, "-i", key, f"{user}@{server}", _commands(lab)],
        ["dbclient", "-y", "-y", "-i", f"{key}.dropbear", f"{user}@{server}", _commands(lab)],
        ["scp", "-q", *free, *quiet, "-i", key, name, f"{user}@{server}:/dev/null"],
    )
    if lab.rng.random() < 0.3:
        return lambda: lab.run_peer(client, "ssh", server, user, key, _commands(lab))
    line = lab.rng.choice(lines)
    return lambda: lab.run(client, line, codes=(0, 1, 255))


def ssh(lab: Lab) -> Iterator[Session]:
    """OpenSSH and Dropbear, used by ssh, scp, dbclient and paramiko."""
    key = _keys(lab)
    first, second = lab.server.addresses[:2]
    banner = f"Banner {lab.file('banner', lab.words.text(1))}" if lab.rng.random() < 0.5 else ""
    lab.server.run_folder("sshd")
    config = lab.file("sshd.conf", SSHD.format(address=first, folder=lab.folder, banner=banner))
    sshd = lab.run(lab.server, ["which", "sshd"]).strip()
    lab.start(lab.server, [sshd, "-D", "-e", "-f", config], listens="tcp:22")
    line = ["dropbear", "-F", "-E", "-s", "-r", lab.folder / "dropbear_key", "-p", f"{second}:22"]
    # Dropbear looks for root's keys in root's home: in this host that is the lab's folder.
    users = Path("/etc/passwd").read_text().splitlines()
    users[0] = f"root:x:0:0:root:{lab.folder}:/bin/sh"
    lab.server.cover("/etc/passwd").write_text("\n".join(users) + "\n")
    lab.start(lab.server, line, listens=f"tcp:{second}:22")
    while True:
        client, server = lab.client(), lab.rng.choice((first, second))
        yield lab.session(client, "tcp port 22", _ssh_talk(lab, client, server, key))


SSH_PROGRAMS = (
    "sshd",
    "ssh",
    "scp",
    "ssh-keygen",
    "dropbear",
    "dbclient",
    "dropbearkey",
    "dropbearconvert",
)
PROTOCOLS = (Protocol("SSH", SSH_PROGRAMS, ssh, modules=("paramiko",)),)
