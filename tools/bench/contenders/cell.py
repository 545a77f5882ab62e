"""IF_curr_exp with PyNN's defaults, as numbers for engines that know no PyNN."""

from __future__ import annotations

import math

TICK_MS = 1.0
TAU_M_MS, TAU_SYN_MS, CM_NF = 20.0, 5.0, 1.0
V_REST_MV, V_RESET_MV, V_THRESH_MV = -65.0, -65.0, -50.0
REFRACTORY_TICKS = 1
"""PyNN's 0.1 ms, of which a tick is the least."""
BRIAN2_REFRACTORY_MS = (REFRACTORY_TICKS + 1) * TICK_MS
"""Brian2 holds a neuron one tick less than its refractory time."""

LEAK = math.exp(-TICK_MS / TAU_M_MS)
DECAY = math.exp(-TICK_MS / TAU_SYN_MS)
RESISTANCE_MOHM = TAU_M_MS / CM_NF
STARTING = TAU_SYN_MS / TICK_MS * (1.0 - DECAY)
"""What the board multiplies a weight with when it arrives: the mean of its decay over a tick."""
