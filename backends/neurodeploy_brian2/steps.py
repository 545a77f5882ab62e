"""The board's arithmetic, one small function a step, in NumPy and in C.

Brian2's language has no shifts and no masks, so every step is a function, written once for
NumPy and once in C. The C text serves both compiled targets: C++ takes it as it is, Cython
includes it verbatim. Formulas are those of docs/numerics.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurodeploy.target.fixed_point import ONE, dec, mul, wrap32


@dataclass(frozen=True)
class Step:
    """A user function: its NumPy form, its arguments and the C statement that returns it.

    `c_helpers` are C functions that the statement calls; no other step may have them.
    """

    python: Callable[..., Any]
    arguments: str
    c: str
    c_helpers: str = ""

    @property
    def n_arguments(self) -> int:
        """How many arguments it takes."""
        return len(self.arguments.split())

    def c_prototype(self, name: str) -> str:
        """Return its declaration in C."""
        return f"int64_t {name}({', '.join(f'int64_t {a}' for a in self.arguments.split())})"

    def c_text(self, name: str) -> str:
        """Return its definition in C."""
        return f"{self.c_helpers}static inline {self.c_prototype(name)} {{ {self.c} }}"

    def cython_text(self, name: str) -> str:
        """Return Cython that includes its C definition."""
        prototype = self.c_prototype(name).replace("int64_t", "long long")
        body = f'    """\n    #include <stdint.h>\n    {self.c_text(name)}\n    """\n'
        return f"cdef extern from *:\n{body}    {prototype} nogil\n"


def _later(tick: Any, stride: Any) -> Any:
    return not stride or tick % stride != 0


def _phase(tick: Any, stride: Any) -> Any:
    return tick % stride if stride else tick


def _live(tick: Any, stride: Any, period: Any, end: Any) -> Any:
    return (tick % stride < period) & (tick < end) if stride else True


def _pick(later: Any, start: Any, now: Any) -> Any:
    return now if later else start


def _low(later: Any, ring: Any) -> Any:
    return ring & 0xFFFFFFFF if later else np.zeros_like(ring)


def _high(later: Any, ring: Any) -> Any:
    return ring >> 32 if later else np.zeros_like(ring)


def _over(total: Any, live: Any) -> Any:
    return (total > 0xFFFF) & live


def _input(total: Any, shift: Any) -> Any:
    return wrap32(np.minimum(total, 0xFFFF) << shift)


def _arrive(state: Any, total: Any, shift: Any, init: Any) -> Any:
    return wrap32(state + dec(_input(total, shift), init))


def _sum(a: Any, b: Any) -> Any:
    return wrap32(a + b)


def _difference(a: Any, b: Any) -> Any:
    return wrap32(a - b)


def _drive(exc: Any, inh: Any, factor: Any, offset: Any) -> Any:
    return wrap32(mul(exc, factor) - mul(inh, factor) + offset)


def _conductance(state: Any) -> Any:
    return state >> 10


def _pull(exc: Any, inh: Any, e_exc: Any, e_inh: Any, v: Any, offset: Any) -> Any:
    outward = mul(wrap32(-inh), wrap32(e_inh - v))
    return wrap32(mul(exc, wrap32(e_exc - v)) - outward + offset)


def _membrane(v: Any, drive: Any, held: Any, resistance: Any, leak: Any, rest: Any) -> Any:
    target = wrap32(mul(drive, resistance) + rest)
    return np.where(held > 0, v, wrap32(target - mul(leak, wrap32(target - v))))


def _integrate(v: Any, drive: Any, held: Any, resistance: Any, floor: Any) -> Any:
    return np.where(held > 0, v, np.maximum(wrap32(mul(drive, resistance) + v), floor))


def _fires(v: Any, threshold: Any, live: Any) -> Any:
    return ((v >= threshold) & live).astype(np.int64)


def _pick_each(flag: Any, yes: Any, no: Any) -> Any:
    return np.where(flag, yes, no)


def _jump(flag: Any, value: Any, step: Any) -> Any:
    return np.where(flag, wrap32(value + step), value)


def _hold(held: Any, fired: Any, ticks: Any) -> Any:
    return np.where(fired, ticks, np.where(held > 0, held - 1, held))


def _alpha_exp(state: Any, arrived: Any, decay: Any) -> Any:
    return np.where(arrived > 0, wrap32(dec(state, decay) + ONE), state)


def _alpha_lin(state: Any, arrived: Any, gain: Any, exponential: Any) -> Any:
    # The core divides without sign; a divisor of 0 stops it, so what is returned then is moot.
    divisor = np.where(exponential == 0, ONE, exponential).astype(np.int64).view(np.uint64)
    share = wrap32((np.uint64(ONE << 15) // divisor).view(np.int64))
    grown = mul(wrap32(state + mul(arrived, gain)), wrap32(ONE - share))
    return np.where(arrived > 0, grown, state)


def _alpha_ramp(state: Any, last: Any, gain: Any) -> Any:
    return wrap32(state + mul(last, gain))


_IZK_M = 1311  # 0.04 in S16.15, cut off
_IZK_5, _IZK_140 = 5 * ONE, 140 * ONE


def _izk_slope(v: Any, u: Any, drive: Any) -> Any:
    base = wrap32(_IZK_140 + drive - u)
    return wrap32(base + mul(wrap32(_IZK_5 + mul(_IZK_M, v)), v))


def _izk_middle(v: Any, slope: Any, h: Any) -> Any:
    return wrap32(v + (mul(h, slope) >> 1))


def _izk_beta(v: Any, u: Any, h: Any, a: Any, b: Any) -> Any:
    return mul(wrap32(mul(b, v) - u), mul(a, h)) >> 1


def _izk_v(v: Any, u: Any, h: Any, drive: Any, middle: Any, beta: Any) -> Any:
    base = wrap32(_IZK_140 + drive - u)
    curve = mul(wrap32(_IZK_5 + mul(_IZK_M, middle)), middle)
    return wrap32(v + mul(h, wrap32(base - beta + curve)))


def _izk_u(u: Any, h: Any, a: Any, b: Any, middle: Any, beta: Any) -> Any:
    return wrap32(u + mul(mul(a, h), wrap32(mul(b, middle) - u - beta)))


_W = "(int64_t)(int32_t)"
_INPUT = f"{_W}((total > 0xFFFF ? 0xFFFF : total) << shift)"


def _mul(a: str, b: str) -> str:
    return f"{_W}(({a} * {b}) >> 15)"


STEPS = {
    "nd_later": Step(_later, "tick stride", "return stride == 0 || tick % stride != 0;"),
    "nd_phase": Step(_phase, "tick stride", "return stride ? tick % stride : tick;"),
    "nd_live": Step(
        _live,
        "tick stride period end",
        "return stride == 0 || ((tick % stride < period) && (tick < end));",
    ),
    "nd_pick": Step(_pick, "later start now", "return later ? now : start;"),
    "nd_low": Step(_low, "later ring", "return later ? (ring & 0xFFFFFFFFLL) : 0;"),
    "nd_high": Step(_high, "later ring", "return later ? (ring >> 32) : 0;"),
    "nd_over": Step(_over, "total live", "return (total > 0xFFFF) && live;"),
    "nd_input": Step(_input, "total shift", f"return {_INPUT};"),
    "nd_arrive": Step(
        _arrive,
        "state total shift init",
        f"int64_t input = {_INPUT}; return {_W}(state + {_W}((input * init) >> 32));",
    ),
    "nd_sum": Step(_sum, "a b", f"return {_W}(a + b);"),
    "nd_difference": Step(_difference, "a b", f"return {_W}(a - b);"),
    "nd_drive": Step(
        _drive,
        "exc inh factor offset",
        f"return {_W}({_mul('exc', 'factor')} - {_mul('inh', 'factor')} + offset);",
    ),
    "nd_conductance": Step(_conductance, "state", "return state >> 10;"),
    "nd_pull": Step(
        _pull,
        "exc inh e_exc e_inh v offset",
        f"int64_t outward = {_mul(f'{_W}(-inh)', f'{_W}(e_inh - v)')};"
        f"return {_W}({_mul('exc', f'{_W}(e_exc - v)')} - outward + offset);",
    ),
    "nd_membrane": Step(
        _membrane,
        "v drive held resistance leak rest",
        "if (held > 0) return v;"
        f"int64_t target = {_W}({_mul('drive', 'resistance')} + rest);"
        f"int64_t gap = {_W}(target - v);"
        f"return {_W}(target - {_mul('leak', 'gap')});",
    ),
    "nd_integrate": Step(
        _integrate,
        "v drive held resistance floor",
        "if (held > 0) return v;"
        f"int64_t next = {_W}({_mul('drive', 'resistance')} + v);"
        "return next < floor ? floor : next;",
    ),
    "nd_fires": Step(_fires, "v threshold live", "return (v >= threshold) && live;"),
    "nd_pick_each": Step(_pick_each, "flag yes no", "return flag ? yes : no;"),
    "nd_jump": Step(_jump, "flag value step", f"return flag ? {_W}(value + step) : value;"),
    "nd_hold": Step(
        _hold, "held fired ticks", "return fired ? ticks : (held > 0 ? held - 1 : held);"
    ),
    "nd_decay": Step(dec, "state fraction", f"return {_W}((state * fraction) >> 32);"),
    "nd_scale": Step(mul, "a b", f"return {_mul('a', 'b')};"),
    "nd_alpha_exp": Step(
        _alpha_exp,
        "state arrived decay",
        f"return arrived > 0 ? {_W}({_W}((state * decay) >> 32) + {ONE}) : state;",
    ),
    "nd_alpha_lin": Step(
        _alpha_lin,
        "state arrived gain exponential",
        "if (arrived <= 0) return state;"
        "uint64_t divisor = exponential == 0 ? 32768 : (uint64_t)exponential;"
        f"int64_t share = {_W}({ONE << 15}ULL / divisor);"
        f"int64_t grown = {_W}(state + {_mul('arrived', 'gain')});"
        f"return {_mul('grown', f'{_W}({ONE} - share)')};",
    ),
    "nd_alpha_ramp": Step(
        _alpha_ramp, "state last gain", f"return {_W}(state + {_mul('last', 'gain')});"
    ),
    "nd_izk_slope": Step(
        _izk_slope,
        "v u drive",
        f"int64_t base = {_W}({_IZK_140} + drive - u);"
        f"int64_t line = {_W}({_IZK_5} + {_mul(str(_IZK_M), 'v')});"
        f"return {_W}(base + {_mul('line', 'v')});",
    ),
    "nd_izk_middle": Step(
        _izk_middle, "v slope h", f"return {_W}(v + ({_mul('h', 'slope')} >> 1));"
    ),
    "nd_izk_beta": Step(
        _izk_beta,
        "v u h a b",
        f"int64_t gap = {_W}({_mul('b', 'v')} - u); int64_t ah = {_mul('a', 'h')};"
        f"return {_mul('gap', 'ah')} >> 1;",
    ),
    "nd_izk_v": Step(
        _izk_v,
        "v u h drive middle beta",
        f"int64_t base = {_W}({_IZK_140} + drive - u);"
        f"int64_t line = {_W}({_IZK_5} + {_mul(str(_IZK_M), 'middle')});"
        f"int64_t slope = {_W}(base - beta + {_mul('line', 'middle')});"
        f"return {_W}(v + {_mul('h', 'slope')});",
    ),
    "nd_izk_u": Step(
        _izk_u,
        "u h a b middle beta",
        f"int64_t gap = {_W}({_mul('b', 'middle')} - u - beta);"
        f"int64_t ah = {_mul('a', 'h')};"
        f"return {_W}(u + {_mul('ah', 'gap')});",
    ),
}
"""Every step by the name it has in Brian2 code."""

__all__ = ["STEPS", "Step"]
