"""BGP and OSPF: BIRD as router on both sides."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

from ..hosts import Host
from ..lab import Lab, Session
from ..programs import stop
from ..protocol import Protocol

HEAD = """
router id {router};
protocol device {{ }}
ipv4 table master4;
protocol static {{ ipv4; {routes} }}
"""
NEIGHBOUR = """
protocol bgp {name} {{
  local {local} as {own};
  neighbor {far} as {other};
  connect delay time 1; connect retry time 2; hold time {hold}; {extra}
  ipv4 {{ import all; export where source = RTS_STATIC; }};
}}
"""
AREA = """
protocol ospf v2 {{
  ipv4 {{ import all; export where source = RTS_STATIC; }};
  area {area} {{
    interface "{interface}" {{ hello 1; dead count 4; wait 2; cost {cost}; {extra} }};
  }};
}}
"""


def _head(lab: Lab, router: str) -> str:
    routes = " ".join(
        f"route 10.{lab.rng.randrange(256)}.{lab.rng.randrange(256)}.0/24 blackhole;"
        for _ in range(lab.rng.randint(1, 6))
    )
    return HEAD.format(router=router, routes=routes)


def _bird(lab: Lab, name: str, text: str) -> list[str]:
    config = lab.file(f"{name}.conf", text)
    return ["bird", "-f", "-c", str(config), "-s", f"/run/{name}.ctl", "-P", f"/run/{name}.pid"]


def _router(lab: Lab, host: Host, line: list[str], seconds: float) -> None:
    """Run a router for a while; it says goodbye when it ends."""
    process = lab.start(host, line)
    time.sleep(seconds)
    stop(process)


def bgp(lab: Lab) -> Iterator[Session]:
    """Sessions opened, routes told, keepalives, and closed by the client."""
    own = lab.rng.randint(64512, 65000)
    others = {
        c: lab.rng.choice((lab.rng.randint(65001, 65534), 4200000001)) for c in lab.network.clients
    }
    text = _head(lab, lab.server.address)
    for number, (client, other) in enumerate(others.items()):
        text += NEIGHBOUR.format(
            name=f"peer{number}",
            local=lab.server.address,
            own=own,
            far=client.address,
            other=other,
            hold=9,
            extra="passive yes;",
        )
    lab.start(lab.server, _bird(lab, "server", text), listens="tcp:179")
    while True:
        client = lab.client()
        text = _head(lab, client.address) + NEIGHBOUR.format(
            name="upstream",
            local=client.address,
            own=others[client],
            far=lab.server.address,
            other=own,
            hold=lab.rng.choice((3, 6, 9, 90)),
            extra="",
        )
        line, seconds = _bird(lab, "client", text), lab.rng.uniform(3, 6)
        yield lab.session(client, "tcp port 179", _router, lab, client, line, seconds)


def ospf(lab: Lab) -> Iterator[Session]:
    """Neighbours that come up, exchange their routes and go."""
    area = lab.rng.choice((0, 0, 7))
    key = lab.words.secret()
    extra = f'authentication simple; password "{key[:8]}";' if lab.rng.random() < 0.4 else ""
    text = _head(lab, lab.server.address)
    text += AREA.format(area=area, interface="br0", cost=lab.rng.randint(1, 50), extra=extra)
    lab.start(lab.server, _bird(lab, "server", text))
    time.sleep(3)
    while True:
        client = lab.client()
        text = _head(lab, client.address)
        text += AREA.format(area=area, interface="eth0", cost=lab.rng.randint(1, 50), extra=extra)
        line, seconds = _bird(lab, "client", text), lab.rng.uniform(4, 7)
        # Half of the conversation goes to a multicast address, so no client is named.
        yield Session("ip proto 89", partial(_router, lab, client, line, seconds))


PROTOCOLS = (Protocol("BGP", ("bird",), bgp), Protocol("OSPF", ("bird",), ospf))
