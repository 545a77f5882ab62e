"""ICMP, ICMPv6 and IGMP: the network's own messages, provoked by the usual programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ..hosts import Host
from ..lab import Lab, Session
from ..protocol import Protocol

PING_SIZES = (0, 16, 24, 56, 56, 64, 120, 300, 900, 1400)


def _ping_line(lab: Lab, target: str) -> list[str]:
    pattern = lab.rng.randbytes(lab.rng.randint(2, 12)).hex()
    count, size = lab.rng.randint(2, 4), lab.rng.choice(PING_SIZES)
    marked = ["-p", pattern] if lab.rng.random() < 0.5 else []
    return ["ping", "-n", "-c", str(count), "-i", "0.2", "-s", str(size), *marked, target]


def icmp(lab: Lab) -> Iterator[Session]:
    """Echo of several programs and sizes, and unreachable ports."""
    while True:
        client, target = lab.client(), lab.at()
        size = str(lab.rng.choice(PING_SIZES) + 24)
        lines = (
            _ping_line(lab, target),
            _ping_line(lab, target),
            ["fping", "-c", "2", "-p", "100", "-b", size, target],
            ["busybox", "ping", "-c", "3", "-s", size, target],
            ["traceroute", "-n", "-I", "-q", "2", "-N", "1", target, size],
            ["traceroute", "-n", "-U", "-q", "3", "-N", "1", target, size],
        )
        yield lab.session(client, "icmp", lab.run, client, lab.rng.choice(lines))


RADVD = """
interface br0 {{
  AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; AdvDefaultLifetime 60;
  prefix {prefix} {{ AdvOnLink on; AdvAutonomous off; }};
  RDNSS {server} {{ }};
  DNSSL {domain} {{ }};
}};
"""


def icmp_v6(lab: Lab) -> Iterator[Session]:
    """Echo, neighbour and router discovery, unreachable ports."""
    lab.run(lab.server, ["sysctl", "-qw", "net.ipv6.conf.all.forwarding=1"])
    text = RADVD.format(
        prefix=lab.network.net6, server=lab.server.address6, domain=lab.words.domain()
    )
    config = lab.file("radvd.conf", text)
    lab.start(lab.server, ["radvd", "-n", "-C", config, "-m", "stderr", "-p", "/run/radvd.pid"])
    while True:
        client, target = lab.client(), lab.at6()
        lines = (
            _ping_line(lab, target),
            _ping_line(lab, target),
            ["fping", "-6", "-c", "2", "-p", "100", target],
            ["ndisc6", "-1", target, "eth0"],
            ["rdisc6", "-1", "eth0"],
            ["traceroute", "-6", "-n", "-I", "-q", "2", "-N", "1", target],
            ["traceroute", "-6", "-n", "-U", "-q", "2", "-N", "1", target],
        )
        yield lab.session(client, "icmp6", lab.run, client, lab.rng.choice(lines))


def igmp(lab: Lab) -> Iterator[Session]:
    """Hosts joining and leaving groups, with a querier on the bridge."""
    bridge = ["ip", "link", "set", "br0", "type", "bridge", "mcast_query_use_ifaddr", "1"]
    lab.run(
        lab.server, [*bridge, "mcast_query_interval", "100", "mcast_query_response_interval", "50"]
    )
    for client, version in zip(lab.network.clients, (3, 2, 1), strict=True):
        switch = f"net.ipv4.conf.all.force_igmp_version={version}"
        lab.run(client, ["sysctl", "-qw", switch])
    while True:
        client = lab.client()
        groups = [f"239.{lab.rng.randrange(256)}.{lab.rng.randrange(256)}.{n}" for n in (7, 8)]
        talk = _joiner(lab, client, groups[: lab.rng.randint(1, 2)])
        # The bridge's own questions are not seen on the bridge, but by every client.
        yield Session("igmp", talk, tap=client)


def _joiner(lab: Lab, client: Host, groups: Sequence[str]) -> Callable[[], object]:
    port = lab.rng.randrange(2000, 9000)
    if len(groups) > 1:
        return lambda: lab.run_peer(client, "join", client.address, *groups)
    receive = f"UDP4-RECV:{port},ip-add-membership={groups[0]}:{client.address}"
    return lambda: lab.run(client, ["timeout", "1.5", "socat", "-u", receive, "-"], codes=(0, 124))


PROTOCOLS = (
    Protocol("ICMP", ("ping", "fping", "busybox", "traceroute"), icmp),
    Protocol("ICMPV6", ("ping", "fping", "traceroute", "ndisc6", "rdisc6", "radvd"), icmp_v6),
    Protocol("IGMP", ("socat",), igmp, groups=True),
)
