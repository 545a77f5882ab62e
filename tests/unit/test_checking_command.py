"""`neurodeploy check` on machines of several sizes, as a user meets it."""

import json

import nir
import numpy as np
import pytest
from strategies import chain, lif, linear

from neurodeploy.cli import main

FACTS = [
    "--source=snntorch", "--dt=0.001", "--reset=hard", "--encoder=rate:4",
    "--readout=spike_count",
]  # fmt: skip


@pytest.fixture
def wide(tmp_path):
    """A file of 16,384 neurons: 64 cores and one for the input."""
    n = 64 * 256
    path = tmp_path / "wide.nir"
    nir.write(path, chain(linear(np.ones((n, 2))), lif(n), n_inputs=2, n_outputs=n))
    return str(path)


def test_a_network_that_fits_one_kind_of_board_only(wide, capsys):
    assert main(["check", wide, *FACTS]) == 0
    shown = capsys.readouterr().out
    assert "65 cores" in shown
    assert "not known without sample data; give some with --data" in shown
    assert "there is 1 x SpiNN-5" in shown
    assert shown.endswith("fits\n")
    assert main(["check", wide, *FACTS, "--version=3"]) == 1
    shown = capsys.readouterr().out
    assert "got 65, limit 63" in shown
    assert shown.endswith("does not fit: 2 violations\n")


def test_data_to_count_on(wide, tmp_path, capsys):
    path = tmp_path / "some.npz"
    np.savez(path, x=np.ones((3, 2)))
    assert main(["check", wide, *FACTS, "--data", str(path)]) == 0
    shown = capsys.readouterr().out
    # Two inputs spike in one tick, each on all 256 neurons of a core.
    assert "512 synaptic events in a tick (b, sample data)" in shown
    assert "a board needs time scale factor 1" in shown


def test_json_has_every_violation_with_its_remedy(wide, capsys):
    assert main(["check", wide, *FACTS, "--version=3", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert not said["fits"]
    assert {v["rule"] for v in said["violations"]} == {"cores_fit_machine", "chips_fit_machine"}
    for violation in said["violations"]:
        assert all(violation[key] for key in ("who", "what", "got", "limit", "todo", "source"))
    assert said["energy"]["total_J"] > 0


def test_boards_that_there_are_not(wide, capsys):
    for options in (["--version=4"], ["--version=3", "--boards=2"]):
        assert main(["check", wide, *FACTS, *options]) == 2
        shown = capsys.readouterr()
        assert (shown.out, shown.err.count("\n")) == ("", 1)
