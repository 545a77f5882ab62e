import sqlite3
from contextlib import closing
from importlib.resources import files

import pytest

from neurodeploy.api import BackendFailure
from neurodeploy_spinnaker.provenance import CORE_LOSSES, ROUTER_LOSSES, read


@pytest.fixture
def database(tmp_path, spynnaker):
    """A function that writes rows into a database of sPyNNaker's own schema."""
    ddl = files("spinn_front_end_common.utilities").joinpath("db.sql").read_text()

    def make(cores=(), routers=(), messages=(), recordings=()):
        path = tmp_path / "data.sqlite3"
        with closing(sqlite3.connect(path)) as db, db:
            db.executescript(ddl)
            for core_id, name in ((1, "hidden"), (2, "output"), (3, None)):
                row = (core_id, 0, 1, core_id, name)
                db.execute("INSERT INTO core VALUES(?, ?, ?, ?, ?)", row)
            columns = "core_id, description, the_value"
            db.executemany(f"INSERT INTO core_provenance({columns}) VALUES(?, ?, ?)", cores)
            columns = "x, y, description, the_value, expected"
            db.executemany(
                f"INSERT INTO router_provenance({columns}) VALUES(0, 0, ?, ?, 1)", routers
            )
            db.executemany("INSERT INTO reports VALUES(?)", [(text,) for text in messages])
            for k, missing in enumerate(recordings):
                db.execute("INSERT INTO extraction VALUES(?, 10, 1, 1, 0)", (k,))
                db.execute("INSERT INTO recording_region VALUES(?, 1, ?)", (k, k))
                row = (k, k, k, b"", 0, missing)
                db.execute("INSERT INTO recording_data VALUES(?, ?, ?, ?, ?, ?)", row)
        return path

    return make


CLEAN = [(1, "Max_backgrounds_queued", 1), (1, "Number_of_late_spikes", 0), (2, "Late spikes", 3)]


def test_a_clean_run_counts(database):
    found = read(database(CLEAN, [("RunDropped_Multicast_Packets", 0)], (), [0, 2]))
    assert (found.losses, found.n_cores) == ((), 2)
    assert found.counters["Late spikes"] == 3
    found.require(allow_loss=False)


@pytest.mark.parametrize("counter", CORE_LOSSES, ids=lambda counter: counter.name)
def test_each_counter_of_a_core_fails_a_run(database, counter):
    value = counter.most + 1
    found = read(database([*CLEAN, (2, counter.name, value)]))
    assert [(f.count, f.detail, f.who) for f in found.losses] == [
        (value, counter.detail, "output (core 0,1,2)")
    ]
    with pytest.raises(
        BackendFailure, match=f"{counter.name} {value}; most on output .core 0,1,2."
    ) as caught:
        found.require(allow_loss=False)
    assert caught.value.exit_code == 3
    assert "or give --allow-loss" in str(caught.value)
    found.require(allow_loss=True)


@pytest.mark.parametrize("counter", CORE_LOSSES, ids=lambda counter: counter.name)
def test_a_counter_at_its_bound_does_not(database, counter):
    read(database([*CLEAN, (2, counter.name, counter.most)])).require(allow_loss=False)


@pytest.mark.parametrize("counter", ROUTER_LOSSES, ids=lambda counter: counter.name)
def test_each_counter_of_a_router_fails_a_run(database, counter):
    with pytest.raises(BackendFailure, match=f"{counter.name} 1; most on router 0,0"):
        read(database(CLEAN, [(f"Run{counter.name}", 1)])).require(allow_loss=False)


def test_what_loading_and_reading_dropped_is_no_loss(database):
    rows = [("LoadDropped_Multicast_Packets", 7), ("ExtractMissed_For_Reinjection", 7)]
    assert read(database(CLEAN, rows)).losses == ()


@pytest.mark.parametrize(("again", "lost"), [(0, 9), (5, 4), (9, 0)])
def test_dropped_packets_that_were_sent_again_are_no_loss(database, again, lost):
    rows = [("RunDropped_Multicast_Packets", 9), ("RunReinjected", again)]
    assert [f.count for f in read(database(CLEAN, rows)).losses] == ([lost] if lost else [])


def test_a_run_in_parts_is_counted_once(database):
    cores = [*CLEAN, (1, "Number_of_late_spikes", 2), (1, "Number_of_late_spikes", 5)]
    routers = [("RunDropped_Multicast_Packets", 4), ("RunDropped_Multicast_Packets", 6)]
    routers += [("RunReinjected", 4), ("RunReinjected", 9)]
    losses = {f.kind: f.count for f in read(database(cores, routers)).losses}
    assert losses == {
        "loss: Number_of_late_spikes": 5,
        "loss: Dropped_Multicast_Packets": 1,
    }


LATE = [(1, "Number_of_late_spikes", 4)]
DROPPED = (
    "On hidden, 4 packets were dropped from the input buffer, because they arrived too late to be "
    "processed in a given time step. "
)


def test_late_packets_of_a_core_that_skipped_no_synapse_are_remarked(database):
    found = read(database([*CLEAN[:1], *LATE, (1, "Skipped synapses", 0)]))
    found.require(allow_loss=False)
    assert [(r.kind, r.who, r.count) for r in found.remarks] == [
        ("late: Number_of_late_spikes", "hidden (core 0,1,1)", 4)
    ]
    assert "delays made up for it" in str(found.remarks[0])


@pytest.mark.parametrize(
    ("cores", "messages"),
    [
        ([(1, "Skipped synapses", 1)], ()),  # too late for one delay
        ([(2, "Skipped synapses", 0)], ()),  # another core's: a delay extension counts none
        ([(1, "Skipped synapses", 0)], (DROPPED,)),
    ],
)
def test_other_late_packets_are_a_loss(database, cores, messages):
    found = read(database([*CLEAN[:1], *LATE, *cores], messages=messages))
    assert ("loss: Number_of_late_spikes", 4) in [(f.kind, f.count) for f in found.losses]
    with pytest.raises(BackendFailure, match="Number_of_late_spikes 4"):
        found.require(allow_loss=False)


def test_all_losses_are_named_with_their_totals(database):
    cores = [(1, "Skipped synapses", 2), (2, "Skipped synapses", 40), (3, "Late_packets", 1)]
    cores += [(1, "Max_backgrounds_queued", 3), (2, "Max_backgrounds_queued", 2)]
    with pytest.raises(BackendFailure) as caught:
        read(database(cores)).require(allow_loss=False)
    assert caught.value.got == (
        "Skipped synapses 42, Max_backgrounds_queued 3, Late_packets 1; most on output (core 0,1,2)"
    )


def test_recordings_with_gaps_fail_a_run(database):
    with pytest.raises(BackendFailure, match="missing_data 2; most on recordings"):
        read(database(CLEAN, recordings=[0, 1, 1])).require(allow_loss=False)


def test_what_is_no_loss_is_remarked_once(database):
    text = "The weights from the synapses for hidden saturated 3 times. "
    found = read(database(CLEAN, messages=[text, text]))
    found.require(allow_loss=False)
    assert [str(remark) for remark in found.remarks] == [f"sPyNNaker: 1 of 1 {text.strip()}"]


def test_a_run_of_which_nothing_is_known_does_not_count(database):
    with pytest.raises(BackendFailure, match="no core reported"):
        read(database()).require(allow_loss=True)


def test_no_database(tmp_path):
    with pytest.raises(BackendFailure, match="provenance: cannot be read"):
        read(tmp_path / "data.sqlite3")
    (tmp_path / "data.sqlite3").write_text("no database, by any means")
    with pytest.raises(BackendFailure, match="provenance: cannot be read"):
        read(tmp_path / "data.sqlite3")


def test_names_are_those_of_the_vendor(spynnaker):
    """A counter under a name that sPyNNaker does not use would never be seen."""
    text = ""
    for package in ("spynnaker", "spinn_front_end_common"):
        for path in sorted(files(package).rglob("*.py")):
            text += path.read_text(encoding="utf-8")
    for counter in (*CORE_LOSSES, *ROUTER_LOSSES):
        assert f'"{counter.name}"' in text or f'}}{counter.name}"' in text, counter.name
