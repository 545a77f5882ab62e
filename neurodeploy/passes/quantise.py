"""Round weights to the 16-bit words that the board stores, and record what it cost."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from neurodeploy.errors import VerifyError
from neurodeploy.ir.network import RECEPTORS, Floats, Network, Projection, Quantisation
from neurodeploy.passes.settings import Settings
from neurodeploy.target.weight_scale import WEIGHT_MAX, weight_scale


def quantise(net: Network, settings: Settings) -> Network:
    """Return the network with weights that are whole words of their ring buffer.

    Weights that round to zero are dropped: on the board they would cost an event and add
    nothing. The error is at most half a word a weight. Taps (weights of one synapse with several
    lags) are rounded so that what their sum has become in the target is off by half a word.
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
    post = net.population(proj.post)
    shifts = post.ring_shift
    if shifts is None or proj.receptor is None or post.cell is None:
        raise VerifyError(proj.name, "needs a receptor and a weight scale before quantisation")
    scale = weight_scale(shifts[RECEPTORS.index(proj.receptor)])
    wanted = proj.weight * scale
    if proj.lag is None:
        exact = np.rint(wanted)
        rounded = _Rounded(exact, wanted, exact - wanted, int(np.sum((exact < 1) & (wanted > 0))))
    else:
        rounded = _shaped(proj, wanted, post.cell.decay)
    words = np.minimum(rounded.words, WEIGHT_MAX)
    noise = float(np.sum((rounded.error - rounded.words + words) ** 2))
    power = float(np.sum(rounded.signal**2))
    record = Quantisation(
        lsb_nA=1.0 / scale,
        snr_dB=float("inf") if noise == 0 else 10 * float(np.log10(power / noise)),
        zeroed=rounded.zeroed,
        clipped=int(np.count_nonzero(rounded.words > WEIGHT_MAX)),
    )
    return replace(proj, weight=words / scale, quantisation=record).chosen(words > 0)


@dataclass(frozen=True, eq=False)
class _Rounded:
    """Whole words, and what they do in the target; (m,) float arrays.

    Parameters
    ----------
    words : (m,) float array
    signal, error : (m,) float array
        What each synapse adds to the current; of taps, what the current has become by it.
    zeroed : int
        Synapses of which nothing is left.
    """

    words: Floats
    signal: Floats
    error: Floats
    zeroed: int


def _shaped(proj: Projection, wanted: Floats, decay: Floats) -> _Rounded:
    """Round taps; what one is rounded by, the later taps of its synapse make up for.

    Parameters
    ----------
    wanted : (m,) float array
        In words.
    decay : (n_post,) float array
        Of the target's current: of a current or an error, so much is left a step later.
    """
    lag = np.zeros(wanted.size, dtype=np.int32) if proj.lag is None else proj.lag
    pair = np.stack([proj.pre_index, proj.post_index], axis=1)
    pairs, synapse = np.unique(pair, axis=0, return_inverse=True)
    kept, current, missing = decay[pairs[:, 1]], np.zeros(len(pairs)), np.zeros(len(pairs))
    words, signal, error = np.zeros_like(wanted), np.zeros_like(wanted), np.zeros_like(wanted)
    for step in range(int(lag.max(initial=-1)) + 1):
        current, missing = current * kept, missing * kept
        (now,) = np.nonzero(lag == step)
        at = synapse[now]
        current[at] += wanted[now]
        words[now] = np.maximum(np.rint(wanted[now] + missing[at]), 0.0)
        missing[at] += wanted[now] - words[now]
        signal[now], error[now] = current[at], -missing[at]
    left = np.bincount(synapse, words, len(pairs))
    return _Rounded(words, signal, error, int(np.count_nonzero(left == 0)))
