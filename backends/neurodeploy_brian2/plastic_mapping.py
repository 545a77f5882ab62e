"""From an STDPMechanism to the integers of a plan, as sPyNNaker's host writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from neurodeploy.api import TargetError
from neurodeploy.target.fixed_point import encode_s1615
from neurodeploy_brian2.change_mapping import change_rule, changes
from neurodeploy_brian2.delays import ring_slots
from neurodeploy_brian2.errors import ConfigurationError, RefusedError, UnsupportedError
from neurodeploy_brian2.other_synapses import WeightChangeable
from neurodeploy_brian2.plan_parts import Ints, Wires
from neurodeploy_brian2.plan_plastic import Doses, Past, Plastic
from neurodeploy_brian2.plastic_memory import COARSE, COARSEST, Rule, exp_table
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
from neurodeploy_brian2.synapses import DrawnConnections

DOSE_SHIFT = 4
"""Amounts of dopamine are S4.11 whatever the shift of the ring buffers."""

TIMING: dict[type[TimingRule], str] = {
    SpikePairRule: "pair",
    SpikeNearestPairRule: "nearest",
    PfisterSpikeTriplet: "triplet",
    Vogels2011Rule: "vogels",
}


def plastic_links(network: Any) -> list[Any]:
    """Return the links whose weights change, in the order of `Plan.plastic`."""
    return [
        link for link in network.projections if link.plasticity is not None and not _is_told(link)
    ]


def _is_told(link: Any) -> bool:
    """Tell whether its spikes write to histories instead of bringing input."""
    return bool(link.projection.is_modulator or link.projection.is_changer)


def make_plastic(
    network: Any, link: Any, places: Mapping[Any, int], weight: Ints, shift: int
) -> Plastic:
    """Return the plastic synapses of a link.

    Parameters
    ----------
    network : Network
    link : Link
    places : mapping of population to int
        Index of the first source or neuron of each.
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
    ticks = link.connections.delay_ticks(network.timestep_us)
    slots = ring_slots(network, link.post)
    if isinstance(link.post.synapse_dynamics, WeightChangeable):
        rule, backprop = change_rule(network, link, ticks, shift), False
        told = changes(network, link, places, shift)
    else:
        mechanism = _mechanism(link)
        rule = make_rule(mechanism, network.timestep_us, link.post.celltype.weight_factor)
        backprop, told = mechanism.backprop_delay, _doses(network, link.post, places)
    # As stored: the longest delay of a full ring wraps to 0, and 0 is never delivered.
    kept = ticks % slots
    wires = Wires(
        pre=link.connections.pre + places[link.pre],
        post=link.connections.post + places[link.post],
        weight=weight,
        delay_ticks=kept,
        receptor=np.full(len(kept), link.receptor, dtype=np.int64),
    )
    return Plastic(
        wires=wires,
        from_sources=link.pre.is_source,
        rule=rule,
        shift=np.full(wires.n, shift, dtype=np.int64),
        lag_ticks=kept * int(backprop),
        wait_ticks=(ticks - 1) // slots * slots,
        past=Past.none(wires),
        doses=tuple(told),
    )


def _doses(network: Any, target: Any, first: Mapping[Any, int]) -> Iterator[Doses]:
    """Yield the synapses that bring dopamine to a population."""
    for link in network.projections:
        if link.post is target and link.projection.is_modulator:
            sign, found = 1 if link.receptor_type == "reward" else -1, link.connections
            if not (found.on_machine or isinstance(found, DrawnConnections)):
                raise RefusedError(
                    link.label,
                    "sPyNNaker 7.4.1 cannot write rows of dopamine itself: numbers overflow",
                    got=repr(link.projection.connector),
                    todo="use a connector and weights that cores make, such as AllToAllConnector",
                )
            yield Doses(
                from_sources=link.pre.is_source,
                pre=found.pre + first[link.pre],
                post=found.post + first[target],
                amount=sign * found.stored(DOSE_SHIFT, 1.0),
                of=np.zeros(len(found.pre), dtype=np.int64),
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
    dopamine = mechanism.neuromodulation
    if dopamine is not None:
        rates = 1.0 / dopamine.tau_c + 1.0 / dopamine.tau_d
        numbers["modulated_factor"] = _bits(mechanism, "tau_c", -1.0 / rates)
        numbers["modulated_min"] = _bits(mechanism, "w_min", dopamine.w_min * factor)
        numbers["modulated_max"] = _bits(mechanism, "w_max", dopamine.w_max * factor)
        tables["c"] = exp_table(timestep_us / 1000.0, dopamine.tau_c, COARSEST)
        tables["d"] = exp_table(timestep_us / 1000.0, dopamine.tau_d, COARSE)
    return Rule(TIMING[type(timing)], multiplicative, numbers, tables, dopamine is not None)


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
        if not isinstance(mechanism.timing_dependence, RecurrentRule):
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
