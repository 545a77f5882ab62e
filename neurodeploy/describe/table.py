"""Reading TOML tables strictly: types are checked and unknown keys are errors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from neurodeploy.errors import ModelError

T = TypeVar("T")
_REQUIRED: Any = object()


class Table:
    """One TOML table that must be read to its last key.

    Parameters
    ----------
    where : str
        File and table, for error lines.
    values : mapping
    """

    def __init__(self, where: str, values: Mapping[str, Any]) -> None:
        self._where, self._values, self._read = where, dict(values), set[str]()

    def take(self, key: str, kind: type[T], default: T = _REQUIRED) -> T:
        """Return a value of the given type; an int is taken for a float.

        Raises
        ------
        ModelError
            If a required key is missing or a value has another type.
        """
        self._read.add(key)
        if key not in self._values:
            if default is _REQUIRED:
                raise ModelError(self._where, "missing key", limit=f"{key} = {kind.__name__}")
            return default
        value = self._values[key]
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:
            raise ModelError(
                self._where, f"{key} has the wrong type", got=repr(value), limit=kind.__name__
            )
        return value

    def table(self, key: str, *, required: bool = False) -> Table | None:
        """Return an inner table, or None where it is absent and may be."""
        if key not in self._values and not required:
            self._read.add(key)
            return None
        return Table(f"{self._where} [{key}]", self.take(key, dict))

    def tables(self) -> dict[str, Table]:
        """Return all values as inner tables, by key."""
        names = list(self._values)
        return {n: Table(f"{self._where}.{n}", self.take(n, dict)) for n in names}

    def strings(self, key: str) -> tuple[str, ...]:
        """Return a list of strings; empty if absent."""
        values = self.take(key, list, [])
        if not all(isinstance(v, str) for v in values):
            raise ModelError(self._where, f"{key} must hold strings only")
        return tuple(values)

    def numbers(self, key: str, default: tuple[float, ...]) -> tuple[float, ...]:
        """Return a list of numbers; the default if absent."""
        values = self.take(key, list, list(default))
        if not all(type(v) in (int, float) for v in values):
            raise ModelError(self._where, f"{key} must hold numbers only")
        return tuple(float(v) for v in values)

    def texts(self) -> dict[str, str]:
        """Return all keys of a free table whose values are strings."""
        return {key: self.take(key, str) for key in self._values}

    def file(self, key: str, folder: Path) -> Path | None:
        """Return a file beside model.toml; it must exist and lie in the folder."""
        name = self.take(key, str, "")
        if not name:
            return None
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
            raise ModelError(self._where, f"{key}: no such file in the model folder", got=name)
        return path

    def done(self) -> None:
        """Refuse keys that nobody asked for."""
        unknown = sorted(set(self._values) - self._read)
        if unknown:
            raise ModelError(
                self._where,
                "unknown keys",
                got=", ".join(unknown),
                limit=", ".join(sorted(self._read)),
            )
