import doctest
from decimal import Decimal, localcontext

import board_reference as plain
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurodeploy.target import fixed_point, weight_scale
from neurodeploy_brian2 import simulator, sources, synapses
from neurodeploy_brian2.kinds import KINDS
from neurodeploy_brian2.steps import STEPS

S32 = st.integers(-(2**31), 2**31 - 1)
U32 = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("module", [fixed_point, synapses, sources, simulator, weight_scale])
def test_examples_in_docstrings(module):
    result = doctest.testmod(module)
    assert result.attempted
    assert result.failed == 0


@given(S32, S32)
def test_mul_is_the_floored_wrapped_product(a, b):
    assert int(fixed_point.mul(np.int64(a), np.int64(b))) == plain.mul(a, b)


@given(S32, st.one_of(U32, st.just(2**32)))
def test_dec_is_the_floored_product_and_2_32_changes_nothing(x, d):
    assert int(fixed_point.dec(np.int64(x), np.int64(d))) == plain.dec(x, d)
    assert int(fixed_point.dec(np.int64(x), np.int64(2**32))) == x


@given(st.integers(0, 2**31 - 1), st.integers(1, 2**31 - 1))
def test_division(a, b):
    assert fixed_point.kdivk(a, b) == plain.kdivk(a, b)
    assert fixed_point.kdivui(a, 1) == a


@given(st.integers(-340695, 363408))
def test_exponentials(n):
    assert fixed_point.expk(n) == plain.expk(n)
    assert fixed_point.expulr(n) == plain.expulr(n)
    with localcontext() as context:
        context.prec = 40
        exact = (Decimal(n) / 2**15).exp() * 2**15
    assert abs(fixed_point.expk(n) - exact) <= 2 + exact * Decimal(2) ** -19


def test_exponentials_outside_their_range():
    assert fixed_point.expk(363409) == fixed_point.expulr(363409) == 0x7FFFFFFF
    assert fixed_point.expk(-340696) == fixed_point.expulr(-340696) == 0


@given(st.floats(-65000, 65000))
def test_encoding_is_within_half_a_step(value):
    assert abs(fixed_point.encode_s1615(value) / 2**15 - value) <= 2**-16
    assert fixed_point.encode_s1615(value) == plain.encode(value)


@pytest.mark.parametrize("value", [65536.0, -65536.1, float("nan"), float("inf"), 1e300])
def test_what_does_not_fit_is_refused(value):
    with pytest.raises(OverflowError):
        fixed_point.encode_s1615(value)


def test_each_calls_once_for_equal_rows():
    calls = []

    def add(a, b):
        calls.append((a, b))
        return a + b

    got = fixed_point.each(add, np.array([1, 2, 1]), np.array([5, 6, 5]))
    assert got.tolist() == [6, 8, 6]
    assert sorted(calls) == [(1, 5), (2, 6)]


def test_every_step_is_used_and_takes_what_its_c_form_takes():
    texts = "".join(kind.tick(2, waves=True) for kind in KINDS.values())
    for name, step in STEPS.items():
        assert f"{name}(" in texts
        assert step.python.__code__.co_argcount == step.n_arguments
