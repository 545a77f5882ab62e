"""Brian2 without the emulator: float64, all samples one after the other with a reset between.

One group of neurons and at most two of synapses: each further object costs a compilation.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from tools.bench.contenders import cell
from tools.bench.contenders.ready import NotRun, Result, Run, timed
from tools.bench.networks import Bench, flat

_EQUATIONS = """
dv/dt = (v_rest - v + (i_exc - i_inh + offset) * resistance) / tau_m : 1 (unless refractory)
di_exc/dt = -i_exc / tau_syn : 1
di_inh/dt = -i_inh / tau_syn : 1
offset : 1 (constant)
"""


def on_cython(bench: Bench) -> Run:
    """Return the network on Brian2's cython target, compiled."""
    brian2 = _import()
    brian2.prefs.codegen.target = "cython"
    network, spikes = _build(brian2, bench)
    duration = bench.n_ticks * brian2.ms
    network.store()
    network.run(brian2.ms, namespace={})  # compiles

    def run() -> int:
        network.restore()
        network.run(duration, namespace={})
        return int(spikes.num_spikes)

    return timed(run)


def on_standalone(bench: Bench) -> Run:
    """Return the network as a compiled program, which is started anew for each run."""
    brian2 = _import()
    folder = tempfile.TemporaryDirectory(prefix="bench-")
    brian2.set_device("cpp_standalone", directory=folder.name, build_on_run=False)
    network, spikes = _build(brian2, bench)
    network.run(bench.n_ticks * brian2.ms, namespace={})
    device = brian2.get_device()
    device.build(directory=folder.name, run=False, with_output=False)
    whole: Callable[[], Result] = timed(lambda: _start(device, folder.name, spikes))

    def run() -> Result:
        result = whole()
        # As for the other engines, without starting a process and reading files.
        return Result(float(device._last_run_time), None, result.n_spikes)

    return run


def _start(device: Any, folder: str, spikes: Any) -> int:
    device.run(folder, results_directory=None, with_output=False, run_args=[])
    return int(spikes.num_spikes)


def _import() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import brian2
    except (ImportError, AttributeError) as err:
        raise NotRun(f"Brian2 does not import: {err}") from err
    return brian2


def _build(brian2: Any, bench: Bench) -> tuple[Any, Any]:
    brian2.defaultclock.dt = cell.TICK_MS * brian2.ms
    constants = {
        "tau_m": cell.TAU_M_MS * brian2.ms,
        "tau_syn": cell.TAU_SYN_MS * brian2.ms,
        "resistance": cell.RESISTANCE_MOHM,
        "v_rest": cell.V_REST_MV,
    }
    neurons = brian2.NeuronGroup(
        bench.n_neurons,
        _EQUATIONS,
        threshold=f"v >= {cell.V_THRESH_MV}",
        reset=f"v = {cell.V_RESET_MV}",
        refractory=cell.BRIAN2_REFRACTORY_MS * brian2.ms,
        method="exact",
        namespace=constants,
        name="bench_cells",
    )
    neurons.v = cell.V_REST_MV
    neurons.offset = bench.offset_nA
    if bench.n_samples > 1:
        neurons.run_regularly(
            f"v = {cell.V_REST_MV}; i_exc = 0; i_inh = 0",
            dt=bench.sample_ticks * cell.TICK_MS * brian2.ms,
            when="start",
        )
    spikes = brian2.SpikeMonitor(neurons, record=False, name="bench_spikes")
    objects = [neurons, spikes, *_synapses(brian2, bench, neurons)]
    return brian2.Network(*objects), spikes


def _synapses(brian2: Any, bench: Bench, neurons: Any) -> list[Any]:
    made: list[Any] = []
    synapses = flat(bench)
    from_inputs = synapses.pre < bench.n_inputs
    senders = [(neurons, ~from_inputs, bench.n_inputs, "bench_recurrent")]
    if bench.n_inputs:
        times = bench.spike_tick * cell.TICK_MS * brian2.ms
        inputs = brian2.SpikeGeneratorGroup(
            bench.n_inputs, bench.spike_input, times, name="bench_inputs"
        )
        made.append(inputs)
        senders.append((inputs, from_inputs, 0, "bench_from_inputs"))
    for sender, chosen, first, name in senders:
        link = brian2.Synapses(
            sender,
            neurons,
            "w_exc : 1 (constant)\nw_inh : 1 (constant)",
            on_pre="i_exc_post += w_exc\ni_inh_post += w_inh",
            name=name,
        )
        link.connect(i=synapses.pre[chosen] - first, j=synapses.post[chosen])
        weight = synapses.weight_nA[chosen]
        link.w_exc, link.w_inh = np.maximum(weight, 0), np.maximum(-weight, 0)
        link.delay = synapses.delay_ticks[chosen] * cell.TICK_MS * brian2.ms
        made.append(link)
    return made


__all__ = ["on_cython", "on_standalone"]
