"""Words of bits: numbers, strings and arrays, the first bit being the highest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from neurodeploy.errors import InputError

Bits = NDArray[np.uint8]
#: Words are told as numbers up to so many bits: JSON readers keep those exactly.
NUMBER_BITS = 53
#: All words are run up to this length.
ALL_BITS = 16


def parse_word(text: str, n_bits: int) -> Bits:
    """Read a word, (n_bits,) uint8 array.

    Parameters
    ----------
    text : str
        A number (`992`, `0x3e0`), or exactly `n_bits` zeros and ones.
    n_bits : int

    Raises
    ------
    InputError
        If it is neither, or too large.
    """
    text = text.strip()
    if len(text) == n_bits and n_bits > 1 and not set(text) - set("01"):
        return np.array([int(c) for c in text], dtype=np.uint8)
    try:
        number = int(text, 0)
    except ValueError as err:
        limit = f"a number or {n_bits} zeros and ones"
        raise InputError("word", "not understood", got=text, limit=limit) from err
    found: Bits = from_numbers([number], n_bits)[0]
    return found


def from_numbers(numbers: Iterable[int], n_bits: int) -> Bits:
    """Return numbers as words, (n, n_bits) uint8 array.

    >>> from_numbers([992, 3], 10).tolist()
    [[1, 1, 1, 1, 1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 1, 1]]
    """
    rows = []
    for number in numbers:
        if not 0 <= number < 1 << n_bits:
            raise InputError("word", "out of range", got=number, limit=f"0 to 2**{n_bits} - 1")
        rows.append([number >> shift & 1 for shift in range(n_bits - 1, -1, -1)])
    return np.array(rows, dtype=np.uint8).reshape(-1, n_bits)


def to_text(words: Bits) -> tuple[str, ...]:
    """Return each word as a string of zeros and ones."""
    return tuple("".join(map(str, row)) for row in words.tolist())


def from_text(texts: Sequence[str], n_bits: int) -> Bits:
    """Return strings of zeros and ones as words, (n, n_bits) uint8 array."""
    rows = [[int(c) for c in text] for text in texts]
    return np.array(rows, dtype=np.uint8).reshape(-1, n_bits)


def shown(words: Bits) -> list[int | str]:
    """Return words as people read them: numbers if short, else strings of bits."""
    texts = to_text(words)
    return [int(t, 2) if words.shape[1] <= NUMBER_BITS else t for t in texts]


def all_words(n_bits: int) -> Bits:
    """Return every word of that length, (2**n_bits, n_bits) uint8 array, in order."""
    if n_bits > ALL_BITS:
        raise InputError("words", "too many to run all", got=f"2**{n_bits}", limit=f"2**{ALL_BITS}")
    numbers = np.arange(1 << n_bits)[:, None]
    return (numbers >> np.arange(n_bits - 1, -1, -1) & 1).astype(np.uint8)


def distances(words: Bits, others: Bits) -> NDArray[np.int64]:
    """Return Hamming distances, (n_words, n_others) int array."""
    ours, theirs = words.astype(np.int64), others.astype(np.int64)
    return ours @ (1 - theirs).T + (1 - ours) @ theirs.T


__all__ = [
    "ALL_BITS",
    "NUMBER_BITS",
    "Bits",
    "all_words",
    "distances",
    "from_numbers",
    "from_text",
    "parse_word",
    "shown",
    "to_text",
]
