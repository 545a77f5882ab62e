"""The programs' fixed-point arithmetic, in plain integers."""

from decimal import Decimal, localcontext
from functools import cache

ONE = 1 << 15
UNSIGNED = 0xFFFFFFFF
C0, C1, C2 = 5294, 4293434720, 2081624032
EXP_TOP, EXP_BOTTOM = 363408, -340695


def wrap(x: int) -> int:
    """Value of the low 32 bits, signed."""
    return (x + (1 << 31) & UNSIGNED) - (1 << 31)


def mul(a: int, b: int) -> int:
    """S16.15 product, rounded down."""
    return wrap(a * b >> 15)


def decay(x: int, factor: int) -> int:
    """Product with an unsigned 0.32 factor, rounded down."""
    return wrap(x * factor >> 32)


def divide(a: int, b: int) -> int:
    """S16.15 quotient: unsigned long division of the sign-extended words."""
    long = (1 << 64) - 1
    return wrap((a << 15 & long) // (b & long))


def divide_by(a: int, n: int) -> int:
    """S16.15 word divided by an unsigned number."""
    return wrap((a & (1 << 64) - 1) // n)


@cache
def power_of_e(k: int) -> int:
    """e to the k, unsigned 32.32, rounded."""
    with localcontext() as context:
        context.prec = 90
        return int((Decimal(k).exp() * 2**32).to_integral_value())


@cache
def complement(i: int) -> int:
    """1 - e^(-i/16), unsigned 0.32, rounded."""
    with localcontext() as context:
        context.prec = 90
        return int(((1 - (Decimal(-i) / 16).exp()) * 2**32).to_integral_value())


def scale64(x: int, y: int) -> int:
    """32.32 times 0.32, nearly rounded."""
    low = (x & UNSIGNED) * y
    return (low >> 32) + ((low & UNSIGNED) >= 0x7FFFFFFF) + (x >> 32) * y


def exp64(n: int) -> int:
    """e to the S16.15 argument, 32.32."""
    whole, part = n >> 15, n & 0x7FFF
    if part == 0:
        return power_of_e(whole)
    part = ONE - part
    t = power_of_e(whole + 1)
    t -= scale64(t, complement(part >> 11))
    y = (part & 0x7FF) << 17
    u = C1 - (C2 * y >> 32) & UNSIGNED
    u = (u * y >> 32) + C0 & UNSIGNED
    return t - scale64(t, u)


def exp_word(n: int) -> int:
    """e to the S16.15 argument, S16.15."""
    if n > EXP_TOP:
        return 0x7FFFFFFF
    return 0 if n < EXP_BOTTOM else wrap(exp64(n) >> 17)


def exp_factor(n: int) -> int:
    """e to the S16.15 argument, unsigned 0.32; 0 for e to the 0."""
    if n > EXP_TOP:
        return 0x7FFFFFFF
    return 0 if n < EXP_BOTTOM else exp64(n) & UNSIGNED


def kiss64(seed: list[int]) -> int:
    """Next number of the KISS64 generator; `seed` is its state x, y, z, c, and changes."""
    x, y, z, c = seed
    x = 314527869 * x + 1234567 & UNSIGNED
    y ^= y << 5 & UNSIGNED
    y ^= y >> 7
    y ^= y << 22 & UNSIGNED
    t = 4294584393 * z + c
    z, c = t & UNSIGNED, t >> 32
    seed[:] = [x, y, z, c]
    return x + y + z & UNSIGNED


def validate_seed(seed: list[int]) -> list[int]:
    """Seed that the generator accepts."""
    x, y, z, c = seed
    return [x, y or 13031301, z, c % 698769068 + 1]
