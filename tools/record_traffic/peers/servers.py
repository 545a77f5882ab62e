"""Servers written with Python libraries, run as programs in a host's namespace until ended.

Each function is one program: ``servers.py NAME ARGUMENTS``.
"""

# mypy: disable-error-code="import-not-found, import-untyped, misc, no-untyped-call"
# The libraries are installed only where traffic is recorded.

from __future__ import annotations

import asyncio
import functools
import http.server
import json
import logging
import ssl
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from random import Random

sys.path[0] = str(Path(__file__).parent.parent.parent.parent)  # not this folder: names clash


def _file_server(address: str, port: str, folder: str) -> http.server.ThreadingHTTPServer:
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    return http.server.ThreadingHTTPServer((address, int(port)), handler)


def serve_http(address: str, port: str, folder: str) -> None:
    """Serve a folder over HTTP."""
    _file_server(address, port, folder).serve_forever()


def serve_https(address: str, port: str, folder: str, certificate: str, key: str) -> None:
    """Serve a folder over TLS."""
    server = _file_server(address, port, folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


def serve_quic(address: str, port: str, certificate: str, key: str) -> None:
    """Answer HTTP/3 requests."""
    from tools.record_traffic.peers.quic import serve_pages

    asyncio.run(serve_pages(address, int(port), certificate, key))


def serve_smtp(address: str, port: str, name: str) -> None:
    """Take mail with aiosmtpd and forget it."""
    from aiosmtpd.controller import Controller
    from aiosmtpd.handlers import Sink

    logging.basicConfig(level=logging.WARNING)
    Controller(Sink(), hostname=address, port=int(port), server_hostname=name).start()
    threading.Event().wait()


def serve_ftp(address: str, banner: str, folder: str, accounts: str) -> None:
    """Serve a folder to users with passwords, with pyftpdlib."""
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import FTPHandler
    from pyftpdlib.servers import FTPServer

    FTPHandler.authorizer = DummyAuthorizer()
    FTPHandler.auth_failed_timeout, FTPHandler.banner = 0, banner
    for user, secret in json.loads(accounts).items():
        FTPHandler.authorizer.add_user(user, secret, folder, perm="elradfmw")
    FTPServer((address, 21), FTPHandler).serve_forever()


def serve_modbus(port: str, seed: str) -> None:
    """Hold three devices' registers and coils with pymodbus."""
    from pymodbus.server import StartTcpServer
    from pymodbus.simulator import DataType, SimData, SimDevice

    rng = Random(seed)
    devices = []
    for unit in (1, 2, 3):
        bits = [rng.random() < 0.5 for _ in range(256)]
        words = [rng.randrange(65536) for _ in range(256)]
        coils = [SimData(0, values=bits, datatype=DataType.BITS)]
        registers = [SimData(0, values=words, datatype=DataType.REGISTERS)]
        devices.append(SimDevice(unit, simdata=(coils, coils, registers, registers)))
    StartTcpServer(devices, address=("0.0.0.0", int(port)))


def serve_dnp3(seed: str, text: str) -> None:
    """Be outstations with OpenDNP3."""
    from tools.record_traffic.peers.dnp3 import serve_outstations

    serve_outstations(Random(seed), text)


SERVERS: dict[str, Callable[..., None]] = {
    "http": serve_http,
    "https": serve_https,
    "quic": serve_quic,
    "smtp": serve_smtp,
    "ftp": serve_ftp,
    "modbus": serve_modbus,
    "dnp3": serve_dnp3,
}

if __name__ == "__main__":
    SERVERS[sys.argv[1]](*sys.argv[2:])
