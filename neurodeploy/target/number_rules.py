"""Rules of numbers: parameters, currents and weights."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurodeploy.ir.network import RECEPTORS
from neurodeploy.target.design import Design, Violation
from neurodeploy.target.spinnaker import S1615_LIMIT

#: Parameters that a core divides by.
DIVISORS = ("tau_m", "cm", "tau_syn_E", "tau_syn_I")
#: The smallest S16.15 number.
LSB = 2.0**-15


def parameters_in_range(design: Design) -> Iterator[Violation]:
    """Every parameter of a cell can be written as an S16.15 number."""
    for pop in design.network.neurons:
        values = {} if pop.cell is None else {**pop.cell.parameters, "v": pop.cell.v_init_mV}
        for name, column in values.items():
            largest = float(np.max(np.abs(column), initial=0.0))
            if largest >= S1615_LIMIT:
                yield Violation(
                    "parameters_in_range", pop.name, f"largest {name}", largest, S1615_LIMIT,
                    "scale this population down", "S16.15; ValueError",
                )  # fmt: skip


def divisors_above_zero(design: Design) -> Iterator[Violation]:
    """No number that a core divides by is 0 once it is written: the core would stop."""
    for pop in design.network.neurons:
        parameters = {} if pop.cell is None else pop.cell.parameters
        for name in DIVISORS:
            smallest = float(np.min(parameters.get(name, np.ones(1)), initial=1.0))
            if smallest <= LSB / 2:
                yield Violation(
                    "divisors_above_zero", pop.name, f"smallest {name}", smallest, LSB,
                    f"use a larger {name}", "division of the shipped programs",
                )  # fmt: skip


def currents_in_range(design: Design) -> Iterator[Violation]:
    """The current of a ring buffer that is full in every tick of a sample is inside S16.15."""
    for pop in design.network.neurons:
        if pop.ring_shift is None or pop.cell is None:
            continue
        for receptor, shift in zip(RECEPTORS, pop.ring_shift, strict=True):
            largest = float(np.max(2.0 ** (shift + 1) * pop.cell.held_ticks))
            if largest > S1615_LIMIT and shift > 0:
                yield Violation(
                    "currents_in_range", pop.name, f"largest {receptor} current in nA", largest,
                    S1615_LIMIT, "scale the weights of this population down", "S16.15",
                )  # fmt: skip


def weights_fit(design: Design) -> Iterator[Violation]:
    """No weight was cut to 16 bits."""
    for proj in design.network.projections:
        q = proj.quantisation
        if q is not None and q.clipped:
            yield Violation(
                "weights_fit", proj.name, "weights above 16 bits", q.clipped, 0,
                "raise its weight scale", "16-bit synaptic weights",
            )  # fmt: skip


__all__ = ["parameters_in_range", "divisors_above_zero", "currents_in_range", "weights_fit"]
