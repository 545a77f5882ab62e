"""Choose the ring-buffer shift of each population and receptor."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neurodeploy.errors import InputError
from neurodeploy.ir.network import RECEPTORS, Network, Population, Receptor
from neurodeploy.passes.peaks import policy
from neurodeploy.passes.settings import Settings
from neurodeploy.target.weight_scale import WEIGHT_MAX, ring_buffer_shift, weight_scale


def scale_weights(net: Network, settings: Settings) -> Network:
    """Return the network with a shift for each ring buffer.

    sPyNNaker's own rule takes the sum of all weights; a weight scale made for the sum that
    really occurs keeps many more bits. A ring buffer of shift s holds just under 2**(s+1),
    so half the largest sum is what decides s. No single weight may exceed 16 bits either.
    """
    if all(pop.ring_shift is not None for pop in net.neurons):
        return net
    known = {p.name for p in net.neurons}
    for name in settings.weight_scale.explicit_nA:
        if name not in known:
            raise InputError(
                "--weight-scale", "no such population", got=name, limit=", ".join(sorted(known))
            )
    out, said = net, []
    for pop in net.neurons:
        sums = [summed_nA(net, pop, receptor, settings) for receptor in RECEPTORS]
        shifts = [
            max(ring_buffer_shift(s / 2), _shift_of_largest(net, pop, r))
            for s, r in zip(sums, RECEPTORS, strict=True)
        ]
        out = out.with_population(replace(pop, ring_shift=(shifts[0], shifts[1])))
        said.append(f"{pop.name} {sums[0]:.4g}/{sums[1]:.4g} nA")
    margin = f" x {settings.weight_scale.margin:g}" if policy(settings) == "calibrated" else ""
    return out.noted(
        f"scale_weights: {policy(settings)}{margin}, largest sums exc/inh: {'; '.join(said)}"
    )


def summed_nA(net: Network, pop: Population, receptor: Receptor, settings: Settings) -> float:
    """Return the one-tick sum that a receptor is scaled for, in nA."""
    place = RECEPTORS.index(receptor)
    explicit = settings.weight_scale.explicit_nA.get(pop.name)
    if explicit is not None:
        return explicit[place]
    if policy(settings) == "calibrated" and settings.peaks is not None and pop.cell is not None:
        seen = settings.peaks[pop.name]
        units = (seen.excitatory, seen.inhibitory)[place]
        return float(np.max(units * pop.cell.gain_nA)) * settings.weight_scale.margin
    sums = np.zeros(pop.size)
    for proj in net.incoming(pop.name):
        if proj.receptor == receptor:
            sums += np.bincount(proj.post_index, proj.weight, pop.size)
    return float(sums.max())


def _shift_of_largest(net: Network, pop: Population, receptor: Receptor) -> int:
    weights = [p.weight for p in net.incoming(pop.name) if p.receptor == receptor]
    largest = max((float(w.max()) for w in weights if w.size), default=0.0)
    shift = 0
    while np.rint(largest * weight_scale(shift)) > WEIGHT_MAX:
        shift += 1
    return shift
