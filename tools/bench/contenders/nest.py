"""NEST, all samples one after the other without a reset between them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.bench.contenders import cell
from tools.bench.contenders.ready import NotRun, Run, timed
from tools.bench.networks import Bench, flat

_PA = 1000.0


def on_nest(bench: Bench, n_threads: int) -> Run:
    """Return the network as NEST's iaf_psc_exp on the grid of ticks."""
    try:
        import nest
    except ImportError as err:
        raise NotRun(f"NEST does not import: {err}") from err
    nest.set_verbosity("M_ERROR")
    nest.ResetKernel()
    nest.SetKernelStatus({"local_num_threads": n_threads, "resolution": cell.TICK_MS})
    inputs, neurons = _nodes(nest, bench)
    senders = np.concatenate([np.array(part.tolist()) for part in (inputs, neurons) if part])
    synapses = flat(bench)
    nest.Connect(
        senders[synapses.pre],
        np.array(neurons.tolist())[synapses.post],
        "one_to_one",
        {
            "weight": synapses.weight_nA * _PA,
            "delay": synapses.delay_ticks * cell.TICK_MS,
            "synapse_model": "static_synapse",
        },
    )
    recorder = nest.Create("spike_recorder")
    nest.Connect(neurons, recorder)
    duration_ms = bench.n_ticks * cell.TICK_MS

    def run() -> int:
        before = int(recorder.n_events)
        if inputs:
            inputs.set({"origin": nest.biological_time})
        nest.Simulate(duration_ms)
        return int(recorder.n_events) - before

    return timed(run)


def _nodes(nest: Any, bench: Bench) -> tuple[Any, Any]:
    neurons = nest.Create(
        "iaf_psc_exp",
        bench.n_neurons,
        {
            "C_m": cell.CM_NF * _PA,
            "tau_m": cell.TAU_M_MS,
            "tau_syn_ex": cell.TAU_SYN_MS,
            "tau_syn_in": cell.TAU_SYN_MS,
            "t_ref": cell.REFRACTORY_TICKS * cell.TICK_MS,
            "E_L": cell.V_REST_MV,
            "V_reset": cell.V_RESET_MV,
            "V_th": cell.V_THRESH_MV,
            "V_m": cell.V_REST_MV,
        },
    )
    neurons.set({"I_e": (bench.offset_nA * _PA).tolist()})
    if not bench.n_inputs:
        return [], neurons
    trains = [{"spike_times": train + cell.TICK_MS} for train in bench.trains_ms()]
    return nest.Create("spike_generator", bench.n_inputs, trains), neurons


__all__ = ["on_nest"]
