"""Steps of neurons that spike by chance: KISS64 and the probabilities that cores compute.

A generator's words are unsigned; each is kept in an int64 variable of its neuron.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

import numpy as np

from neurodeploy.target.fixed_point import ONE, exp_tables, mul, wrap32
from neurodeploy_brian2.steps import Step

_MASK = 0xFFFFFFFF
_U = np.uint64
_X_FACTOR, _X_STEP, _Z_FACTOR = 314527869, 1234567, 4294584393
_LARGEST_DOWN = 0x10B55
_SOFT_LIMIT = 5 * ONE
_SATURATION = 26214  # 0.8 in S16.15, cut off
_EXP_LARGEST, _EXP_SMALLEST = 363408, -340695
_SERIES = (5294, 4293434720, 2081624032)


def _powers(sign: int) -> list[int]:
    """Return 2**(+-1/2), 2**(+-1/4) ... 2**(+-1/32768) in U16.16, cut off."""
    with localcontext() as context:
        context.prec = 50
        return [int(Decimal(2) ** (sign * Decimal(2) ** -i) * 65536) for i in range(1, 16)]


_UP, _DOWN = _powers(1), _powers(-1)


def _kiss_x(x: Any, asked: Any) -> Any:
    return np.where(asked, (_X_FACTOR * x + _X_STEP) & _MASK, x)


def _kiss_y(y: Any, asked: Any) -> Any:
    new = y ^ ((y << 5) & _MASK)
    new = new ^ (new >> 7)
    return np.where(asked, new ^ ((new << 22) & _MASK), y)


def _carried(z: Any, c: Any) -> Any:
    wide = np.asarray(z).astype(np.uint64) * _U(_Z_FACTOR) + np.asarray(c).astype(np.uint64)
    return (wide & _U(_MASK)).astype(np.int64), (wide >> _U(32)).astype(np.int64)


def _kiss_z(z: Any, c: Any, asked: Any) -> Any:
    return np.where(asked, _carried(z, c)[0], z)


def _kiss_c(z: Any, c: Any, asked: Any) -> Any:
    return np.where(asked, _carried(z, c)[1], c)


def _drawn(x: Any, y: Any, z: Any, chance: Any, asked: Any) -> Any:
    return ((((x + y + z) & _MASK) < chance) & (np.asarray(asked) != 0)).astype(np.int64)


def _sends(held: Any, drawn: Any, live: Any) -> Any:
    return (((held != 0) | (drawn != 0)) & (np.asarray(live) != 0)).astype(np.int64)


def _rest(left: Any, held: Any, drawn: Any, ticks: Any) -> Any:
    return np.where(held, left - 1, np.where(drawn, (ticks - 1) & _MASK, left))


def _settle(v: Any, held: Any, drawn: Any, floor: Any) -> Any:
    return np.where(held, v, np.maximum(np.where(drawn, floor, v), floor))


def _raised(product: Any, power: Any) -> Any:
    """Multiply by 2**fraction of a power; and whether a product left 16 bits on the way up."""
    up, part = power >= 0, np.abs(power) & 0x7FFF
    full = np.zeros(np.shape(product), dtype=bool)
    for i in range(15):
        bit = (part >> (14 - i)) & 1 != 0
        product = np.where(bit, (product * np.where(up, _UP[i], _DOWN[i])) >> 16, product)
        product = np.minimum(product, _MASK)
        full |= up & bit & (product >= 0x10000)
    return product, full


def _probability(gain: Any, power: Any) -> Any:
    up, whole = power >= 0, np.abs(power) >> 15
    bits = np.frexp(np.asarray(gain, dtype=np.float64))[1].astype(np.int64)
    too_much = up & ((gain >= 0x10000) | (power >= (17 - bits) << 15))
    too_much = too_much | (~up & (gain > _LARGEST_DOWN))
    nothing = ~up & (-power >= bits << 15)
    shifted = np.where(up, gain << np.minimum(whole, 16), gain >> np.minimum(whole, 63))
    product, full = _raised(np.where(too_much | nothing, 0, shifted), power)
    full = full | too_much
    return np.where(full, _MASK, ((product * _MASK) >> 16) & _MASK)


def _power_of_2(power: Any) -> Any:
    inside = np.abs(power) < 16 * ONE
    kept = np.where(inside, power, 0)
    whole = np.abs(kept) >> 15
    product, _ = _raised(np.where(kept >= 0, 0x10000 << whole, 0x10000 >> whole), kept)
    return np.where(inside, product, np.where(power > 0, 0xFFFFFFFE, 0))


def _sigma(v: Any, alpha: Any) -> Any:
    first = _power_of_2(wrap32(-mul(v, alpha)))
    return ((_power_of_2(wrap32(-(first >> 1))) * _MASK) >> 16) & _MASK


def _exp(n: Any) -> Any:
    """Return e**n, S16.15, for S16.15 arrays."""
    high, first, middle = _exp_arrays()
    kept = np.clip(n, _EXP_SMALLEST, _EXP_LARGEST)
    part = kept & (ONE - 1)
    exact = part == 0
    rest = ONE - part
    result = high[(kept >> 15) - first + ~exact]
    lower = result - _scale64(result, middle[np.where(exact, 0, rest >> 11)])
    c0, c1, c2 = _SERIES
    y = (rest & 0x7FF) << 17
    term = (c1 - ((c2 * y) >> 32)) & _MASK
    term = (((term * y) >> 32) + c0) & _MASK
    wide = np.where(exact, result, lower - _scale64(lower, term))
    return np.where(
        n > _EXP_LARGEST, (1 << 31) - 1, np.where(n < _EXP_SMALLEST, 0, wrap32(wide >> 17))
    )


def _scale64(x: Any, fraction: Any) -> Any:
    low = (x & _MASK).astype(np.uint64) * fraction.astype(np.uint64)
    carry = (low & _U(_MASK)) >= _U(0x7FFFFFFF)
    return (low >> _U(32)).astype(np.int64) + carry + (x >> 32) * fraction


def _exp_arrays() -> tuple[Any, int, Any]:
    high, middle = exp_tables()
    return np.array([high[k] for k in sorted(high)]), min(high), np.array(middle)


def _soft_chance(v: Any, threshold: Any, per_du: Any, hazard: Any) -> Any:
    excess = mul(wrap32(v - threshold), per_du)
    rate = mul(hazard, _exp(np.minimum(excess, _SOFT_LIMIT)))
    chance = mul(wrap32(ONE - _exp(rate)), _SATURATION) & 0x7FFFFFFF
    return np.where(excess < _SOFT_LIMIT, chance, _SATURATION)


def _gate(second: Any, old: Any, factor: Any, first: Any) -> Any:
    opens = (factor == 0) & (old == 0)
    return np.where(second < 32, 0, np.where(opens, first, factor))


def _c_table(name: str, values: list[int]) -> str:
    numbers = ", ".join(f"{value}LL" for value in values)
    return f"static const int64_t {name}[] = {{{numbers}}};"


def _c_exp() -> str:
    high, first, middle = _exp_arrays()
    c0, c1, c2 = _SERIES
    return f"""
static inline int64_t nd_exp_scale(int64_t x, int64_t fraction) {{
    uint64_t low = (uint64_t)(x & 0xFFFFFFFFLL) * (uint64_t)fraction;
    int64_t carry = (low & 0xFFFFFFFFULL) >= 0x7FFFFFFFULL;
    return (int64_t)(low >> 32) + carry + (x >> 32) * fraction; }}
static inline int64_t nd_exp(int64_t n) {{
    {_c_table("high", high.tolist())} {_c_table("middle", middle.tolist())}
    if (n > {_EXP_LARGEST}) return 2147483647LL;
    if (n < {_EXP_SMALLEST}) return 0;
    int64_t part = n & 32767, result;
    if (part == 0) return (int64_t)(int32_t)(high[(n >> 15) - ({first})] >> 17);
    part = 32768 - part;
    result = high[(n >> 15) + 1 - ({first})];
    result -= nd_exp_scale(result, middle[part >> 11]);
    int64_t y = (part & 2047) << 17;
    int64_t term = ({c1}LL - (({c2}LL * y) >> 32)) & 0xFFFFFFFFLL;
    term = (((term * y) >> 32) + {c0}) & 0xFFFFFFFFLL;
    return (int64_t)(int32_t)((result - nd_exp_scale(result, term)) >> 17); }}
"""


_W = "(int64_t)(int32_t)"
_C_POWERS = f"{_c_table('up', _UP)} {_c_table('down', _DOWN)}"
_C_PROBABILITY = f"""
    {_C_POWERS}
    int bits = 0; while (gain >> bits) bits++;
    int64_t size = power < 0 ? -power : power, product;
    if (power >= 0) {{
        if (gain >= 65536 || power >= (17 - bits) * 32768LL) return 4294967295LL;
        product = gain << (size >> 15);
    }} else {{
        if (gain > {_LARGEST_DOWN}) return 4294967295LL;
        if (size >= bits * 32768LL) return 0;
        product = gain >> (size >> 15);
    }}
    for (int i = 0; i < 15; i++) if ((size >> (14 - i)) & 1) {{
        product = (product * (power < 0 ? down[i] : up[i])) >> 16;
        if (power >= 0 && product >= 65536) return 4294967295LL;
    }}
    return ((product * 4294967295LL) >> 16) & 4294967295LL;
"""
_C_POWER_OF_2 = f"""
static inline int64_t nd_power_of_2(int64_t power) {{
    {_C_POWERS}
    if (power >= 524288) return 4294967294LL;
    if (power <= -524288) return 0;
    int64_t size = power < 0 ? -power : power;
    int64_t product = power < 0 ? 65536LL >> (size >> 15) : 65536LL << (size >> 15);
    for (int i = 0; i < 15; i++) if ((size >> (14 - i)) & 1) {{
        product = (product * (power < 0 ? down[i] : up[i])) >> 16;
        if (product > 4294967295LL) product = 4294967295LL;
    }}
    return product; }}
"""
_WIDE = f"(uint64_t)z * {_Z_FACTOR}ULL + (uint64_t)c"

CHANCE_STEPS = {
    "nd_kiss_x": Step(
        _kiss_x, "x asked", f"return asked ? (({_X_FACTOR}LL * x + {_X_STEP}) & 0xFFFFFFFFLL) : x;"
    ),
    "nd_kiss_y": Step(
        _kiss_y,
        "y asked",
        "if (!asked) return y; uint32_t n = (uint32_t)y;"
        "n ^= n << 5; n ^= n >> 7; n ^= n << 22; return (int64_t)n;",
    ),
    "nd_kiss_z": Step(
        _kiss_z, "z c asked", f"return asked ? (int64_t)(({_WIDE}) & 0xFFFFFFFFULL) : z;"
    ),
    "nd_kiss_c": Step(_kiss_c, "z c asked", f"return asked ? (int64_t)(({_WIDE}) >> 32) : c;"),
    "nd_drawn": Step(
        _drawn,
        "x y z chance asked",
        "return asked && (((x + y + z) & 0xFFFFFFFFLL) < chance);",
    ),
    "nd_sends": Step(_sends, "held drawn live", "return (held || drawn) && live;"),
    "nd_rest": Step(
        _rest,
        "left held drawn ticks",
        "return held ? left - 1 : (drawn ? ((ticks - 1) & 0xFFFFFFFFLL) : left);",
    ),
    "nd_settle": Step(
        _settle,
        "v held drawn floor",
        "if (held) return v; int64_t next = drawn ? floor : v;return next < floor ? floor : next;",
    ),
    "nd_probability": Step(_probability, "gain power", _C_PROBABILITY),
    "nd_sigma": Step(
        _sigma,
        "v alpha",
        f"int64_t first = nd_power_of_2({_W}(-{_W}((v * alpha) >> 15)));"
        f"int64_t second = nd_power_of_2({_W}(-(first >> 1)));"
        "return ((second * 4294967295LL) >> 16) & 4294967295LL;",
        _C_POWER_OF_2,
    ),
    "nd_soft_chance": Step(
        _soft_chance,
        "v threshold per_du hazard",
        f"int64_t excess = {_W}(({_W}(v - threshold) * per_du) >> 15);"
        f"if (excess >= {_SOFT_LIMIT}) return {_SATURATION};"
        f"int64_t rate = {_W}((hazard * nd_exp(excess)) >> 15);"
        f"int64_t rest = {_W}({ONE} - nd_exp(rate));"
        f"return {_W}((rest * {_SATURATION}) >> 15) & 0x7FFFFFFFLL;",
        _c_exp(),
    ),
    "nd_gate": Step(
        _gate,
        "second old factor first",
        "if (second < 32) return 0; return (factor == 0 && old == 0) ? first : factor;",
    ),
}
"""Every step by the name it has in Brian2 code."""

__all__ = ["CHANCE_STEPS"]
