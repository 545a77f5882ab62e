"""`neurodeploy train` and `deploy` as a user types them."""

import json
import logging

import numpy as np
import pytest

from neurodeploy.cli import main
from neurodeploy.detectors.words import all_words

WORDS = "models/spatial-words"


@pytest.fixture(autouse=True)
def _in_the_project(project_root, monkeypatch):
    monkeypatch.chdir(project_root)


def run(capsys, *arguments):
    code = main([str(a) for a in arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def train(capsys, tmp_path, *arguments):
    code, out, err = run(capsys, "train", WORDS, "--json", "--out", tmp_path / "model", *arguments)
    assert code == 0, err
    return json.loads(out)


def deploy(capsys, tmp_path, *arguments):
    code, out, err = run(
        capsys, "deploy", tmp_path / "model", "--json", "--out", tmp_path / "report", *arguments
    )
    assert code == 0, err
    return json.loads(out)


def test_train_and_deploy(capsys, tmp_path):
    said = train(capsys, tmp_path, "--patterns", "992,1020", "--target", "emulator")
    assert said["factor"] == pytest.approx(2.99136)
    assert said["weights_1"] == [0.734375] * 5 + [0.3671875] * 3 + [0.0] * 2
    assert said["weights_0"] == [0.0] * 5 + [0.3671875] * 3 + [0.734375] * 2
    assert said["closed_form"]["accepted"] == 8
    assert said["model"] == str(tmp_path / "model")
    found = deploy(capsys, tmp_path)
    assert found["firing_words"] == [992, 996, 1000, 1004, 1008, 1012, 1016, 1020]
    assert found["metrics"]["accuracy"] == pytest.approx(0.994141, abs=1e-6)
    assert found["metrics"]["specificity"] == pytest.approx(0.994129, abs=1e-6)
    assert found["metrics"]["precision"] == 0.25


def test_text_says_the_same(capsys, tmp_path):
    model = tmp_path / "model"
    code, out, err = run(capsys, "train", WORDS, "--patterns", "992", "--out", model)
    assert (code, err) == (0, "")
    assert "factor 4.18817" in out
    assert str(model) in out
    assert max(map(len, out.replace(str(model), "").splitlines())) <= 100
    code, out, _ = run(capsys, "deploy", model, "--out", tmp_path / "report")
    assert code == 0
    assert "1 positives (TP 1, FP 0, TN 1023, FN 0)" in out
    assert "fires for 992" in out


def test_no_factor(capsys, tmp_path):
    said = train(capsys, tmp_path, "--patterns", "992,31")
    assert said["factor"] is None
    assert said["warnings"]
    assert deploy(capsys, tmp_path)["firing_words"] == []


def test_closed_form_on_ideal(capsys, tmp_path):
    said = train(capsys, tmp_path, "--patterns", "992", "--target", "ideal")
    assert said["factor"] == pytest.approx(15 / (200 * (1 - np.exp(-0.05))) * np.e, rel=1e-8)
    assert deploy(capsys, tmp_path, "--target", "ideal")["firing_words"] == [992]


def test_further_and_forget(capsys, tmp_path):
    train(capsys, tmp_path, "--patterns", "992,1008")
    both = ("--patterns", "3", "--forget", "1008", "--further")
    code, out, err = run(
        capsys, "train", tmp_path / "model", "--json", "--out", tmp_path / "new", *both
    )
    assert code == 0, err
    assert json.loads(out)["patterns"] == [992, 3]


def test_images_from_an_array(capsys, tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, x=all_words(6)[[5, 58]], y=np.array([0, 1]))
    said = train(capsys, tmp_path, "--bits", 6, "--data", path)
    assert [one["patterns"] for one in said["detectors"]] == [[5], [58]]
    found = deploy(capsys, tmp_path, "--data", path)
    assert found["accuracy"] == 1.0
    assert found["firing_words"] == [5, 58]


def test_packets_of_a_capture(capsys, tmp_path):
    folder = "models/packet-signatures"
    capture = ("--data", f"{folder}/sample.pcap", "--labels", f"{folder}/sample_labels.csv")
    code, out, err = run(
        capsys, "train", folder, *capture, "--json", "--out", tmp_path / "model", "--target",
        "ideal",
    )  # fmt: skip
    assert code == 0, err
    assert len(json.loads(out)["classes"]) == 33
    found = deploy(capsys, tmp_path, *capture, "--target", "ideal")
    assert len(found["detectors"]) == 33
    assert all(one["metrics"]["TP"] >= 1 for one in found["detectors"])
    assert found["firing_words"] is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((WORDS,), "needs words or samples"),
        ((WORDS, "--patterns", "1", "--data", "x.npz"), "either --patterns or --data"),
        ((WORDS, "--patterns", "1024"), "out of range"),
        ((WORDS, "--patterns", "1", "--max-factor", "-5"), "-5.0 is not in the range x>0"),
        ((WORDS, "--patterns", "1", "--target", "nowhere"), "unknown"),
        ((WORDS, "--forget", "992", "--bits", "4"), "--bits"),
        ((WORDS, "--patterns", "1", "--cassette", "x"), "--cassette"),
        (("models/digits", "--patterns", "1"), "is not a learner"),
        (("models/none", "--patterns", "1"), "no such model"),
    ],
)
def test_wrong_input_is_one_line(capsys, tmp_path, arguments, said):
    code, out, err = run(capsys, "train", *arguments, "--out", tmp_path / "model")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert said in err
    assert not (tmp_path / "model").exists()


def test_logs_are_as_before_afterwards(capsys, tmp_path):
    before = list(logging.getLogger().handlers)
    train(capsys, tmp_path, "--patterns", "1", "--target", "ideal")
    assert logging.getLogger().handlers == before
