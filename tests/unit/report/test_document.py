import json
from dataclasses import replace
from pathlib import Path

import pytest

from neurodeploy.report import document

from .conftest import CLASSES, HOSTILE

KEYS = set(
    [
        "model",
        "target",
        "engine",
        "emulates",
        "n_samples",
        "planned",
        "interrupted",
        "classes",
        "predictions",
        "labels",
        "accuracy",
        "balanced_accuracy",
        "agreement",
        "undecided",
        "ties",
        "per_class",
        "confusion",
        "groups",
        "subsets",
        "spikes",
        "quantisation",
        "saturations",
        "timing_s",
        "warnings",
        "versions",
        "data",
        "provenance",
        "notes",
        "report",
    ]
)


def _strict(report):
    """Return the document as it is after a trip through strict JSON."""
    return json.loads(json.dumps(document(report), allow_nan=False))


def test_it_has_the_promised_keys_and_survives_strict_json(report, unlabelled):
    for some in (report, unlabelled):
        assert set(document(some)) == KEYS
        assert _strict(some) == document(some)


def test_classes_are_names_and_nothing_is_null(report):
    said = _strict(report)
    web = CLASSES[0]
    assert said["predictions"] == [web, HOSTILE, None, web, HOSTILE, web]
    assert said["labels"] == [web, web, HOSTILE, None, HOSTILE, web]


def test_figures_are_those_counted_by_hand(report):
    said = _strict(report)
    assert said["accuracy"] == pytest.approx(3 / 5)
    assert said["balanced_accuracy"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert said["agreement"] == pytest.approx(4 / 6)
    assert (said["undecided"], said["ties"], said["interrupted"]) == (1, 1, False)
    assert said["confusion"] == [[2, 1, 0, 0, 0], [0, 1, 0, 0, 1], [0] * 5, [0] * 5]


def test_a_class_never_met_has_null_for_a_figure(report):
    first, *_, never = _strict(report)["per_class"]
    assert first["class"] == CLASSES[0]
    assert (first["precision"], first["support"]) == (1.0, 3)
    assert first["recall"] == pytest.approx(2 / 3)
    assert (never["precision"], never["recall"], never["f1"], never["support"]) == (None,) * 3 + (
        0,
    )


def test_groups_and_subsets_have_figures_of_their_own(report):
    said = _strict(report)
    assert said["groups"] == {"name": "flow", "n": 3, "accuracy": 2 / 3, "undecided": 1}
    assert said["subsets"]["with payload"] == {"n": 2, "accuracy": 0.5, "balanced_accuracy": 0.5}
    assert said["subsets"]["nothing"] == {"n": 0, "accuracy": None, "balanced_accuracy": None}


def test_an_exact_projection_has_no_snr(report):
    snr = {q["projection"]: q["snr_dB"] for q in _strict(report)["quantisation"]}
    assert snr == {"input -> hidden": 61.5, "hidden -> out": None, "bias -> out": None}
    first = _strict(report)["quantisation"][0]
    assert (first["lsb_nA"], first["zeroed"], first["clipped"], first["synapses"]) == (
        0.125,
        1,
        2,
        2,
    )


def test_without_labels_there_are_no_figures_of_them(unlabelled):
    said = _strict(unlabelled)
    absent = ("labels", "accuracy", "balanced_accuracy", "agreement", "per_class", "confusion")
    assert [said[key] for key in absent] == [None] * len(absent)
    assert said["groups"] is None
    assert said["subsets"] == {}


def test_an_interrupted_run_says_so(report):
    said = _strict(replace(report, planned=9))
    assert (said["interrupted"], said["planned"], said["n_samples"]) == (True, 9, 6)


def test_it_says_where_the_page_is(report):
    assert _strict(report)["report"] is None
    assert _strict(replace(report, path=Path("runs/a.html")))["report"] == str(Path("runs/a.html"))


def test_spikes_and_saturations_are_totals(report):
    said = _strict(report)
    assert said["spikes"] == {"input": 40, "bias": 40, "hidden": 40, "out": 40}
    assert said["saturations"] == {"out": 3}
    assert said["data"] == {"name": "toy.pcap", "counts": {"packets": 6, "malformed: ipv4": 1}}
