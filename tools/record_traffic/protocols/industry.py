"""Modbus and DNP3: controllers that are read and written."""

from __future__ import annotations

from collections.abc import Iterator

from ..lab import Lab, Session
from ..protocol import Protocol


def modbus(lab: Lab) -> Iterator[Session]:
    """Modbus with pymodbus as controller, read and written by mbpoll and pymodbus."""
    seed = lab.rng.randrange(10**6)
    lab.start_peer(lab.server, "modbus", 502, seed, listens="tcp:502")
    while True:
        client, server, pick = lab.client(), lab.at(), lab.rng.choice
        unit, start = lab.rng.randint(1, 3), lab.rng.randint(1, 60)
        count, kind = lab.rng.randint(1, 12), pick(("0", "1", "3", "4"))
        read = ["mbpoll", "-m", "tcp", "-a", str(unit), "-r", str(start), "-t", kind, "-1"]
        values = [str(lab.rng.randrange(2 if kind == "0" else 60000)) for _ in range(3)]
        if lab.rng.random() < 0.4:
            talk = lab.session(
                client, "tcp port 502", lab.run_peer, client, "modbus", server, unit, start, count
            )
        else:
            write = [*read[:-1], server, *values]
            line = (
                write if kind in "04" and pick((True, False)) else [*read, "-c", str(count), server]
            )
            talk = lab.session(client, "tcp port 502", lab.run, client, line, codes=(0, 1))
        yield talk


def dnp3(lab: Lab) -> Iterator[Session]:
    """OpenDNP3 as outstation and master: integrity polls, events and commands."""
    first = lab.rng.randrange(1, 60000)
    outstations = {}
    for number, address in enumerate(lab.server.addresses):
        outstations[address] = (first + number, lab.rng.randrange(1, 60000))
    text = ",".join(f"{a}/{local}/{far}" for a, (local, far) in outstations.items())
    seed = lab.rng.randrange(10**6)
    lab.start_peer(lab.server, "dnp3", seed, text, listens="tcp:20000")
    while True:
        client, server = lab.client(), lab.at()
        local, far = outstations[server]
        kind = lab.rng.choice(("poll", "class", "operate", "range"))
        values = (kind, lab.rng.randrange(8), lab.rng.randrange(1000))
        yield lab.session(
            client, "tcp port 20000", lab.run_peer, client, "dnp3", server, far, local, *values
        )


PROTOCOLS = (
    Protocol("Modbus", ("mbpoll",), modbus, modules=("pymodbus",)),
    Protocol("DNP3", (), dnp3, modules=("opendnp3",)),
)
