import csv
import io
from dataclasses import replace

from neurodeploy.report.tables import group_table, prediction_table, to_csv

from .conftest import CLASSES, HOSTILE, PREDICTIONS


def _rows(table):
    return list(csv.DictReader(io.StringIO(to_csv(table), newline="")))


def test_there_is_one_row_a_sample_with_its_decision(report):
    rows = _rows(prediction_table(report))
    names = (*CLASSES, "")
    assert [row["prediction"] for row in rows] == [names[p] for p in PREDICTIONS]
    assert [row["pkt"] for row in rows] == ["1", "2", "3", "4", "5", "6"]
    assert rows[1] == {
        "pkt": "2",
        "src": "10.0.0.1",
        "label": CLASSES[0],
        "prediction": HOSTILE,
        "ideal": HOSTILE,
        "tied": "1",
        "correct": "0",
    }


def test_an_unlabelled_sample_is_neither_right_nor_wrong(report):
    rows = _rows(prediction_table(report))
    assert [row["correct"] for row in rows] == ["1", "0", "0", "", "1", "1"]
    assert rows[3]["label"] == ""


def test_samples_without_columns_are_counted_from_0(unlabelled):
    rows = _rows(prediction_table(unlabelled))
    assert [row["sample"] for row in rows] == [str(k) for k in range(6)]
    assert {row["ideal"] + row["label"] + row["correct"] for row in rows} == {""}


def test_there_is_one_row_a_group(report):
    rows = _rows(group_table(report))
    assert [row["samples"] for row in rows] == ["2", "1", "1"]
    assert [row["prediction"] for row in rows] == [CLASSES[0], "", HOSTILE]
    assert [row["correct"] for row in rows] == ["1", "0", "1"]
    assert rows[2]["src"] == "fe80::1"


def test_samples_that_are_not_grouped_have_no_table_of_groups(unlabelled):
    assert group_table(unlabelled) is None


def test_a_separator_in_a_class_name_stays_in_its_cell(report):
    rows = _rows(prediction_table(replace(report, classes=('a,"b"\n', "b", "c", "d"))))
    assert rows[0]["prediction"] == 'a,"b"\n'
