"""Network -> calls on a PyNN module that is passed in as `sim`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurodeploy.errors import VerifyError
from neurodeploy.ir.network import Network, Population, Projection

Ints = NDArray[np.int64]


def emit(
    net: Network,
    sim: Any,
    sources: Mapping[str, tuple[Ints, Ints]] | Callable[[Population, str], Any],
    suffix: str = "",
    per_core: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """Build the network on a PyNN module that has been set up.

    Parameters
    ----------
    net : Network
        Lowered.
    sim : module
        `pyNN.spiNNaker`, the emulator or another module of that shape.
    sources : mapping of source name to (tick, index), or callable
        What each source sends, sorted by neuron; or what makes a source, given its population
        and label, that is fed later.
    suffix : str
        Of every label, to tell copies of a network apart.
    per_core : mapping of population name to int, optional
        Neurons per core where they are fewer than the default.

    Returns
    -------
    handles : mapping of population name to the module's Population
    """
    handles = {}
    for pop in net.populations:
        if pop.kind == "neurons":
            handles[pop.name] = _neurons(pop, sim, suffix)
        elif callable(sources):
            handles[pop.name] = sources(pop, pop.name + suffix)
        else:
            times = spike_times_ms(sources[pop.name], pop.size, net.timestep_ms)
            handles[pop.name] = sim.Population(
                pop.size, sim.SpikeSourceArray(spike_times=times), label=pop.name + suffix
            )
    for name, neurons in (per_core or {}).items():
        handles[name].set_max_atoms_per_core(neurons)
    for proj in net.projections:
        sim.Projection(
            handles[proj.pre],
            handles[proj.post],
            sim.FromListConnector(connection_list(proj, net.timestep_ms)),
            sim.StaticSynapse(),
            receptor_type=proj.receptor,
            label=proj.name + suffix,
        )
    return handles


def _neurons(pop: Population, sim: Any, suffix: str) -> Any:
    if pop.cell is None:
        raise VerifyError(pop.name, "cannot be emitted before a cell type is chosen")
    cell = getattr(sim, pop.cell.kind)(**{k: plain(v) for k, v in pop.cell.parameters.items()})
    handle = sim.Population(
        pop.size,
        cell,
        label=pop.name + suffix,
        additional_parameters={"max_expected_summed_weight": summed_weights_nA(pop)},
    )
    handle.initialize(v=plain(pop.cell.v_init_mV))
    return handle


def summed_weights_nA(pop: Population) -> list[float]:
    """Return the `max_expected_summed_weight` that makes sPyNNaker choose our shifts.

    sPyNNaker takes the next power of two above it; a power of two itself would cost a bit.
    """
    shifts = pop.ring_shift or (0, 0)
    return [0.999 * 2.0**shift for shift in shifts]


def connection_list(proj: Projection, timestep_ms: float) -> NDArray[np.float64]:
    """Return (pre, post, weight in nA, delay in ms) rows by source, an (m, 4) float array.

    sPyNNaker 7.4.1 counts a source's synapses wrongly in a list that is not sorted by source:
    it then refuses rows that fit, or cuts rows that do not.
    """
    order = np.argsort(proj.pre_index, kind="stable")
    lag = np.zeros(proj.n_synapses) if proj.lag is None else proj.lag
    delay_ms = (proj.delay_ms or 0.0) + lag * timestep_ms
    rows = np.column_stack([proj.pre_index, proj.post_index, proj.weight, delay_ms])
    return np.asarray(rows[order], dtype=np.float64)


def spike_times_ms(spikes: tuple[Ints, Ints], size: int, timestep_ms: float) -> list[list[float]]:
    """Return spike times for each neuron of a source, from (tick, index) sorted by neuron."""
    tick, index = spikes
    cuts = np.searchsorted(index, np.arange(1, size))
    return [part.tolist() for part in np.split(tick * timestep_ms, cuts)]


def plain(values: NDArray[np.float64]) -> float | list[float]:
    """Return one number where all are equal, else a list: scripts and modules like both."""
    first = float(values.flat[0])
    return first if np.all(values == first) else [float(v) for v in values]
