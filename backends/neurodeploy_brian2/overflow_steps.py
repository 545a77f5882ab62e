"""Steps that tell whether a word of an update did not fit 32 bits.

Each takes what the step it watches takes, and computes it without the cut. Sums wrap to the
right word if only their end fits, so only ends, and what is multiplied, are looked at.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from neurodeploy.target.fixed_point import ONE, wrap32
from neurodeploy_brian2.steps import Step

_M = 1311
_5, _140 = 5 * ONE, 140 * ONE


def _out(word: Any) -> Any:
    return wrap32(word) != word


def _times(a: Any, b: Any) -> Any:
    return (a * b) >> 15


def _arrive(state: Any, total: Any, shift: Any, init: Any) -> Any:
    given = np.minimum(total, 0xFFFF) << shift
    return _out(given) | _out(state + ((wrap32(given) * init) >> 32))


def _drive(exc: Any, inh: Any, factor: Any, offset: Any) -> Any:
    return _out(_times(exc, factor) - _times(inh, factor) + offset)


def _pull(exc: Any, more: Any, inh: Any, e_exc: Any, e_inh: Any, v: Any, offset: Any) -> Any:
    up, down = e_exc - v, e_inh - v
    total = _times(exc, up) + _times(more, up) - _times(-inh, down) + offset
    return _out(up) | _out(down) | _out(total)


def _leaky(v: Any, drive: Any, held: Any, resistance: Any, rest: Any) -> Any:
    # What comes out is between v and the target, as long as their distance fits.
    target = _times(drive, resistance) + rest
    return (held <= 0) & (_out(target) | _out(target - v))


def _truncated(v: Any, drive: Any, held: Any, resistance: Any) -> Any:
    return (held <= 0) & _out(_times(drive, resistance) + v)


def _izk(v: Any, u: Any, h: Any, drive: Any, a: Any, b: Any, usual: Any) -> Any:
    if usual and _near(v, -100, 30) and _near(u, -200, 200) and _near(drive, -200, 200):
        return False
    base, ah, gap = _140 + drive - u, _times(a, h), _times(b, v) - u
    slope = base + _times(_5 + _times(_M, v), v)
    middle = v + (_times(h, wrap32(slope)) >> 1)
    beta = _times(wrap32(gap), wrap32(ah))
    odd = _out(ah) | _out(gap) | _out(slope) | _out(middle) | _out(beta)
    middle, beta, ah = wrap32(middle), wrap32(beta) >> 1, wrap32(ah)
    pull = base - beta + _times(wrap32(_5 + _times(_M, middle)), middle)
    back = _times(b, middle) - u - beta
    ends = _out(v + _times(h, wrap32(pull))) | _out(u + _times(ah, wrap32(back)))
    return odd | _out(pull) | _out(back) | _out(_times(h, wrap32(slope))) | ends


def _near(values: Any, low: int, high: int) -> bool:
    return bool(values.min() >= low * ONE and values.max() <= high * ONE)


def _either(one: Any, other: Any) -> Any:
    return one | other


def _count(so_far: Any, odd: Any, live: Any) -> Any:
    return so_far + (odd & live)


_W = "(int64_t)(int32_t)"


def _c_out(word: str) -> str:
    return f"(({word}) != {_W}({word}))"


OVERFLOW_STEPS = {
    "nd_over_arrive": Step(
        _arrive,
        "state total shift init",
        "int64_t given = (total > 0xFFFF ? 0xFFFF : total) << shift;"
        f"int64_t next = state + (({_W}given * init) >> 32);"
        f"return {_c_out('given')} || {_c_out('next')};",
    ),
    "nd_over_drive": Step(
        _drive,
        "exc inh factor offset",
        "int64_t total = ((exc * factor) >> 15) - ((inh * factor) >> 15) + offset;"
        f"return {_c_out('total')};",
    ),
    "nd_over_pull": Step(
        _pull,
        "exc more inh e_exc e_inh v offset",
        "int64_t up = e_exc - v; int64_t down = e_inh - v;"
        "int64_t total = ((exc * up) >> 15) + ((more * up) >> 15) - ((-inh * down) >> 15) + offset;"
        f"return {_c_out('up')} || {_c_out('down')} || {_c_out('total')};",
    ),
    "nd_over_leaky": Step(
        _leaky,
        "v drive held resistance rest",
        "int64_t target = ((drive * resistance) >> 15) + rest; int64_t gap = target - v;"
        f"return held <= 0 && ({_c_out('target')} || {_c_out('gap')});",
    ),
    "nd_over_truncated": Step(
        _truncated,
        "v drive held resistance",
        f"int64_t next = ((drive * resistance) >> 15) + v;return held <= 0 && {_c_out('next')};",
    ),
    "nd_over_izk": Step(
        _izk,
        "v u h drive a b usual",
        f"int64_t base = {_140} + drive - u; int64_t ah = (a * h) >> 15;"
        "int64_t gap = ((b * v) >> 15) - u;"
        f"int64_t slope = base + ((({_5} + (({_M} * v) >> 15)) * v) >> 15);"
        f"int64_t risen = (h * {_W}slope) >> 15; int64_t middle = v + (risen >> 1);"
        f"int64_t beta = ({_W}gap * {_W}ah) >> 15;"
        f"int64_t odd = {_c_out('ah')} || {_c_out('gap')} || {_c_out('slope')}"
        f" || {_c_out('risen')} || {_c_out('middle')} || {_c_out('beta')};"
        f"middle = {_W}middle; beta = {_W}beta >> 1; ah = {_W}ah;"
        f"int64_t line = {_W}({_5} + (({_M} * middle) >> 15));"
        "int64_t pull = base - beta + ((line * middle) >> 15);"
        "int64_t back = ((b * middle) >> 15) - u - beta;"
        f"int64_t v_end = v + ((h * {_W}pull) >> 15);"
        f"int64_t u_end = u + ((ah * {_W}back) >> 15);"
        f"return odd || {_c_out('pull')} || {_c_out('back')}"
        f" || {_c_out('v_end')} || {_c_out('u_end')};",
    ),
    "nd_either": Step(_either, "one other", "return one || other;"),
    "nd_count": Step(_count, "so_far odd live", "return so_far + (odd && live);"),
}
"""Every step by the name it has in Brian2 code."""

__all__ = ["OVERFLOW_STEPS"]
