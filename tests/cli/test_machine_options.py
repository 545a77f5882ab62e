from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from neurodeploy.cli.machine_options import machine_from, machine_options
from neurodeploy.runtime.backend import MachineOptions


def asked(*args):
    """What a command with the options makes of a command line."""
    found = []

    @click.command()
    @machine_options
    def command(**options):
        found.append((machine_from(options, Path("out")), options["cassette"]))

    result = CliRunner().invoke(command, args)
    return found[0] if found else result


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ((), {}),
        (("--board", "192.168.240.1", "--version", "3"), {"board": "192.168.240.1", "version": 3}),
        (("--spalloc", "https://h/", "--user", "me"), {"spalloc": "https://h/", "user": "me"}),
        (("--ebrains", "--allow-loss"), {"ebrains": True, "allow_loss": True}),
        (("--board", "b", "--allow-version"), {"board": "b", "allow_version": True}),
        (("--board", "b", "--spynnaker-cfg", "x.cfg"), {"board": "b", "settings": Path("x.cfg")}),
    ],
)
def test_command_lines(args, expected):
    machine, cassette = asked(*args)
    assert machine == MachineOptions(**expected, folder=Path("out"))
    assert cassette is None


def test_cassette():
    assert asked("--cassette", "run.npz")[1] == Path("run.npz")


@pytest.mark.parametrize("args", [("--version", "4"), ("--token", "x"), ("--password", "x")])
def test_what_is_no_option(args):
    """A secret on a command line would stand in the list of processes: there is no such option."""
    assert asked(*args).exit_code == 2
