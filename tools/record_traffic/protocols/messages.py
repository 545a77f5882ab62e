"""MQTT, IRC and SIP: people and things that talk to each other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ..hosts import Host
from ..lab import Lab, Session
from ..programs import stop
from ..protocol import Protocol


def mqtt(lab: Lab) -> Iterator[Session]:
    """Mosquitto, used by its own programs and paho; three versions, all qualities of service."""
    config = lab.file("mosquitto.conf", "listener 1883 0.0.0.0\nallow_anonymous true\nuser root\n")
    lab.start(lab.server, ["mosquitto", "-c", config], listens="tcp:1883")
    while True:
        client, words, pick = lab.client(), lab.words, lab.rng.choice
        topic = f"{words.noun()}/{words.host()}/{pick(('temperature', 'state', 'power', 'log'))}"
        told = [
            pick((words.sentence(), f'{{"v": {lab.rng.random() * 50:.2f}}}', str(lab.rng.random())))
            for _ in range(lab.rng.randint(1, 3))
        ]
        talk = _mqtt_talk(lab, client, topic, told)
        yield lab.session(client, "tcp port 1883", talk)


def _mqtt_talk(lab: Lab, client: Host, topic: str, told: list[str]) -> Callable[[], object]:
    server, pick = lab.at(), lab.rng.choice
    quality = str(lab.rng.randrange(3))
    known = ["-h", server, "-V", pick(("mqttv31", "mqttv311", "mqttv5")), "-q", quality]
    known += ["-u", lab.words.user(), "-P", lab.words.secret()] if lab.rng.random() < 0.4 else []
    known += ["-i", f"{lab.words.host()}{lab.rng.randrange(99)}"]
    publish = ["mosquitto_pub", *known, "-t", topic, "-l", *pick(([], ["-r"]))]
    given = "\n".join(told) + "\n"
    kind = lab.rng.random()
    if kind < 0.35:
        return lambda: lab.run_peer(client, "mqtt", server, topic, quality, *told)
    if kind < 0.6:
        listen = ["mosquitto_sub", "-h", server, "-t", topic.split("/")[0] + "/#", "-W", "1"]
        return lambda: lab.run(client, listen, codes=(0, 27))
    return lambda: lab.run(client, publish, given=given)


NGIRCD = """
[Global]
  Name = {name}
  Info = {info}
  Listen = 0.0.0.0
  Ports = 6667
  MotdPhrase = "{motd}"
  ServerUID = irc
  ServerGID = irc
  PidFile = /run/ngircd.pid
[Options]
  Ident = no
  DNS = no
  PAM = no
"""


def irc(lab: Lab) -> Iterator[Session]:
    """ngIRCd, used by ii and a Python client."""
    text = NGIRCD.format(name=lab.words.name(), info=lab.words.sentence(), motd=lab.words.text(1))
    config = lab.file("ngircd.conf", text.replace('.\n"', '."'))
    lab.start(lab.server, ["ngircd", "-n", "-f", config], listens="tcp:6667")
    while True:
        client, server, nick = (
            lab.client(),
            lab.at(),
            f"{lab.words.user()[:7]}{lab.rng.randrange(9)}",
        )
        channel = f"#{lab.words.noun()}"
        told = [lab.words.sentence() for _ in range(lab.rng.randint(1, 3))]
        if lab.rng.random() < 0.5:
            talk = lab.session(
                client, "tcp port 6667", lab.run_peer, client, "irc", server, nick, channel, *told
            )
        else:
            talk = lab.session(
                client, "tcp port 6667", _ii, lab, client, server, nick, channel, told
            )
        yield talk


def _ii(lab: Lab, client: Host, server: str, nick: str, channel: str, told: list[str]) -> None:
    folder = lab.directory(f"ii-{nick}")
    line = ["ii", "-i", folder, "-s", server, "-p", "6667", "-n", nick, "-f", nick.title()]
    process = lab.start(client, line)
    pipe = folder / server / "in"
    _wait_for(pipe)
    time.sleep(0.4)
    _say(pipe, f"/j {channel}")
    inside = folder / server / channel / "in"
    _wait_for(inside)
    for text in told:
        _say(inside, text)
        time.sleep(0.3)
    _say(pipe, "/q")
    time.sleep(0.4)
    stop(process)


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + 5
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.05)


def _say(pipe: Path, text: str) -> None:
    if pipe.exists():
        with pipe.open("w") as stream:
            stream.write(f"{text}\n")


KAMAILIO = """
debug=0
log_stderror=yes
fork=no
children=1
listen=udp:{address}:5060
disable_tcp=yes
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "textops.so"
loadmodule "siputils.so"
request_route {{
  if (is_method("REGISTER")) {{ save("location"); exit; }}
  if (is_method("OPTIONS")) {{ sl_send_reply("200", "Alive"); exit; }}
  sl_send_reply("{code}", "{text}");
}}
"""


def sip(lab: Lab) -> Iterator[Session]:
    """SIPp's answering side and Kamailio, called by SIPp and sipsak."""
    first, second = lab.server.addresses[:2]
    code = lab.rng.choice((404, 486, 603))
    text = KAMAILIO.format(address=second, code=code, text=lab.words.noun())
    config = lab.file("kamailio.cfg", text)
    line = ["kamailio", "-f", config, "-Y", "/run", "-P", "/run/kamailio.pid", "-m", "32", "-DD"]
    lab.start(lab.server, line, listens="udp:5060")
    lab.start(lab.server, ["sipp", "-sn", "uas", "-i", first, "-p", "5060", "-nostdin"])
    line = ["sipp", "-sn", "uas", "-i", lab.server.addresses[2], "-p", "5060", "-t", "t1"]
    lab.start(lab.server, [*line, "-nostdin"], listens="tcp:5060")
    while True:
        client = lab.client()
        yield lab.session(client, "port 5060", _sip_talk(lab, client))


def _sip_talk(lab: Lab, client: Host) -> Callable[[], object]:
    words, (first, second, third) = lab.words, lab.server.addresses
    pause = str(lab.rng.randint(50, 800))
    call = ["sipp", "-sn", "uac", "-i", client.address, "-p", "5060", "-m", "1", "-d", pause]
    call += ["-s", words.user(), "-nostdin", "-timeout", "8"]
    address = f"sip:{words.user()}@{second}"
    lines = (
        [*call, f"{first}:5060"],
        [*call, f"{first}:5060"],
        [*call, "-t", "t1", f"{third}:5060"],
        [*call, f"{second}:5060"],
        ["sipsak", "-s", address],
        ["sipsak", "-U", "-C", f"sip:{words.user()}@{client.address}", "-x", "600", "-s", address],
    )
    line = lab.rng.choice(lines)
    return lambda: lab.run(client, line, codes=(0, 1, 2, 99))


PROTOCOLS = (
    Protocol("MQTT", ("mosquitto", "mosquitto_pub", "mosquitto_sub"), mqtt, modules=("paho",)),
    Protocol("IRC", ("ngircd", "ii"), irc, modules=("irc",)),
    Protocol("SIP", ("sipp", "sipsak", "kamailio"), sip),
)
