"""KISS64, the generator that every SpiNNaker core uses.

The generator is three small ones added together: a linear congruential x, a 32-bit shift register
y and a multiply-with-carry z. Each of the three can be jumped ahead, so a long run of draws is
made as many short lanes side by side; the order of the draws is still the core's.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

Seed = tuple[int, int, int, int]

_MASK = 0xFFFFFFFF
_X_FACTOR, _X_STEP = 314527869, 1234567
_Z_FACTOR = 4294584393
# The multiply-with-carry pair (z, c) is one residue: s = c 2^32 + z steps as s 2^-32 modulo this.
_Z_MODULUS = (_Z_FACTOR << 32) - 1
_Y_FALLBACK = 13031301
_C_MAX = 698769068
_FEW = 256
_BLOCK = 1 << 14


def host_seed(rng: np.random.RandomState) -> Seed:
    """
    Draw the four seed words as the host draws them for one core or population.

    Parameters
    ----------
    rng : numpy.random.RandomState
        The population's own generator, made from the user's ``seed`` (or from the system when none
        is given).

    Returns
    -------
    tuple of int
        (x, y, z, c) with y never zero and 0 < c < 698769069.
    """
    x, y, z, c = (int(rng.randint(-0x80000000, 0x7FFFFFFF)) + 0x80000000 for _ in range(4))
    return x, y or _Y_FALLBACK, z, c % _C_MAX + 1


def step(state: Seed) -> tuple[Seed, int]:
    """One draw: the next state and the 32-bit word."""
    x, y, z, c = state
    x = (_X_FACTOR * x + _X_STEP) & _MASK
    y ^= (y << 5) & _MASK
    y ^= y >> 7
    y ^= (y << 22) & _MASK
    carry = _Z_FACTOR * z + c
    z, c = carry & _MASK, carry >> 32
    return (x, y, z, c), (x + y + z) & _MASK


class Kiss64:
    """
    A KISS64 generator that reads ahead in blocks.

    Parameters
    ----------
    seed : tuple of int
        (x, y, z, c), four 32-bit words.
    """

    def __init__(self, seed: Seed):
        self._ahead: Seed = seed
        self._hold(np.zeros(0, np.uint32), seed)

    def word(self) -> int:
        """The next 32-bit word."""
        if self._at == len(self._words):
            self._refill()
        self._at += 1
        return self._words[self._at - 1]

    def words(self, n: int) -> NDArray[np.uint32]:
        """The next `n` words, shape (n,)."""
        if n - len(self._words) + self._at >= _BLOCK:
            waiting = self._block[self._at :]
            fresh, self._ahead = block(self._ahead, n - waiting.size)
            self._hold(np.zeros(0, np.uint32), self._ahead)
            return np.concatenate((waiting, fresh))
        taken = self._block[self._at : self._at + n]
        self._at += taken.size
        if taken.size == n:
            return taken
        self._refill()
        return np.concatenate((taken, self.words(n - taken.size)))

    def _refill(self) -> None:
        start = self._ahead
        fresh, self._ahead = block(start, _BLOCK)
        self._hold(fresh, start)

    def _hold(self, words: NDArray[np.uint32], start: Seed) -> None:
        """Keep words for later; `start` is the state before the first of them."""
        self._block = words
        self._words: list[int] = words.tolist()
        self._start, self._at = start, 0

    @property
    def state(self) -> Seed:
        """The four words that the core would hold now."""
        return block(self._start, self._at)[1]


def block(state: Seed, n: int) -> tuple[NDArray[np.uint32], Seed]:
    """
    Draw `n` words at once.

    Parameters
    ----------
    state : tuple of int
        (x, y, z, c) before the first draw.
    n : int
        Number of draws.

    Returns
    -------
    words : numpy.ndarray
        uint32, shape (n,), in the order of the draws.
    state : tuple of int
        The state after the last draw.
    """
    if n <= _FEW or state[3] >= _Z_FACTOR:
        return _one_by_one(state, n)
    length = max(1, int(n**0.5))
    n_lanes = n // length
    starts = _lane_starts(state, length, n_lanes)
    words = _lanes(starts[:-1], length).ravel()
    rest, end = _one_by_one(starts[-1], n - words.size)
    return np.concatenate((words, rest)), end


def _one_by_one(state: Seed, n: int) -> tuple[NDArray[np.uint32], Seed]:
    words = np.empty(n, np.uint32)
    for i in range(n):
        state, words[i] = step(state)
    return words, state


def _lane_starts(state: Seed, length: int, n_lanes: int) -> list[Seed]:
    """States at draws 0, length, 2 length ... n_lanes length."""
    x_factor, x_step = _x_jump(length)
    y_jump = _y_jump(length)
    z_jump = pow(pow(1 << 32, -1, _Z_MODULUS), length, _Z_MODULUS)
    x, y, z, c = state
    pair = (c << 32) | z
    starts = [state]
    for _ in range(n_lanes):
        x = (x_factor * x + x_step) & _MASK
        y = _times(y_jump, y)
        pair = pair * z_jump % _Z_MODULUS
        starts.append((x, y, pair & _MASK, pair >> 32))
    return starts


def _lanes(starts: list[Seed], length: int) -> NDArray[np.uint32]:
    """Draws of every lane, shape (n_lanes, length)."""
    x, y, z, c = np.array(starts, np.uint64).T.copy()
    mask, shift = np.uint64(_MASK), np.uint64(32)
    words = np.empty((len(starts), length), np.uint32)
    for i in range(length):
        x = (x * np.uint64(_X_FACTOR) + np.uint64(_X_STEP)) & mask
        y ^= (y << np.uint64(5)) & mask
        y ^= y >> np.uint64(7)
        y ^= (y << np.uint64(22)) & mask
        carry = z * np.uint64(_Z_FACTOR) + c
        z, c = carry & mask, carry >> shift
        words[:, i] = (x + y + z) & mask
    return words


def _x_jump(n: int) -> tuple[int, int]:
    """(a, b) such that n steps of the congruential part are a x + b."""
    factor, offset = 1, 0
    step_factor, step_offset = _X_FACTOR, _X_STEP
    while n:
        if n & 1:
            factor, offset = (
                factor * step_factor & _MASK,
                (step_factor * offset + step_offset) & _MASK,
            )
        step_offset = (step_factor * step_offset + step_offset) & _MASK
        step_factor = step_factor * step_factor & _MASK
        n >>= 1
    return factor, offset


@cache
def _y_jump(n: int) -> tuple[int, ...]:
    """Columns of the bit matrix of n steps of the shift register."""
    result = tuple(1 << bit for bit in range(32))
    power = tuple(_y_step(1 << bit) for bit in range(32))
    while n:
        if n & 1:
            result = tuple(_times(power, column) for column in result)
        power = tuple(_times(power, column) for column in power)
        n >>= 1
    return result


def _y_step(y: int) -> int:
    y ^= (y << 5) & _MASK
    y ^= y >> 7
    return y ^ ((y << 22) & _MASK)


def _times(columns: tuple[int, ...], vector: int) -> int:
    total = 0
    while vector:
        low = vector & -vector
        total ^= columns[low.bit_length() - 1]
        vector ^= low
    return total


def wrap32(value: int) -> int:
    """Reduce to a signed 32-bit value."""
    return ((value + 0x80000000) & _MASK) - 0x80000000


__all__ = ["Kiss64", "Seed", "block", "host_seed", "step", "wrap32"]
