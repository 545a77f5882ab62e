"""CSV files of recordings, read back by sPyNNaker's own reader."""

import csv

import numpy as np
import pytest

from neurodeploy_brian2.simulator import Simulator


@pytest.fixture
def recorded():
    """Return neurons that ran, were reset and ran again."""
    sim = Simulator()
    cells = sim.Population(3, sim.IF_curr_exp(i_offset=[0.0, 2.0, 3.0]), label="cells, three")
    cells.record("spikes")
    cells.record("v", sampling_interval=2.0)
    sim.run(25.0)
    sim.reset()
    sim.run(30.0)
    return cells


NEO_CSV = "spynnaker.pyNN.utilities.neo_csv"


def read(path):
    reader = pytest.importorskip(NEO_CSV, reason="not run: no sPyNNaker").NeoCsv()
    return reader.read_csv(str(path))


def test_spynnaker_reads_what_was_written(recorded, tmp_path):
    recorded.write_data(str(tmp_path / "all.csv"), annotations={"who": "me"})
    found, ours = read(tmp_path / "all.csv"), recorded.get_data()
    assert (found.name, found.annotations["who"]) == ("cells, three", "me")
    assert len(found.segments) == len(ours.segments) == 2
    for theirs, mine in zip(found.segments, ours.segments, strict=True):
        for one, other in zip(theirs.spiketrains, mine.spiketrains, strict=True):
            np.testing.assert_array_equal(one.magnitude, other.magnitude)
            assert (one.t_stop, one.annotations["source_index"]) == (
                other.t_stop,
                other.annotations["source_index"],
            )
        (signal,), (expected,) = theirs.analogsignals, mine.analogsignals
        np.testing.assert_array_equal(signal.magnitude, expected.magnitude)
        # The reader's sampling period is 1000 times too short, whoever wrote the file.
        assert (signal.name, signal.units) == ("v", expected.units)


def test_a_view_and_one_variable(recorded, tmp_path):
    recorded[1:3].write_data(tmp_path / "view.csv", "v")
    with (tmp_path / "view.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert ["matrix", "v"] in rows
    assert not any(row[:1] == ["spikes"] for row in rows)
    assert ["sampling_period", "2.0 ms"] in rows
    first = rows.index(["1", "2"]) + 1
    assert rows[first] == ["-65.0", "-65.0"]
    assert rows[first + 13] == []  # 25 ms in samples of 2


def test_neurons_that_were_not_recorded_are_said_to_be_none(tmp_path):
    sim = Simulator()
    cells = sim.Population(3, sim.IF_curr_exp())
    cells[0:1].record("v")
    sim.run(2.0)
    cells[2:3].write_data(tmp_path / "none.csv", "v")
    assert "no intersection between recording and view indexes" in (
        tmp_path / "none.csv"
    ).read_text("utf-8")


def test_a_file_given_to_record_is_written_at_the_end(tmp_path):
    sim = Simulator()
    cells = sim.Population(1, sim.IF_curr_exp())
    cells.record("v", to_file=str(tmp_path / "v.csv"))
    sim.run(2.0)
    sim.end()
    assert "matrix,v" in (tmp_path / "v.csv").read_text("utf-8")
