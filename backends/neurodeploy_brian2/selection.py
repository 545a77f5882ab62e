"""Which neurons a script means, and one value a neuron for them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, SupportsInt

import numpy as np

from neurodeploy_brian2.errors import (
    ConfigurationError,
    UnknownNameError,
    WrongTypeError,
)
from neurodeploy_brian2.randomness import is_random, machine_can_draw

logger = logging.getLogger(__name__)


def select(who: str, selector: Any, size: int) -> Sequence[int]:
    """Return the indices that a selector means.

    Parameters
    ----------
    who : str
        Whose neurons they are, for errors.
    selector : None, int, slice, sequence of bool or sequence of int
        None is all of them; a mask that is too short leaves the rest out.
    size : int

    Examples
    --------
    >>> list(select("cells", slice(1, None, 2), 6)), select("cells", [True, False, True], 4)
    ([1, 3, 5], [0, 2])
    """
    if selector is None:
        return range(size)
    if isinstance(selector, slice):
        return range(*selector.indices(size))
    if isinstance(selector, Iterable):
        return _listed(who, list(selector), size)
    if not isinstance(selector, SupportsInt):
        raise WrongTypeError(who, "cannot select neurons by it", got=type(selector).__name__)
    index = int(selector)
    index += size if index < 0 else 0
    return [_inside(who, index, size)]


def _listed(who: str, items: list[Any], size: int) -> list[int]:
    booleans = [isinstance(item, bool | np.bool_) for item in items]
    if any(booleans):
        if not all(booleans):
            raise WrongTypeError(who, "a selector is all ints or all bools")
        if len(items) != size:
            logger.warning("%s: a mask of %d for %d neurons", who, len(items), size)
        return [index for index, kept in enumerate(items[:size]) if kept]
    if not all(isinstance(item, SupportsInt) for item in items):
        raise WrongTypeError(who, "a selector is all ints or all bools")
    return [_inside(who, int(item), size) for item in items]


def _inside(who: str, index: int, size: int) -> int:
    if not 0 <= index < size:
        raise WrongTypeError(who, "has no such neuron", got=index, limit=f"0 to {size - 1}")
    return index


class PerNeuron:
    """One parameter of every neuron of a population.

    Parameters
    ----------
    who : str
        For errors.
    size : int
    value : number, sequence of `size`, function of the index, or RandomDistribution

    Examples
    --------
    >>> values = PerNeuron("v", 4, 1.0)
    >>> values.set(7.0, [1, 2])
    >>> values.listed(), values.single
    ([1.0, 7.0, 7.0, 1.0], False)
    """

    def __init__(self, who: str, size: int, value: Any) -> None:
        self.who, self.size = who, size
        self._items: list[Any] = []
        self._origin: tuple[list[Any], bool] | None = None
        self.by_range = True
        self.set(value)

    def set(self, value: Any, indices: Sequence[int] | None = None) -> None:
        """Set all neurons, or those of some indices."""
        chosen = range(self.size) if indices is None else indices
        if is_random(value) or isinstance(value, str) or not _is_many(value):
            items = [value] * len(chosen)
            if indices is None:
                self.by_range = True
        else:
            items = _many(self.who, value, chosen)
            self.by_range = False
        if indices is None:
            self._items, self._origin = items, None
            return
        for index, item in zip(chosen, items, strict=True):
            self._items[index] = item
            if self._origin is not None:
                self._origin[0][index] = item

    def listed(self, indices: Sequence[int] | None = None) -> list[Any]:
        """Return the value of every neuron, or of some; what is not drawn yet is refused."""
        items = self._items if indices is None else [self._items[i] for i in indices]
        if any(is_random(item) for item in items):
            raise ConfigurationError(
                self.who,
                "its values are drawn when the network is run",
                todo="call run() before reading them",
            )
        return list(items)

    def ranges(self) -> Iterator[tuple[int, int, Any]]:
        """Yield start, stop and value of every stretch of neurons with one value."""
        start = 0
        for index in range(1, self.size + 1):
            if index == self.size or self._items[index] is not self._items[start]:
                yield start, index, self._items[start]
                start = index

    @property
    def single(self) -> bool:
        """Whether all neurons share one value."""
        return all(item is self._items[0] for item in self._items)

    @property
    def on_machine(self) -> bool:
        """Whether cores make the values, so that distributions are drawn there."""
        return self.by_range and all(machine_can_draw(value) for _, _, value in self.ranges())

    @property
    def is_drawn(self) -> bool:
        """Whether every value is a number by now."""
        return not any(is_random(value) for _, _, value in self.ranges())

    def draw_on_host(self, cells: range | None = None) -> None:
        """Replace distributions by values drawn with their own generators.

        Parameters
        ----------
        cells : range or None
            Neurons of one core; None is all, at once.
        """
        self._remember()
        wanted = range(self.size) if cells is None else cells
        for first, last, value in list(self.ranges()):
            start, stop = max(first, wanted.start), min(last, wanted.stop)
            if is_random(value) and start < stop:
                self._items[start:stop] = np.atleast_1d(value.next(stop - start)).tolist()
        self.by_range = False

    def take(self, values: Sequence[float]) -> None:
        """Replace distributions by what cores drew, one value a neuron."""
        self._remember()
        self._items, self.by_range = list(values), False

    def undraw(self) -> None:
        """Go back to the distributions, to draw again."""
        if self._origin is not None:
            (self._items, self.by_range), self._origin = self._origin, None

    def keep(self) -> None:
        """Let what was drawn be the values from now on."""
        self._origin = None

    def _remember(self) -> None:
        if not self.is_drawn and self._origin is None:
            self._origin = list(self._items), self.by_range

    def copy(self) -> PerNeuron:
        """Return a copy that can be set by itself."""
        twin = PerNeuron(self.who, self.size, 0)
        twin._items, twin.by_range = list(self._items), self.by_range
        return twin

    def numbers(self) -> Any:
        """Return one number, or one for every neuron: what the encoder takes."""
        items = self.listed()
        return items[0] if self.single else items


def _is_many(value: Any) -> bool:
    return callable(value) or (isinstance(value, Iterable) and getattr(value, "shape", True) != ())


def _many(who: str, value: Any, chosen: Sequence[int]) -> list[Any]:
    items = [value(index) for index in chosen] if callable(value) else list(value)
    if len(items) != len(chosen):
        raise ConfigurationError(
            who, "has another number of values", got=len(items), limit=f"{len(chosen)} neurons"
        )
    return [item.item() if isinstance(item, np.generic) else item for item in items]


class ParameterHolder:
    """Values of one parameter or of several, read when they are first looked at.

    Parameters
    ----------
    names : str or sequence of str
        One name reads as a sequence, several as a mapping.
    read : callable
        Returns the values of a name.
    """

    def __init__(self, names: Any, read: Any) -> None:
        self._single = names if isinstance(names, str) else None
        self._names = (names,) if isinstance(names, str) else tuple(names)
        self._read = read
        self._items: dict[str, Any] = {}

    def _data(self) -> Any:
        for name in self._names:
            if name not in self._items:
                self._items[name] = self._read(name)
        return self._items if self._single is None else self._items[self._single]

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str) is (self._single is not None):
            raise UnknownNameError("parameter values", "one name is read by index, several by name")
        return self._data()[key]

    def __len__(self) -> int:
        return len(self._data())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._data())

    def __contains__(self, item: Any) -> bool:
        return item in self._data()

    def __repr__(self) -> str:
        return repr(self._data())

    def __eq__(self, other: object) -> bool:
        return bool(np.all(self._data() == other))

    __hash__ = None  # type: ignore[assignment]

    def keys(self) -> Iterable[str]:
        """Return the names."""
        self._data()
        return self._items.keys()

    def values(self) -> Iterable[Any]:
        """Return the values of each name."""
        self._data()
        return self._items.values()

    def items(self) -> Iterable[tuple[str, Any]]:
        """Return names and values."""
        self._data()
        return self._items.items()

    def __float__(self) -> float:
        return float(self._data())

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.asarray(self._data(), dtype=dtype)


__all__ = ["ParameterHolder", "PerNeuron", "select"]
