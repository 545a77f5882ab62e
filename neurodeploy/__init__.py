"""Trained spiking networks on SpiNNaker: compile, emulate bit for bit, run and report.

>>> import neurodeploy as nd
>>> report = nd.deploy(nd.load("models/digits"), target="ideal")
>>> report.accuracy > 0.9
True
"""

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
