import socket
from types import SimpleNamespace

import pytest

from neurodeploy.api import BackendFailure, InputError
from neurodeploy_spinnaker.faults import (
    FAULTS,
    cause,
    failure,
    is_vendors,
    keep_secret,
    redacted,
    translated,
)


def vendors(name, *bases, module="spinnman.exceptions"):
    """A class that looks like one of the vendor's."""
    return type(name, bases or (Exception,), {"__module__": module})


def real(place, name):
    module = pytest.importorskip(place, reason="not run: sPyNNaker is not installed")
    return getattr(module, name)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("SpinnmanBootException", "board: does not boot"),
        ("SpallocException", "spalloc: refused"),
        ("PacmanPlaceException", "network: does not fit the machine"),
        ("ConfigurationException", "sPyNNaker: does not take"),
        ("SomethingNewException", "sPyNNaker: failed"),
    ],
)
def test_vendor_errors_become_ours(name, said):
    with pytest.raises(BackendFailure, match=said) as caught, translated("run/spynnaker.log"):
        raise vendors(name)("the cause")
    assert caught.value.exit_code == 3
    assert "the cause" in str(caught.value)
    assert "log: run/spynnaker.log" in str(caught.value)
    assert type(caught.value.__cause__).__name__ == name


def test_nearest_class_decides():
    base = vendors("SpinnmanException")
    err = vendors("SpinnmanNewException", vendors("SpinnmanTimeoutException", base))("x")
    assert failure(err).what == "does not answer in time"


def test_every_name_is_one_of_the_vendors():
    found = {}
    for place in (
        "pacman.exceptions",
        "spalloc_client.job",
        "spalloc_client.protocol_client",
        "spinn_front_end_common.utilities.exceptions",
        "spinn_machine.exceptions",
        "spinn_utilities.configs",
        "spinn_utilities.exceptions",
        "spinnman.exceptions",
        "spynnaker.pyNN.exceptions",
        "requests",
        "requests.exceptions",
        "socket",
        "websocket",
        "builtins",
    ):
        module = pytest.importorskip(place, reason="not run: sPyNNaker is not installed")
        found |= {n: v for n, v in vars(module).items() if isinstance(v, type)}
    assert [n for n in FAULTS if not issubclass(found.get(n, int), BaseException)] == []


def test_a_real_error_of_the_vendor():
    kind = real("spinnman.exceptions", "SpinnmanIOException")
    message = r"board: cannot be reached .got SpinnmanIOException"
    with pytest.raises(BackendFailure, match=message), translated():
        raise kind("no answer")


def test_the_cause_inside_a_wrapper_is_told():
    timeout = real("spinnman.exceptions", "SpinnmanTimeoutException")("read", 1.0)
    wrapper = real("spinnman.exceptions", "SpinnmanGenericProcessException")
    err = wrapper(timeout, None, 0, 0, 3, "(p)")
    assert failure(err).what == "does not answer in time"
    assert "Stack trace" not in cause(err)


def test_an_answer_of_a_web_service_that_is_an_error():
    session = pytest.importorskip("spinnman.spalloc.session", reason="not run: no sPyNNaker")
    answer = SimpleNamespace(status_code=403, content=b"no boards are left")
    asked = session.Session("https://host/")
    message = "spalloc: answers with an error .*no boards are left"
    with pytest.raises(BackendFailure, match=message), translated():
        asked._Session__handle_error_or_return(answer)


def test_what_was_kept_secret_is_left_out():
    keep_secret("given-by-a-hub")
    assert redacted("Bearer given-by-a-hub") == "Bearer $TOKEN"


def test_builtin_errors_out_of_the_vendors_code():
    code = compile("raise error('no such name')", "vendor.py", "exec")
    with pytest.raises(BackendFailure, match="machine: has no such name"), translated():
        exec(code, {"__name__": "spinnman.utilities", "error": socket.gaierror})


@pytest.mark.parametrize("err", [ValueError("mine"), InputError("x", "is wrong"), SystemExit(1)])
def test_others_pass(err):
    with pytest.raises(type(err)) as caught, translated():
        raise err
    assert caught.value is err
    assert not is_vendors(err)


def test_secrets_are_left_out(monkeypatch):
    monkeypatch.setenv("OIDC_BEARER_TOKEN", "abc123")
    err = vendors("SpallocException")("token abc123 refused")
    assert "abc123" not in str(failure(err))
    assert redacted("abc123") == "$OIDC_BEARER_TOKEN"


def test_a_long_cause_is_cut():
    assert len(cause(vendors("X")("word " * 1000))) < 500
