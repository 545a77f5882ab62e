"""FTP's control connection and NFS."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from ..hosts import Host
from ..lab import Lab, Session
from ..protocol import Protocol

VSFTPD = """
listen=YES
listen_address={address}
background=NO
anonymous_enable=YES
local_enable=NO
no_anon_password={asks}
anon_root={root}
ftpd_banner={banner}
secure_chroot_dir={empty}
xferlog_enable=NO
seccomp_sandbox=NO
"""


def _ftp_servers(lab: Lab, names: list[str]) -> dict[str, str]:
    """Start both servers; return the accounts of the second."""
    accounts = {user: lab.words.secret() for user in lab.words.users(5)}
    for name in names:
        lab.file(f"public/{name}", lab.words.text(lab.rng.randint(1, 30)))
    first, second = lab.server.addresses[:2]
    empty, root = lab.directory("empty"), lab.directory("public")
    banner, asks = lab.words.sentence(), lab.rng.choice(("YES", "NO"))
    text = VSFTPD.format(address=first, asks=asks, root=root, banner=banner, empty=empty)
    lab.start(lab.server, ["vsftpd", lab.file("vsftpd.conf", text)], listens="tcp:21")
    served = (second, lab.words.noun(), root, json.dumps(accounts))
    lab.start_peer(lab.server, "ftp", *served, listens=f"tcp:{second}:21")
    return accounts


def _ftp_talk(
    lab: Lab, client: Host, server: str, login: tuple[str, str], name: str
) -> Callable[[], object]:
    user, secret = login
    url = f"ftp://{user}:{secret}@{server}"
    fast = "set net:timeout 5; set net:max-retries 1; set ftp:ssl-allow no"
    upload = lab.rng.random() < 0.3 and user != "anonymous"
    lines = (
        ["curl", "-sS", f"{url}/{name}"],
        ["curl", "-sS", "-l", f"{url}/"],
        ["lftp", "-c", f"{fast}; open {url}; cls -l; quit"],
        ["busybox", "ftpget", "-u", user, "-p", secret, server, "/dev/null", name],
        ["curl", "-sS", "-T", "-", f"{url}/{lab.words.file_name()}"],
    )
    if lab.rng.random() < 0.3:
        return lambda: lab.run_peer(client, "ftp", server, user, secret, name)
    line = lines[-1] if upload else lab.rng.choice(lines[:-1])
    return lambda: lab.run(client, line, given=lab.words.text(4), codes=(0, 1, 9, 67, 78))


def ftp_control(lab: Lab) -> Iterator[Session]:
    """FTP with vsftpd and pyftpdlib; only port 21 is recorded, so no data connections."""
    names = [lab.words.file_name() for _ in range(4)]
    accounts = _ftp_servers(lab, names)
    first, second = lab.server.addresses[:2]
    while True:
        client, name = lab.client(), lab.rng.choice([*names, "missing.txt"])
        if lab.rng.random() < 0.4:
            server, login = first, ("anonymous", lab.words.mail().replace("@", "%40"))
        else:
            server, login = second, lab.rng.choice(list(accounts.items()))
        if lab.rng.random() < 0.1:
            login = (login[0], lab.words.secret())
        yield lab.session(client, "tcp port 21", _ftp_talk(lab, client, server, login, name))


GANESHA = """
NFS_CORE_PARAM {{
  Protocols = 3, 4; NFS_Port = 2049; MNT_Port = 20048;
  Enable_NLM = false; Enable_RQUOTA = false; Enable_UDP = false;
  mount_path_pseudo = true; Plugins_Dir = /usr/lib/x86_64-linux-gnu/ganesha;
}}
NFSV4 {{ Graceless = true; RecoveryRoot = {folder}/recovery; RecoveryBackend = fs; }}
EXPORT_DEFAULTS {{ Access_Type = RW; Squash = No_Root_Squash; SecType = sys; }}
EXPORT {{
  Export_Id = 7; Path = {folder}/{share}; Pseudo = /{share}; FSAL {{ Name = VFS; }}
}}
"""


def nfs(lab: Lab) -> Iterator[Session]:
    """NFS-Ganesha, versions 3 and 4, used by libnfs's programs."""
    share, names = lab.words.noun(), [lab.words.file_name() for _ in range(3)]
    lab.directory("recovery")
    for name in names:
        lab.file(f"{share}/{name}", lab.words.text(lab.rng.randint(1, 20)))
    lab.directory(share, mode=0o777)
    config = lab.file("ganesha.conf", GANESHA.format(folder=lab.folder, share=share))
    lab.server.cover("/var/lib/nfs")
    lab.server.run_folder("ganesha")
    log = lab.folder / "ganesha.log"
    lab.start(lab.server, ["rpcbind", "-f", "-w"], listens="tcp:111")
    line = ["ganesha.nfsd", "-F", "-f", config, "-L", log, "-p", "/run/ganesha/ganesha.pid"]
    lab.start(lab.server, line, listens="tcp:2049")
    while True:
        client, version = lab.client(), lab.rng.choice((3, 4))
        root = f"nfs://{lab.at()}/{share}"
        ports = "&nfsport=2049&mountport=20048" if version == 3 else ""
        flags = f"?version={version}&uid={lab.rng.choice((0, 1000, 33))}&gid=0{ports}"
        name = lab.rng.choice(names)
        new = lab.file(lab.words.file_name(), lab.words.text(3))
        lines = (
            ["nfs-ls", f"{root}{flags}"],
            ["nfs-cat", f"{root}/{name}{flags}"],
            ["nfs-cp", str(new), f"{root}/{lab.words.file_name()}{flags}"],
        )
        yield lab.session(
            client, "tcp port 2049", lab.run, client, lab.rng.choice(lines), codes=(0, 1, 10)
        )


FTP_PROGRAMS = ("vsftpd", "curl", "lftp", "busybox")
PROTOCOLS = (
    Protocol("FTP_CONTROL", FTP_PROGRAMS, ftp_control, modules=("pyftpdlib",)),
    Protocol("NFS", ("ganesha.nfsd", "rpcbind", "nfs-ls", "nfs-cat", "nfs-cp"), nfs),
)
