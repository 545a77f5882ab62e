import zipfile
from pathlib import Path

import numpy as np
import pytest
from strategies import chain, lif, linear

from neurodeploy.describe import Model
from neurodeploy.encode import Encoder
from neurodeploy.errors import InputError
from neurodeploy.importer import Timing
from neurodeploy.inputs import Groups, Samples, as_samples, read

MODEL = Model(
    name="small",
    graph=chain(linear(np.ones((2, 3))), lif(2), n_inputs=3, n_outputs=2),
    timing=Timing(1e-3, "snntorch", "hard"),
    encoder=Encoder("rate", 4),
    readout="spike_count",
)
X = np.arange(12.0).reshape(4, 3)


def saved(tmp_path, **arrays):
    path = tmp_path / "some.npz"
    np.savez(path, **arrays)
    return path


def refused(path, *texts, **more):
    with pytest.raises(InputError) as caught:
        read(MODEL, path, **more)
    line = str(caught.value)
    assert Path(path).name in line or "labels" in line
    assert "\n" not in line
    for text in texts:
        assert text in line


def test_npz(tmp_path):
    samples = read(MODEL, saved(tmp_path, x=X, y=np.array([0, 1, -1, 0]), other=np.zeros(1)))
    np.testing.assert_array_equal(samples.x, X)
    assert samples.y.tolist() == [0, 1, -1, 0]
    assert samples.y.dtype == np.int64
    assert (samples.name, len(samples)) == ("some.npz", 4)


def test_npz_without_labels(tmp_path):
    assert read(MODEL, saved(tmp_path, x=X)).y is None


def test_content_decides_not_the_suffix(tmp_path):
    path = saved(tmp_path, x=X).rename(tmp_path / "data.bin")
    np.testing.assert_array_equal(read(MODEL, path).x, X)


def test_npz_without_x(tmp_path):
    refused(saved(tmp_path, data=X), "holds no array x", "x, and optionally y")


def test_pickled_npz(tmp_path):
    array = np.array([[{}, None], [{}, None]], dtype=object)
    refused(saved(tmp_path, x=array), "holds pickled objects", "arrays of numbers", "np.savez")


def test_pickled_labels(tmp_path):
    refused(saved(tmp_path, x=X, y=np.array([{}] * 4, dtype=object)), "holds pickled objects")


def test_zip_that_is_no_npz(tmp_path):
    path = tmp_path / "some.npz"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("readme.txt", "hello")
    refused(path, "holds no array x")


def test_npz_member_that_is_no_array(tmp_path):
    path = tmp_path / "some.npz"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("x.npy", b"no array")
    refused(path, "x: does not hold numbers")


@pytest.mark.parametrize("keep", [4, 40, 0.5, 0.9, -1])
def test_truncated_npz(tmp_path, keep):
    path = saved(tmp_path, x=X)
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content)) if isinstance(keep, float) else keep])
    refused(path, "is not a readable npz file")


def test_corrupt_npz(tmp_path):
    path = tmp_path / "some.npz"
    np.savez_compressed(path, x=np.random.default_rng(0).random((50, 3)))
    content = bytearray(path.read_bytes())
    content[200:400] = bytes(200)
    path.write_bytes(content)
    refused(path, "is not a readable npz file")


@pytest.mark.parametrize("content", [b"", b"P", b"PK", b"just text", b"\x93NUMPY"])
def test_not_npz(tmp_path, content):
    path = tmp_path / "some.npz"
    path.write_bytes(content)
    refused(path, "is not an npz file", "as model small takes")


def test_missing_file(tmp_path):
    refused(tmp_path / "gone.npz", "cannot be read", "No such file")


def test_folder(tmp_path):
    refused(tmp_path, "cannot be read")


def test_labels_of_an_npz(tmp_path):
    refused(saved(tmp_path, x=X), "--labels", "into the npz as y", labels="some.csv")


@pytest.mark.parametrize(
    "y", [np.zeros(3, int), np.zeros((4, 1), int), np.zeros(4), np.array(list("abcd"))]
)
def test_labels_that_do_not_fit(tmp_path, y):
    refused(saved(tmp_path, x=X, y=y), "y: does not fit x", "whole numbers (4,)")
    with pytest.raises(InputError, match="y: does not fit x"):
        as_samples(X, y)


@pytest.mark.parametrize("x", [np.zeros(3), np.zeros((0, 3)), np.float64(1.0)])
def test_arrays_without_samples(x):
    with pytest.raises(InputError, match=r"x: holds no samples.*\(n, features\)"):
        as_samples(x)


@pytest.mark.parametrize("x", [[[1, 2], [3]], [["a", "b"]], [[1j, 2]], [[None, 1]]])
def test_arrays_that_are_no_numbers(x):
    with pytest.raises(InputError, match=r"^x: (is no array|does not hold numbers)"):
        as_samples(x)


def test_lists_and_samples_are_taken():
    samples = as_samples([[1, 2], [3, 4]], [0, 1])
    assert samples.x.tolist() == [[1, 2], [3, 4]]
    assert as_samples(samples) is samples


def test_first_samples_keep_their_facts():
    samples = Samples(
        X, np.arange(4), columns={"pkt": [1, 2, 3, 4]},
        groups=Groups("flow", np.array([0, 1, 0, 2]), {"src": ["a", "b", "c"]}),
        tags={"odd": np.array([False, True, False, True])},
    )  # fmt: skip
    first = samples.first(3)
    assert len(first) == 3
    assert first.y.tolist() == [0, 1, 2]
    assert first.columns == {"pkt": [1, 2, 3]}
    assert (first.groups.of.tolist(), first.groups.columns) == ([0, 1, 0], {"src": ["a", "b"]})
    assert first.tags["odd"].tolist() == [False, True, False]
    assert samples.first(4) is samples


def test_first_samples_keep_what_can_be_decided():
    decidable = np.array([True, False, True, True])
    assert Samples(X, decidable=decidable).first(2).decidable.tolist() == [True, False]


def test_mask_of_another_length():
    with pytest.raises(InputError, match=r"decidable: does not fit x \(got \(3,\), expected \(4,"):
        Samples(X, decidable=np.ones(3, dtype=bool))


@pytest.mark.parametrize("name", ["label", "prediction", "ideal", "tied", "correct"])
def test_column_with_a_name_of_the_report(name):
    with pytest.raises(InputError, match=f"samples: a column has the name.*got {name}.*rename it"):
        Samples(X, columns={name: [0] * 4})
    with pytest.raises(InputError, match=f"group 'flow': a column has the name.*got {name}"):
        Groups("flow", np.zeros(4, dtype=np.int64), {name: [0]})


def test_group_whose_table_would_be_that_of_the_samples():
    with pytest.raises(InputError, match="groups: the name is the report's own.*prediction"):
        Groups("prediction", np.zeros(4, dtype=np.int64), {"src": ["a"]})
