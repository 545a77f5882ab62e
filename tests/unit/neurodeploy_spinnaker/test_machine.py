import dataclasses

import pytest

from neurodeploy.api import InputError, MachineOptions
from neurodeploy_spinnaker.machine import Board, Ebrains, MapOnly, Spalloc, choose


@pytest.mark.parametrize(
    ("options", "machine"),
    [
        ({"board": "192.168.240.1"}, Board("192.168.240.1", 5)),
        ({"board": "spin4", "version": 3}, Board("spin4", 3)),
        ({"spalloc": "https://host/spalloc"}, Spalloc("https://host/spalloc")),
        ({"spalloc": "spinnaker.cs", "user": "me"}, Spalloc("spinnaker.cs", "me")),
        ({"ebrains": True}, Ebrains()),
        ({"ebrains": True, "spalloc": "https://host/"}, Ebrains("https://host/")),
        ({"map_only": True, "version": 3}, MapOnly(3)),
    ],
)
def test_machine_asked_for(options, machine):
    assert choose(MachineOptions(**options)) == machine


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "needs one machine; give --board HOST, --spalloc SERVER or --ebrains"),
        ({"board": "a", "ebrains": True}, "takes one machine, not several"),
        ({"board": "a", "map_only": True}, "takes one machine, not several"),
        ({"board": "a", "version": 4}, "--version: no such board .got 4, expected 3"),
        ({"board": "a", "user": "me"}, "--user: goes with --spalloc alone"),
        ({"board": "a\n[Mode]"}, "--board: is no name or address"),
        ({"spalloc": "https://h/", "version": 3}, "--version: of allotted boards"),
        ({"spalloc": "host"}, "an older server needs a user; give --user"),
        ({"spalloc": "spalloc://host"}, "an older server needs a user; give --user"),
        ({"spalloc": "htps://host"}, "no such kind of server .got htps, expected https, http, s"),
        ({"spalloc": "https://me:hidden@h/"}, "set SPALLOC_PASSWORD instead"),
        ({"spalloc": "http://h/", "user": "me"}, "passwords and tokens in the clear"),
        ({"spalloc": "http://127.0.0.1.h/", "user": "me"}, "passwords and tokens in the clear"),
        ({"ebrains": True, "spalloc": "http://h/"}, "passwords and tokens in the clear"),
        ({"ebrains": True, "spalloc": "host"}, "takes no token"),
        ({"ebrains": True, "user": "me"}, "the token says who asks"),
    ],
)
def test_refusals(options, message):
    with pytest.raises(InputError, match=message):
        choose(MachineOptions(**options))


def test_a_password_is_not_repeated():
    with pytest.raises(InputError) as caught:
        Spalloc("https://me:hidden@host/")
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("machine", [Board("a"), Spalloc("https://h/"), Ebrains(), MapOnly()])
def test_machines_are_frozen(machine):
    with pytest.raises(dataclasses.FrozenInstanceError):
        machine.runs = False
    assert machine.runs is not isinstance(machine, MapOnly)


@pytest.mark.parametrize("host", ["localhost:80", "127.0.0.1:8080", "[::1]:80"])
def test_plain_http_within_this_computer(host):
    assert Spalloc(f"http://{host}/", "me").server == f"http://{host}/"


def test_user_of_a_url_stands_in_it(monkeypatch):
    monkeypatch.setenv("SPALLOC_PASSWORD", "secret")
    assert Spalloc("https://host:8080/spalloc/", "me").settings()["spalloc_server"] == (
        "https://me@host:8080/spalloc/"
    )
    assert Spalloc("host", "me").settings() == {
        "spalloc_server": "host",
        "version": "5",
        "spalloc_user": "me",
    }


@pytest.mark.parametrize(
    ("server", "user", "configured"),
    [
        ("host", "me", "host"),
        ("host:22245", "me", "spalloc://host:22245"),
        ("spalloc://host:22245", "me", "spalloc://host:22245"),
        ("spalloc://me@host", None, "spalloc://me@host"),
    ],
)
def test_forms_of_an_older_server(server, user, configured):
    found = Spalloc(server, user).settings()
    assert found["spalloc_server"] == configured
    assert found["spalloc_user"] == "me"


def test_a_web_service_needs_user_and_password(monkeypatch):
    for name in ("SPALLOC_USER", "SPALLOC_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InputError, match="set SPALLOC_PASSWORD"):
        Spalloc("https://host/", "me").settings()
    monkeypatch.setenv("SPALLOC_PASSWORD", "secret")
    with pytest.raises(InputError, match="give --user"):
        Spalloc("https://host/").settings()
    assert "secret" not in str(Spalloc("https://me@host/").settings())
    monkeypatch.setenv("SPALLOC_USER", "me")
    assert Spalloc("https://host/").settings()["spalloc_server"] == "https://host/"


def test_a_token_is_for_ebrains_alone():
    assert "OIDC_BEARER_TOKEN" in Spalloc("https://elsewhere/").hidden
    assert "OIDC_BEARER_TOKEN" in Board("a").hidden
    assert "OIDC_BEARER_TOKEN" not in Ebrains().hidden


def test_ebrains_needs_a_token(monkeypatch):
    for name in ("OIDC_BEARER_TOKEN", "JUPYTERHUB_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InputError, match="set OIDC_BEARER_TOKEN"):
        Ebrains().settings()
    monkeypatch.setenv("OIDC_BEARER_TOKEN", "secret")
    assert Ebrains().settings() == {
        "spalloc_server": "https://spinnaker.cs.man.ac.uk/spalloc/",
        "version": "5",
    }
