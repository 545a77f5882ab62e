"""pyNN.brian2 as a script uses it: one run a sample, reset() and new spike times between."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tools.bench.contenders import cell
from tools.bench.contenders.ready import NotRun, Run, timed
from tools.bench.networks import Bench


def on_pynn(bench: Bench) -> Run:
    """Return the network built by PyNN's calls, on Brian2's numpy target."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import brian2
            import pyNN.brian2 as sim
    except (ImportError, AttributeError) as err:
        raise NotRun(f"pyNN.brian2 does not import: {err}") from err
    warnings.simplefilter("ignore")
    brian2.prefs.codegen.target = "numpy"
    sim.setup(timestep=cell.TICK_MS, min_delay=cell.TICK_MS)
    brian2.defaultclock.dt = cell.TICK_MS * brian2.ms  # PyNN's sources would run on 0.1 ms
    layers = _build(sim, bench)

    def run() -> int:
        return sum(_run_sample(sim, bench, layers, sample) for sample in range(bench.n_samples))

    return timed(run)


def _build(sim: Any, bench: Bench) -> list[Any]:
    layers: list[Any] = [None]
    if bench.n_inputs:
        layers = [sim.Population(bench.n_inputs, sim.SpikeSourceArray(spike_times=[]))]
    first = 0
    for size in bench.layers:
        offset = bench.offset_nA[first : first + size]
        cells = sim.IF_curr_exp(i_offset=offset, tau_refrac=cell.BRIAN2_REFRACTORY_MS)
        layers.append(sim.Population(size, cells))
        layers[-1].record("spikes")
        first += size
    for link in bench.links:
        for receptor, chosen in (
            ("excitatory", link.weight_nA > 0),
            ("inhibitory", link.weight_nA < 0),
        ):
            weight = link.weight_nA[chosen]
            if receptor == "inhibitory":
                weight = -np.abs(weight)
            columns = (link.pre[chosen], link.post[chosen], weight, link.delay_ticks[chosen])
            if chosen.any():
                connector = sim.FromListConnector(np.column_stack(columns))
                ends = layers[link.pre_layer], layers[link.post_layer]
                sim.Projection(*ends, connector, receptor_type=receptor)
    return layers


def _run_sample(sim: Any, bench: Bench, layers: list[Any], sample: int) -> int:
    sim.reset()
    low = np.searchsorted(bench.spike_tick, sample * bench.sample_ticks)
    high = np.searchsorted(bench.spike_tick, (sample + 1) * bench.sample_ticks)
    if layers[0] is not None:
        tick = bench.spike_tick[low:high] - sample * bench.sample_ticks
        index = bench.spike_input[low:high]
        order = np.argsort(index, kind="stable")
        cuts = np.searchsorted(index[order], np.arange(1, bench.n_inputs))
        trains = np.split(tick[order].astype(float), cuts)
        layers[0].set(spike_times=[sim.Sequence(train) for train in trains])
    sim.run(bench.sample_ticks * cell.TICK_MS)
    segments = (layer.get_data("spikes").segments[-1] for layer in layers[1:])
    return sum(len(train) for segment in segments for train in segment.spiketrains)


__all__ = ["on_pynn"]
