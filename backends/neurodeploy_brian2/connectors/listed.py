"""Connectors that the host carries out from a list, a file, a matrix or a connection set."""

from __future__ import annotations

import ast
import importlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from neurodeploy.api import BackendUnavailable, IncomingProjection, InputError, TargetError
from neurodeploy_brian2.connectors.base import Connector, Ends, Floats, value_variance
from neurodeploy_brian2.errors import ParameterError, UnsupportedError, WrongTypeError
from neurodeploy_brian2.plan_parts import Ints

logger = logging.getLogger(__name__)


class FromListConnector(Connector):
    """Connections from a list.

    Parameters
    ----------
    conn_list : (n, 4) or (n, 2) array or list of tuples
        pre, post, weight (nA or uS) and delay (ms); without the last two the synapse type's.
    column_names : sequence of str, optional
        Names of the columns after the first two: weight, delay, and parameters of the
        synapse type, which must be the same for all.
    """

    def __init__(
        self,
        conn_list: Any,
        column_names: Sequence[str] | None = None,
        *,
        safe: bool = True,
        verbose: bool = False,
        callback: Any = None,
    ) -> None:
        super().__init__(safe, callback, verbose)
        self.rows = _as_rows(conn_list)
        if column_names is None:
            if self.rows.shape[1] not in (2, 4):
                raise WrongTypeError(
                    "FromListConnector",
                    "needs column_names",
                    got=f"{self.rows.shape[1]} columns",
                    limit="2 or 4 columns without names",
                )
            column_names = ("weight", "delay") if self.rows.shape[1] == 4 else ()
        if self.rows.shape[1] != 2 + len(set(column_names)):
            raise ParameterError(
                "FromListConnector",
                "its columns are not pre, post and weight, delay",
                got=f"{self.rows.shape[1]} columns, names {tuple(column_names)}",
                limit="2 columns, or 4, or names for the rest",
            )
        self.column_names = tuple(column_names)
        for name in self.extra:
            if len(self.rows) and np.ptp(self._column(name)):
                raise InputError(
                    "FromListConnector", f"column {name} must be the same for all connections"
                )

    def __repr__(self) -> str:
        return f"FromListConnector(n_connections={len(self.rows)})"

    @property
    def conn_list(self) -> Floats:
        """The rows, as they were given."""
        return self.rows

    @property
    def extra(self) -> dict[str, float]:
        """Parameters of the synapse type that the list gives, one value each."""
        names = [name for name in self.column_names if name not in ("weight", "delay")]
        return {name: float(self._column(name)[0]) for name in names if len(self.rows)}

    def check(self, ends: Ends) -> None:
        """Refuse indices outside the populations, and what is not finite."""
        ends.need_populations(self)
        for column, side, size in (
            (0, "pre", ends.pre.population.size),
            (1, "post", ends.post.population.size),
        ):
            _check_indices(ends.who, side, self.rows[:, column], size)
        for name in self.column_names:
            values = self._column(name)
            if not np.isfinite(values).all():
                wrong = values[~np.isfinite(values)][0]
                raise TargetError(ends.who, f"{name} is not finite", got=wrong)

    def pairs(self, ends: Ends) -> tuple[Ints, Ints]:
        """Return sources and targets."""
        return self.rows[:, 0].astype(np.int64), self.rows[:, 1].astype(np.int64)

    def given(self, name: str) -> Any:
        """Return a column of the list, if it has it."""
        return self._column(name) if name in self.column_names else None

    def n_to_one(self, ends: Ends) -> float:
        """Return the most connections of one target."""
        targets = self.rows[:, 1].astype(np.int64)
        return int(np.bincount(targets).max()) if len(targets) else 0

    def n_drawn(self, ends: Ends) -> float:
        """Return the number of connections."""
        return len(self.rows)

    def estimate(self, ends: Ends, weight: Any, delay: Any) -> IncomingProjection:
        """Return what the ring-buffer shift depends on."""
        if len(self.rows) == 0:
            return IncomingProjection(0, 0.0, 0.0, 0.0, 0.0)
        mean, spread, largest = self.weight_statistics(ends, weight)
        if "delay" in self.column_names:
            rounded = round_delays(self._column("delay"), ends.timestep_us)
            delay_variance = float(np.var(rounded))
        elif isinstance(delay, np.ndarray):
            delay_variance = float(np.var(delay))
        else:
            delay_variance = value_variance(ends, delay)
        return IncomingProjection(
            n_to_one=int(self.n_to_one(ends)),
            weight_mean_nA=mean,
            weight_variance=spread,
            weight_max_nA=largest,
            delay_variance=delay_variance,
        )

    def weight_statistics(self, ends: Ends, weight: Any) -> tuple[float, float, float]:
        """Return mean, variance and maximum; of a synapse type's list with their signs."""
        if "weight" in self.column_names:
            weight = np.abs(self._column("weight"))
        if isinstance(weight, np.ndarray):
            return float(np.mean(weight)), float(np.var(weight)), float(np.max(weight))
        return super().weight_statistics(ends, weight)

    def _column(self, name: str) -> Floats:
        return self.rows[:, 2 + self.column_names.index(name)]


class FromFileConnector(FromListConnector):
    """Connections from a text file, as `Projection.save` writes it.

    Parameters
    ----------
    file : str
        Its comments may give `columns`.
    distributed : bool
        Only False is supported.
    """

    def __init__(
        self,
        file: Any,
        distributed: bool = False,
        safe: bool = True,
        callback: Any = None,
        verbose: bool = False,
    ) -> None:
        if distributed:
            raise UnsupportedError("FromFileConnector", "the emulator does not support distributed")
        path = Path(getattr(file, "name", file))
        text = path.read_text(encoding="utf-8")
        columns = [
            ast.literal_eval(line.partition("=")[2].strip())
            for line in text.splitlines()
            if line.startswith("#") and "columns" in line and "=" in line
        ]
        names = [name for name in columns[0] if name not in ("i", "j")] if columns else None
        rows = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
        super().__init__(
            np.loadtxt(rows, ndmin=2) if rows else None,
            names if rows else None,
            safe=safe,
            verbose=verbose,
            callback=callback,
        )


class ArrayConnector(Connector):
    """Connections where a matrix is 1.

    Parameters
    ----------
    array : (pre, post) int or bool array
    """

    def __init__(
        self, array: Any, safe: bool = True, callback: Any = None, verbose: bool = False
    ) -> None:
        super().__init__(safe, callback, verbose)
        self.array = np.asarray(array)
        if self.array.ndim != 2:
            raise WrongTypeError("ArrayConnector", "is no matrix", got=self.array.shape)

    def check(self, ends: Ends) -> None:
        """Refuse a matrix smaller than the populations."""
        ends.need_populations(self)
        shape = (ends.pre.n, ends.post.n)
        if any(have < need for have, need in zip(self.array.shape, shape, strict=True)):
            raise InputError(ends.who, "the matrix is too small", got=self.array.shape, limit=shape)

    def pairs(self, ends: Ends) -> tuple[Ints, Ints]:
        """Return sources and targets."""
        pre, post = np.nonzero(self.array[: ends.pre.n, : ends.post.n] == 1)
        return pre.astype(np.int64), post.astype(np.int64)

    def n_to_one(self, ends: Ends) -> float:
        """Return 0: sPyNNaker 7.4.1 resets its count at every 1 of the matrix."""
        return 0

    def n_drawn(self, ends: Ends) -> float:
        """Return the number of connections."""
        return int(np.count_nonzero(self.array == 1))


class CSAConnector(Connector):
    """Connections from a set of the connection-set algebra.

    Parameters
    ----------
    cset : connection set
        Of the package `csa`.
    """

    def __init__(
        self, cset: Any, safe: bool = True, callback: Any = None, verbose: bool = False
    ) -> None:
        super().__init__(safe, callback, verbose)
        try:
            self._csa = importlib.import_module("csa")
        except ImportError as err:
            raise BackendUnavailable(
                "CSAConnector", "needs the package csa", todo="pip install csa"
            ) from err
        self.cset = cset

    def check(self, ends: Ends) -> None:
        """Refuse views."""
        ends.need_populations(self)

    def pairs(self, ends: Ends) -> tuple[Ints, Ints]:
        """Return sources and targets."""
        every = self._csa.cross(range(ends.pre.n), range(ends.post.n))
        chosen = np.array([pair[:2] for pair in every * self.cset], dtype=np.int64)
        chosen = chosen.reshape(-1, 2)
        return chosen[:, 0], chosen[:, 1]

    def n_to_one(self, ends: Ends) -> float:
        """Return the number of sources."""
        return ends.pre.n


def round_delays(delay_ms: Any, timestep_us: int) -> Floats:
    """Return delays as whole timesteps, in ms, as the host rounds them."""
    ticks = np.rint(np.asarray(delay_ms, dtype=np.float64) * (1000.0 / timestep_us))
    rounded: Floats = ticks * (timestep_us / 1000.0)
    return rounded


def _as_rows(conn_list: Any) -> Floats:
    try:
        rows = np.asarray([] if conn_list is None else conn_list, dtype=np.float64)
    except (TypeError, ValueError) as err:
        raise ParameterError("FromListConnector", "is not a table of numbers") from err
    if rows.size == 0:
        rows = np.zeros((0, rows.shape[1] if rows.ndim == 2 else 4))
    if rows.ndim != 2 or rows.shape[1] < 2:
        raise ParameterError(
            "FromListConnector", "is not a table", got=rows.shape, limit="(n, 4) or (n, 2)"
        )
    return rows


def _check_indices(who: str, what: str, values: Floats, size: int) -> None:
    if not np.isfinite(values).all():
        raise TargetError(who, f"{what} is not finite", got=values[~np.isfinite(values)][0])
    wrong = (values.astype(np.int64) != values) | (values < 0) | (values >= size)
    if wrong.any():
        raise InputError(
            who,
            f"{what} index is outside the population",
            got=values[wrong][0],
            limit=f"below {size}",
        )


__all__ = [
    "ArrayConnector",
    "CSAConnector",
    "FromFileConnector",
    "FromListConnector",
    "round_delays",
]
