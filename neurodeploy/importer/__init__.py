"""NIR graphs -> Network."""

from neurodeploy.importer.graph import import_graph, read_graph
from neurodeploy.importer.sources import SOURCES, Convention, Timing

__all__ = ["SOURCES", "Convention", "Timing", "import_graph", "read_graph"]
