"""Which sPyNNaker is installed, and whether it is the one whose arithmetic is known."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from neurodeploy.api import TargetError

#: The release whose binaries, arithmetic and provenance this project was held to.
SUPPORTED = "7.4.1"
#: sPyNNaker and the libraries released with it, under one number.
PACKAGES = (
    "sPyNNaker",
    "SpiNNFrontEndCommon",
    "SpiNNaker_PACMAN",
    "SpiNNMan",
    "SpiNNMachine",
    "SpiNNUtilities",
    "spalloc",
)


def release(text: str) -> str:
    """Return a version without its epoch.

    >>> release("1!7.4.1")
    '7.4.1'
    """
    return text.rpartition("!")[2]


def installed() -> dict[str, str]:
    """Return the release of each package of the vendor that is installed, by name."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = release(version(name))
        except PackageNotFoundError:
            continue
    return found


def missing() -> str | None:
    """Return why sPyNNaker cannot run here and what to install, or None."""
    absent = [name for name in PACKAGES if name not in installed()]
    if not absent:
        return None
    return f"{absent[0]} is not installed; try: pip install 'sPyNNaker==1!{SUPPORTED}'"


def require(allow_version: bool) -> None:
    """Refuse another release than the one supported.

    Parameters
    ----------
    allow_version : bool
        Whether any release may run.

    Raises
    ------
    TargetError
        If one of the packages is of another release and that is not allowed.
    """
    others = {name: found for name, found in installed().items() if found != SUPPORTED}
    if others and not allow_version:
        raise TargetError(
            "sPyNNaker",
            "is of another release than its arithmetic is known for",
            got=", ".join(f"{name} {found}" for name, found in others.items()),
            limit=SUPPORTED,
            todo=f"pip install 'sPyNNaker==1!{SUPPORTED}', or give --allow-version",
        )


def emulated() -> str:
    """Return whose arithmetic a result shows, for reports."""
    return f"sPyNNaker {installed().get('sPyNNaker', SUPPORTED)}"


__all__ = ["PACKAGES", "SUPPORTED", "emulated", "installed", "missing", "release", "require"]
