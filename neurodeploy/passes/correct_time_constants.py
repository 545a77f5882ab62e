"""Replace time constants by those whose exponential decay is the trained step."""

from __future__ import annotations

from dataclasses import replace

from neurodeploy.ir.network import Network
from neurodeploy.passes.settings import Settings


def correct_time_constants(net: Network, settings: Settings) -> Network:
    """Return the network with exact (exponential) dynamics and one step a tick.

    Networks trained with forward Euler decay by 1 - dt/tau a step; the machine decays by
    exp(-dt/tau). The closed form tau' = -dt / ln(1 - dt/tau) makes them equal. Time is then
    counted in ticks: a network trained with dt = 0.1 ms runs with 1 ms ticks.
    """
    stretch = settings.tick_ms / net.timestep_ms
    corrected = []
    out = net
    for pop in net.neurons:
        if pop.dynamics is None or pop.cell is not None:
            continue
        corrected += [pop.name] if pop.dynamics.integrator == "euler" else []
        dynamics = pop.dynamics.exact(net.timestep_ms).stretched(stretch)
        out = out.with_population(replace(pop, dynamics=dynamics))
    out = replace(out, timestep_ms=settings.tick_ms)
    if not corrected and stretch == 1.0:
        return out
    return out.noted(
        f"correct_time_constants: forward Euler corrected on {', '.join(corrected) or 'none'}; "
        f"a step of {net.timestep_ms:g} ms is a tick of {settings.tick_ms:g} ms"
    )
