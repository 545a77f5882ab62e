import json
from dataclasses import replace

import numpy as np
import pytest

from neurodeploy import errors
from neurodeploy.inputs import Groups
from neurodeploy.report import document, prepare, write
from neurodeploy.report.files import replacing, writable


def test_every_file_is_there_and_nothing_else(report, tmp_path):
    written = write(report, tmp_path / "a" / "b")
    folder = tmp_path / "a" / "b"
    assert written.path == folder / "report.html"
    assert {p.name for p in folder.iterdir()} == {
        "report.html",
        "report.json",
        "predictions.csv",
        "flows.csv",
        "spikes.npz",
    }
    assert json.loads((folder / "report.json").read_text(encoding="utf-8")) == document(written)


def test_samples_that_are_not_grouped_have_no_file_of_groups(unlabelled, tmp_path):
    write(unlabelled, tmp_path)
    assert not (tmp_path / "flows.csv").exists()


def test_spikes_come_back_as_they_were(report, tmp_path):
    write(report, tmp_path)
    with np.load(tmp_path / "spikes.npz", allow_pickle=False) as file:
        assert len(file.files) == 3 * len(report.recording.spikes)
        for name, spikes in report.recording.spikes.items():
            for key in ("sample", "step", "index"):
                np.testing.assert_array_equal(file[f"{name}/{key}"], getattr(spikes, key))


def test_the_name_of_a_group_cannot_leave_the_folder(report, tmp_path):
    groups = report.samples.groups
    outside = Groups("../../x y", groups.of, groups.columns)
    write(replace(report, samples=replace(report.samples, groups=outside)), tmp_path / "a")
    assert (tmp_path / "a" / "_x_ys.csv").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_writing_twice_gives_the_same_bytes(report, tmp_path):
    write(report, tmp_path)
    once = (tmp_path / "report.html").read_bytes()
    write(report, tmp_path)
    assert (tmp_path / "report.html").read_bytes() == once


def test_a_folder_that_cannot_be_is_refused_before_the_run(tmp_path):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(errors.InputError, match="cannot be written.*choose another --out") as e:
            prepare(folder)
        assert e.value.who == str(folder)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    # A folder in the place of the file fails for every user; permissions do not stop root.
    (tmp_path / ".probe").mkdir()
    (tmp_path / ".probe" / "x").touch()
    with pytest.raises(errors.InputError, match="cannot be written"):
        prepare(tmp_path)


@pytest.mark.parametrize("ready", [prepare, writable])
def test_preparing_leaves_a_folder_empty(ready, tmp_path):
    assert list(ready(tmp_path / "new").iterdir()) == []


def test_a_folder_that_is_used_again_holds_one_report_only(report, unlabelled, tmp_path):
    (tmp_path / "mine.csv").write_text("kept")
    write(report, tmp_path)
    assert (tmp_path / "flows.csv").exists()
    write(unlabelled, tmp_path)
    names = {p.name for p in tmp_path.iterdir()}
    assert names == {"mine.csv", "report.html", "report.json", "predictions.csv", "spikes.npz"}
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["groups"] is None


def test_the_look_before_a_run_takes_nothing_away(report, tmp_path):
    write(report, tmp_path)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    writable(tmp_path)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


@pytest.mark.parametrize("said", ["", "[]", '{"groups": {"name": 3}}', '{"groups": null}', "{"])
def test_files_beside_a_foreign_report_stay(said, tmp_path):
    (tmp_path / "report.json").write_text(said)
    (tmp_path / "flows.csv").write_text("mine")
    prepare(tmp_path)
    assert (tmp_path / "flows.csv").read_text() == "mine"


def test_a_report_cannot_name_a_file_elsewhere(tmp_path):
    (tmp_path / "xs.csv").write_text("mine")
    inner = tmp_path / "a"
    inner.mkdir()
    (inner / "report.json").write_text('{"groups": {"name": "../x"}}')
    prepare(inner)
    assert (tmp_path / "xs.csv").exists()


def test_an_interruption_leaves_the_old_file_whole(tmp_path):
    path = tmp_path / "report.json"
    path.write_text("old")

    def interrupted():
        with replacing(path) as file:
            file.write(b"half of the ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
