"""Network -> the calls of `emit.pynn` as a readable, standalone PyNN script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from neurodeploy.compiler import Compiled
from neurodeploy.emit.pynn import connection_list, plain, summed_weights_nA
from neurodeploy.errors import InputError
from neurodeploy.ir.network import Network, Population
from neurodeploy.schedule import Schedule, schedule


def write_script(compiled: Compiled, path: Path) -> tuple[Path, Path]:
    """Write a script and, beside it, an npz with the synapses.

    Parameters
    ----------
    compiled : Compiled
        For a target with fixed point.
    path : Path
        Of the script; the npz has the same stem.

    Returns
    -------
    script, arrays : Path

    Raises
    ------
    InputError
        If the files cannot be written, or there is nothing lowered to write.
    """
    if not compiled.target.fixed_point:
        raise InputError("--script", "needs a lowered network", got=compiled.target.name)
    arrays_path = path.with_suffix(".npz")
    net = compiled.network
    plan = schedule(net, compiled.model.encoder.steps)
    arrays = {
        f"synapses_{k}": connection_list(p, net.timestep_ms) for k, p in enumerate(net.projections)
    }
    for k, pop in enumerate(net.neurons):
        if pop.cell is not None:
            for name, values in pop.cell.parameters.items():
                if not isinstance(plain(values), float):
                    arrays[f"cell_{k}_{name}"] = values
            arrays[f"cell_{k}_v_init"] = pop.cell.v_init_mV
    try:
        path.write_text("\n".join(_lines(net, plan, arrays_path.name, set(arrays))) + "\n")
        np.savez_compressed(arrays_path, **arrays)  # type: ignore[arg-type]
    except OSError as err:
        raise InputError(str(path), "cannot be written", got=err.strerror) from err
    return path, arrays_path


def _lines(net: Network, plan: Schedule, arrays: str, names: set[str]) -> Iterator[str]:
    yield f'"""{net.name}: one sample on SpiNNaker. Written by neurodeploy compile --script.'
    yield ""
    yield "python SCRIPT [MODULE] [SPIKES.npy]: MODULE is pyNN.spiNNaker (default) or"
    yield "neurodeploy_brian2.pynn; SPIKES.npy holds the sample's spikes, (steps, inputs)."
    yield '"""'
    yield ""
    yield "import sys"
    yield "from importlib import import_module"
    yield "from pathlib import Path"
    yield ""
    yield "import numpy as np"
    yield ""
    yield 'sim = import_module(sys.argv[1] if len(sys.argv) > 1 else "pyNN.spiNNaker")'
    yield f'arrays = np.load(Path(__file__).with_name("{arrays}"), allow_pickle=False)'
    yield f"STEPS, INPUTS = {plan.steps}, {net.inputs.size}"
    yield "sample = np.load(sys.argv[2]) if len(sys.argv) > 2 else np.eye(STEPS, INPUTS, dtype=int)"
    yield f"sim.setup(timestep={net.timestep_ms!r})"
    yield ""
    variable = {p.name: f"pop_{k}" for k, p in enumerate(net.populations)}
    cells = {p.name: k for k, p in enumerate(net.neurons)}
    for pop in net.populations:
        if pop.kind == "neurons":
            yield from _cell_lines(pop, variable[pop.name], cells[pop.name], names)
        else:
            yield from _source_lines(net, pop, variable[pop.name], plan)
    for k, proj in enumerate(net.projections):
        yield "sim.Projection("
        yield f"    {variable[proj.pre]}, {variable[proj.post]},"
        yield f'    sim.FromListConnector(arrays["synapses_{k}"]), sim.StaticSynapse(),'
        yield f'    receptor_type="{proj.receptor}", label={proj.name!r})'
    yield ""
    yield f"sim.run({plan.sample_ticks * net.timestep_ms!r})"
    for pop in net.neurons:
        start = plan.start_tick[pop.name] * net.timestep_ms
        yield f'rows = {variable[pop.name]}.spinnaker_get_data("spikes")'
        yield f"rows = rows[rows[:, 1] >= {start!r}]"
        yield f'print({pop.name!r}, "spikes from {start:g} ms on:", len(rows))'
        if pop.name == net.output:
            counts = f"np.bincount(rows[:, 0].astype(int), minlength={pop.size})"
            yield f'print("counts:", {counts}.tolist())'
    yield "sim.end()"


def _cell_lines(pop: Population, variable: str, k: int, names: set[str]) -> Iterator[str]:
    if pop.cell is None:
        return
    yield f"{variable} = sim.Population("
    yield f"    {pop.size}, sim.{pop.cell.kind}("
    for name, values in pop.cell.parameters.items():
        stored = f"cell_{k}_{name}"
        text = f'arrays["{stored}"].tolist()' if stored in names else repr(plain(values))
        yield f"        {name}={text},"
    yield "    ),"
    summed = summed_weights_nA(pop)
    yield f'    additional_parameters={{"max_expected_summed_weight": {summed!r}}},'
    yield f"    label={pop.name!r})"
    yield f'{variable}.initialize(v=arrays["cell_{k}_v_init"].tolist())'
    yield f'{variable}.record("spikes")'


def _source_lines(net: Network, pop: Population, variable: str, plan: Schedule) -> Iterator[str]:
    if pop.kind == "input":
        times = f"[(np.flatnonzero(sample[:, i]) * {net.timestep_ms!r}).tolist() "
        times += "for i in range(INPUTS)]"
    else:
        starts = list(pop.start_ticks)
        times = f"[[(first + k) * {net.timestep_ms!r} for k in range(STEPS)] for first in {starts}]"
    yield f"{variable} = sim.Population("
    yield f"    {pop.size}, sim.SpikeSourceArray(spike_times={times}),"
    yield f"    label={pop.name!r})"
