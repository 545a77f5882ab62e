"""Detectors of spatial patterns: what they compute, exactly and on the machine, and say.

How they are taught is in `neurodeploy.learning`.
"""

from neurodeploy.detectors.detection import Counts, Detection
from neurodeploy.detectors.lowering import exact_graph, lower, trained_facts
from neurodeploy.detectors.machine import Detector

__all__ = ["Counts", "Detection", "Detector", "exact_graph", "lower", "trained_facts"]
