"""The C extension, if it was built."""

from __future__ import annotations

import importlib
from typing import Any

from neurodeploy.errors import BackendUnavailable


def load() -> tuple[Any, Any]:
    """Return its `ffi` and `lib`.

    Raises
    ------
    BackendUnavailable
        If it was not built.
    """
    try:
        module = importlib.import_module("neurodeploy_virtual.core._board")
    except ImportError as err:
        raise BackendUnavailable(
            "virtual board",
            "its C extension was not built",
            todo="install a C compiler and install neurodeploy again",
        ) from err
    return module.ffi, module.lib


def available() -> bool:
    """Tell whether the extension was built."""
    try:
        load()
    except BackendUnavailable:
        return False
    return True


__all__ = ["available", "load"]
