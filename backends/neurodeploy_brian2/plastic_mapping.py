"""From an STDPMechanism to the integers of a plan, as sPyNNaker's host writes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from neurodeploy.api import TargetError
from neurodeploy.target.fixed_point import encode_s1615
from neurodeploy_brian2.delays import ring_slots
from neurodeploy_brian2.errors import ConfigurationError, RefusedError, UnsupportedError
from neurodeploy_brian2.plan import Ints, Past, Plastic, Wires
from neurodeploy_brian2.plastic import COARSE, Rule, exp_table
from neurodeploy_brian2.plasticity import STDPMechanism
from neurodeploy_brian2.rules import (
    MultiplicativeWeightDependence,
    PfisterSpikeTriplet,
    RecurrentRule,
    SpikeNearestPairRule,
    SpikePairRule,
    TimingRule,
    Vogels2011Rule,
    WeightDependenceAdditiveTriplet,
)
from neurodeploy_brian2.shipped import SHIPPED, is_combined, is_split, rule_of

TIMING: dict[type[TimingRule], str] = {
    SpikePairRule: "pair",
    SpikeNearestPairRule: "nearest",
    PfisterSpikeTriplet: "triplet",
    Vogels2011Rule: "vogels",
}


def plastic_links(network: Any) -> list[Any]:
    """Return the links whose weights change, in the order of `Plan.plastic`."""
    return [link for link in network.projections if link.plasticity is not None]


def make_plastic(network: Any, link: Any, places: tuple[int, int], weight: Ints, shift: int) -> Any:
    """Return the plastic synapses of a link.

    Parameters
    ----------
    network : Network
    link : Link
    places : (int, int)
        Index of the first source or neuron of its source, and of the first of its target.
    weight : (n,) int64 array
        Stored weights before the first tick.
    shift : int
        Left shift of the ring buffers it feeds.

    Returns
    -------
    plastic : Plastic

    Raises
    ------
    UnsupportedError
        If the rule, or a delay, is one that the emulator does not have.
    ConfigurationError
        If no binary ships for the rule with these neurons.
    RefusedError
        If timing and weight rule do not go together.
    """
    mechanism = _mechanism(link)
    ticks = link.connections.delay_ticks(network.timestep_us)
    slots = ring_slots(network, link.post)
    # As stored: the longest delay of a full ring wraps to 0, and 0 is never delivered.
    kept = ticks % slots
    wires = Wires(
        pre=link.connections.pre + places[0],
        post=link.connections.post + places[1],
        weight=weight,
        delay_ticks=kept,
        receptor=np.full(len(kept), link.receptor, dtype=np.int64),
    )
    return Plastic(
        wires=wires,
        from_sources=link.pre.is_source,
        rule=make_rule(mechanism, network.timestep_us, link.post.celltype.weight_factor),
        shift=np.full(wires.n, shift, dtype=np.int64),
        lag_ticks=kept * int(mechanism.backprop_delay),
        wait_ticks=(ticks - 1) // slots * slots,
        past=Past.none(wires),
    )


def make_rule(mechanism: STDPMechanism, timestep_us: int, factor: float) -> Rule:
    """Return a rule as the host writes it.

    Parameters
    ----------
    mechanism : STDPMechanism
    timestep_us : int
    factor : float
        What weights of the population are multiplied by: 1024 for conductances.
    """
    timing, weights = mechanism.timing_dependence, mechanism.weight_dependence
    multiplicative = isinstance(weights, MultiplicativeWeightDependence)
    amplitude = 1.0 if multiplicative else factor
    if isinstance(weights, WeightDependenceAdditiveTriplet):
        amplitude *= weights.w_max
    values = {"w_min": weights.w_min * factor, "w_max": weights.w_max * factor}
    for name in ("A_plus", "A_minus", "A3_plus", "A3_minus"):
        values[name.lower()] = getattr(weights, name, 0.0) * amplitude
    numbers = {name: _bits(mechanism, name, value) for name, value in values.items()}
    numbers["alpha"] = round(getattr(timing, "alpha", 0.0) * (1 << 11))
    tables = dict(_tables(timing, timestep_us / 1000.0))
    return Rule(TIMING[type(timing)], multiplicative, numbers, tables)


def _tables(timing: Any, timestep_ms: float) -> Iterator[tuple[str, Ints]]:
    """Yield the tables of a rule by name."""
    if isinstance(timing, Vogels2011Rule):
        table = exp_table(timestep_ms, timing.tau)
        yield from (("plus", table), ("minus", table))
        return
    yield "plus", exp_table(timestep_ms, timing.tau_plus)
    yield "minus", exp_table(timestep_ms, timing.tau_minus)
    if isinstance(timing, PfisterSpikeTriplet):
        yield "x", exp_table(timestep_ms, timing.tau_x, COARSE)
        yield "y", exp_table(timestep_ms, timing.tau_y, COARSE)


def _bits(mechanism: STDPMechanism, name: str, value: float) -> int:
    try:
        return encode_s1615(value)
    except OverflowError as err:
        who = repr(mechanism.weight_dependence)
        raise TargetError(who, f"{name} does not fit S16.15", got=value) from err


def _mechanism(link: Any) -> STDPMechanism:
    """Return the rule that the target's binary carries out, or refuse it."""
    mechanism = link.post.synapse_dynamics
    what = type(mechanism).__name__
    if type(mechanism) is STDPMechanism and type(link.plasticity) is STDPMechanism:
        what = f"STDPMechanism with {type(mechanism.timing_dependence).__name__}"
        if mechanism.neuromodulation is not None:
            what = "Neuromodulation"
        elif not isinstance(mechanism.timing_dependence, RecurrentRule):
            _check(link, mechanism)
            return mechanism
    raise UnsupportedError(link.label, "the emulator does not run its synapses", got=what)


def _check(link: Any, mechanism: STDPMechanism) -> None:
    timing, weights = mechanism.timing_dependence, mechanism.weight_dependence
    triplet = isinstance(weights, WeightDependenceAdditiveTriplet)
    if triplet != (timing.n_terms == 2):
        raise RefusedError(
            link.label,
            "its timing and weight rule do not go together",
            got=f"{type(timing).__name__} with {type(weights).__name__}",
            todo="PfisterSpikeTriplet goes with WeightDependenceAdditiveTriplet, and only with it",
        )
    cell, rule = link.post.celltype, rule_of(mechanism)
    if not (is_combined(cell, rule) or is_split(cell, rule)):
        raise ConfigurationError(
            link.label,
            f"sPyNNaker 7.4.1 ships no binary of {type(cell).__name__} with this rule",
            got=rule,
            limit=" | ".join(SHIPPED.get(type(cell).__name__, ())) or "static synapses",
        )


__all__ = ["make_plastic", "make_rule", "plastic_links"]
