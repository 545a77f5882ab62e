"""Set delays so that all that belongs to one step arrives in one tick."""

from __future__ import annotations

from dataclasses import replace

from neurodeploy.ir.network import Network, Population, Projection
from neurodeploy.passes.settings import Settings


def align_delays(net: Network, settings: Settings) -> Network:
    """Return the network with delays in whole ticks and the first tick of each population.

    A feed-forward projection takes `forward_delay_ticks`, so step k of a layer is computed
    in tick k + start; a path that skips layers waits for the longest one. Recurrent
    projections take one tick, which is what training means by them. Lags come on top.
    """
    if all(p.delay_ms is not None for p in net.projections):
        return net
    start = _start_ticks(net, settings.forward_delay_ticks)
    populations = []
    for pop in net.populations:
        if pop.kind == "bias":
            populations.append(replace(pop, start_ticks=_bias_starts(net, pop, start, settings)))
        else:
            populations.append(replace(pop, start_tick=start[pop.name]))
    kinds = {p.name: p.kind for p in net.populations}

    def ticks(proj: Projection) -> int:
        if proj.recurrent:
            return 1
        if kinds[proj.pre] == "bias":
            return settings.forward_delay_ticks
        return start[proj.post] - start[proj.pre]

    projections = tuple(replace(p, delay_ms=ticks(p) * settings.tick_ms) for p in net.projections)
    depth = start[net.output]
    out = replace(net, populations=tuple(populations), projections=projections)
    return out.noted(f"align_delays: the output computes step 0 in tick {depth}")


def _start_ticks(net: Network, forward: int) -> dict[str, int]:
    """Longest feed-forward path to each population; they come in order of computation."""
    start = {net.inputs.name: 0}
    for pop in net.neurons:
        before = [
            start[p.pre] for p in net.incoming(pop.name) if not p.recurrent and p.pre in start
        ]
        start[pop.name] = max(before, default=0) + forward
    return start


def _bias_starts(
    net: Network, bias: Population, start: dict[str, int], settings: Settings
) -> tuple[int, ...]:
    """First tick of each bias neuron: its spikes land from its layer's first tick on."""
    serves = {int(p.pre_index[0]): p.post for p in net.projections if p.pre == bias.name}
    return tuple(start[serves[k]] - settings.forward_delay_ticks for k in range(bias.size))
