import numpy as np
import pytest

import neurodeploy as nd
from neurodeploy.errors import InputError
from neurodeploy.learning.examples import examples, parse_patterns, pick


def test_words_of_classes():
    found = parse_patterns(["a=1,2", "b = c=0b11", "7"], 3)
    assert {k: v.tolist() for k, v in found.items()} == {
        "a": [[0, 0, 1], [0, 1, 0]],
        "b = c": [[0, 1, 1]],
        "pattern": [[1, 1, 1]],
    }


@pytest.mark.parametrize("texts", [["a="], ["=1"], ["a=1", "a=2"], [""], [","]])
def test_words_that_are_not_understood(texts):
    with pytest.raises(InputError, match="--patterns"):
        parse_patterns(texts, 3)


def test_picked_words_are_distinct_and_of_their_class():
    rng = np.random.default_rng(0)
    words = rng.integers(0, 2, (60, 4), dtype=np.uint8)
    labels = rng.integers(-1, 3, 60)
    found = pick(words, labels, ("a", "b", "c", "none"), 3, seed=1)
    assert list(found) == ["a", "b", "c"]
    for k, rows in enumerate(found.values()):
        assert len(np.unique(rows, axis=0)) == len(rows) == 3
        own = words[labels == k]
        assert all((own == row).all(axis=1).any() for row in rows)
    again = pick(words, labels, ("a", "b", "c"), 3, seed=1)
    assert all(np.array_equal(found[k], again[k]) for k in again)
    with pytest.raises(InputError, match="name no sample"):
        pick(words, np.full(60, -1), ("a",), 1, seed=0)


def test_packets_of_a_capture(project_root):
    folder = project_root / "models" / "packet-signatures"
    found = examples(
        nd.load(folder), folder / "sample.pcap", folder / "sample_labels.csv", 2, seed=0
    )
    assert len(found) == 33
    assert list(found) == sorted(found)
    assert all(rows.shape[1] == 41 and 1 <= len(rows) <= 2 for rows in found.values())


def test_arrays(project_root, tmp_path):
    model = nd.load(project_root / "models" / "spatial-words")
    path = tmp_path / "x.npz"
    np.savez(path, x=np.eye(10), y=np.arange(10) % 2)
    found = examples(model, path, None, 1, seed=0)
    assert {name: rows.shape for name, rows in found.items()} == {"0": (1, 10), "1": (1, 10)}
    np.savez(path, x=np.eye(10))
    with pytest.raises(InputError, match="has no labels"):
        examples(model, path, None, 1, seed=0)


def test_labels_that_cannot_be_read(project_root, tmp_path):
    folder = project_root / "models" / "packet-signatures"
    with pytest.raises(InputError, match="cannot be read"):
        examples(nd.load(folder), folder / "sample.pcap", tmp_path / "none.csv", 1, seed=0)
