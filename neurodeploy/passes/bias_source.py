"""Give biases to a source that spikes in every step of the layer it serves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neurodeploy.ir.network import Network, Population, Projection
from neurodeploy.passes.settings import Settings

NAME = "bias"


def bias_source(net: Network, settings: Settings) -> Network:
    """Return the network with a `bias` population, one neuron a biased population.

    A constant `i_offset` would also flow before a layer's first step and between samples;
    the current of a source that spikes only in the layer's own steps does not, so state can
    decay to zero between samples and no start-up transient has to be cancelled.
    """
    biased = [p for p in net.neurons if p.bias is not None]
    if not biased:
        return net
    name = NAME
    while name in {p.name for p in net.populations}:
        name += "_"
    source = Population(name, len(biased), kind="bias")
    projections = []
    for k, pop in enumerate(biased):
        bias = np.zeros(pop.size) if pop.bias is None else pop.bias
        post = np.flatnonzero(bias).astype(np.int32)
        projections.append(
            Projection(
                f"{name} -> {pop.name}",
                name,
                pop.name,
                np.full(post.size, k, dtype=np.int32),
                post,
                bias[post],
            )
        )
    first = next(i for i, p in enumerate(net.populations) if p.kind == "neurons")
    populations = [replace(p, bias=None) for p in net.populations]
    populations.insert(first, source)
    out = replace(net, populations=tuple(populations), projections=(*net.projections, *projections))
    return out.noted(f"bias_source: {len(biased)} source neurons for the biases")
