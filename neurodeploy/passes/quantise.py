"""Round weights to the 16-bit words that the board stores, and record what it cost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neurodeploy.errors import VerifyError
from neurodeploy.ir.network import RECEPTORS, Network, Projection, Quantisation
from neurodeploy.passes.settings import Settings
from neurodeploy.target.weight_scale import WEIGHT_MAX, weight_scale


def quantise(net: Network, settings: Settings) -> Network:
    """Return the network with weights that are whole words of their ring buffer.

    Weights that round to zero are dropped: on the board they would cost an event and add
    nothing. The error is at most half a word a weight.
    """
    if all(p.quantisation is not None for p in net.projections):
        return net
    projections = tuple(_quantised(net, p) for p in net.projections)
    records = [p.quantisation for p in projections if p.quantisation is not None]
    zeroed = sum(q.zeroed for q in records)
    worst = min((q.snr_dB for q in records), default=float("inf"))
    return replace(net, projections=projections).noted(
        f"quantise: worst SNR {worst:.1f} dB, {zeroed} weights became zero"
    )


def _quantised(net: Network, proj: Projection) -> Projection:
    shifts = net.population(proj.post).ring_shift
    if shifts is None or proj.receptor is None:
        raise VerifyError(proj.name, "needs a receptor and a weight scale before quantisation")
    scale = weight_scale(shifts[RECEPTORS.index(proj.receptor)])
    exact = np.rint(proj.weight * scale)
    words = np.minimum(exact, WEIGHT_MAX)
    error = words / scale - proj.weight
    kept = words > 0
    power = float(np.sum(proj.weight**2))
    noise = float(np.sum(error**2))
    record = Quantisation(
        lsb_nA=1.0 / scale,
        snr_dB=float("inf") if noise == 0 else 10 * float(np.log10(power / noise)),
        zeroed=int(np.count_nonzero(~kept & (proj.weight > 0))),
        clipped=int(np.count_nonzero(exact > WEIGHT_MAX)),
    )
    return replace(proj, weight=words / scale, quantisation=record).chosen(kept)
