"""model.toml of a learner, written and read."""

from dataclasses import replace

import numpy as np
import pytest

import neurodeploy as nd
from neurodeploy import learning
from neurodeploy.describe import Lesson, Rule, Spatial
from neurodeploy.describe.spatial import check_spatial, chosen_columns
from neurodeploy.detectors.words import from_numbers
from neurodeploy.errors import InputError, ModelError
from neurodeploy.packets import feature_names

BLANK = """
schema = 1
kind = "stdp-spatial"
[input]
encoder = "complement"
steps = 2
[readout]
kind = "spike_count"
[learning]
bits = 4
"""


def load(folder, text):
    (folder / "model.toml").write_text(text)
    return nd.load(folder)


def trained(**options):
    spatial = options.pop("spatial", Spatial(4))
    return learning.train(spatial, from_numbers([9, 8], 4), target="ideal", **options)


def test_published_values_need_not_be_said(tmp_path):
    spatial = load(tmp_path, BLANK).spatial
    assert spatial == Spatial(4, Rule(), Lesson())
    assert spatial.learned is None


def test_other_values_are_taken(tmp_path):
    text = BLANK + "tau_plus_ms = 7\nA_minus = -0.5\none_ms = [2, 20.5]\nteacher_ms = 30\n"
    spatial = load(tmp_path, text).spatial
    assert spatial.rule == Rule(tau_plus_ms=7.0, A_minus=-0.5)
    assert spatial.lesson == Lesson(one_ms=(2.0, 20.5), teacher_ms=30.0)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("bits = 0", "out of range"),
        ("bits = 5000", "out of range"),
        ("tau_plus_ms = 0", "above 0"),
        ("w_max_nA = -1", "above 0"),
        ("teacher_ms = 80", "within the lesson"),
        ('one_ms = ["a"]', "numbers only"),
        ("typo = 1", "unknown keys"),
    ],
)
def test_values_that_cannot_be_used(tmp_path, line, said):
    lines = [one for one in BLANK.splitlines() if not (line.startswith("bits") and "bits" in one)]
    with pytest.raises(ModelError, match=said):
        load(tmp_path, "\n".join([*lines, line]))


def test_unknown_kind(tmp_path):
    with pytest.raises(ModelError, match="unknown kind"):
        load(tmp_path, BLANK.replace("stdp-spatial", "magic"))


def test_an_untrained_learner_says_so(tmp_path):
    model = load(tmp_path, BLANK)
    for act in (lambda: nd.deploy(model), lambda: nd.check(model), lambda: nd.compile(model)):
        with pytest.raises(ModelError, match="has not learned anything yet"):
            act()
    with pytest.raises(ModelError, match="has not learned anything yet"):
        nd.deploy(model, np.zeros((2, 4)))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("factors = [1.0, 2.0]", "one a class"),
        ('patterns = [["0011", "01"]]', "no word"),
        ('patterns = [["0012"]]', "no word"),
        ("patterns = [1]", "lists of words"),
        ("ring_shifts = [5]", "not understood"),
        ("ring_shifts = [5, 40]", "not understood"),
    ],
)
def test_learned_facts_that_cannot_be(tmp_path, line, said):
    learning.write_model(trained(), tmp_path, load(tmp_path, BLANK))
    text = (tmp_path / "model.toml").read_text()
    key = line.split(" =", maxsplit=1)[0]
    kept = [one for one in text.splitlines() if not one.startswith(f"{key} =")]
    kept.insert(kept.index("[learned]") + 1, line)
    with pytest.raises(ModelError, match=said):
        load(tmp_path, "\n".join(kept))


def test_a_training_survives_its_files(tmp_path):
    spatial = Spatial(4, Rule(tau_plus_ms=6.0), Lesson(one_ms=(1.0, 25.0)))
    training = trained(spatial=spatial, similarity=1)
    blank = load(tmp_path, BLANK)
    model = nd.load(learning.write_model(training, tmp_path / "new", blank))
    assert model.spatial.rule == spatial.rule
    assert model.spatial.lesson == spatial.lesson
    facts = model.spatial.learned
    assert facts.patterns == (("1001", "1000"),)
    assert facts.factors == training.factors
    assert (facts.similarity, facts.ring_shifts, facts.target) == (1, None, "ideal")
    again = learning.learned_of(model)["pattern"]
    np.testing.assert_allclose(again.weights_1, training.learned[0].weights_1, rtol=1e-14)
    np.testing.assert_allclose(again.weights_0, training.learned[0].weights_0, rtol=1e-14)


def test_data_that_ship_are_kept_when_a_model_is_trained_in_its_folder(tmp_path):
    np.savez(tmp_path / "sample.npz", x=np.eye(4), y=np.zeros(4, dtype=int))
    model = load(tmp_path, BLANK + '[sample]\ndata = "sample.npz"\n')
    assert nd.load(learning.write_model(trained(), tmp_path, model)).files == model.files
    elsewhere = learning.write_model(trained(), tmp_path / "other", model)
    assert nd.load(elsewhere).files.data is None


def test_what_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        learning.write_model(trained(), tmp_path / "file", load(tmp_path, BLANK))


def test_another_graph_is_refused(tmp_path, project_root):
    model = nd.load(learning.write_model(trained(), tmp_path, load(tmp_path, BLANK)))
    other = nd.load(project_root / "models" / "digits")
    with pytest.raises(ModelError, match="not that of spatial detectors"):
        nd.compile(replace(other, spatial=model.spatial))


def test_features_of_packets_become_bits():
    names = feature_names(ports="service")
    spatial = Spatial(18, features=("tcp_flags_*", "icmp_type_[0-5]"))
    chosen = chosen_columns(spatial, "service")
    assert [names[k] for k in chosen[:12]] == [f"tcp_flags_{k}" for k in range(12)]
    assert len(chosen) == 18
    with pytest.raises(ModelError, match="no such feature"):
        chosen_columns(replace(spatial, features=("tcp_flag",)), "service")
    with pytest.raises(ModelError, match="not as many"):
        chosen_columns(replace(spatial, n_bits=17), "service")
    assert len(chosen_columns(Spatial(len(names)), "service")) == len(names)


def test_checked_learners_come_back():
    spatial = Spatial(10)
    assert check_spatial(spatial) is spatial
