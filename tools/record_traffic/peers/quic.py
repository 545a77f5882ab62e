"""HTTP/3 over QUIC with aioquic: a small server and one request."""

# mypy: disable-error-code="import-not-found, import-untyped, misc, no-untyped-call"
# The libraries are installed only where traffic is recorded.

from __future__ import annotations

import asyncio
import ssl
from typing import Any

from aioquic.asyncio import QuicConnectionProtocol, connect, serve
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ProtocolNegotiated, QuicEvent

PAGE = b"<html><body>%s</body></html>\n"


class _Server(QuicConnectionProtocol):
    """Answers every request with a page that holds its path."""

    _http: H3Connection | None = None

    def quic_event_received(self, event: QuicEvent) -> None:
        if isinstance(event, ProtocolNegotiated):
            self._http = H3Connection(self._quic)
        for told in self._http.handle_event(event) if self._http else ():
            if isinstance(told, HeadersReceived):
                self._answer(self._http, told)

    def _answer(self, link: H3Connection, told: HeadersReceived) -> None:
        path = dict(told.headers).get(b":path", b"/")
        heads = [(b":status", b"200"), (b"content-type", b"text/html")]
        link.send_headers(told.stream_id, heads)
        link.send_data(told.stream_id, PAGE % path * (1 + len(path) % 7), end_stream=True)
        self.transmit()


class _Client(QuicConnectionProtocol):
    """Sends one request and notes when the answer is complete."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.finished = asyncio.Event()
        self._http = H3Connection(self._quic)

    def ask(self, name: str, path: str) -> None:
        """Send a request for a path."""
        heads = {":method": "GET", ":scheme": "https", ":authority": name, ":path": f"/{path}"}
        coded = [(key.encode(), value.encode()) for key, value in heads.items()]
        self._http.send_headers(self._quic.get_next_available_stream_id(), coded, end_stream=True)
        self.transmit()

    def quic_event_received(self, event: QuicEvent) -> None:
        for told in self._http.handle_event(event):
            if isinstance(told, (DataReceived, HeadersReceived)) and told.stream_ended:
                self.finished.set()


async def serve_pages(address: str, port: int, certificate: str, key: str) -> None:
    """Serve pages until ended."""
    settings = QuicConfiguration(is_client=False, alpn_protocols=H3_ALPN)
    settings.load_cert_chain(certificate, key)
    await serve(address, port, configuration=settings, create_protocol=_Server)
    await asyncio.Event().wait()


async def fetch(server: str, port: int, name: str, path: str) -> None:
    """Ask for one page."""
    settings = QuicConfiguration(is_client=True, alpn_protocols=H3_ALPN, server_name=name)
    settings.verify_mode = ssl.CERT_NONE
    async with connect(server, port, configuration=settings, create_protocol=_Client) as link:
        link.ask(name, path)
        await asyncio.wait_for(link.finished.wait(), 8)
