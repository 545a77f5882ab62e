"""check: what a network needs of the machine, and everything that does not fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurodeploy.compiler import Compiled
from neurodeploy.deployment import compile
from neurodeploy.describe import Model
from neurodeploy.ir.network import Network, Population
from neurodeploy.passes import WeightScale
from neurodeploy.target.rules import Violation, n_cores, neurons_of_core, violations
from neurodeploy.target.spinnaker import delay_slots


@dataclass(frozen=True)
class PopulationNeeds:
    """What one population takes.

    Parameters
    ----------
    name, cell : str
    neurons, cores, synapses : int
        Synapses are those that end on it.
    delay_slots : int
        Ticks that its ring buffers hold; 0 for a source.
    ring_shift : (int, int) or None
    """

    name: str
    cell: str
    neurons: int
    cores: int
    synapses: int
    delay_slots: int
    ring_shift: tuple[int, int] | None


@dataclass(frozen=True)
class Check:
    """The outcome of a check.

    Parameters
    ----------
    model, target : str
    populations : tuple of PopulationNeeds
    violations : tuple of Violation
    notes : tuple of str
        What each pass of the compiler did.
    """

    model: str
    target: str
    populations: tuple[PopulationNeeds, ...]
    violations: tuple[Violation, ...]
    notes: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """Whether nothing exceeds the machine."""
        return not self.violations

    def as_json(self) -> dict[str, Any]:
        """Return the check as a JSON document."""
        return {
            "model": self.model,
            "target": self.target,
            "fits": self.fits,
            "cores": sum(p.cores for p in self.populations),
            "synapses": sum(p.synapses for p in self.populations),
            "populations": [vars(p) for p in self.populations],
            "violations": [vars(v) for v in self.violations],
            "notes": list(self.notes),
        }


def check(
    model: Model, target: str = "emulator", *, weight_scale: WeightScale | None = None
) -> Check:
    """Compile a model and hold it against the machine's limits.

    Parameters
    ----------
    model : Model
    target : str
    weight_scale : WeightScale, optional

    Returns
    -------
    check : Check
        Every violation at once. For `ideal` there are no limits.
    """
    return check_compiled(compile(model, target, weight_scale=weight_scale))


def check_compiled(compiled: Compiled) -> Check:
    """Hold a compiled model against the machine's limits."""
    net = compiled.network
    found = violations(net) if compiled.target.fixed_point else ()
    return Check(compiled.model.name, compiled.target.name, needs(net), found, net.notes)


def needs(net: Network) -> tuple[PopulationNeeds, ...]:
    """Return what each population of a network takes."""
    return tuple(_needs(net, pop) for pop in net.populations)


def _needs(net: Network, pop: Population) -> PopulationNeeds:
    neurons = pop.kind == "neurons"
    return PopulationNeeds(
        name=pop.name,
        cell=pop.cell.kind if pop.cell else ("SpikeSourceArray" if not neurons else "as trained"),
        neurons=pop.size,
        cores=n_cores(pop),
        synapses=int(np.sum([p.n_synapses for p in net.incoming(pop.name)], dtype=np.int64)),
        delay_slots=delay_slots(neurons_of_core(pop)) if neurons else 0,
        ring_shift=pop.ring_shift,
    )
