"""Connectors and synapse types: who connects to whom, and how sPyNNaker rounds it.

A list is rounded on the host; what needs no list is generated on the machine, which rounds
otherwise: `Connections.on_machine` tells the two apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from neurodeploy.api import IncomingProjection, InputError, TargetError, summarise_connections
from neurodeploy.target.fixed_point import ONE, encode_s1615
from neurodeploy_brian2.errors import UnsupportedError
from neurodeploy_brian2.plan import Ints

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Connections:
    """Every connection of a projection, (n,) arrays.

    Parameters
    ----------
    pre, post : int64
    weight_nA, delay_ms : float64
        As the user gave them.
    on_machine : bool
        Whether a core generates them, from one weight and one delay.
    """

    pre: Ints
    post: Ints
    weight_nA: Floats
    delay_ms: Floats
    on_machine: bool

    def summary(self) -> IncomingProjection:
        """Return what the ring-buffer shift depends on."""
        if not self.on_machine or len(self.pre) == 0:
            return summarise_connections(self.post, self.weight_nA, self.delay_ms)
        weight = abs(float(self.weight_nA[0]))
        return IncomingProjection(int(np.bincount(self.post).max()), weight, 0.0, weight, 0.0)

    def delay_ticks(self, timestep_us: int) -> Ints:
        """Return whole ticks, at least 1, as host or machine rounds them."""
        step_ms = timestep_us / 1000.0
        if self.on_machine and len(self.pre):
            ticks = machine_delay_ticks(float(self.delay_ms[0]), timestep_us)
            return np.full(len(self.pre), ticks, dtype=np.int64)
        delay_ms = np.maximum(self.delay_ms, step_ms)
        return np.rint(delay_ms * (1000.0 / timestep_us)).astype(np.int64)


class StaticSynapse:
    """A synapse that does not change.

    Parameters
    ----------
    weight : float
        nA; only its magnitude counts, the receptor type decides the sign.
    delay : float or None
        ms; None is one timestep.
    """

    def __init__(self, weight: float = 0.0, delay: float | None = None) -> None:
        self.weight_nA = _one_number("StaticSynapse.weight", weight)
        self.delay_ms = None if delay is None else _one_number("StaticSynapse.delay", delay)

    def rounded_delay_ms(self, timestep_us: int) -> float:
        """Return the delay as the host rounds it before anything else."""
        step_ms = timestep_us / 1000.0
        if self.delay_ms is None:
            return step_ms
        return float(np.rint(self.delay_ms * (1000.0 / timestep_us)) * step_ms)


class Connector(Protocol):
    """Who connects to whom."""

    def connect(self, who: str, sizes: tuple[int, int], synapse: StaticSynapse, us: int) -> Any:
        """Return the Connections between populations of two sizes, timestep in us."""
        ...


class FromListConnector:
    """Connections from a list.

    Parameters
    ----------
    conn_list : (n, 4) or (n, 2) array or list of tuples
        pre, post, weight (nA) and delay (ms); without the last two the synapse type's.
    column_names : sequence of str, optional
        Names of the columns after the first two: any order of weight and delay.
    """

    def __init__(
        self,
        conn_list: Any,
        column_names: Sequence[str] | None = None,
        *,
        safe: bool = True,
        verbose: bool = False,
        callback: None = None,
    ) -> None:
        self.rows = _as_rows(conn_list)
        if column_names is None:
            column_names = ("weight", "delay") if self.rows.shape[1] == 4 else ()
        known = set(column_names) <= {"weight", "delay"}
        if not known or self.rows.shape[1] != 2 + len(set(column_names)):
            raise InputError(
                "FromListConnector",
                "its columns are not pre, post and weight, delay",
                got=f"{self.rows.shape[1]} columns, names {tuple(column_names)}",
                limit="2 columns, or 4, or names for the rest",
            )
        self.columns = {name: 2 + k for k, name in enumerate(column_names)}

    def connect(
        self, who: str, sizes: tuple[int, int], synapse: StaticSynapse, us: int
    ) -> Connections:
        """Return the connections of the list."""
        column = {
            name: self.rows[:, self.columns[name]] if name in self.columns else default
            for name, default in (
                ("weight", synapse.weight_nA),
                ("delay", synapse.rounded_delay_ms(us)),
            )
        }
        n = len(self.rows)
        return Connections(
            pre=_indices(who, "pre", self.rows[:, 0], sizes[0]),
            post=_indices(who, "post", self.rows[:, 1], sizes[1]),
            weight_nA=_weights(who, np.broadcast_to(column["weight"], (n,))),
            delay_ms=_finite(who, "delay", np.broadcast_to(column["delay"], (n,))),
            on_machine=False,
        )


class OneToOneConnector:
    """Neuron i to neuron i, as far as both populations reach."""

    def __init__(self, safe: bool = True, callback: None = None, verbose: bool = False) -> None:
        pass

    def connect(
        self, who: str, sizes: tuple[int, int], synapse: StaticSynapse, us: int
    ) -> Connections:
        """Return the connections."""
        index = np.arange(min(sizes), dtype=np.int64)
        return _generated(who, index, index, synapse, us)


class AllToAllConnector:
    """Every neuron to every neuron.

    Parameters
    ----------
    allow_self_connections : bool
        Only True is supported.
    """

    def __init__(
        self,
        allow_self_connections: bool = True,
        safe: bool = True,
        verbose: bool = False,
        callback: None = None,
    ) -> None:
        if not allow_self_connections:
            raise UnsupportedError(
                "AllToAllConnector",
                "the emulator does not support allow_self_connections=False",
                todo="use a FromListConnector",
            )

    def connect(
        self, who: str, sizes: tuple[int, int], synapse: StaticSynapse, us: int
    ) -> Connections:
        """Return the connections."""
        pre, post = np.divmod(np.arange(sizes[0] * sizes[1], dtype=np.int64), sizes[1])
        return _generated(who, pre, post, synapse, us)


def machine_weight(weight_nA: float, shift: int) -> int:
    """Return the 16 bits that a core makes of one weight: S16.15, then half up.

    >>> machine_weight(5.0, 3), machine_weight(-0.1, 0)
    (20480, 3277)
    """
    bits = abs(encode_s1615(weight_nA))
    return ((2 * bits + (1 << shift)) >> (shift + 1)) & 0xFFFF


def machine_delay_ticks(delay_ms: float, timestep_us: int) -> int:
    """Return the ticks that a core makes of one delay, one short for some at 0.1 ms.

    >>> [machine_delay_ticks(ms, 100) for ms in (0.1, 0.3, 0.5, 0.9, 2.3, 5.7)]
    [1, 2, 5, 8, 22, 57]
    """
    per_ms = encode_s1615(1000.0 / timestep_us)
    return max(1, ((encode_s1615(delay_ms) * per_ms) >> 15) // ONE)


def _generated(
    who: str, pre: Ints, post: Ints, synapse: StaticSynapse, timestep_us: int
) -> Connections:
    delay_ms = synapse.rounded_delay_ms(timestep_us)
    for what, value in (("weight", synapse.weight_nA), ("delay", delay_ms)):
        try:
            encode_s1615(value)
        except OverflowError as err:
            raise TargetError(who, f"{what} does not fit S16.15", got=value) from err
    shape = (len(pre),)
    return Connections(
        pre=pre,
        post=post,
        weight_nA=np.broadcast_to(synapse.weight_nA, shape),
        delay_ms=np.broadcast_to(delay_ms, shape),
        on_machine=True,
    )


def _one_number(who: str, value: Any) -> float:
    if isinstance(value, str) or np.ndim(value) or not isinstance(value, int | float | np.number):
        raise UnsupportedError(
            who, "must be one number", got=value, todo="use a FromListConnector with 4 columns"
        )
    if not math.isfinite(value):
        raise TargetError(who, "is not finite", got=value)
    return float(value)


def _as_rows(conn_list: Any) -> Floats:
    try:
        rows = np.asarray([] if conn_list is None else conn_list, dtype=np.float64)
    except (TypeError, ValueError) as err:
        raise InputError("FromListConnector", "is not a table of numbers") from err
    if rows.size == 0:
        rows = np.zeros((0, rows.shape[1] if rows.ndim == 2 else 4))
    if rows.ndim != 2 or rows.shape[1] < 2:
        raise InputError(
            "FromListConnector", "is not a table", got=rows.shape, limit="(n, 4) or (n, 2)"
        )
    return rows


def _indices(who: str, what: str, values: Floats, size: int) -> Ints:
    finite = _finite(who, what, values)
    index = finite.astype(np.int64)
    wrong = (index != finite) | (index < 0) | (index >= size)
    if wrong.any():
        raise InputError(
            who,
            f"{what} index is outside the population",
            got=finite[wrong][0],
            limit=f"below {size}",
        )
    return index


def _weights(who: str, values: Floats) -> Floats:
    weights = _finite(who, "weight", values)
    if len(weights) and weights.min() < 0 < weights.max():
        raise TargetError(
            who,
            "its weights mix signs, and the receptor type alone decides the sign",
            todo="make two projections, one excitatory and one inhibitory",
        )
    return weights


def _finite(who: str, what: str, values: Any) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if not np.isfinite(array).all():
        raise TargetError(who, f"{what} is not finite", got=array[~np.isfinite(array)][0])
    return array


__all__ = [
    "AllToAllConnector",
    "Connections",
    "Connector",
    "FromListConnector",
    "OneToOneConnector",
    "StaticSynapse",
    "machine_delay_ticks",
    "machine_weight",
]
