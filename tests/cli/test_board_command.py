"""`neurodeploy board`: what it refuses, in one line each, before any board is made."""

import pytest

from neurodeploy.cli import main


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["run", "nothing.py"], "script: is not a file (got nothing.py)"),
        (["run", "--dead-cores", "0,0", "x.py"], "dead cores: cannot be read"),
        (["run", "--dead-chips", "a", "x.py"], "dead chips: cannot be read"),
        (["run", "--triads", "2", "x.py"], "triads: cannot be read (got 2, expected WIDTHxHEIGHT)"),
        (["run", "--version", "4", "x.py"], "'4' is not one of '3', '5'"),
        (["run", "--threads", "0", "x.py"], "0 is not in the range"),
        (["run", "--limit", "-1", "x.py"], "-1.0 is not in the range x>0"),
        (["run", "--pace", "0", "x.py"], "0.0 is not in the range x>0"),
        (["serve", "--port", "1000000"], "1000000 is not in the range"),
        (["run"], "Missing argument 'SCRIPT'"),
        (["serve", "--version", "3", "--triads", "1x1"], "triads: need boards of version 5"),
        (["serve", "--dead-chips", "0,0"], "fault list: an Ethernet chip cannot be dead"),
        (["serve", "--address", "localhost"], "board address: is not an IPv4 address"),
    ],
)
def test_refusals(capsys, arguments, text):
    assert main(["board", *arguments]) == 2
    captured = capsys.readouterr()
    assert text in captured.err
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1


def test_help_names_both_commands(capsys):
    assert main(["board", "--help"]) == 0
    out = capsys.readouterr().out
    assert "run" in out
    assert "serve" in out
