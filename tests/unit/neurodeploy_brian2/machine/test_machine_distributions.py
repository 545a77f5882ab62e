"""Values that an expander draws, and what is stored of them."""

from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurodeploy_brian2.machine.distributions import (
    PARAMETERS,
    Distribution,
    RedrawError,
    fixed_point,
)
from neurodeploy_brian2.machine.kiss64 import Kiss64, host_seed
from neurodeploy_brian2.machine.neuron_expander import Parameter, expand_parameters, stored

SEED = host_seed(np.random.RandomState(8))
VALUES = {"value": 3.5, "mu": 1.0, "sigma": 2.0, "low": -1.5, "high": 2.5, "beta": 1.25}


@pytest.mark.parametrize("name", PARAMETERS)
def test_drawing_many_is_drawing_one_by_one(name):
    source = Distribution.of(name, VALUES)
    one, many = Kiss64(SEED), Kiss64(SEED)
    draw = source.drawer(one)
    assert source.draw(many, 500).tolist() == [draw() for _ in range(500)]
    assert one.state == many.state


@pytest.mark.parametrize(
    "name", ["uniform", "uniform_int", "normal_clipped", "normal_clipped_to_boundary"]
)
def test_limits_hold(name):
    values = Distribution.of(name, VALUES).draw(Kiss64(SEED), 2000) / 2**15
    assert values.min() >= -1.5
    assert values.max() <= 2.5
    assert values.std() > 0.5


def test_uniform_integers_are_not_whole():
    values = Distribution.of("uniform_int", {"low": 0, "high": 9}).draw(Kiss64(SEED), 100)
    assert (values % 2**15 != 0).any()


def test_clipped_exponential_is_a_clipped_normal():
    values = {"beta": 1.25, "low": -9, "high": 9}
    assert Distribution.of("exponential_clipped", values).draw(Kiss64(SEED), 300).min() < 0


def test_a_constant_takes_no_words():
    rng = Kiss64(SEED)
    assert Distribution.constant(-0.5).draw(rng, 3).tolist() == [-16384] * 3
    assert rng.state == SEED


def test_limits_that_are_never_met_raise():
    values = {"mu": 0, "sigma": 0.1, "low": 5, "high": 6}
    with pytest.raises(RedrawError, match=r"widen the limits"):
        Distribution.of("normal_clipped", values).draw(Kiss64(SEED), 1)


@given(st.floats(-65536, 65535.9))
def test_numbers_are_encoded_to_the_nearest(value):
    assert abs(fixed_point(value) - value * 2**15) <= 0.5


def test_infinities_are_the_ends_and_the_rest_is_refused():
    assert (fixed_point(inf), fixed_point(-inf)) == (2**31 - 1, -(2**31))
    with pytest.raises(OverflowError):
        fixed_point(65536)


def test_stored_words():
    bits = np.array([-98305, -16384, 16384, 32768, 98303], np.int64)
    assert stored(bits, "S1615").tolist() == bits.tolist()
    assert stored(bits, "INT32").tolist() == [-3, 0, 0, 1, 2]
    assert stored(bits, "UINT32").tolist() == [2**32 - 3, 0, 0, 1, 2]
    assert stored(bits, "U032").tolist()[2:4] == [2**31, 0]


def test_parameters_are_drawn_one_after_the_other():
    source, fixed = Distribution.of("normal", VALUES), Distribution.constant(1.0)
    first = Parameter("first", ((3, source), (2, fixed)))
    drawn = expand_parameters([first, Parameter("second", ((5, source),))], SEED)
    stream = source.draw(Kiss64(SEED), 8).tolist()
    assert drawn["first"].tolist() == [*stream[:3], 2**15, 2**15]
    assert drawn["second"].tolist() == stream[3:]
