"""From what a projection says to its connections, made by the host or left to the cores."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from neurodeploy.api import IncomingProjection, InputError
from neurodeploy_brian2.connectors.base import values_at
from neurodeploy_brian2.connectors.chance import Drawn, refuse_seed
from neurodeploy_brian2.connectors.kernel import KernelConnector
from neurodeploy_brian2.connectors.listed import FromListConnector, round_delays
from neurodeploy_brian2.connectors.local import Signed
from neurodeploy_brian2.connectors.regular import AllButMeConnector
from neurodeploy_brian2.delays import delay_slots
from neurodeploy_brian2.errors import ConfigurationError
from neurodeploy_brian2.late_lists import relocated
from neurodeploy_brian2.plan_parts import Ints
from neurodeploy_brian2.plasticity import MODULATORS
from neurodeploy_brian2.poisson import PoissonType
from neurodeploy_brian2.randomness import draw_again, is_random, machine_can_draw
from neurodeploy_brian2.synapse_type import Synapse
from neurodeploy_brian2.synapses import (
    Connections,
    DrawnConnections,
    check_finite,
    check_machine_values,
    check_weights,
    machine_delay_ticks,
)

if TYPE_CHECKING:
    from neurodeploy_brian2.projection import Projection
    from neurodeploy_brian2.simulator import Simulator

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Link:
    """One receptor's share of a projection, between whole populations.

    Parameters
    ----------
    projection : Projection
    pre, post : Population
    receptor_type : str
    made : Connections or DrawnConnections
        As cores or host make them.
    instead : callable, optional
        Returns what the board has instead, or None: what the host makes if sources feed their
        targets without packets, and where it puts lists with long delays.
    """

    projection: Projection
    pre: Any
    post: Any
    receptor_type: str
    made: Any
    instead: Callable[[], Any] | None = None

    @property
    def connections(self) -> Any:
        """Its connections, `Connections` or `DrawnConnections`."""
        instead = None if self.instead is None else self.instead()
        return self.made if instead is None else instead

    @property
    def receptor(self) -> int:
        """Index of the receptor; of dopamine, reward is 0 and punishment 1."""
        receptors: tuple[str, ...] = self.post.celltype.receptors
        names = MODULATORS if self.projection.is_modulator else receptors
        return names.index(self.receptor_type)

    @property
    def label(self) -> str:
        """The projection's name."""
        return self.projection.label

    @property
    def plasticity(self) -> Synapse | None:
        """How weights change, or None."""
        synapse = self.projection.synapse_type
        return synapse if synapse.changes else None


class Linking:
    """Makes the links of a projection.

    Parameters
    ----------
    projection : Projection
        With its ends, connector, synapse type and delay.
    simulator : Simulator
    """

    def __init__(self, projection: Projection, simulator: Simulator) -> None:
        self._projection, self._simulator = projection, simulator
        self._connector, self._synapse = projection.connector, projection.synapse_type
        self._ends, self._delay, self._who = projection.ends, projection.delay, projection.label

    def links(self) -> tuple[Link, ...]:
        """Return its share of every receptor, one but for a convolution."""
        target = self._projection.post._root()
        source = self._projection.pre._root()
        if isinstance(self._connector, Signed):
            return tuple(
                Link(self._projection, source, target, name, part)
                for name, part in self._signed(self._connector).items()
            )
        weight, receptor = self._synapse.weight, self._projection.receptor_type
        estimate = self._estimate(weight)
        made = self._made_by_machine(weight)
        drawn = isinstance(self._connector, Drawn | KernelConnector) or (
            isinstance(self._connector, AllButMeConnector) and self._connector.weights is not None
        )
        connections: Any
        drawn = drawn or is_random(weight) or is_random(self._delay)
        if made and (drawn or self._takes_extension(target)):
            connections = DrawnConnections(
                estimate,
                lambda: self._simulator.drawn(self._projection),
                lambda: self._simulator.scales(target)[receptor],
            )
        else:
            connections = self._listed(weight, estimate, made)
        instead = (
            self._if_direct(source, weight, estimate)
            if made
            else self._if_late(source, target, connections)
        )
        return (Link(self._projection, source, target, receptor, connections, instead),)

    def _if_late(
        self, source: Any, target: Any, connections: Connections
    ) -> Callable[[], Any] | None:
        ticks = connections.delay_ticks(self._simulator.timestep_us)
        if ticks.max(initial=0) <= delay_slots(target):
            return None
        return lambda: relocated(self._simulator.network(), source, target, connections)

    def _takes_extension(self, target: Any) -> bool:
        """Tell whether one delay for all is past the ring buffers; cores misplace some of those."""
        ticks = machine_delay_ticks(float(self._delay), self._simulator.timestep_us)
        return ticks > delay_slots(target)

    def _if_direct(self, source: Any, weight: Any, estimate: Any) -> Callable[[], Any] | None:
        if not isinstance(source.celltype, PoissonType):
            return None
        listed = cache(lambda: self._listed(weight, estimate, False))
        return lambda: listed() if self._simulator.fed_directly(source) is not None else None

    def _made_by_machine(self, weight: Any) -> bool:
        if not (self._connector.on_machine and self._synapse.by_machine):
            return False
        if not (machine_can_draw(weight) and machine_can_draw(self._delay)):
            return False
        if isinstance(self._connector, Drawn):
            refuse_seed(type(self._connector).__name__, self._connector.rng)
        for what, value in (("weight", weight), ("delay", self._delay)):
            if is_random(value):
                refuse_seed(f"{self._who} {what}", value.rng)
            else:
                check_machine_values(
                    self._who, *((value, 0.0) if what == "weight" else (0.0, value))
                )
        return True

    def _estimate(self, weight: Any) -> IncomingProjection:
        estimate = self._connector.estimate(self._ends, weight, self._delay)
        if self._synapse.changes:
            largest = self._synapse.largest_weight(estimate.weight_max_nA)
            estimate = replace(
                estimate, weight_mean_nA=largest, weight_variance=0.0, weight_max_nA=largest
            )
        return estimate

    def _listed(self, weight: Any, estimate: IncomingProjection, made: bool) -> Connections:
        if not made:
            self._ends.need_populations(self._connector)
        pre, post = self._connector.pairs(self._ends)
        weights = self._values("weight", weight, pre, post)
        delays = self._values("delay", self._delay, pre, post)
        if not made and self._connector.given("delay") is not None:
            delays = round_delays(delays, self._simulator.timestep_us)
        if not len(pre):
            logger.warning("%s: there are no connections", self._who)
        return Connections(
            pre=pre,
            post=post,
            weight_nA=check_weights(self._who, weights),
            delay_ms=check_finite(self._who, "delay", delays),
            on_machine=made,
            estimate=estimate,
            who=self._who,
        )

    def _values(self, name: str, value: Any, pre: Ints, post: Ints) -> Any:
        """Return a weight or a delay for each connection."""
        given = self._connector.given(name)
        if given is not None:
            return given
        if isinstance(value, np.ndarray):
            return self._from_list(name, value, pre)
        if isinstance(value, str):
            return values_at(self._ends, value, pre, post)
        if is_random(value):
            return self._drawn_by_host(value, post)
        return np.broadcast_to(np.float64(value), (len(pre),))

    def _from_list(self, name: str, value: Any, pre: Ints) -> Any:
        if not isinstance(self._connector, FromListConnector):
            raise ConfigurationError(
                self._who,
                f"{self._connector!r} takes one {name}, not a list",
                todo="use a FromListConnector",
            )
        if len(value) != len(self._connector.rows):
            raise InputError(
                self._who,
                f"has another number of {name}s than connections",
                got=len(value),
                limit=len(self._connector.rows),
            )
        return value

    def _drawn_by_host(self, value: Any, post: Ints) -> Any:
        """Draw core by core, each from a seed of its own, as sPyNNaker's host does."""
        values = np.zeros(len(post))
        for cells in self._ends.slices:
            mine = (post >= cells.start) & (post < cells.stop)
            n = int(np.count_nonzero(mine))
            if n:
                values[mine] = draw_again(value, int(value.rng.next() * 0x7FFFFFFF), n)
        return values

    def _signed(self, connector: Signed) -> dict[str, Connections]:
        pre, post, weight = connector.synapses(self._ends)
        made = {}
        for name, estimate in connector.estimates(self._ends).items():
            mine = weight > 0 if name == connector.positive_receptor_type else weight < 0
            made[name] = Connections(
                pre=pre[mine],
                post=post[mine],
                weight_nA=np.abs(weight[mine]),
                delay_ms=np.full(int(np.count_nonzero(mine)), float(self._delay)),
                on_machine=False,
                estimate=estimate,
                who=self._who,
            )
        return made


__all__ = ["Link", "Linking"]
