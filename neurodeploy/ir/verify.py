"""What every network must satisfy, whoever made it and at any stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from neurodeploy.errors import VerifyError
from neurodeploy.ir.network import Network, Projection


def unique_names(net: Network) -> Iterator[str]:
    """No two populations or projections share a name."""
    for kind, names in (
        ("population", [p.name for p in net.populations]),
        ("projection", [p.name for p in net.projections]),
    ):
        for name in sorted({n for n in names if names.count(n) > 1}):
            yield f"two {kind}s are called {name!r}"


def one_input_and_the_output(net: Network) -> Iterator[str]:
    """There is one input population, and the output is one of the neurons."""
    n_inputs = sum(p.kind == "input" for p in net.populations)
    if n_inputs != 1:
        yield f"{n_inputs} input populations, expected 1"
    if net.output not in {p.name for p in net.neurons}:
        yield f"the output {net.output!r} is not a population of neurons"


def ends_exist(net: Network) -> Iterator[str]:
    """Projections run between populations of the network and onto neurons."""
    kinds = {p.name: p.kind for p in net.populations}
    for proj in net.projections:
        if proj.pre not in kinds or proj.post not in kinds:
            yield f"{proj.name}: runs from {proj.pre!r} to {proj.post!r}, which do not both exist"
        elif kinds[proj.post] != "neurons":
            yield f"{proj.name}: ends on the source {proj.post!r}"


def indices_in_range(net: Network) -> Iterator[str]:
    """Every synapse joins neurons that exist, and its arrays have one length."""
    sizes = {p.name: p.size for p in net.populations}
    for proj in net.projections:
        lengths = {proj.pre_index.size, proj.post_index.size, proj.weight.size}
        lengths |= set() if proj.lag is None else {proj.lag.size}
        if len(lengths) != 1:
            yield f"{proj.name}: index and weight arrays of different lengths {sorted(lengths)}"
        elif proj.n_synapses and not _inside(proj, sizes):
            yield f"{proj.name}: a synapse joins a neuron outside its population"


def finite_weights(net: Network) -> Iterator[str]:
    """Weights are numbers; with a receptor chosen they are magnitudes."""
    for proj in net.projections:
        if not np.all(np.isfinite(proj.weight)):
            yield f"{proj.name}: NaN or infinite weights"
        elif proj.receptor is not None and proj.n_synapses and proj.weight.min() < 0:
            yield f"{proj.name}: negative weight on the {proj.receptor} receptor"


def delays_on_grid(net: Network) -> Iterator[str]:
    """Delays, once set, are whole steps and at least one."""
    for proj in net.projections:
        if proj.delay_ms is None:
            continue
        steps = proj.delay_ms / net.timestep_ms
        if steps < 1 or steps != round(steps):
            yield f"{proj.name}: delay of {proj.delay_ms} ms is not a whole number of steps >= 1"


def shapes_of_parameters(net: Network) -> Iterator[str]:
    """Every parameter has one value a neuron."""
    for pop in net.populations:
        arrays = [] if pop.bias is None else [pop.bias]
        arrays += [] if pop.cell is None else list(pop.cell.parameters.values())
        if any(a.shape != (pop.size,) for a in arrays):
            yield f"{pop.name}: a parameter does not have one value for each of {pop.size} neurons"


RULES: tuple[Callable[[Network], Iterator[str]], ...] = (
    unique_names,
    one_input_and_the_output,
    ends_exist,
    indices_in_range,
    finite_weights,
    delays_on_grid,
    shapes_of_parameters,
)


def verify(net: Network) -> Network:
    """Return the network if it keeps every rule.

    Raises
    ------
    VerifyError
        Naming every rule that is broken, not only the first.
    """
    broken = [text for rule in RULES for text in rule(net)]
    if broken:
        raise VerifyError(net.name, "; ".join(broken))
    return net


def _inside(proj: Projection, sizes: dict[str, int]) -> bool:
    n_pre, n_post = sizes.get(proj.pre, 0), sizes.get(proj.post, 0)
    return bool(
        proj.pre_index.min() >= 0
        and proj.post_index.min() >= 0
        and proj.pre_index.max() < n_pre
        and proj.post_index.max() < n_post
    )
