"""models/<name>/ or a bare .nir file -> Model."""

from neurodeploy.describe.load import load
from neurodeploy.describe.model import Expected, Model, PacketInput, SampleFiles
from neurodeploy.describe.spatial import Learned, Lesson, Rule, Spatial

__all__ = [
    "Expected",
    "Learned",
    "Lesson",
    "Model",
    "PacketInput",
    "Rule",
    "SampleFiles",
    "Spatial",
    "load",
]
