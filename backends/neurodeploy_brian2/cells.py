"""Cell types: their parameters as tables, and the constants a core derives from them.

Both integrate-and-fire types run in one integer form. An exponential synapse decays by
`decay` each tick and scales its input by `init`; a delta synapse is the case decay = 0,
init = 1, with its current divided by the length of a tick.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from neurodeploy.api import InputError, TargetError
from neurodeploy.target.fixed_point import (
    ONE,
    S1615_MAX,
    Ints,
    each,
    encode_s1615,
    expk,
    expulr,
    kdivk,
    kdivui,
)
from neurodeploy_brian2.plan import Cells

_EXACT = 1 << 32
"""1.0 in U0.32; input of a delta synapse is not scaled."""


def anything(value: float) -> str:
    """Accept any value that S16.15 can hold."""
    return ""


def positive(value: float) -> str:
    """Accept what is more than half the smallest step of S16.15."""
    return "" if encode_s1615(value) > 0 else "must be at least 2**-15"


def not_negative(value: float) -> str:
    """Accept zero and more."""
    return "" if value >= 0 else "must not be negative"


@dataclass(frozen=True)
class Parameter:
    """One row of a cell type's table.

    Parameters
    ----------
    name, unit : str
        As in PyNN.
    default : float
        sPyNNaker's default.
    check : callable
        Returns what is wrong with a value, or an empty string.
    """

    name: str
    default: float
    unit: str
    check: Callable[[float], str] = anything


_MEMBRANE = (
    Parameter("tau_m", 20.0, "ms", positive),
    Parameter("cm", 1.0, "nF", positive),
    Parameter("v_rest", -65.0, "mV"),
    Parameter("v_reset", -65.0, "mV"),
    Parameter("v_thresh", -50.0, "mV"),
    Parameter("tau_refrac", 0.1, "ms", not_negative),
    Parameter("i_offset", 0.0, "nA"),
)
_SYNAPSES = (
    Parameter("tau_syn_E", 5.0, "ms", positive),
    Parameter("tau_syn_I", 5.0, "ms", positive),
)
STATE = (
    Parameter("v", -65.0, "mV"),
    Parameter("isyn_exc", 0.0, "nA"),
    Parameter("isyn_inh", 0.0, "nA"),
)
"""State variables and their initial values."""


class CellType:
    """A cell type with the parameters a script gave; the rest are sPyNNaker's defaults."""

    rows: ClassVar[tuple[Parameter, ...]] = ()
    recordable: ClassVar[tuple[str, ...]] = ("spikes",)

    def __init__(self, **parameters: Any) -> None:
        known = self.names()
        for name in parameters:
            if name not in known:
                raise InputError(
                    type(self).__name__,
                    f"has no parameter {name}",
                    limit=f"one of {', '.join(known)}",
                )
        self.parameters = parameters

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the names of the parameters."""
        return tuple(row.name for row in cls.rows)


class IF_curr_exp(CellType):  # noqa: N801 - PyNN's name
    """Leaky integrate-and-fire with exponentially decaying currents."""

    rows = _MEMBRANE + _SYNAPSES
    recordable = ("spikes", "v", "gsyn_exc", "gsyn_inh")


class IF_curr_delta(CellType):  # noqa: N801 - PyNN's name
    """Leaky integrate-and-fire with currents that last one tick."""

    rows = _MEMBRANE
    recordable = ("spikes", "v", "gsyn_exc", "gsyn_inh")


class SpikeSourceArray(CellType):
    """Plays back the spike times it was given."""

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the names of the parameters."""
        return ("spike_times",)


def encode_rows(
    who: str, rows: tuple[Parameter, ...], given: Mapping[str, Any], size: int
) -> dict[str, Ints]:
    """Encode parameters as the host does.

    Parameters
    ----------
    who : str
        Whose parameters they are, for errors.
    rows : tuple of Parameter
    given : mapping
        Scalars or sequences of `size`; what is missing takes its default.
    size : int

    Returns
    -------
    bits : {name: (size,) int64 array}

    Raises
    ------
    TargetError
        If a value is not finite, outside S16.15 or makes no sense for its parameter.
    """
    return {
        row.name: _encode(f"{who}.{row.name}", row, given.get(row.name, row.default), size)
        for row in rows
    }


def derive(who: str, delta: bool, bits: Mapping[str, Ints], timestep_ms: float) -> Cells:
    """Derive what a core computes from the raw parameters when it loads them.

    Parameters
    ----------
    who : str
        The population, for errors.
    delta : bool
        Whether its synapses are delta synapses.
    bits : {name: (n,) int64 array}
        Every parameter and state variable, encoded.
    timestep_ms : float

    Returns
    -------
    cells : Cells
        Ring-buffer shifts are 0; they depend on the projections.
    """
    tick = kdivui(encode_s1615(timestep_ms), 1)
    ticks = np.full_like(bits["v"], tick)
    zero = np.zeros_like(ticks)
    synapses: dict[str, Ints] = {}
    for kind, tau in (("exc", "tau_syn_E"), ("inh", "tau_syn_I")):
        decay = zero if delta else each(_synaptic_decay, ticks, bits[tau])
        init = np.full_like(zero, _EXACT) if delta else _init(who, tau, ticks, bits[tau])
        synapses |= {f"decay_{kind}": decay, f"init_{kind}": init}
    return Cells(
        v_init=bits["v"],
        isyn_init_exc=bits["isyn_exc"],
        isyn_init_inh=bits["isyn_inh"],
        shift_exc=zero,
        shift_inh=zero,
        factor=np.full_like(zero, kdivk(ONE, tick) if delta else ONE),
        i_offset=bits["i_offset"],
        resistance=_quotient(who, "tau_m / cm", bits["tau_m"], bits["cm"]),
        leak=each(_membrane_decay, ticks, bits["tau_m"]),
        v_rest=bits["v_rest"],
        v_reset=bits["v_reset"],
        v_thresh=bits["v_thresh"],
        refractory_ticks=_refractory(who, bits["tau_refrac"], ticks),
        **synapses,
    )


def _encode(who: str, row: Parameter, value: Any, size: int) -> Ints:
    if isinstance(value, str) or (np.ndim(value) and np.shape(value) != (size,)):
        raise InputError(
            who, "is neither a number nor one number a neuron", got=value, limit=f"{size} numbers"
        )
    try:
        values = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as err:
        raise InputError(who, "is not a number", got=value) from err
    distinct, where = np.unique(values, return_inverse=True)
    bits = np.array([_encode_one(who, row, float(one)) for one in distinct], dtype=np.int64)
    return np.ascontiguousarray(np.broadcast_to(bits[where.reshape(values.shape)], (size,)))


def _encode_one(who: str, row: Parameter, value: float) -> int:
    if not math.isfinite(value):
        raise TargetError(who, "is not finite", got=value)
    try:
        bits, wrong = encode_s1615(value), row.check(value)
    except OverflowError as err:
        raise TargetError(
            who, "does not fit S16.15", got=value, limit="-65536 to 65535.99997", todo="rescale it"
        ) from err
    if wrong:
        raise TargetError(who, wrong, got=f"{value} {row.unit}")
    return bits


def _quotient(who: str, what: str, a: Ints, b: Ints) -> Ints:
    """Divide, and refuse what would wrap around: no one means that."""
    if np.any((a << 15) // b > S1615_MAX):
        raise TargetError(who, f"{what} does not fit S16.15", limit="below 65536")
    return each(kdivk, a, b)


def _init(who: str, name: str, ticks: Ints, tau: Ints) -> Ints:
    _quotient(who, f"{name} / timestep", tau, ticks)
    return each(_synaptic_init, ticks, tau)


def _synaptic_decay(tick: int, tau: int) -> int:
    return expulr(-kdivk(tick, tau))


def _synaptic_init(tick: int, tau: int) -> int:
    rest = 0xFFFFFFFF - _synaptic_decay(tick, tau)
    return ((kdivk(tau, tick) * rest) >> 15) & 0xFFFFFFFF


def _membrane_decay(tick: int, tau: int) -> int:
    return expk(-kdivk(tick, tau))


def _refractory(who: str, tau_refrac: Ints, ticks: Ints) -> Ints:
    held = _quotient(who, "tau_refrac / timestep", tau_refrac, ticks)
    ticks_held: Ints = (held >> 15) + ((held & (ONE - 1)) != 0)
    return ticks_held


__all__ = [
    "STATE",
    "CellType",
    "IF_curr_delta",
    "IF_curr_exp",
    "Parameter",
    "SpikeSourceArray",
    "derive",
    "encode_rows",
]
