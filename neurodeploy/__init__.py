"""Trained spiking networks on SpiNNaker: compile, emulate bit for bit, run and report.

>>> import neurodeploy as nd
>>> report = nd.deploy(nd.load("models/digits"), target="ideal")
>>> report.accuracy > 0.9
True
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neurodeploy.checking import Check, Machine, check
    from neurodeploy.compiler import Compiled
    from neurodeploy.confidence import Confidence
    from neurodeploy.decided import LiveDecision
    from neurodeploy.deciding import Live
    from neurodeploy.deployment import Interrupted, compile, deploy
    from neurodeploy.describe import Model, load
    from neurodeploy.errors import NeurodeployError
    from neurodeploy.inputs import Samples, read
    from neurodeploy.live_deployment import live
    from neurodeploy.passes import WeightScale
    from neurodeploy.results import Report

__version__ = "0.1.0"

__all__ = [
    "Check",
    "Compiled",
    "Confidence",
    "Interrupted",
    "Live",
    "LiveDecision",
    "Machine",
    "Model",
    "NeurodeployError",
    "Report",
    "Samples",
    "WeightScale",
    "check",
    "compile",
    "deploy",
    "live",
    "load",
    "read",
]

#: Where each name is; all of them together take a third of a second to import, which a command
#: that needs none of them, and a script that runs under one, should not wait for.
_HOMES = {
    "checking": ("Check", "Machine", "check"),
    "compiler": ("Compiled",),
    "confidence": ("Confidence",),
    "decided": ("LiveDecision",),
    "deciding": ("Live",),
    "deployment": ("Interrupted", "compile", "deploy"),
    "describe": ("Model", "load"),
    "errors": ("NeurodeployError",),
    "inputs": ("Samples", "read"),
    "live_deployment": ("live",),
    "packets": (),
    "passes": ("WeightScale",),
    "results": ("Report",),
}


def __getattr__(name: str) -> object:
    """Import a public name, or the module it is in, when it is first used."""
    if name in _HOMES:
        return import_module(f"{__name__}.{name}")
    for home, names in _HOMES.items():
        if name in names:
            value: object = getattr(import_module(f"{__name__}.{home}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
