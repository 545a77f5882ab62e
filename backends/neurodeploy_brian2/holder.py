"""What `Projection.get` returns: connections as a list of tuples, or as matrices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from neurodeploy_brian2.errors import NotRunError


class ConnectionHolder:
    """Attributes of connections, filled when they are first looked at.

    Parameters
    ----------
    names : sequence of str
        Items, in order.
    as_list : bool
        A tuple of rows, by source, then by target; else one (pre, post) matrix an item, NaN
        where there is no connection.
    shape : pair of int
        Sizes of both populations.
    read : callable
        Returns {name: (n,) array}, or None before the network has run.
    """

    def __init__(
        self,
        names: Sequence[str],
        as_list: bool,
        shape: tuple[int, int],
        read: Callable[[], dict[str, Any] | None],
    ) -> None:
        self._names, self._as_list, self._shape, self._read = list(names), as_list, shape, read
        self._items: Any = None

    def _data(self) -> Any:
        if self._items is None:
            columns = self._read()
            if columns is None:
                raise NotRunError(
                    "Projection.get",
                    "connections are only there once the network has run",
                    todo="look at them after run()",
                )
            self._items = self._listed(columns) if self._as_list else self._matrices(columns)
        return self._items

    def _listed(self, columns: dict[str, Any]) -> Any:
        order = np.lexsort((columns["target"], columns["source"]))
        chosen = [columns[name][order] for name in self._names]
        if len(chosen) == 1:
            return tuple(chosen[0])
        return tuple([list(row) for row in zip(*chosen, strict=True)])

    def _matrices(self, columns: dict[str, Any]) -> Any:
        made = []
        for name in self._names:
            matrix = np.full(self._shape, np.nan)
            matrix[columns["source"], columns["target"]] = columns[name]
            made.append(matrix)
        return made[0] if len(made) == 1 else tuple(made)

    def __getitem__(self, index: Any) -> Any:
        return self._data()[index]

    def __len__(self) -> int:
        return len(self._data())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._data())

    def __repr__(self) -> str:
        return repr(self._data())

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.asarray(self._data(), dtype=dtype)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._data(), name)


__all__ = ["ConnectionHolder"]
