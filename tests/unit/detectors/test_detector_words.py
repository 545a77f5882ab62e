import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurodeploy.detectors import words
from neurodeploy.errors import InputError


@pytest.mark.parametrize("text", ["992", "0x3e0", "0b1111100000", "1111100000", " 992 "])
def test_one_word_in_every_form(text):
    assert words.parse_word(text, 10).tolist() == [1, 1, 1, 1, 1, 0, 0, 0, 0, 0]


def test_bits_of_full_length_go_before_the_number():
    assert words.parse_word("0000000101", 10).tolist() == [0] * 7 + [1, 0, 1]
    assert words.parse_word("101", 10).tolist() == [0, 0, 0, 1, 1, 0, 0, 1, 0, 1]


@pytest.mark.parametrize(
    ("text", "said"),
    [("1024", "out of range"), ("-1", "out of range"), ("x", "not understood"), ("", "not under")],
)
def test_what_is_no_word(text, said):
    with pytest.raises(InputError, match=said):
        words.parse_word(text, 10)


@given(st.integers(1, 64).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, 2**n - 1))))
def test_numbers_survive(case):
    n_bits, number = case
    found = words.from_numbers([number], n_bits)
    assert found.shape == (1, n_bits)
    assert int(words.to_text(found)[0], 2) == number
    np.testing.assert_array_equal(words.from_text(words.to_text(found), n_bits), found)


def test_long_words_are_shown_as_bits():
    assert words.shown(words.from_numbers([5], 8)) == [5]
    assert words.shown(words.from_numbers([5], 60)) == ["0" * 57 + "101"]


def test_all_words_are_in_order():
    assert words.to_text(words.all_words(2)) == ("00", "01", "10", "11")
    with pytest.raises(InputError, match="too many"):
        words.all_words(17)


@given(st.integers(0, 1023), st.integers(0, 1023))
def test_distance_is_that_of_the_numbers(one, other):
    found = words.distances(words.from_numbers([one], 10), words.from_numbers([other], 10))
    assert found.tolist() == [[(one ^ other).bit_count()]]
