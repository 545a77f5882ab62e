"""Design rules: small named functions that yield what does not fit, all of it at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from neurodeploy.target import machine_rules as machine
from neurodeploy.target import mapping_rules as mapping
from neurodeploy.target import number_rules as number
from neurodeploy.target.design import Design, Violation, design_of

RULES: tuple[Callable[[Design], Iterator[Violation]], ...] = (
    mapping.delay_within_reach,
    mapping.one_length_of_stage,
    mapping.delayed_rows_are_found,
    mapping.rows_fit,
    mapping.sources_fit,
    mapping.keys_fit,
    number.parameters_in_range,
    number.divisors_above_zero,
    number.currents_in_range,
    number.weights_fit,
    machine.core_fits_chip,
    machine.core_fits_memory,
    machine.cores_fit_machine,
    machine.chips_fit_machine,
    machine.keeps_up,
)


def violations(design: Design) -> tuple[Violation, ...]:
    """Return everything in a lowered network that exceeds the machine."""
    return tuple(found for rule in RULES for found in rule(design))


__all__ = ["RULES", "Design", "Violation", "design_of", "violations"]
