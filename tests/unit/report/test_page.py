import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

from neurodeploy.inputs import Groups
from neurodeploy.readout import Decisions
from neurodeploy.report import document
from neurodeploy.report.figures import chosen_samples
from neurodeploy.report.page import GROUP_ROWS, arithmetic, page

from .conftest import CLASSES, HOSTILE

SECTIONS = set(
    [
        "summary",
        "confusion",
        "classes",
        "subsets",
        "groups",
        "rasters",
        "quantisation",
        "resources",
        "notes",
        "warnings",
        "data",
        "timing",
        "versions",
        "provenance",
    ]
)


class _Page(HTMLParser):
    """Tags, ids, addresses and text of a page; every opened tag must be closed."""

    VOID = ("meta", "link", "img", "br")

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.addresses, self.images, self.open = [], [], [], [], []
        self.said = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append(tag)
        self.ids += [found["id"]] if "id" in found else []
        self.addresses += [found[k] for k in ("src", "href") if k in found]
        self.images += [found["src"]] if tag == "img" else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.said += data


def _page(report):
    return _Page(page(report, document(report)))


def _figures(found):
    return [base64.b64decode(image.split(",")[1]).decode() for image in found.images]


def _cells(figure):
    """Return what a figure says, as a list of texts."""
    return [
        node.text for node in ElementTree.fromstring(figure).iter() if node.tag.endswith("text")
    ]


def test_it_has_every_section_and_closes_every_tag(report, unlabelled):
    for some in (report, unlabelled):
        found = _page(some)
        assert set(found.ids) == SECTIONS
        assert len(found.ids) == len(SECTIONS)
        assert found.open == []
        assert {a[1:] for a in found.addresses if a.startswith("#")} <= SECTIONS


def test_a_class_name_is_text_and_never_markup(report):
    found = _page(report)
    assert "script" not in found.tags
    assert HOSTILE in found.said
    assert HOSTILE not in page(report, document(report))


def test_names_in_figures_are_text_too(report):
    figures = _figures(_page(report))
    assert all("<script" not in figure for figure in figures)
    for figure in figures:
        assert {"never $x_1", "名"} <= set(_cells(figure))


def test_it_loads_nothing_from_anywhere(report):
    text = page(report, document(report))
    found = _Page(text)
    local = ("#", "data:", "report.json", "predictions.csv", "flows.csv", "spikes.npz")
    assert all(address.startswith(local) for address in found.addresses)
    assert "http" not in text
    assert "@import" not in text
    for figure in _figures(found):
        for node in ElementTree.fromstring(figure).iter():
            loads = [v for k, v in node.attrib.items() if k.endswith("href")]
            assert all(v.startswith(("#", "data:")) for v in loads)
        assert not re.search(r"url\((?!#)", figure)


def test_figures_are_drawn_of_every_count(report):
    confusion, right, wrong = _figures(_page(report))
    assert {"2", "1", "undecided", "label", "decision"} <= set(_cells(confusion))
    for raster in (right, wrong):
        assert {"input: 4", "hidden: 7", "out: 4"} <= set(_cells(raster))
    assert "bias: 1" not in _cells(right)


def test_headline_figures_are_those_of_the_report(report):
    said = _page(report).said
    for text in ("60.00 %", "58.33 %", "66.67 %", "accuracy of 3 flows", "2.75 s"):
        assert text in said


@pytest.mark.parametrize(
    ("name", "emulates", "sentence"),
    [
        (
            "emulator",
            "sPyNNaker 7.4.1",
            "Target emulator: the arithmetic of sPyNNaker 7.4.1 computed on Brian2; "
            "no board was used.",
        ),
        (
            "ideal",
            "the trained network in float",
            "Target ideal: the trained network in float; no board was used.",
        ),
        ("other", "chip 2", "Target other: engine numpy, the arithmetic of chip 2."),
    ],
)
def test_it_says_whose_arithmetic_it_shows(report, name, emulates, sentence):
    some = replace(report, target=name, emulates=emulates)
    assert arithmetic(some) == sentence
    assert sentence in _page(some).said


def test_an_interrupted_run_is_told_and_a_whole_one_is_not(report):
    assert "Interrupted" not in _page(report).said
    assert "Interrupted: 6 of 9 samples were run" in _page(replace(report, planned=9)).said


def test_warnings_notes_and_counts_are_shown(report):
    said = _page(report).said
    for text in (*report.warnings, *report.network.notes, "malformed: ipv4", "Apache-2.0", "exact"):
        assert text in said


def test_without_labels_it_draws_the_first_two_samples(unlabelled):
    assert chosen_samples(unlabelled) == [0, 1]
    assert len(_page(unlabelled).images) == 2


def test_it_draws_the_first_right_and_the_first_wrong_sample(report):
    assert chosen_samples(report) == [0, 1]
    turned = replace(report, samples=replace(report.samples, y=np.array([1, -1, 1, 0, 0, 0])))
    assert chosen_samples(turned) == [3, 0]
    all_right = replace(report, samples=replace(report.samples, y=report.predictions))
    assert chosen_samples(all_right) == [0]


def test_an_output_without_spikes_shows_its_membrane(report):
    membrane = np.random.default_rng(1).normal(size=(6, 5, 4))
    recording = replace(report.recording, membrane=membrane)
    _, right, wrong = _figures(_page(replace(report, recording=recording)))
    assert "membrane" in _cells(right)
    assert CLASSES[0] in _cells(right)
    assert CLASSES[0] in _cells(wrong)


def test_many_groups_are_cut_and_counted(report):
    n = GROUP_ROWS + 7
    groups = Groups("flow", np.zeros(6, dtype=np.int64), {"src": [f"host{k}." for k in range(n)]})
    found = _page(replace(report, samples=replace(report.samples, groups=groups)))
    assert f"host{GROUP_ROWS - 1}." in found.said
    assert f"host{GROUP_ROWS}." not in found.said
    assert "7 more in flows.csv" in found.said


def test_a_silent_report_of_one_sample_is_drawn(report):
    one = replace(
        report,
        samples=report.samples.first(1),
        decisions=Decisions(np.zeros((1, 4)), np.array([-1]), np.zeros(1, dtype=bool)),
        ideal=None,
        recording=report.recording.first(0),
    )
    assert "undecided" in _page(one).said
