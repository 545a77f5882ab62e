"""Projections: the connections from one population to another."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurodeploy_brian2.connectors.base import Connector, Ends, Side
from neurodeploy_brian2.connectors.listed import FromListConnector
from neurodeploy_brian2.connectors.local import Signed
from neurodeploy_brian2.errors import (
    ConfigurationError,
    ParameterError,
    RefusedError,
    SynapseError,
    UnsupportedError,
)
from neurodeploy_brian2.holder import ConnectionHolder
from neurodeploy_brian2.linking import Link, Linking
from neurodeploy_brian2.neurons import Neurons
from neurodeploy_brian2.other_synapses import Local, WeightChangeable, WeightChanger
from neurodeploy_brian2.plasticity import MODULATORS, StaticSynapse
from neurodeploy_brian2.projection_checks import check_changer, check_kinds, check_on_core
from neurodeploy_brian2.space import Space
from neurodeploy_brian2.synapse_type import Synapse
from neurodeploy_brian2.views import PopulationView

if TYPE_CHECKING:
    from neurodeploy_brian2.simulator import Simulator

logger = logging.getLogger(__name__)


class Projection:
    """The connections from one population to another; made by `Simulator.Projection`.

    Parameters
    ----------
    simulator : Simulator
    pre, post : Population or PopulationView
        A view must be a stretch without gaps.
    connector : Connector
    synapse_type : Synapse, optional
        By default a StaticSynapse of weight 0.
    receptor_type : str
    space : Space, optional
    label : str, optional
    """

    def __init__(
        self,
        simulator: Simulator,
        pre: Any,
        post: Any,
        connector: Any,
        synapse_type: Any = None,
        *,
        receptor_type: str = "excitatory",
        space: Any = None,
        label: str | None = None,
    ) -> None:
        self._simulator = simulator
        self.pre, self.post = pre, post
        self._label = label or f"{pre.label}->{post.label}"
        self.receptor_type = receptor_type
        self.synapse_type: Synapse = StaticSynapse() if synapse_type is None else synapse_type
        self.connector: Connector = connector
        check_kinds(self)
        target = post._root()
        self.ends = Ends(
            self._label,
            _side(pre),
            _side(post),
            simulator.timestep_us,
            space or Space(),
            target.slices(),
        )
        if isinstance(connector, FromListConnector):
            for name, value in connector.extra.items():
                self.synapse_type.set_value(name, value)
        merged = target.synapse_dynamics.merge(self.synapse_type)
        if not isinstance(connector, Signed):
            connector.check(self.ends)
        elif not isinstance(self.synapse_type, Local):
            raise SynapseError(self._label, f"{connector!r} needs its own synapse type")
        else:
            connector.check(self.ends)
        self.delay = self.synapse_type.rounded_delay(simulator.timestep_us, simulator.min_delay_ms)
        if self.is_changer:
            check_changer(self)
        self._links = Linking(self, simulator).links()
        if isinstance(self.synapse_type, WeightChangeable):
            check_on_core(self)
        target.synapse_dynamics = merged

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise UnsupportedError(f"Projection.{name}", "the emulator does not support it")

    def __repr__(self) -> str:
        return f"projection {self._label}"

    @property
    def label(self) -> str:
        """Its name."""
        return self._label

    @property
    def connections(self) -> Any:
        """Connections of its first receptor."""
        return self._links[0].connections

    def links(self) -> tuple[Link, ...]:
        """Return its share of every receptor, one but for a convolution."""
        return self._links

    @property
    def receptor(self) -> int:
        """Index of its first receptor."""
        return self._links[0].receptor

    @property
    def plasticity(self) -> Synapse | None:
        """How its weights change, or None."""
        return self._links[0].plasticity

    @property
    def is_changer(self) -> bool:
        """Whether it changes weights of another one instead of bringing input."""
        return isinstance(self.synapse_type, WeightChanger)

    @property
    def is_modulator(self) -> bool:
        """Whether it carries dopamine instead of input."""
        return self.receptor_type in MODULATORS and self.receptor_type not in self._receptors()

    def get(
        self,
        attribute_names: Any,
        format: str,
        gather: bool = True,
        with_address: bool = True,
        multiple_synapses: str = "last",
    ) -> ConnectionHolder:
        """Return attributes of the connections as the machine holds them.

        Parameters
        ----------
        attribute_names : str or sequence of str
            `weight` (nA or uS), `delay` (ms), `source`, `target`, or a number of the synapse
            type.
        format : {'list', 'array'}
        gather
            Ignored.
        with_address : bool
            Whether rows of a list start with source and target.
        multiple_synapses : {'last'}
        """
        if multiple_synapses != "last":
            raise ConfigurationError(
                f"{self._label}.get", "multiple_synapses is `last`", got=multiple_synapses
            )
        if format not in ("list", "array"):
            raise ConfigurationError(
                f"{self._label}.get", "unknown format", got=format, limit="list or array"
            )
        wanted = [attribute_names] if isinstance(attribute_names, str) else list(attribute_names)
        as_list = format == "list"
        if as_list and with_address:
            rest = [name for name in wanted if name not in ("source", "target")]
            wanted = ["source", "target", *rest]
        fixed = self._fixed(wanted)
        shape = (self.pre._root().size, self.post._root().size)
        return ConnectionHolder(wanted, as_list, shape, lambda: self._columns(fixed))

    def save(
        self,
        attribute_names: Any,
        file: Any,
        format: str = "list",
        gather: bool = True,
        with_address: bool = True,
    ) -> None:
        """Write attributes of the connections as text, with a line naming the columns."""
        names = [attribute_names] if isinstance(attribute_names, str) else list(attribute_names)
        if names in (["all"], ["connections"]):
            names = ["weight", "delay", *self.synapse_type.parameters()]
        columns = ["i", "j", *names] if with_address else names
        held = self.get(names, format, gather, with_address)
        table = np.nan_to_num(np.asarray(list(held), dtype=np.float64))
        text = f"# columns = {columns}\n" + "".join(
            "\t".join(f"{value:.18e}" for value in np.atleast_1d(row)) + "\n" for row in table
        )
        if hasattr(file, "write"):
            file.write(text.encode("utf-8"))
            file.close()
        else:
            Path(file).write_text(text, encoding="utf-8")

    def set(self, **attributes: Any) -> None:
        """Refused, as by sPyNNaker."""
        raise RefusedError(f"{self._label}.set", "sPyNNaker does not set connections")

    def size(self, gather: bool = True) -> int:
        """Refused, as by sPyNNaker."""
        raise RefusedError(f"{self._label}.size", "sPyNNaker does not count connections")

    def set_download_synapses(self, download_synapses: bool) -> None:
        """Accepted; connections are always at hand."""

    # ---- how it is built ----

    def _receptors(self) -> tuple[str, ...]:
        receptors: tuple[str, ...] = self.post._root().celltype.receptors
        return receptors

    # ---- how it is read ----

    def _fixed(self, wanted: Sequence[str]) -> dict[str, Any]:
        numbers = self.synapse_type.parameters()
        fixed = {}
        for name in wanted:
            if name in ("weight", "delay", "source", "target"):
                continue
            if name not in numbers:
                raise ParameterError(self._label, f"has no attribute {name}")
            fixed[name] = numbers[name]
        return fixed

    def _columns(self, fixed: dict[str, Any]) -> dict[str, Any] | None:
        if not self._simulator.has_run_ever:
            return None
        parts = [self._simulator.held(link) for link in self._links]
        columns = {
            name: np.concatenate([part[name] for part in parts])
            for name in ("source", "target", "weight", "delay")
        }
        n = len(columns["source"])
        return columns | {name: np.full(n, value) for name, value in fixed.items()}


def _side(neurons: Any) -> Side:
    if not isinstance(neurons, Neurons):
        raise ConfigurationError(
            "Projection", "joins what is no population", got=type(neurons).__name__
        )
    if not isinstance(neurons, PopulationView):
        return Side(neurons._root(), 0, neurons.size, False)
    if not neurons.is_contiguous:
        raise RefusedError(
            neurons.label,
            "sPyNNaker only connects views without gaps",
            todo="use a slice without a step, pop[n:m]",
        )
    chosen = neurons._which()
    return Side(neurons._root(), chosen[0], chosen[-1] + 1, True)


__all__ = ["Projection"]
