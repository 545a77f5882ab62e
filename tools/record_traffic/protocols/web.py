"""HTTP, TLS and QUIC: three servers each, asked by several programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from ..hosts import Host
from ..lab import Lab, Session
from ..protocol import Protocol

AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36",
    "monitor/2.1",
    "sensor-gateway",
)


def _pages(lab: Lab, most_bytes: int) -> list[str]:
    """Write a few files to serve; return their names."""
    lab.directory("www")
    names = ["index.html"] + [lab.words.file_name() for _ in range(6)]
    for name in names:
        size = lab.rng.randint(40, most_bytes)
        lab.file(f"www/{name}", lab.words.text(60)[:size])
    return names


def certificate(lab: Lab, names: list[str]) -> tuple[Path, Path]:
    """Make a self-signed certificate; return (certificate, key)."""
    cert, key = lab.folder / f"{names[0]}.pem", lab.folder / f"{names[0]}.key"
    alternatives = ",".join(f"DNS:{name}" for name in names)
    kind = lab.rng.choice(("rsa:2048", "ec"))
    curve = ["-pkeyopt", "ec_paramgen_curve:P-256"] if kind == "ec" else []
    line = ["openssl", "req", "-x509", "-nodes", "-newkey", kind, *curve, "-days", "30"]
    line += ["-subj", f"/O={lab.words.noun()}/CN={names[0]}"]
    line += ["-addext", f"subjectAltName={alternatives}"]
    lab.run(lab.server, [*line, "-out", cert, "-keyout", key])
    key.chmod(0o644)
    return cert, key


NGINX = """
daemon off; master_process off; pid /run/nginx.pid; error_log {folder}/nginx.err;
events {{ }}
http {{
  access_log off;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  types {{ text/html html; text/plain txt log; application/json json; text/csv csv; }}
  {extra}
  server {{ {listen} root {folder}/www;
    location /api/ {{ return 200 '{{"status": "{word}", "count": {count}}}'; }}
    location /old/ {{ return 301 /index.html; }} }}
}}
"""


def nginx(lab: Lab, listen: str, wait: str, extra: str = "") -> None:
    """Start nginx with the given listen directives."""
    filled = NGINX.format(
        folder=lab.folder,
        listen=listen,
        extra=extra,
        word=lab.words.noun(),
        count=lab.rng.randrange(1000),
    )
    config = lab.file("nginx.conf", filled)
    lab.start(lab.server, ["nginx", "-c", config], listens=wait)


def _http_lines(lab: Lab, url: str) -> tuple[list[str], ...]:
    agent, name = lab.rng.choice(AGENTS), lab.words.name()
    body = f'{{"user": "{lab.words.user()}", "text": "{lab.words.sentence()}"}}'
    extra = ["-H", f"Host: {name}"] if lab.rng.random() < 0.5 else ["--compressed"]
    return (
        ["curl", "-sS", "-A", agent, *extra, url],
        ["curl", "-sS", "-I", "-H", f"Host: {name}", "-b", f"id={lab.words.secret()}", url],
        ["curl", "-sS", "-d", body, "-H", "Content-Type: application/json", url],
        ["wget", "-q", "-O", "/dev/null", f"--user-agent={agent}", url],
        ["busybox", "wget", "-q", "-O", "/dev/null", url],
    )


def http(lab: Lab) -> Iterator[Session]:
    """nginx, lighttpd and Python's server, asked by curl, wget, busybox and urllib."""
    names = _pages(lab, 2500)
    first, second, third = lab.server.addresses
    nginx(lab, f"listen {first}:80; listen [{lab.server.address6}]:80;", "tcp:80")
    text = f'server.document-root="{lab.folder}/www"\nserver.bind="{second}"\nserver.port=80\n'
    serve = ["lighttpd", "-D", "-f", lab.file("lighttpd.conf", text)]
    lab.start(lab.server, serve, listens=f"tcp:{second}:80")
    lab.start_peer(lab.server, "http", third, 80, lab.folder / "www", listens=f"tcp:{third}:80")
    paths = [*names, "", "api/v1/status?unit=7", "old/page", "missing.html"]
    while True:
        client, path = lab.client(), lab.rng.choice(paths)
        server = f"[{lab.server.address6}]" if lab.rng.random() < 0.2 else lab.at()
        url = f"http://{server}/{path}"
        if lab.rng.random() < 0.3:
            talk = lab.session(client, "tcp port 80", lab.run_peer, client, "http", url)
        else:
            line = lab.rng.choice(_http_lines(lab, url))
            talk = lab.session(client, "tcp port 80", lab.run, client, line, codes=(0, 1, 8, 22))
        yield talk


def _tls_lines(lab: Lab, name: str, address: str) -> tuple[list[str], ...]:
    url = f"https://{name}/{lab.words.file_name()}"
    near = ["--resolve", f"{name}:443:{address}"]
    old = lab.rng.choice(([], ["--tls-max", "1.2"], ["--http1.1"]))
    version = lab.rng.choice((["-tls1_2"], ["-tls1_3"], []))
    return (
        ["curl", "-ksS", *old, *near, url],
        ["openssl", "s_client", *version, "-servername", name, "-connect", f"{address}:443"],
        ["gnutls-cli", "--insecure", "--sni-hostname", name, "-p", "443", address],
        ["wget", "-q", "-O", "/dev/null", "--no-check-certificate", f"https://{address}/"],
    )


def tls(lab: Lab) -> Iterator[Session]:
    """nginx, OpenSSL's and Python's servers; TLS 1.2 and 1.3; several server names."""
    _pages(lab, 1500)
    names = [lab.words.name() for _ in range(4)]
    first, second, third = lab.server.addresses
    cert, key = certificate(lab, names[:2])
    extra = f"ssl_certificate {cert}; ssl_certificate_key {key};"
    nginx(lab, f"listen {first}:443 ssl http2;", "tcp:443", extra)
    cert, key = certificate(lab, names[2:])
    serve = ["openssl", "s_server", "-accept", f"{second}:443", "-cert", cert, "-key", key, "-www"]
    lab.start(lab.server, serve, listens=f"tcp:{second}:443")
    served = (third, 443, lab.folder / "www", cert, key)
    lab.start_peer(lab.server, "https", *served, listens=f"tcp:{third}:443")
    while True:
        client, name, address = lab.client(), lab.rng.choice(names), lab.at()
        if lab.rng.random() < 0.25:
            talk = lab.session(client, "tcp port 443", lab.run_peer, client, "tls", address, name)
        else:
            line = lab.rng.choice(_tls_lines(lab, name, address))
            given = "GET / HTTP/1.0\r\n\r\n"
            codes = (0, 1, 8)
            talk = lab.session(
                client, "tcp port 443", lab.run, client, line, given=given, codes=codes
            )
        yield talk


def quic(lab: Lab) -> Iterator[Session]:
    """Two servers and two clients of different makers, HTTP/3 and bare streams."""
    names = [lab.words.name() for _ in range(3)]
    pages = _pages(lab, 1500)
    cert, key = certificate(lab, names)
    first, second = lab.server.addresses[:2]
    serve = ["gtlsserver", "-q", "-d", lab.folder / "www", first, "443", key, cert]
    lab.start(lab.server, serve, listens="udp:443")
    lab.start_peer(lab.server, "quic", second, 443, cert, key, listens=f"udp:{second}:443")
    while True:
        client, name = lab.client(), lab.rng.choice(names)
        server, path = lab.rng.choice((first, second)), lab.rng.choice(pages)
        yield lab.session(client, "udp port 443", _quic_talk(lab, client, server, name, path))


def _quic_talk(lab: Lab, client: Host, server: str, name: str, path: str) -> Callable[[], object]:
    if lab.rng.random() < 0.5:
        return lambda: lab.run_peer(client, "quic", server, name, path)
    line = ["gtlsclient", "-q", "--exit-on-all-streams-close", f"--sni={name}"]
    line += [server, "443", f"https://{name}/{path}"]
    return lambda: lab.run(client, line)


PROTOCOLS = (
    Protocol("HTTP", ("nginx", "lighttpd", "curl", "wget", "busybox"), http),
    Protocol("TLS", ("nginx", "openssl", "gnutls-cli", "curl", "wget"), tls),
    Protocol("QUIC", ("openssl", "gtlsserver", "gtlsclient"), quic, modules=("aioquic",)),
)
