"""models/<name>/ or a bare .nir file -> Model."""

from neurodeploy.describe.load import load
from neurodeploy.describe.model import Expected, Model, PacketInput, SampleFiles

__all__ = ["Expected", "Model", "PacketInput", "SampleFiles", "load"]
