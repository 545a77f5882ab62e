"""One tick of the board's arithmetic, as Brian2 code over user functions.

Brian2's language has no shifts and no masks, so every step is a function, written once for
NumPy and once in C. The C text serves both compiled targets: C++ takes it as it is, Cython
includes it verbatim. A value wider than 32 bits is only ever an argument, never one of
Brian2's own temporaries.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurodeploy.target.fixed_point import dec, mul, wrap32

STATE = ("ring", "v", "exc", "inh", "hold", "fired", "full_exc", "full_inh")
"""What a neuron remembers from tick to tick. `ring` holds the sum of this tick's
excitatory weights in its lower and of its inhibitory weights in its upper half."""

SEEN = ("v_seen", "exc_seen", "inh_seen")
"""What a recording of the tick shows."""

LANE = ("end", "stride", "period")
"""Where the samples are: the lane's last tick, ticks from start to start, live ticks."""

TICK = """
later = nd_later(t_in_timesteps, stride)
live = nd_live(t_in_timesteps, stride, period, end)
in_exc = nd_low(later, ring)
in_inh = nd_high(later, ring)
ring = 0
full_exc = full_exc + nd_over(in_exc, live)
full_inh = full_inh + nd_over(in_inh, live)
exc_seen = nd_arrive(nd_pick(later, isyn_init_exc, exc), in_exc, shift_exc, init_exc)
inh_seen = nd_arrive(nd_pick(later, isyn_init_inh, inh), in_inh, shift_inh, init_inh)
v_seen = nd_pick(later, v_init, v)
held = nd_pick(later, 0, hold)
drive = nd_drive(exc_seen, inh_seen, factor, i_offset)
moved = nd_membrane(v_seen, drive, held, resistance, leak, v_rest)
fired = nd_fires(moved, v_thresh, live)
v = nd_pick_each(fired, v_reset, moved)
hold = nd_hold(held, fired, refractory_ticks)
exc = nd_decay(exc_seen, decay_exc)
inh = nd_decay(inh_seen, decay_inh)
"""
"""The tick. In the first tick of a sample `later` is false and state starts afresh."""


@dataclass(frozen=True)
class Step:
    """A user function: its NumPy form, its arguments and the C statement that returns it."""

    python: Callable[..., Any]
    arguments: str
    c: str

    @property
    def n_arguments(self) -> int:
        """How many arguments it takes."""
        return len(self.arguments.split())

    def c_prototype(self, name: str) -> str:
        """Return its declaration in C."""
        return f"int64_t {name}({', '.join(f'int64_t {a}' for a in self.arguments.split())})"

    def c_text(self, name: str) -> str:
        """Return its definition in C."""
        return f"static inline {self.c_prototype(name)} {{ {self.c} }}"

    def cython_text(self, name: str) -> str:
        """Return Cython that includes its C definition."""
        prototype = self.c_prototype(name).replace("int64_t", "long long")
        body = f'    """\n    #include <stdint.h>\n    {self.c_text(name)}\n    """\n'
        return f"cdef extern from *:\n{body}    {prototype} nogil\n"


def _later(tick: Any, stride: Any) -> Any:
    return tick % stride != 0


def _live(tick: Any, stride: Any, period: Any, end: Any) -> Any:
    return (tick % stride < period) & (tick < end)


def _pick(later: Any, start: Any, now: Any) -> Any:
    return now if later else start


def _low(later: Any, ring: Any) -> Any:
    return ring & 0xFFFFFFFF if later else np.zeros_like(ring)


def _high(later: Any, ring: Any) -> Any:
    return ring >> 32 if later else np.zeros_like(ring)


def _over(total: Any, live: Any) -> Any:
    return (total > 0xFFFF) & live


def _arrive(state: Any, total: Any, shift: Any, init: Any) -> Any:
    return wrap32(state + dec(wrap32(np.minimum(total, 0xFFFF) << shift), init))


def _drive(exc: Any, inh: Any, factor: Any, offset: Any) -> Any:
    return wrap32(mul(exc, factor) - mul(inh, factor) + offset)


def _membrane(v: Any, drive: Any, held: Any, resistance: Any, leak: Any, rest: Any) -> Any:
    target = wrap32(mul(drive, resistance) + rest)
    return np.where(held > 0, v, wrap32(target - mul(leak, wrap32(target - v))))


def _fires(v: Any, threshold: Any, live: Any) -> Any:
    return (v >= threshold) & live


def _pick_each(flag: Any, yes: Any, no: Any) -> Any:
    return np.where(flag, yes, no)


def _hold(held: Any, fired: Any, ticks: Any) -> Any:
    return np.where(fired, ticks, np.maximum(held - 1, 0))


_WRAP = "(int64_t)(int32_t)"
_ARRIVE = f"""
    int64_t input = {_WRAP}((total > 0xFFFF ? 0xFFFF : total) << shift);
    return {_WRAP}(state + {_WRAP}((input * init) >> 32));
"""
_DRIVE = f"""
    return {_WRAP}({_WRAP}((exc * factor) >> 15) - {_WRAP}((inh * factor) >> 15) + offset);
"""
_MEMBRANE = f"""
    if (held > 0) return v;
    int64_t target = {_WRAP}({_WRAP}((drive * resistance) >> 15) + rest);
    int64_t gap = {_WRAP}(target - v);
    return {_WRAP}(target - {_WRAP}((leak * gap) >> 15));
"""

STEPS = {
    "nd_later": Step(_later, "tick stride", "return tick % stride != 0;"),
    "nd_live": Step(
        _live, "tick stride period end", "return (tick % stride < period) && (tick < end);"
    ),
    "nd_pick": Step(_pick, "later start now", "return later ? now : start;"),
    "nd_low": Step(_low, "later ring", "return later ? (ring & 0xFFFFFFFFLL) : 0;"),
    "nd_high": Step(_high, "later ring", "return later ? (ring >> 32) : 0;"),
    "nd_over": Step(_over, "total live", "return (total > 0xFFFF) && live;"),
    "nd_arrive": Step(_arrive, "state total shift init", _ARRIVE),
    "nd_drive": Step(_drive, "exc inh factor offset", _DRIVE),
    "nd_membrane": Step(_membrane, "v drive held resistance leak rest", _MEMBRANE),
    "nd_fires": Step(_fires, "v threshold live", "return (v >= threshold) && live;"),
    "nd_pick_each": Step(_pick_each, "flag yes no", "return flag ? yes : no;"),
    "nd_hold": Step(_hold, "held fired ticks", "return fired ? ticks : (held > 0 ? held - 1 : 0);"),
    "nd_decay": Step(dec, "state fraction", f"return {_WRAP}((state * fraction) >> 32);"),
}


def brian_functions(brian2: Any) -> dict[str, Any]:
    """Return the user functions of `TICK`, by name.

    Parameters
    ----------
    brian2 : module
        Passed in, because this package imports Brian2 only while a session runs.
    """
    made = {}
    for name, step in STEPS.items():
        function = brian2.Function(
            step.python,
            arg_units=[1] * step.n_arguments,
            return_unit=1,
            arg_types=["any"] * step.n_arguments,
            return_type="integer",
        )
        # The default NumPy form checks units by printing whole arrays on every call.
        function.implementations.add_numpy_implementation(step.python, discard_units=True)
        function.implementations.add_implementation("cpp", step.c_text(name), name=name)
        function.implementations.add_implementation("cython", step.cython_text(name), name=name)
        made[name] = function
    return made


__all__ = ["LANE", "SEEN", "STATE", "STEPS", "TICK", "Step", "brian_functions"]
