"""Network -> stable text, for people, diffs and golden tests."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurodeploy.ir.network import Floats, Network, Population, Projection


def show(net: Network) -> str:
    """Return the network as text: the same network gives the same text, on any machine."""
    return "\n".join(_lines(net)) + "\n"


def _lines(net: Network) -> Iterator[str]:
    yield f"network {net.name}  timestep {net.timestep_ms:g} ms  output {net.output}"
    for pop in net.populations:
        yield from _population(pop)
    for proj in net.projections:
        yield _projection(proj)
    for note in net.notes:
        yield f"note {note}"


def _population(pop: Population) -> Iterator[str]:
    start = "" if pop.start_tick is None else f"  starts at tick {pop.start_tick}"
    start = f"  starts at ticks {pop.start_ticks}" if pop.start_ticks else start
    kind = pop.cell.kind if pop.cell else pop.kind
    yield f"population {pop.name}  {pop.size} x {kind}{start}"
    if pop.bias is not None:
        yield f"    bias {_span(pop.bias)}"
    if pop.cell is not None:
        for name, values in pop.cell.parameters.items():
            yield f"    {name} {_span(values)}"
        yield f"    mV per unit {pop.cell.mV_per_unit:g}, nA per unit {_span(pop.cell.gain_nA)}"
    if pop.ring_shift is not None:
        yield f"    ring-buffer shift {pop.ring_shift[0]} exc, {pop.ring_shift[1]} inh"


def _projection(proj: Projection) -> str:
    parts = [f"projection {proj.name}  {proj.pre} -> {proj.post}", f"{proj.n_synapses} synapses"]
    parts += [proj.receptor] if proj.receptor else []
    parts += ["recurrent"] if proj.recurrent else []
    parts += [] if proj.delay_ms is None else [f"delay {proj.delay_ms:g} ms"]
    parts += [f"lag up to {proj.longest_lag} steps"] if proj.longest_lag else []
    parts += [f"weight {_span(proj.weight)}"] if proj.n_synapses else []
    q = proj.quantisation
    if q is not None:
        parts += [f"LSB {q.lsb_nA:g} nA", f"SNR {q.snr_dB:.1f} dB"]
        parts += [f"zeroed {q.zeroed}", f"clipped {q.clipped}"]
    return "  ".join(parts)


def _span(values: Floats) -> str:
    """One number if all are equal, else least to greatest; six digits, so that it is stable."""
    low, high = float(np.min(values)), float(np.max(values))
    return f"{low:.6g}" if low == high else f"{low:.6g} .. {high:.6g}"
