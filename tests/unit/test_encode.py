import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurodeploy.encode import ENCODERS, Encoder, encode
from neurodeploy.errors import InputError, ModelError

SIXTEENTHS = st.integers(0, 16)


def raster(x, kind, steps=16, **more):
    x = np.asarray(x)
    return encode(x, Encoder(kind, steps, **more), x.shape[-1])


@given(st.lists(SIXTEENTHS, min_size=1, max_size=6), st.integers(1, 40))
def test_rate_is_the_formula(values, steps):
    """Counted in whole numbers: floor(k v / 16 + 1/2) is (2 k v + 16) // 32."""
    found = raster([values], "rate", steps, scale=16.0)
    for j, v in enumerate(values):
        edges = [(2 * k * v + 16) // 32 for k in range(steps + 1)]
        assert found[0, :, j].tolist() == np.diff(edges).tolist()


@given(st.floats(0, 1), st.integers(1, 64))
def test_rate_counts_the_nearest_number_of_spikes(p, steps):
    found = raster([[p]], "rate", steps)[0, :, 0]
    assert found.max() <= 1
    exact = Fraction(p) * steps
    assert abs(int(found.sum()) - exact) <= Fraction(1, 2) + Fraction(1, 10**9)


@given(st.floats(0.02, 1), st.integers(8, 64))
def test_rate_spikes_evenly(p, steps):
    gaps = np.diff(np.flatnonzero(raster([[p]], "rate", steps)[0, :, 0]))
    assert gaps.size == 0 or (gaps.min() >= math.floor(1 / p) and gaps.max() <= math.ceil(1 / p))


def test_rate_of_the_ends():
    found = raster([[0.0, 1.0, 0.5]], "rate", 4)[0]
    assert found.T.tolist() == [[0, 0, 0, 0], [1, 1, 1, 1], [1, 0, 1, 0]]


@given(st.floats(0, 1), st.integers(1, 40))
def test_latency_spikes_once_and_earlier_for_more(p, steps):
    found = raster([[p]], "latency", steps)[0, :, 0]
    assert found.sum() == (p > 0)
    if p > 0:
        assert abs(int(found.argmax()) - (1 - p) * (steps - 1)) <= 0.5


def test_latency_by_hand():
    found = raster([[1.0, 0.5, 0.25, 0.0]], "latency", 5)[0]
    assert [np.flatnonzero(column).tolist() for column in found.T] == [[0], [2], [3], []]


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=5), st.integers(1, 9))
def test_spike_once(values, steps):
    found = raster([values], "spike_once", steps, scale=2.0, threshold=0.25)
    assert found[0, 0].tolist() == [int(v > 0.5) for v in values]
    assert found[0, 1:].sum() == 0


def test_spike_once_takes_bits():
    bits = np.array([[True, False], [False, True]])
    assert raster(bits, "spike_once", 3)[:, 0].tolist() == [[1, 0], [0, 1]]


def test_events_pass_through():
    x = np.random.default_rng(0).integers(0, 256, (2, 5, 3))
    found = encode(x.astype(float), Encoder("events", 5), 3)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, x)


@pytest.mark.parametrize("value", [-1.0, 0.5, 256.0])
def test_events_that_are_no_counts(value):
    x = np.zeros((1, 2, 2))
    x[0, 1, 1] = value
    with pytest.raises(InputError, match=r"x: holds no spike counts.*whole numbers 0\.\.255"):
        encode(x, Encoder("events", 2), 2)


def test_events_of_another_length():
    with pytest.raises(
        InputError, match=r"wrong shape for encoder events.*\(1, 3, 2\).*\(n, 4, 2\)"
    ):
        encode(np.zeros((1, 3, 2)), Encoder("events", 4), 2)


@pytest.mark.parametrize("kind", ["rate", "latency", "spike_once"])
@pytest.mark.parametrize("shape", [(2, 3), (2, 4, 1), (4,)])
def test_wrong_shape(kind, shape):
    with pytest.raises(InputError, match=rf"x: wrong shape for encoder {kind}.*\(n, 4\)"):
        encode(np.zeros(shape), Encoder(kind, 5), 4)


@pytest.mark.parametrize("kind", ["rate", "latency"])
@pytest.mark.parametrize("value", [-0.1, 16.5])
def test_values_outside_the_range(kind, value):
    with pytest.raises(InputError, match=rf"outside the range of encoder {kind}.*0 to 16"):
        raster([[0.0, value]], kind, scale=16.0)


@pytest.mark.parametrize("kind", sorted(ENCODERS))
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_no_numbers(kind, value):
    with pytest.raises(InputError, match="x: holds NaN or infinity"):
        raster([[value]], kind)


def test_text_is_refused():
    with pytest.raises(InputError, match="x: does not hold numbers"):
        raster([["a"]], "rate")


def test_unknown_encoder():
    with pytest.raises(ModelError, match=r"encoder: unknown \(got poisson, expected events \|"):
        raster([[0.0]], "poisson")


@pytest.mark.parametrize("kind", ["rate", "latency", "spike_once"])
def test_samples_are_encoded_alone(kind):
    x = np.random.default_rng(1).random((5, 3))
    whole = raster(x, kind)
    for k in range(5):
        np.testing.assert_array_equal(whole[k], raster(x[k : k + 1], kind)[0])


def test_events_of_several_dimensions_are_numbered_in_c_order():
    x = np.random.default_rng(3).integers(0, 3, (2, 4, 2, 3, 5))
    encoder = Encoder("events", 4)
    np.testing.assert_array_equal(encode(x, encoder, 30), x.reshape(2, 4, 30))
    with pytest.raises(InputError, match=r"wrong shape.*\(2, 4, 2, 3, 5\).*\(n, 4, 31\)"):
        encode(x, encoder, 31)
