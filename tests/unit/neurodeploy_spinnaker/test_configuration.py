import os
from configparser import RawConfigParser
from pathlib import Path

import pytest

from neurodeploy.api import InputError
from neurodeploy_spinnaker.configuration import (
    FIXED,
    RunFolder,
    environment,
    working_directory,
    write,
)
from neurodeploy_spinnaker.machine import Board

THEIRS = """
[Machine]
machineName = their.board
spalloc_server = https://me:hidden@host/
virtual_board = True
down_chips = 1,1
[Reports]
keepDataspecDatabase = True
write_partitioner_reports = True
[Simulation]
spikes_per_second = 60
"""


def written(path):
    parser = RawConfigParser()
    parser.read(path)
    return {name: dict(parser[name]) for name in parser.sections()}


def test_configuration_of_a_board(tmp_path):
    folder = RunFolder(tmp_path / "run")
    found = written(write(folder, Board("192.168.240.1", 3).settings()))
    assert found["Machine"] == {
        "machine_name": "192.168.240.1",
        "version": "3",
        "spalloc_retry": "0",
    }
    assert found["Reports"]["default_report_file_path"] == str(folder.path)
    for section, options in FIXED.items():
        assert found[section] | options == found[section]


def test_settings_taken_over_name_no_machine(tmp_path):
    theirs = tmp_path / "theirs.cfg"
    theirs.write_text(THEIRS)
    path = write(RunFolder(tmp_path / "run"), Board("mine").settings(), theirs)
    found = written(path)
    assert found["Machine"] == {**Board("mine").settings(), "down_chips": "1,1"}
    assert found["Simulation"] == {"spikes_per_second": "60"}
    assert found["Reports"]["keep_dataspec_database"] == "False"
    assert found["Reports"]["write_partitioner_reports"] == "True"
    assert "hidden" not in path.read_text()
    assert theirs.read_text() == THEIRS


@pytest.mark.parametrize("text", [None, "no section", "[A]\nx = 1\nx = 2\n", b"\xff\xfe\x00"])
def test_settings_that_cannot_be_read(tmp_path, text):
    theirs = tmp_path / "theirs.cfg"
    if text is not None:
        theirs.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError, match=r"theirs.cfg: cannot be read as a configuration"):
        write(RunFolder(tmp_path / "run"), {}, theirs)


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write(RunFolder(tmp_path / "file"), {})


def test_environment_is_put_back(tmp_path, monkeypatch):
    monkeypatch.setenv("OIDC_BEARER_TOKEN", "secret")
    monkeypatch.setenv("GLOBAL_REPORTS", "/elsewhere")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    before = dict(os.environ)
    folder = RunFolder(tmp_path)
    with environment(folder, ("OIDC_BEARER_TOKEN",)):
        assert os.environ["HOME"] == str(folder.home)
        assert os.environ["XDG_CONFIG_HOME"] == f"{folder.home}/.config"
        assert not {"OIDC_BEARER_TOKEN", "GLOBAL_REPORTS"} & set(os.environ)
    assert dict(os.environ) == before
    with pytest.raises(KeyError), environment(folder):
        raise KeyError
    assert dict(os.environ) == before


def test_working_directory_is_put_back(tmp_path):
    before = Path.cwd()
    with working_directory(tmp_path):
        assert Path.cwd() == tmp_path
    assert Path.cwd() == before
    with pytest.raises(KeyError), working_directory(tmp_path):
        raise KeyError
    assert Path.cwd() == before
