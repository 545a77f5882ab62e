"""check: what a network needs of the machine, and everything that does not fit."""

from neurodeploy.checking.needs import PopulationNeeds, ProjectionNeeds, needs
from neurodeploy.checking.result import Check, Figure
from neurodeploy.checking.run import check, check_compiled, events_per_tick
from neurodeploy.planning import Machine

__all__ = [
    "Check",
    "Figure",
    "Machine",
    "PopulationNeeds",
    "ProjectionNeeds",
    "check",
    "check_compiled",
    "events_per_tick",
    "needs",
]
