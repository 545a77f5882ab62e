"""Hosts of a small private network: one network namespace each, tied together by a bridge.

Nothing in them can reach the outside: there is no route out and no link to the machine's own
network. A command in a host sees its own host name, ``/etc/hosts``, ``/run`` and whatever further
folders are laid over the machine's, all of it in a private mount namespace.
"""

from __future__ import annotations

import ipaddress
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from neurodeploy.errors import BackendFailure

# $1: the host's folder, $2: its name; each line of "binds" is one folder to cover the machine's.
ENTER = """
hostname "$2" && folder="$1" && shift 2 || exit 125
while IFS= read -r path; do mount --bind "$folder/over$path" "$path" || exit 125; done \
  < "$folder/binds"
exec "$@"
"""
COMMAND_TIMEOUT_S = 15.0


@dataclass(frozen=True)
class Host:
    """One namespace with its own hardware address, IPv4 and IPv6 addresses and host name."""

    name: str
    namespace: str
    folder: Path
    hardware: str
    addresses: tuple[str, ...]
    addresses6: tuple[str, ...]
    interface: str = "eth0"

    @property
    def address(self) -> str:
        """The first IPv4 address."""
        return self.addresses[0]

    @property
    def address6(self) -> str:
        """The first IPv6 address."""
        return self.addresses6[0]

    def enter(self, argv: Sequence[str]) -> list[str]:
        """Return the command line that runs `argv` in this host."""
        shell = ["unshare", "--uts", "sh", "-c", ENTER, "enter", str(self.folder), self.name]
        return ["ip", "netns", "exec", self.namespace, *shell, *argv]

    def run_folder(self, name: str) -> None:
        """Make a folder in this host's ``/run`` for a daemon that does not make its own."""
        (self.folder / "over" / "run" / name).mkdir(parents=True, exist_ok=True)

    def cover(self, path: str) -> Path:
        """Lay a private folder or file over `path` for every later command in this host."""
        over = self.folder / f"over{path}"
        over.parent.mkdir(parents=True, exist_ok=True)
        if Path(path).is_file():
            over.touch()
        else:
            over.mkdir(exist_ok=True)
        binds = self.folder / "binds"
        listed = binds.read_text() if binds.exists() else ""
        if f"{path}\n" not in listed:
            binds.write_text(f"{listed}{path}\n")
        return over


@dataclass(frozen=True)
class Network:
    """One server, which holds the bridge, and its clients."""

    server: Host
    clients: tuple[Host, ...]
    net4: ipaddress.IPv4Network
    net6: ipaddress.IPv6Network
    namespaces: list[str] = field(default_factory=list)


def command(*argv: str, timeout_s: float = COMMAND_TIMEOUT_S) -> str:
    """Run a set-up command of the machine and return what it printed."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout_s, check=False)
    except (OSError, subprocess.TimeoutExpired) as err:
        raise BackendFailure(argv[0], "cannot be run", got=str(err)) from err
    if done.returncode:
        shown = " ".join(argv[:6])
        raise BackendFailure(shown, "failed", got=done.stderr.strip()[-200:] or done.returncode)
    return done.stdout


def _pick_nets(rng: Random) -> tuple[ipaddress.IPv4Network, ipaddress.IPv6Network]:
    byte = rng.randrange
    first = rng.choice((f"10.{byte(256)}.{byte(256)}", f"172.{byte(16, 32)}.{byte(256)}"))
    third = f"192.168.{byte(256)}"
    net4 = ipaddress.IPv4Network(f"{rng.choice((first, first, third))}.0/24")
    net6 = ipaddress.IPv6Network(f"fd{byte(256):02x}:{byte(65536):x}:{byte(65536):x}:1::/64")
    return net4, net6


def plan(
    folder: Path, prefix: str, names: Sequence[str], server_addresses: int, rng: Random
) -> Network:
    """Choose addresses for a network; the first name is the server's. Makes folders only."""
    net4, net6 = _pick_nets(rng)
    needed = server_addresses + len(names) - 1
    numbers = rng.sample(range(2, 250), needed)
    hosts = []
    for index, name in enumerate(names):
        first = 0 if index == 0 else server_addresses + index - 1
        mine = numbers[first : first + (server_addresses if index == 0 else 1)]
        home = folder / f"host{index}"
        home.mkdir(parents=True)
        hosts.append(
            Host(
                name=name,
                namespace=f"{prefix}{index}",
                folder=home,
                hardware="52:54:" + ":".join(f"{rng.randrange(256):02x}" for _ in range(4)),
                addresses=tuple(str(net4[n]) for n in mine),
                addresses6=tuple(str(net6[n + rng.randrange(1, 2**32)]) for n in mine),
                interface="br0" if index == 0 else "eth0",
            )
        )
    return Network(hosts[0], tuple(hosts[1:]), net4, net6)


def _lay_etc(network: Network) -> None:
    every = (network.server, *network.clients)
    lines = ["127.0.0.1 localhost", "::1 localhost"]
    lines += [f"{a} {h.name} {h.name.split('.')[0]}" for h in every for a in h.addresses]
    for host in every:
        host.cover("/run").chmod(0o755)
        host.cover("/etc/hosts").write_text("\n".join(lines) + "\n")
        host.cover("/etc/resolv.conf").write_text(f"nameserver {network.server.address}\n")


def _add_server(server: Host, groups: bool) -> None:
    inside = ("ip", "-n", server.namespace)
    snoop = ("mcast_snooping", "1", "mcast_querier", "1") if groups else ("mcast_snooping", "0")
    command(*inside, "link", "add", "br0", "type", "bridge", "forward_delay", "0", *snoop)
    command(*inside, "link", "set", "br0", "address", server.hardware)


def _add_client(server: Host, client: Host, port: str) -> None:
    inside = ("ip", "-n", server.namespace)
    peer = ("peer", "name", client.interface, "netns", client.namespace)
    command(*inside, "link", "add", "name", port, "type", "veth", *peer)
    command(*inside, "link", "set", port, "master", "br0", "up")
    command(
        "ip", "-n", client.namespace, "link", "set", client.interface, "address", client.hardware
    )
    _no_offload(server.namespace, port)
    _no_offload(client.namespace, client.interface)


def _no_offload(namespace: str, interface: str) -> None:
    """Fill in checksums and send true segments; between namespaces the kernel does neither."""
    features = [word for name in ("tx", "tso", "gso", "gro") for word in (name, "off")]
    command("ip", "netns", "exec", namespace, "ethtool", "-K", interface, *features)


def _set_addresses(host: Host, plain: bool) -> None:
    inside = ("ip", "-n", host.namespace)
    command(*inside, "link", "set", "lo", "up")
    switch = f"net.ipv6.conf.{host.interface}.accept_dad=0"
    command("ip", "netns", "exec", host.namespace, "sysctl", "-qw", switch)
    command(*inside, "link", "set", host.interface, "up")
    if plain:
        return
    for address in host.addresses:
        command(*inside, "addr", "add", f"{address}/24", "brd", "+", "dev", host.interface)
    for address in host.addresses6:
        command(*inside, "addr", "add", f"{address}/64", "dev", host.interface, "nodad")


def build(network: Network, *, bare_clients: bool, groups: bool) -> None:
    """Make the namespaces, links and addresses of a planned network.

    Parameters
    ----------
    network : Network
        Its list of namespaces grows as they are made, so that ``remove`` finds them after an
        error half-way.
    bare_clients : bool
        Leave the clients without addresses (they are to ask for them).
    groups : bool
        Let the bridge keep track of multicast groups and ask for their members.
    """
    _lay_etc(network)
    for host in (network.server, *network.clients):
        command("ip", "netns", "add", host.namespace)
        network.namespaces.append(host.namespace)
    _add_server(network.server, groups)
    for index, client in enumerate(network.clients):
        _add_client(network.server, client, f"port{index}")
    _no_offload(network.server.namespace, network.server.interface)
    for host in (network.server, *network.clients):
        _set_addresses(host, plain=bare_clients and host is not network.server)


def processes_in(namespace: str) -> list[int]:
    """Return the process ids that live in a namespace."""
    try:
        return [int(pid) for pid in command("ip", "netns", "pids", namespace).split()]
    except BackendFailure:
        return []


def remove(network: Network) -> None:
    """Delete the namespaces that were made; their links go with them."""
    while network.namespaces:
        namespace = network.namespaces.pop()
        subprocess.run(["ip", "netns", "del", namespace], capture_output=True, check=False)
