"""What is found after a run, in what came out of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurodeploy.api import Finding
from neurodeploy_brian2.finding_run import Rule, Run


def full_ring_buffers(run: Run) -> Iterator[Finding]:
    """Input that was cut at 16 bits."""
    for pop in run.places:
        full = run.total(pop, "saturated")
        if full is not None and full.any():
            yield Finding(
                "saturation",
                pop.label,
                int(full.sum()),
                _ticks(run) * pop.size * len(pop.celltype.receptors),
                f"ring buffers were full, of {np.count_nonzero(full.any(axis=1))} neurons",
                "raise max_expected_summed_weight",
                adds=True,
            )


def spilt_sums(run: Run) -> Iterator[Finding]:
    """Sums over synapse cores that were cut at 16 bits; the rest went to the next neuron."""
    for pop in run.places:
        spilt = run.total(pop, "spilt")
        if spilt is not None and spilt.any():
            yield Finding(
                "carry",
                pop.label,
                int(spilt.sum()),
                _ticks(run) * pop.size * len(pop.celltype.receptors),
                f"sums over synapse cores did not fit 16 bits, of {np.count_nonzero(spilt)} "
                "neurons; what was left over went to the neuron beside, or was lost",
                "raise max_expected_summed_weight, or take fewer synapse cores",
                adds=True,
            )


def wrapped_voltages(run: Run) -> Iterator[Finding]:
    """Updates of v in which a word did not fit 32 bits, so that it came out wrong."""
    for pop in run.places:
        wrapped = run.total(pop, "wrapped")
        updates = _ticks(run) * pop.size * pop.n_steps
        if wrapped is not None and wrapped.any():
            yield Finding(
                "wrap-around",
                pop.label,
                int(wrapped.sum()),
                updates,
                f"updates of v left +-65536 and wrapped, of {np.count_nonzero(wrapped)} neurons",
                "scale weights, currents or tau_m / cm down",
                adds=True,
            )


def silent_neurons(run: Run) -> Iterator[Finding]:
    """Recorded neurons that did not fire since the reset."""
    for pop in run.places:
        recorded = run.pieces[-1].recorded[pop].get("spikes") if run.pieces else None
        if recorded is None or not run.segment.n_ticks:
            continue
        first, fired = run.places[pop], np.zeros(pop.size, dtype=bool)
        for piece in run.segment.pieces:
            index = piece.outcome.spike_index - first
            fired[index[(index >= 0) & (index < pop.size)]] = True
        which = np.asarray(recorded.neurons(pop.size), dtype=np.int64)
        silent = int(np.count_nonzero(~fired[which]))
        if silent:
            yield Finding("silent", pop.label, silent, len(which), "neurons never fired")


def _ticks(run: Run) -> int:
    return sum(piece.n_ticks for piece in run.pieces)


AFTER: tuple[Rule, ...] = (full_ring_buffers, spilt_sums, wrapped_voltages, silent_neurons)

__all__ = ["AFTER"]
