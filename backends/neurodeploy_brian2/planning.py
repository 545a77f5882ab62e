"""What a population is told beside its cells: hints for the host that places it."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Mapping
from typing import Any

import numpy as np

from neurodeploy.api import InputError, TargetError
from neurodeploy_brian2.errors import ConfigurationError, UnsupportedError, WrongTypeError

logger = logging.getLogger(__name__)

USED = (
    "max_expected_summed_weight",
    "spikes_per_second",
    "ring_buffer_sigma",
    "seed",
    "neurons_per_core",
    "n_steps_per_timestep",
    "max_rate",
    "n_synapse_cores",
)
"""What changes the numbers of the machine."""

IGNORED = (
    "incoming_spike_buffer_size",
    "drop_late_spikes",
    "n_colour_bits",
    "allow_delay_extensions",
)
"""What only a real board notices."""

REFUSED = ("splitter",)
"""Objects of sPyNNaker's own."""

DEFAULT_PER_CORE = 256
"""Neurons of a core, unless said otherwise; a core of Poisson sources holds 500."""


def read_planning(label: str, celltype: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the hints that matter; what sPyNNaker ignores is ignored with a warning.

    Parameters
    ----------
    label : str
        The population, for errors.
    celltype : CellType
    given : mapping
    """
    for name, value in given.items():
        if name in REFUSED and value is not None:
            raise UnsupportedError(
                label, f"the emulator does not support the additional parameter {name}"
            )
        if name not in (*USED, *IGNORED, *REFUSED):
            logger.warning("%s: additional parameter %s is ignored", label, name)
    planning = {name: given[name] for name in USED if given.get(name) is not None}
    receptors = getattr(celltype, "receptors", ())
    summed = planning.get("max_expected_summed_weight")
    if summed is not None and np.shape(summed) != (len(receptors),):
        raise InputError(
            label,
            f"max_expected_summed_weight is one for each of {', '.join(receptors) or 'nothing'}",
            got=summed,
        )
    cores = planning.get("n_synapse_cores", 0)
    if not isinstance(cores, int | np.integer):
        raise WrongTypeError(label, "n_synapse_cores is a whole number", got=cores)
    numbers = itertools.chain.from_iterable(np.atleast_1d(value) for value in planning.values())
    for number in numbers:
        if not np.isfinite(number) or number < 0:
            raise TargetError(label, "an additional parameter is not a positive number", got=number)
    return planning


def core_slices(label: str, size: int, per_core: Any) -> tuple[range, ...]:
    """Return which neurons each core has.

    >>> core_slices("cells", 600, 256)
    (range(0, 256), range(256, 512), range(512, 600))
    """
    step = int(np.prod(per_core))
    if step < 1:
        raise ConfigurationError(label, "has no neurons on a core", got=per_core, limit="1 or more")
    return tuple(range(first, min(first + step, size), 1) for first in range(0, size, step))


def check_shape(label: str, shape: tuple[int, ...], per_core: Any) -> None:
    """Refuse a grid without neurons per core, as sPyNNaker does when it divides the grid."""
    if len(np.atleast_1d(per_core)) != len(shape) if per_core is not None else len(shape) > 1:
        raise ConfigurationError(
            label,
            "neurons_per_core has another number of dimensions than the structure",
            got=per_core,
            limit=f"{len(shape)}, as {shape}",
            todo="give the Population neurons_per_core, one number for each dimension",
        )


__all__ = ["DEFAULT_PER_CORE", "IGNORED", "USED", "check_shape", "core_slices", "read_planning"]
