"""How a lowered network is spread over time and cores, from what its populations send."""

from neurodeploy.planning.machine import Machine
from neurodeploy.planning.pace import DEFAULT_NEURONS, CoreLoad, Pace, choose_pace, core_load, plan
from neurodeploy.planning.traffic import COUNTED, Traffic, count_traffic

__all__ = [
    "COUNTED",
    "DEFAULT_NEURONS",
    "CoreLoad",
    "Machine",
    "Pace",
    "Traffic",
    "choose_pace",
    "core_load",
    "count_traffic",
    "plan",
]
