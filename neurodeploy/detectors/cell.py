"""The neuron and the fixed synapses that all networks here are made of."""

from __future__ import annotations

from types import MappingProxyType

#: sPyNNaker's defaults of `IF_curr_delta`, stated so that they hold on any PyNN module.
CELL = MappingProxyType(
    {
        "tau_m": 20.0,
        "cm": 1.0,
        "v_rest": -65.0,
        "v_reset": -65.0,
        "v_thresh": -50.0,
        "tau_refrac": 0.1,
    }
)
#: Lets one spike make a resting neuron fire.
RELAY_nA = 20.0
RELAY_DELAY_MS = 1.0
SYNAPSE_DELAY_MS = 1.0
TEACHER_DELAY_MS = 2.0
TIMESTEP_MS = 1.0

__all__ = [
    "CELL",
    "RELAY_DELAY_MS",
    "RELAY_nA",
    "SYNAPSE_DELAY_MS",
    "TEACHER_DELAY_MS",
    "TIMESTEP_MS",
]
