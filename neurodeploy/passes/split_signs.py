"""Split each projection by the sign of its weights: one receptor each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from neurodeploy.ir.network import RECEPTORS, Network, Projection
from neurodeploy.passes.settings import Settings


def split_signs(net: Network, settings: Settings) -> Network:
    """Return the network with magnitudes on the receptor that stands for their sign.

    SpiNNaker stores magnitudes only: the receptor alone decides the sign.
    """
    if all(p.receptor is not None for p in net.projections):
        return net
    parts = tuple(part for proj in net.projections for part in _parts(proj))
    return replace(net, projections=parts).noted(
        f"split_signs: {len(net.projections)} projections became {len(parts)}"
    )


def _parts(proj: Projection) -> Iterator[Projection]:
    if proj.receptor is not None:
        yield proj
        return
    for receptor, chosen in zip(RECEPTORS, (proj.weight > 0, proj.weight < 0), strict=True):
        if np.any(chosen):
            part = proj.chosen(chosen)
            yield replace(
                part,
                name=f"{proj.name} ({receptor[:3]})",
                weight=np.abs(part.weight),
                receptor=receptor,
            )
