"""Find backends: entry points, `module:attribute`, and our own in a bare checkout."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points

from neurodeploy.errors import BackendUnavailable, TargetError
from neurodeploy.runtime.backend import Backend

GROUP = "neurodeploy.backends"
#: Begins the name of a recorded session.
PREFIX = "replay:"
#: Entry points do not exist in a checkout that is not installed.
CHECKOUT = {
    "emulator": "neurodeploy_brian2:BACKEND",
    "spinnaker": "neurodeploy_spinnaker:BACKEND",
    "virtual": "neurodeploy_virtual:BACKEND",
}


def names() -> tuple[str, ...]:
    """Return the names of all backends that can be asked for."""
    return tuple(sorted({*CHECKOUT, *(e.name for e in entry_points(group=GROUP))}))


def find(name: str) -> Backend:
    """Return the backend of that name, of `module:attribute` or of `replay:FILE`.

    Raises
    ------
    TargetError
        If there is none of that name.
    BackendUnavailable
        If its package cannot be imported, naming what is missing.
    """
    if name.startswith(PREFIX):
        # Half of the library comes with it.
        from neurodeploy.runtime.replay import ReplayBackend

        return ReplayBackend(name)
    places = CHECKOUT | {e.name: e.value for e in entry_points(group=GROUP)}
    place = name if ":" in name else places.get(name)
    if place is None:
        known = ", ".join(["ideal", *sorted(places)])
        raise TargetError("target", "unknown", got=name, limit=known)
    module, _, attribute = place.partition(":")
    try:
        backend: Backend = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as err:
        raise BackendUnavailable(
            f"target {name}", "cannot be loaded", got=err, todo="pip install neurodeploy"
        ) from err
    return backend
