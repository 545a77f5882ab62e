"""Current sources: the region that the host writes, and what they give, in plain integers."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from .arithmetic import UNSIGNED, kiss64, mul, wrap
from .regions import words

# sin(k/16) and cos(k/16) - 1 in signed 0.31.
SINES = (
    (0, 134130364, 267736951, 400298032, 531295957, 660219183, 786564267)
    + (909837834, 1029558505, 1145258771, 1256486826, 1362808327, 1463808091, 1559091715)
    + (1648287120, 1731045999)
)
COSINES = (
    (0, -4192939, -16755382, -37638274, -66760066, -104007040, -149233746, -202263575)
    + (-262889447, -330874618, -405953610, -487833239, -576193767, -670690148, -770953377)
    + (-876591926,)
)
HALF_ROOT = 1518500250
EIGHTHS, MANY_EIGHTHS = 7358, 189364951  # 7358 eighths of a circle, S16.15
EIGHTH_27 = 105414357


def rounded(x: int, n: int) -> int:
    """Round to a multiple of 2 to the n, halves up; what overflows wraps."""
    return wrap((x >> n) + (x >> n - 1 & 1) << n)


def times_top(a: int, b: int, c: int = 0) -> int:
    """a times the top half of b, in 16ths, plus c."""
    return wrap((a * (wrap(b) >> 16) >> 16) + c)


def reduce_angle(x: int) -> tuple[int, int]:
    """Rest within an eighth of a circle (signed 0.31), and the number of the eighth."""
    n = (x * 20861 >> 16) >> 13
    octant = n & 7
    while n < 0:
        n, x = n + EIGHTHS, x + MANY_EIGHTHS
    while n >= EIGHTHS:
        n, x = n - EIGHTHS, x - MANY_EIGHTHS
    dozens = (n * 21845 >> 16) >> 2
    n -= 12 * dozens
    x = ((x << 3) - 2470649 * dozens << 9) - EIGHTH_27 * n
    x = wrap(x)
    if x < 0:
        x, octant = x + EIGHTH_27, octant + 7 & 7
    return x << 4, octant


def sine(x: int) -> int:
    """Sine of an S16.15 angle, S16.15; +1 may come out as -1.

    An angle below about -15800 would read outside the program's tables, and is refused here.
    """
    x, octant = reduce_angle(x)
    grid = rounded(x, 27)
    x, k = wrap(x - grid << 5), grid >> 27
    cosine_x = (x >> 16) * (x >> 16) >> 10
    if not 0 <= k < len(SINES):
        raise ValueError("angle is too far below 0")
    s = times_top(SINES[k], -(cosine_x << 1), SINES[k])
    s = times_top(COSINES[k], x >> 4, s + (x >> 5))
    c = times_top(COSINES[k], cosine_x << 1, cosine_x - COSINES[k])
    c = times_top(SINES[k], x >> 4, c)
    if octant % 2:
        s, c = s * HALF_ROOT >> 31, HALF_ROOT - (c * HALF_ROOT >> 31)
        r = (c + s, c - s, -(c + s), s - c)[octant // 2]
        return rounded(r, 16) >> 16
    if octant % 4 == 0:
        return rounded(s if octant == 0 else -s, 16) >> 16
    r = rounded(c, 16) >> 16
    return 32768 - r if octant == 2 else r - 32768


@dataclass(frozen=True)
class Dc:
    """Constant current from one tick to another; all numbers are words."""

    amplitude: int
    start: int
    stop: int
    number = 1

    def pack(self) -> bytes:
        return words([self.amplitude, self.start, self.stop])

    def offset(self, tick: int) -> int:
        return self.amplitude if self.start <= tick < self.stop else 0


@dataclass(frozen=True)
class Ac:
    """Sine; frequency is an angle per tick."""

    start: int
    stop: int
    amplitude: int
    offset_: int
    frequency: int
    phase: int
    number = 2

    def pack(self) -> bytes:
        times = [self.start, self.stop]
        return words([*times, self.amplitude, self.offset_, self.frequency, self.phase])

    def offset(self, tick: int) -> int:
        if not self.start <= tick < self.stop:
            return 0
        passed = wrap(wrap(tick << 15) - wrap(self.start << 15))
        wave = sine(wrap(mul(passed, self.frequency) + self.phase))
        return wrap(self.offset_ + mul(self.amplitude, wave))


@dataclass
class Step:
    """Amplitudes that begin at ticks; each question of a neuron goes on by at most one."""

    ticks: Sequence[int]
    amplitudes: Sequence[int]
    index: int = 0
    now: int = 0
    number = 3

    def pack(self) -> bytes:
        n = len(self.ticks)
        return words([n, *self.ticks, n, *self.amplitudes])

    def offset(self, tick: int) -> int:
        if self.index < len(self.ticks) and tick >= self.ticks[self.index]:
            self.now = self.amplitudes[self.index]
            self.index += 1
        return self.now


@dataclass
class Noisy:
    """Normal noise; each question of a neuron takes a number."""

    mean: int
    deviation: int
    start: int
    stop: int
    seed: list[int]
    normal: Sequence[int] = field(default_factory=list)  # by the top 16 bits of a number
    number = 4

    def pack(self) -> bytes:
        return words([self.mean, self.deviation, self.start, self.stop, 1 << 15, *self.seed])

    def offset(self, tick: int) -> int:
        if not self.start <= tick < self.stop:
            return 0
        drawn = self.normal[(kiss64(self.seed) & UNSIGNED) >> 16]
        return wrap(self.mean + mul(self.deviation, drawn))


Source = Dc | Ac | Step | Noisy


def pack_currents(sources: Sequence[Source], targets: Sequence[Sequence[int]], n: int) -> bytes:
    """Pack the region: which sources each of `n` neurons has, and the sources by their kind."""
    ordered = sorted(range(len(sources)), key=lambda i: sources[i].number)
    if not ordered:
        return words([0])
    counts = [0] * 5
    places = []
    for i in ordered:
        number = sources[i].number
        places.append((number, counts[number]))
        counts[number] += 1
    content = [len(sources)]
    for neuron in range(n):
        mine = [place for i, place in zip(ordered, places, strict=True) if neuron in targets[i]]
        content += [len(mine), *(x for place in mine for x in place)]
    return words([*content, *counts[1:]]) + b"".join(sources[i].pack() for i in ordered)
