"""DNS, DHCP, DHCPv6, NTP and NetBIOS: what a host asks for when it starts."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ..hosts import Host
from ..lab import Lab, Session
from ..programs import stop
from ..protocol import Protocol

RECORD_TYPES = ("A", "A", "AAAA", "MX", "TXT", "SRV", "SOA", "NS", "ANY", "CNAME")


def _zone(lab: Lab) -> tuple[list[str], list[str]]:
    """Return options for dnsmasq that make a zone, and the names in it."""
    words, domain = lab.words, lab.words.domain()
    options, names = [f"local=/{domain}/", f"mx-host={domain},mail.{domain},10"], []
    for _ in range(12):
        name = words.name() if lab.rng.random() < 0.4 else f"{words.host()}.{domain}"
        six = f"2001:db8:{lab.rng.randrange(65536):x}::{lab.rng.randrange(1, 65536):x}"
        options.append(f"host-record={name},{words.address()},{six}")
        options.append(f'txt-record={name},"{words.sentence()}"')
        names.append(name)
    options.append(f"srv-host=_ldap._tcp.{domain},{names[0]},389")
    options.append(f"cname=alias.{domain},{names[1]}")
    return options, [*names, domain, f"_ldap._tcp.{domain}", f"alias.{domain}", words.name()]


def dns(lab: Lab) -> Iterator[Session]:
    """Lookups of several types by four programs, over UDP, TCP and IPv6."""
    options, names = _zone(lab)
    config = lab.file("dns.conf", "\n".join(options) + "\n")
    line = ["dnsmasq", "-k", "-C", config, "-R", "-h", "-u", "root", "-x", "/run/dns.pid"]
    lab.start(lab.server, line, listens="udp:53")
    pick = lab.rng.choice
    while True:
        client = lab.client()
        server = lab.at6() if lab.rng.random() < 0.25 else lab.at()
        asked = [pick(names) for _ in range(lab.rng.randint(2, 4))]
        dig = [w for name in asked for w in (name, pick(RECORD_TYPES), pick(DIG_FLAGS))]
        lines = (
            ["dig", f"@{server}", *dig],
            ["dig", f"@{server}", "-x", lab.words.address(), *dig],
            ["host", asked[0], server],
            ["busybox", "nslookup", asked[0], server],
        )
        if lab.rng.random() < 0.25:
            talk = lab.session(client, "port 53", lab.run_peer, client, "dns", server, *asked)
        else:
            talk = lab.session(client, "port 53", lab.run, client, pick(lines), codes=(0, 1))
        yield talk


DIG_FLAGS = ("+noall", "+dnssec", "+noedns", "+tcp", "+bufsize=512", "+nocookie", "+norecurse")

# Only touches the interface of the namespace it runs in.
DHCLIENT_SCRIPT = """#!/bin/sh
case "$reason" in
  BOUND|RENEW|REBIND|REBOOT) ip addr replace "$new_ip_address/24" dev "$interface" ;;
  BOUND6|RENEW6|REBIND6) ip addr replace "$new_ip6_address/64" dev "$interface" ;;
  RELEASE|EXPIRE|STOP|RELEASE6|STOP6) ip addr flush dev "$interface" scope global ;;
esac
exit 0
"""
UDHCPC_SCRIPT = """#!/bin/sh
case "$1" in
  bound|renew) ip addr replace "$ip/24" dev "$interface" ;;
  deconfig) ip -4 addr flush dev "$interface" ;;
esac
exit 0
"""


def _dhcp_server(lab: Lab, ranges: list[str]) -> None:
    words = lab.words
    options = [
        *ranges,
        "port=0",
        "no-ping",
        "dhcp-authoritative",
        f"domain={words.domain()}",
        f"dhcp-option=option:ntp-server,{words.address()}",
        f"dhcp-option=option:router,{lab.server.address}",
        f"dhcp-leasefile={lab.folder}/leases",
    ]
    config = lab.file("dhcp.conf", "\n".join(options) + "\n")
    lab.start(
        lab.server,
        ["dnsmasq", "-k", "-C", config, "-u", "root", "-x", "/run/dhcp.pid"],
        listens="udp:547" if "::" in ranges[0] else "udp:67",
    )


def dhcp(lab: Lab) -> Iterator[Session]:
    """Two clients taking and giving back leases, with several host and vendor names."""
    net = lab.network.net4
    minutes = lab.rng.choice((10, 45, 120, 720))
    _dhcp_server(lab, [f"dhcp-range={net[20]},{net[240]},255.255.255.0,{minutes}m"])
    hook = lab.file("udhcpc.sh", UDHCPC_SCRIPT, mode=0o755)
    script = lab.file("dhclient.sh", DHCLIENT_SCRIPT, mode=0o755)
    while True:
        client = lab.client()
        if lab.rng.random() < 0.5:
            name = f"hostname:{lab.words.user()}-{lab.words.host()}"
            line = ["udhcpc", "-f", "-q", "-n", "-R", "-i", "eth0", "-s", hook, "-x", name]
            line += ["-V", lab.words.noun()] if lab.rng.random() < 0.5 else []
            line += ["-r", str(net[lab.rng.randint(20, 240)])] if lab.rng.random() < 0.4 else []
            yield lab.session(client, "udp port 67 or udp port 68", lab.run, client, line)
            continue
        yield lab.session(
            client, "udp port 67 or udp port 68", _dhclient, lab, client, script, "-4"
        )


def _dhclient(lab: Lab, client: Host, script: object, *flags: str) -> None:
    """Take a lease with dhclient and give it back."""
    words = lab.words
    asked = lab.rng.sample(("routers", "domain-name", "ntp-servers", "host-name", "time-offset"), 3)
    text = f"""
    initial-interval 1; timeout 8; initial-delay 0;
    send host-name "{words.user()}-{words.host()}";
    send vendor-class-identifier "{words.noun()}";
    request subnet-mask, broadcast-address, domain-name-servers, {", ".join(asked)};
    """
    config = lab.file("dhclient.conf", "" if "-6" in flags else text)
    leases = lab.file(f"leases-{lab.rng.randrange(10**6)}", "")
    line = ["dhclient", *flags, "-sf", script, "-cf", config, "-lf", leases, "-pf", "/run/dhc.pid"]
    lab.run(client, [*map(str, line), "-1", "eth0"], codes=(0, 2))
    time.sleep(0.3)
    lab.run(client, [*map(str, line), "-r", "eth0"], codes=(0, 1, 2))


DHCP6C = """
interface eth0 {{ {request}; request domain-name-servers, domain-name; script "/bin/true"; }};
id-assoc na {number} {{ }};
"""


def dhcp_v6(lab: Lab) -> Iterator[Session]:
    """Two clients asking for addresses, or for information only."""
    base = str(lab.network.net6.network_address)
    ranges = [f"dhcp-range={base}1000,{base}ffff,64,20m", "enable-ra"]
    _dhcp_server(lab, [*ranges, f"dhcp-option=option6:dns-server,[{lab.server.address6}]"])
    script = lab.file("dhclient.sh", DHCLIENT_SCRIPT, mode=0o755)
    ports = "udp port 546 or udp port 547"
    while True:
        client, kind = lab.client(), lab.rng.choice(("lease", "lease", "info", "dhcp6c"))
        if kind == "dhcp6c":
            yield lab.session(client, ports, _dhcp6c, lab, client)
        elif kind == "info":
            yield lab.session(client, ports, _dhclient, lab, client, script, "-6", "-S")
        else:
            yield lab.session(client, ports, _dhclient, lab, client, script, "-6")


def _dhcp6c(lab: Lab, client: Host) -> None:
    number = lab.rng.randrange(1, 200)
    request = lab.rng.choice((f"send ia-na {number}", f"send ia-na {number}; send rapid-commit"))
    config = lab.file("dhcp6c.conf", DHCP6C.format(request=request, number=number))
    client.cover("/var/lib/dhcpv6")
    line = ["dhcp6c", "-f", "-c", config, "-p", "/run/dhcp6c.pid", "eth0"]
    process = lab.start(client, line)
    time.sleep(3)
    stop(process)


def ntp(lab: Lab) -> Iterator[Session]:
    """Three time servers of different strata, asked by three programs."""
    for number, address in enumerate(lab.server.addresses):
        stratum = lab.rng.randint(2, 9)
        text = f"""
        bindaddress {address}
        local stratum {stratum}
        allow all
        cmdport 0
        bindcmdaddress /
        pidfile /run/chronyd-{number}.pid
        """
        config = lab.file(f"chrony-{number}.conf", text)
        lab.start(lab.server, ["chronyd", "-x", "-d", "-u", "root", "-f", config])
    time.sleep(1)
    while True:
        client, first, second = lab.client(), *lab.rng.sample(lab.server.addresses, 2)
        kind = lab.rng.choice(("chronyd", "ntpdig", "ntplib"))
        if kind == "ntplib":
            talk = lab.session(client, "udp port 123", lab.run_peer, client, "ntp", first, second)
        elif kind == "ntpdig":
            line = ["ntpdig", "-t", "3", "-p", str(lab.rng.randint(1, 3)), first, second]
            talk = lab.session(client, "udp port 123", lab.run, client, line)
        else:
            talk = lab.session(client, "udp port 123", _chrony_client, lab, client, first)
        yield talk


def _chrony_client(lab: Lab, client: Host, server: str) -> None:
    text = f"server {server} iburst maxsamples 2\npidfile /run/ntp.pid\ncmdport 0\n"
    config = lab.file("chrony-client.conf", text)
    flags = ["chronyd", "-Q", "-t", "6", "-u", "root", "-f", str(config)]
    lab.run(client, flags, codes=(0, 1))


SAMBA = """
[global]
  netbios name = {name}
  workgroup = {group}
  server string = {text}
  lock directory = {state}
  state directory = {state}
  cache directory = {state}
  private dir = {state}
  pid directory = /run
  log file = {state}/log
  interfaces = {interface}
  bind interfaces only = yes
  local master = no
"""


def _samba(lab: Lab, host: Host, group: str) -> str:
    """Write a host's configuration and return its path."""
    host.run_folder("samba")
    name = host.name.split(".")[0]
    state = lab.directory(f"samba-{name}")
    lab.directory(f"samba-{name}/msg.lock")
    text = lab.words.sentence()
    filled = SAMBA.format(
        name=name.upper(), group=group, text=text, state=state, interface=host.interface
    )
    return str(lab.file(f"smb-{name}.conf", filled))


def netbios(lab: Lab) -> Iterator[Session]:
    """Name queries and status requests, and hosts that register their names."""
    group = lab.words.noun().upper()
    config = _samba(lab, lab.server, group)
    lab.start(lab.server, ["nmbd", "-F", "--no-process-group", "-s", config], listens="udp:137")
    configs = {client: _samba(lab, client, group) for client in lab.network.clients}
    name = lab.server.name.split(".")[0].upper()
    ports = "udp port 137 or udp port 138"
    while True:
        client = lab.client()
        look = ["nmblookup", "-s", configs[client]]
        lines = (
            [*look, "-B", str(lab.network.net4.broadcast_address), name],
            [*look, "-A", lab.at()],
            [*look, "-U", lab.server.address, "--recursion", name],
            [*look, "-U", lab.server.address, "--recursion", f"{lab.words.noun().upper()}#20"],
            [*look, "-S", name],
        )
        if lab.rng.random() < 0.15:
            yield lab.session(client, ports, _announce, lab, client, configs[client])
        else:
            yield lab.session(client, ports, lab.run, client, lab.rng.choice(lines), codes=(0, 1))


def _announce(lab: Lab, client: Host, config: str) -> None:
    process = lab.start(client, ["nmbd", "-F", "--no-process-group", "-s", config])
    time.sleep(4)
    stop(process)


DHCP_PROGRAMS = ("dnsmasq", "dhclient")
PROTOCOLS = (
    Protocol("DNS", ("dnsmasq", "dig", "host", "busybox"), dns, modules=("dns",)),
    Protocol("DHCP", (*DHCP_PROGRAMS, "udhcpc"), dhcp, bare_clients=True),
    Protocol("DHCPV6", (*DHCP_PROGRAMS, "dhcp6c"), dhcp_v6, bare_clients=True),
    Protocol("NTP", ("chronyd", "ntpdig"), ntp, modules=("ntplib",)),
    Protocol("NetBIOS", ("nmbd", "nmblookup"), netbios),
)
