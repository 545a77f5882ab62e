"""Clients written with Python libraries, run as programs in a host's namespace.

Each function is one program: ``clients.py NAME ARGUMENTS``. Refusals that the server answers with
its own protocol (a wrong password, a missing table) are part of the conversation, not errors.
"""

# mypy: disable-error-code="import-not-found, import-untyped, misc, no-untyped-call"
# The libraries are installed only where traffic is recorded.

from __future__ import annotations

import contextlib
import json
import logging
import logging.handlers
import socket
import ssl
import struct
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

sys.path[0] = str(Path(__file__).parent.parent.parent.parent)  # not this folder: names clash

TIMEOUT_S = 8.0


def join(address: str, *groups: str) -> None:
    """Join multicast groups one after the other, and leave them."""
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    members = [struct.pack("=4s4s", socket.inet_aton(g), socket.inet_aton(address)) for g in groups]
    for member in members:
        receiver.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        time.sleep(0.3)
    time.sleep(1)
    for member in members:
        receiver.setsockopt(socket.IPPROTO_IP, socket.IP_DROP_MEMBERSHIP, member)
        time.sleep(0.3)
    receiver.close()


def dns(server: str, *names: str) -> None:
    """Ask for each name's addresses and texts."""
    import dns.exception
    import dns.resolver

    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [server]
    for name in names:
        for kind in ("A", "AAAA", "TXT"):
            with contextlib.suppress(dns.exception.DNSException):
                resolver.resolve(name, kind, raise_on_no_answer=False, lifetime=TIMEOUT_S)


def ntp(*servers: str) -> None:
    """Ask servers for the time with three versions of the protocol."""
    import ntplib

    for server in servers:
        for version in (2, 3, 4):
            ntplib.NTPClient().request(server, version=version, timeout=TIMEOUT_S)


def http(url: str) -> None:
    """Fetch a page with urllib."""
    with contextlib.suppress(urllib.error.HTTPError):
        urllib.request.urlopen(url, timeout=TIMEOUT_S).read()


def tls(address: str, name: str) -> None:
    """Ask for a page under a server name, without looking at the certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((address, 443), TIMEOUT_S) as plain,
        context.wrap_socket(plain, server_hostname=name) as secure,
    ):
        secure.sendall(f"GET / HTTP/1.0\r\nHost: {name}\r\n\r\n".encode())
        while secure.recv(4096):
            pass


def quic(server: str, name: str, path: str) -> None:
    """Ask for a page with aioquic's HTTP/3."""
    import asyncio

    from tools.record_traffic.peers.quic import fetch

    asyncio.run(fetch(server, 443, name, path))


def smtp(server: str, name: str, sender: str, *others: str) -> None:
    """Send the letter on standard input with smtplib."""
    import smtplib

    refused = contextlib.suppress(smtplib.SMTPRecipientsRefused)
    with smtplib.SMTP(server, 25, local_hostname=name, timeout=TIMEOUT_S) as session, refused:
        session.sendmail(sender, others, sys.stdin.read().encode())


def pop3(server: str, user: str, secret: str) -> None:
    """Look at a mailbox with poplib."""
    import poplib

    box = poplib.POP3(server, timeout=TIMEOUT_S)
    with contextlib.suppress(poplib.error_proto):
        box.user(user)
        box.pass_(secret)
        count, _ = box.stat()
        box.list()
        for number in range(1, min(count, 2) + 1):
            box.top(number, 3)
    box.quit()


def ftp(server: str, user: str, secret: str, name: str) -> None:
    """Look around and fetch a file with ftplib, in passive mode."""
    import ftplib

    refused = contextlib.suppress(ftplib.error_perm)
    with ftplib.FTP(server, timeout=TIMEOUT_S) as session, refused:
        session.login(user, secret)
        session.pwd()
        session.size(name)
        session.retrbinary(f"RETR {name}", len)


def ssh(server: str, user: str, key: str, order: str) -> None:
    """Run a command with paramiko."""
    import paramiko

    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    with contextlib.suppress(paramiko.AuthenticationException), client:
        free = {"allow_agent": False, "look_for_keys": False}
        client.connect(server, 22, user, key_filename=key, timeout=TIMEOUT_S, **free)
        client.exec_command(order)[1].read()


def mysql(server: str, user: str, secret: str, base: str, *queries: str) -> None:
    """Ask a database with PyMySQL."""
    import pymysql

    refused = contextlib.suppress(pymysql.MySQLError)
    login = {"host": server, "user": user, "password": secret, "database": base}
    with refused, pymysql.connect(**login) as link:
        for query in queries:
            with contextlib.suppress(pymysql.MySQLError), link.cursor() as cursor:
                cursor.execute(query)
                cursor.fetchall()


def postgresql(server: str, user: str, secret: str, base: str, *queries: str) -> None:
    """Ask a database with pg8000."""
    import pg8000.native

    refused = contextlib.suppress(pg8000.native.DatabaseError)
    login = {"host": server, "database": base, "password": secret, "timeout": TIMEOUT_S}
    with refused, contextlib.closing(pg8000.native.Connection(user, **login)) as link:
        for query in queries:
            with contextlib.suppress(pg8000.native.DatabaseError):
                link.run(query)


def redis(server: str, secret: str, orders: str) -> None:
    """Give orders to a Redis server with redis-py."""
    import redis

    with redis.Redis(server, password=secret or None, socket_timeout=TIMEOUT_S) as link:
        for words in json.loads(orders):
            with contextlib.suppress(redis.ResponseError):
                link.execute_command(*words)


def ldap(server: str, entry: str, secret: str, suffix: str, found: str) -> None:
    """Log in and search with ldap3."""
    import ldap3

    link = ldap3.Connection(ldap3.Server(server, connect_timeout=TIMEOUT_S), entry, secret)
    if link.bind():
        link.search(suffix, found, attributes=["mail", "cn"])
    link.unbind()


def radius(
    server: str, shared: str, user: str, secret: str, book: str, host: str, mark: str, text: str
) -> None:
    """Ask whether a password is right with pyrad."""
    import pyrad.packet
    from pyrad.client import Client
    from pyrad.dictionary import Dictionary

    client = Client(server, secret=shared.encode(), dict=Dictionary(book))
    client.timeout = TIMEOUT_S
    order = client.CreateAuthPacket(code=pyrad.packet.AccessRequest, User_Name=user)
    order["User-Password"] = order.PwCrypt(secret)
    order["NAS-Identifier"], order["Calling-Station-Id"] = host, mark
    order["Called-Station-Id"] = text
    client.SendPacket(order)


def snmp(server: str, community: str, *oids: str) -> None:
    """Get values with pysnmp."""
    import asyncio

    from pysnmp.hlapi.v3arch import asyncio as hlapi

    async def get() -> None:
        engine = hlapi.SnmpEngine()
        target = await hlapi.UdpTransportTarget.create((server, 161), timeout=TIMEOUT_S, retries=0)
        asked = [hlapi.ObjectType(hlapi.ObjectIdentity(oid)) for oid in oids]
        for version in (0, 1):
            who = hlapi.CommunityData(community, mpModel=version)
            await hlapi.get_cmd(engine, who, target, hlapi.ContextData(), *asked)
        engine.close_dispatcher()

    asyncio.run(get())


def syslog(server: str, name: str, *lines: str) -> None:
    """Log lines with the standard library's handler."""
    logger = logging.getLogger(name)
    logger.addHandler(logging.handlers.SysLogHandler((server, 514)))
    for number, line in enumerate(lines):
        logger.log((logging.WARNING, logging.ERROR)[number % 2], "%s: %s", name, line)


def mqtt(server: str, topic: str, quality: str, *told: str) -> None:
    """Subscribe and publish with paho."""
    import paho.mqtt.client as paho

    client = paho.Client(paho.CallbackAPIVersion.VERSION2)
    client.connect(server, 1883, keepalive=30)
    client.loop_start()
    client.subscribe(f"{topic}/#", int(quality))
    for text in told:
        client.publish(topic, text, int(quality)).wait_for_publish(TIMEOUT_S)
    time.sleep(0.3)
    client.disconnect()
    client.loop_stop()


def irc(server: str, nick: str, channel: str, *told: str) -> None:
    """Join a channel, talk and leave with the irc library."""
    import irc.client

    reactor = irc.client.Reactor()
    link = reactor.server().connect(server, 6667, nick, ircname=nick.title())

    def talk(connection: irc.client.ServerConnection, event: irc.client.Event) -> None:
        for text in told:
            connection.privmsg(channel, text)
        connection.who(channel)

    link.add_global_handler("welcome", lambda connection, event: connection.join(channel))
    link.add_global_handler("endofnames", talk)
    link.add_global_handler("endofwho", lambda connection, event: connection.quit("later"))
    deadline = time.monotonic() + TIMEOUT_S
    while link.is_connected() and time.monotonic() < deadline:
        reactor.process_once(0.1)


def modbus(server: str, unit: str, start: str, count: str) -> None:
    """Read and write registers and coils with pymodbus."""
    from pymodbus.client import ModbusTcpClient

    with ModbusTcpClient(server, timeout=TIMEOUT_S) as link:
        where = {"device_id": int(unit)}
        link.read_holding_registers(int(start), count=int(count), **where)
        link.write_registers(int(start), [int(count), int(unit)], **where)
        link.read_coils(int(start), count=int(count), **where)
        link.read_input_registers(900 + int(start), count=2, **where)


def dnp3(*words: str) -> None:
    """Poll or command an outstation with OpenDNP3."""
    from tools.record_traffic.peers.dnp3 import poll

    poll(*words)


CLIENTS: dict[str, Callable[..., None]] = {
    program.__name__: program
    for program in (
        (join, dns, ntp, http, tls, quic, smtp, pop3, ftp, ssh, mysql, postgresql, redis, ldap)
        + (radius, snmp, syslog, mqtt, irc, modbus, dnp3)
    )
}

if __name__ == "__main__":
    CLIENTS[sys.argv[1]](*sys.argv[2:])
