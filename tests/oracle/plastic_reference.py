"""What plastic synapses do, in plain integers: rules, traces and the deferred update."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from .arithmetic import mul, wrap
from .regions import Fields, words

STDP_ONE = 1 << 11
HISTORY = 15
"""Spikes of a target that are remembered, next to a placeholder at time 0."""


def exp_table(dt_ms: float, tau_ms: float, shift: int = 0) -> list[int]:
    """Fall off an exponential in S4.11, every 2**shift ticks, as far as it is not 0."""
    steps = math.log(STDP_ONE) / (dt_ms / tau_ms) / (1 << shift)
    size = 2 * math.ceil(steps / 2)
    return [int(STDP_ONE * math.exp((i << shift) * -(dt_ms / tau_ms))) for i in range(size)]


def pack_table(values: Sequence[int], shift: int = 0) -> list[int]:
    """Words of a table with its header."""
    halves = [len(values), shift, *values]
    return [a | b << 16 for a, b in zip(halves[::2], halves[1::2], strict=True)]


def look_up(table: Sequence[int], ticks: int, shift: int = 0) -> int:
    """Value of a table, 0 past its end and before its start."""
    index = ticks >> shift
    return table[index] if 0 <= index < len(table) else 0


def short(x: int) -> int:
    """Value of the low 16 bits, signed."""
    return (x + 0x8000 & 0xFFFF) - 0x8000


def mul11(a: int, b: int) -> int:
    """S4.11 product of two halves, rounded down."""
    return short(a) * short(b) >> 11


@dataclass(frozen=True)
class Amplitudes:
    """Constants of a weight rule, S16.15 words."""

    w_min: int
    w_max: int
    plus: int
    minus: int
    plus3: int = 0
    minus3: int = 0


@dataclass(frozen=True)
class Rule:
    """A timing rule with a weight rule.

    Attributes
    ----------
    timing : {"pair", "nearest", "triplet", "vogels"}
    weight : {"additive", "multiplicative"}
    tables : dict of str to list of int
        "plus", "minus" and for triplets "x", "y"; Vogels' one table is both.
    alpha : int
        S4.11, of Vogels' rule.
    """

    timing: str
    weight: str
    amplitudes: Amplitudes
    tables: dict[str, list[int]]
    backprop: bool = True
    alpha: int = 0

    @property
    def header_words(self) -> int:
        """Words before the weights of a row."""
        return 1 if self.timing == "nearest" else 2

    def pack(self, n_types: int) -> bytes:
        """Pack the region of the rule."""
        t, a = self.tables, self.amplitudes
        content = [int(self.backprop)]
        if self.timing == "vogels":
            content += [self.alpha, *pack_table(t["plus"])]
        else:
            content += [*pack_table(t["plus"]), *pack_table(t["minus"])]
        constants = [a.w_min, a.w_max, a.plus, a.minus]
        if self.timing == "triplet":
            content += [*pack_table(t["x"], 2), *pack_table(t["y"], 2)]
            constants += [a.plus3, a.minus3]
        return words(content + constants * n_types)


@dataclass
class Post:
    """What is remembered of a target: times and traces of its last spikes."""

    times: list[int] = field(default_factory=lambda: [0])
    traces: list[tuple[int, int]] = field(default_factory=lambda: [(0, 0)])

    def spike(self, rule: Rule, tick: int) -> None:
        """Remember a spike; the oldest but for the placeholder makes room."""
        since = tick - self.times[-1]
        first, second = self.traces[-1]
        new = (0, 0)
        if rule.timing == "triplet":
            second = mul11(second + STDP_ONE, look_up(rule.tables["y"], since, 2))
            new = (0, second if self.times[-1] else 0)
        if rule.timing != "nearest":
            table = rule.tables["minus"]
            new = (short(mul11(first, look_up(table, since)) + STDP_ONE), new[1])
        if len(self.times) > HISTORY:
            del self.times[1], self.traces[1]
        self.times.append(tick)
        self.traces.append(new)


@dataclass
class Pre:
    """What is remembered of a source: time and trace of its last spike."""

    time: int = 0
    trace: tuple[int, int] = (0, 0)


@dataclass
class PlasticSynapse:
    """One synapse."""

    post: int
    weight: int
    delay: int = 1
    receptor: int = 0


def change(w: int, rule: Rule, up: bool, terms: tuple[int, int]) -> int:
    """Move a weight (S16.15) by one event."""
    a, sign = rule.amplitudes, 1 if up else -1
    first = terms[0] << 4
    amplitude = a.plus if up else a.minus
    if rule.weight == "multiplicative":
        room = a.w_max - w if up else w - a.w_min
        return wrap(w + sign * mul(mul(wrap(room), amplitude), first))
    w = wrap(w + sign * mul(amplitude, first))
    if rule.timing == "triplet":
        w = wrap(w + sign * mul(a.plus3 if up else a.minus3, terms[1] << 4))
    return min(w, a.w_max) if up else max(w, a.w_min)


def at_post(w: int, rule: Rule, pre: Pre, event: tuple[int, tuple[int, int]], before: int) -> int:
    """Weight after a spike of the target; times already hold the delay."""
    time, trace = event
    since = time - pre.time
    if rule.timing != "vogels" and since <= 0:
        return w
    fallen = look_up(rule.tables["plus"], since)
    if rule.timing == "nearest":
        return change(w, rule, True, (fallen if since <= time - before else 0, 0))
    first = mul11(pre.trace[0], fallen)
    return change(w, rule, True, (first, mul11(first, trace[1])))


def at_pre(
    w: int, rule: Rule, tick: int, new: tuple[int, int], event: tuple[int, tuple[int, int]]
) -> int:
    """Weight after a spike of the source, given the last spike of the target."""
    time, trace = event
    fallen = look_up(rule.tables["minus"], tick - time)
    if rule.timing == "vogels":
        return change(w, rule, True, (mul11(trace[0], fallen) - rule.alpha, 0))
    if rule.timing == "nearest":
        return change(w, rule, False, (fallen, 0))
    first = mul11(trace[0], fallen)
    return change(w, rule, False, (first, mul11(first, new[1])))


def next_trace(rule: Rule, pre: Pre, tick: int) -> tuple[int, int]:
    """Trace of a source after a spike."""
    since = tick - pre.time
    if rule.timing == "nearest":
        return (0, 0)
    first = short(mul11(pre.trace[0], look_up(rule.tables["plus"], since)) + STDP_ONE)
    if rule.timing != "triplet" or pre.time == 0:
        return (first, 0)
    return (first, mul11(pre.trace[1] + STDP_ONE, look_up(rule.tables["x"], since, 2)))


def next_weight(
    rule: Rule,
    synapse: tuple[int, int],
    pre: Pre,
    post: Post,
    tick: int,
    new: tuple[int, int],
    shift: int,
) -> int:
    """16-bit weight after a spike of the source in `tick`; a synapse is weight and delay."""
    weight, lag = synapse
    lag = lag if rule.backprop else 0
    begin, end = max(0, pre.time - lag), max(0, tick - lag)
    w = wrap(weight << shift)
    last = max(i for i, time in enumerate(post.times) if i == 0 or time <= begin)
    for i in range(last + 1, len(post.times)):
        if post.times[i] > end:
            break
        event = (post.times[i] + lag, post.traces[i])
        w = at_post(w, rule, pre, event, post.times[last])
        last = i
    if last:
        event = (post.times[last] + lag, post.traces[last])
        w = at_pre(w, rule, tick, new, event)
    return w >> shift & 0xFFFF


def pack_row(rule: Rule, synapses: Sequence[PlasticSynapse], fields: Fields) -> list[int]:
    """Words of a row of plastic synapses."""
    halves = [y.weight for y in synapses] + [0] * (len(synapses) % 2)
    control = [fields.place(y) for y in synapses] + [0] * (len(synapses) % 2)
    plastic = [0] * rule.header_words + _pairs(halves)
    return [len(plastic), *plastic, 0, len(synapses), *_pairs(control)]


def read_weights(rule: Rule, row: Sequence[int], n: int) -> list[int]:
    """16-bit weights of a row."""
    body = row[1 + rule.header_words :]
    return [body[i // 2] >> 16 * (i % 2) & 0xFFFF for i in range(n)]


def read_header(rule: Rule, row: Sequence[int]) -> Pre:
    """Time and trace of a row."""
    trace = row[2] if rule.header_words == 2 else 0
    second = short(trace >> 16) if rule.timing == "triplet" else 0
    return Pre(row[1], (short(trace), second))


def _pairs(halves: Sequence[int]) -> list[int]:
    return [a | b << 16 for a, b in zip(halves[::2], halves[1::2], strict=True)]
