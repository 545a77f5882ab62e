import pytest

from neurodeploy import errors
from neurodeploy.errors import BackendFailure, InputError, NeurodeployError

CLASSES = [getattr(errors, name) for name in errors.__all__]


def test_one_line_says_who_what_got_limit_and_what_to_do():
    err = InputError("x", "is wrong", got=3, limit="0..2", todo="give less")
    assert str(err) == "x: is wrong (got 3, expected 0..2); give less"
    assert (err.who, err.what, err.got, err.limit, err.todo) == (
        "x", "is wrong", 3, "0..2", "give less",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({}, "x: bad"),
        ({"got": 0}, "x: bad (got 0)"),
        ({"limit": 0}, "x: bad (expected 0)"),
        ({"todo": "stop"}, "x: bad; stop"),
    ],
)
def test_facts_that_are_absent_leave_no_trace(facts, text):
    assert str(NeurodeployError("x", "bad", **facts)) == text


def test_line_breaks_are_joined():
    assert str(NeurodeployError("x", "bad", got="a\n  b\tc")) == "x: bad (got a b c)"


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_is_in_the_tree(kind):
    assert issubclass(kind, NeurodeployError)
    with pytest.raises(NeurodeployError, match="who: what"):
        raise kind("who", "what")


def test_exit_codes():
    assert BackendFailure.exit_code == 3
    assert {kind.exit_code for kind in CLASSES if kind is not BackendFailure} == {2}


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (errors.InputError, ValueError),
        (errors.ModelError, ValueError),
        (errors.LoweringError, ValueError),
        (errors.VerifyError, ValueError),
        (errors.TargetError, ValueError),
        (errors.BackendUnavailable, ImportError),
        (errors.BackendFailure, RuntimeError),
    ],
)
def test_a_stranger_can_catch_the_builtin(kind, builtin):
    assert issubclass(kind, builtin)
