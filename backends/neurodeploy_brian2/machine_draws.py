"""What cores draw when a network is loaded: connections, weights, delays and parameters.

A population's cores share a chain of seeds that starts from its own `seed`, so everything a
population draws depends on that seed, on how many neurons a core has and on the order in
which its projections were made.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from neurodeploy.api import TargetError
from neurodeploy_brian2.delay_stages import delay_stages
from neurodeploy_brian2.delays import ring_slots
from neurodeploy_brian2.machine.distributions import Distribution, RedrawError
from neurodeploy_brian2.machine.expander import Edge, OverfullError, expand
from neurodeploy_brian2.machine.kiss64 import Seed, host_seed
from neurodeploy_brian2.machine.neuron_expander import Parameter, expand_parameters
from neurodeploy_brian2.projection import Projection
from neurodeploy_brian2.randomness import is_random
from neurodeploy_brian2.selection import PerNeuron

DRAW_ORDER = (
    "a", "b", "c", "d", "v", "u", "v_rest", "cm", "tau_m", "i_offset", "v_init", "v_reset", "tau",
    "tau_refrac", "alpha", "bias", "refract_init", "e_rev_E", "e_rev_I", "du_th", "tau_th",
    "v_thresh", "p_thresh", "seed0", "seed1", "seed2", "seed3", "exc_response",
    "exc_exp_response", "tau_syn_E", "isyn_exc", "tau_syn_E2", "isyn_exc2", "inh_response",
    "inh_exp_response", "tau_syn_I", "isyn_inh", "multiplicator", "exc2_old", "scaling_factor",
    "tau_ca2", "i_ca2", "i_alpha",
)  # fmt: skip
"""Order of parameters and state in the memory of a core, over all models."""

_ONE = 1 << 15


class Seeds:
    """The seeds of one population.

    Parameters
    ----------
    seed : int or None
        None takes the operating system's entropy.
    """

    def __init__(self, seed: int | None) -> None:
        self._rng = np.random.RandomState(seed)
        self.population: Seed = host_seed(self._rng)
        self._cores: dict[range, Seed] = {}

    def core(self, cells: range) -> Seed:
        """Return the seed of the core with some neurons, always the same."""
        if cells not in self._cores:
            self._cores[cells] = host_seed(self._rng)
        return self._cores[cells]


def draw_connections(
    network: Any,
    population: Any,
    projections: Sequence[Projection],
    scales: Mapping[str, float],
    seeds: Seeds,
) -> dict[Projection, Any]:
    """Draw every projection into a population that cores draw.

    Parameters
    ----------
    network : Network
    population : Population
    projections : sequence of Projection
        In the order in which the host lists them: by source, then as they were made.
    scales : mapping of receptor to float
        Steps of a stored weight to a unit of weight.
    seeds : Seeds

    Returns
    -------
    drawn : {projection: object with pre, post, weight16, delay_ticks}
    """
    slices = population.slices()
    edges = [
        _edge(network, projection, scales[projection.receptor_type]) for projection in projections
    ]
    try:
        made = expand(
            edges,
            [(cells.start, len(cells)) for cells in slices],
            seeds.population,
            [seeds.core(cells) for cells in slices],
        )
    except (OverfullError, RedrawError) as err:
        raise TargetError(
            population.label, f"its synapses cannot be made: {err}", todo="use fewer neurons a core"
        ) from err
    return dict(zip(projections, made, strict=True))


def draw_parameters(
    population: Any, every: Mapping[str, PerNeuron], seeds: Seeds, *, by_host: bool = False
) -> bool:
    """Replace the distributions among a population's parameters by numbers.

    If any parameter is a list, or of a type that cores cannot make, the host makes them all,
    and draws core by core; else the cores do.

    Parameters
    ----------
    population : Population
    every : {name: PerNeuron}
    seeds : Seeds
    by_host : bool
        Whether the host makes them in any case, as it does once programs are loaded.

    Returns
    -------
    by_core : bool
        Whether cores drew.
    """
    random = {name: values for name, values in every.items() if not values.is_drawn}
    names = sorted(random, key=DRAW_ORDER.index)
    by_core = population.celltype.core_draws and not by_host
    if not by_core or not all(values.on_machine for values in every.values()):
        for cells, name in itertools.product(population.slices(), names):
            random[name].draw_on_host(cells)
        return False
    try:
        parts = [
            expand_parameters([_parameter(name, random[name], cells) for name in names], seed)
            for cells, seed in ((cells, seeds.core(cells)) for cells in population.slices())
        ]
    except (RedrawError, ValueError) as err:
        raise TargetError(population.label, f"its parameters cannot be drawn: {err}") from err
    for name in names:
        bits = np.concatenate([part[name] for part in parts])
        random[name].take((bits / _ONE).tolist())
    return True


def distribution(value: Any) -> Distribution:
    """Return what a core is told of a number or a distribution."""
    if is_random(value):
        return Distribution.of(value.name, value.parameters)
    return Distribution.constant(float(value))


def _edge(network: Any, projection: Projection, scale: float) -> Edge:
    ends = projection.ends
    source, target = ends.pre.population, ends.post.population
    return Edge(
        connector=projection.connector.on_core(ends),
        weight=distribution(projection.synapse_type.weight),
        delay=distribution(projection.delay),
        pre=(ends.pre.start, ends.pre.stop - 1),
        post=(ends.post.start, ends.post.stop - 1),
        scale=scale,
        steps_per_ms=1000.0 / ends.timestep_us,
        max_delay_steps=ring_slots(network, target),
        n_stages=1 + delay_stages(network, source, target),
        pre_per_core=min(source.size, source.per_core),
    )


def _parameter(name: str, values: PerNeuron, cells: range) -> Parameter:
    parts = []
    for start, stop, value in values.ranges():
        n = min(stop, cells.stop) - max(start, cells.start)
        if n > 0:
            parts.append((n, distribution(value)))
    return Parameter(name, tuple(parts))


__all__ = ["DRAW_ORDER", "Seeds", "distribution", "draw_connections", "draw_parameters"]
