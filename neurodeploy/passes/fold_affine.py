"""Fold biases of affine maps into their populations and join parallel projections."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neurodeploy.ideal import total_bias
from neurodeploy.ir.network import Network, Projection
from neurodeploy.passes.settings import Settings


def fold_affine(net: Network, settings: Settings) -> Network:
    """Return the network with one projection a pair of populations and biases on them.

    The sum of what a population's projections add in every step becomes its `bias`; weights
    of parallel synapses between the same two neurons are added.
    """
    if any(p.delay_ms is not None for p in net.projections):
        return net
    pairs = {_pair(proj) for proj in net.projections}
    if len(pairs) == len(net.projections) and all(p.bias is None for p in net.projections):
        return net
    populations = []
    for pop in net.populations:
        bias = total_bias(net, pop)
        kept = bias if np.any(bias) else None
        populations.append(replace(pop, bias=kept) if pop.kind == "neurons" else pop)
    groups: dict[tuple[object, ...], list[Projection]] = {}
    for proj in net.projections:
        groups.setdefault(_pair(proj), []).append(replace(proj, bias=None))
    joined = tuple(_join(group, net.population(group[0].post).size) for group in groups.values())
    out = replace(net, populations=tuple(populations), projections=joined)
    biased = [p.name for p in populations if p.bias is not None]
    return out.noted(f"fold_affine: bias on {', '.join(biased) or 'no population'}")


def _pair(proj: Projection) -> tuple[object, ...]:
    """What two projections must share to be one."""
    return (proj.pre, proj.post, proj.recurrent)


def _join(group: list[Projection], n_post: int) -> Projection:
    if len(group) == 1:
        return group[0]
    pre = np.concatenate([p.pre_index for p in group]).astype(np.int64)
    post = np.concatenate([p.post_index for p in group]).astype(np.int64)
    pairs, place = np.unique(pre * n_post + post, return_inverse=True)
    weight = np.zeros(pairs.size)
    np.add.at(weight, place, np.concatenate([p.weight for p in group]))
    return replace(
        group[0],
        pre_index=(pairs // n_post).astype(np.int32),
        post_index=(pairs % n_post).astype(np.int32),
        weight=weight,
    )
