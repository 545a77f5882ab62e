"""Calls of a PyNN module that only pass on, say a constant, or are PyNN's older ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurodeploy_brian2.errors import ConfigurationError, UnsupportedError
from neurodeploy_brian2.names import CELL_TYPES, EXPORTS
from neurodeploy_brian2.planning import core_slices, read_planning


class OtherCalls:
    """A network with the calls below beside its own."""

    populations: list[Any]
    per_core: dict[type, Any]
    synapse_cores: dict[type, Any]

    def Population(self, *arguments: Any, **options: Any) -> Any:  # noqa: N802 - PyNN's name
        """Add a population."""
        raise NotImplementedError

    def Projection(self, *arguments: Any, **options: Any) -> Any:  # noqa: N802 - PyNN's name
        """Connect two populations."""
        raise NotImplementedError

    def create(self, cellclass: Any, cellparams: Any = None, n: int = 1) -> Any:
        """Add a population; PyNN's older call."""
        return self.Population(n, cellclass, cellparams)

    def connect(
        self,
        pre: Any,
        post: Any,
        weight: Any = 0.0,
        delay: Any = None,
        receptor_type: str | None = None,
        p: float = 1,
        rng: Any = None,
    ) -> Any:
        """Connect with a probability; PyNN's older call."""
        connector = EXPORTS["FixedProbabilityConnector"](p_connect=p, rng=rng)
        synapse = EXPORTS["StaticSynapse"](weight=weight, delay=delay)
        receptor = "excitatory" if receptor_type is None else receptor_type
        return self.Projection(pre, post, connector, synapse, receptor_type=receptor)

    def initialize(self, cells: Any, **initial_values: Any) -> None:
        """Set state before the first tick; PyNN's older call."""
        cells.initialize(**initial_values)

    def record(
        self,
        variables: Any,
        source: Any,
        filename: Any,
        sampling_interval: float | None = None,
        annotations: Any = None,
    ) -> None:
        """Record, and write to a file at the end; PyNN's older call."""
        source.record(variables, filename, sampling_interval)

    def set_number_of_neurons_per_core(self, neuron_type: Any, max_permitted: Any) -> None:
        """Say how many neurons of a type a core has, before any population is made."""
        if isinstance(neuron_type, str):
            raise ConfigurationError(
                "set_number_of_neurons_per_core", "takes a cell type, not its name", got=neuron_type
            )
        if self.populations:
            raise ConfigurationError(
                "set_number_of_neurons_per_core",
                "comes before all populations",
                todo="or give each Population its neurons_per_core",
            )
        if max_permitted is None:
            self.per_core.pop(neuron_type, None)
            return
        core_slices("set_number_of_neurons_per_core", 1, max_permitted)
        most = getattr(neuron_type, "max_per_core", 256)
        if np.prod(max_permitted) > most and getattr(neuron_type, "receptors", ()):
            raise ConfigurationError(
                "set_number_of_neurons_per_core", "too many", got=max_permitted, limit=most
            )
        self.per_core[neuron_type] = max_permitted

    def set_number_of_synapse_cores(self, neuron_type: Any, n_synapse_cores: Any) -> None:
        """Say how many synapse cores neurons of a type have; 0 is none, None what is needed."""
        who = "set_number_of_synapse_cores"
        if not getattr(neuron_type, "receptors", ()):
            raise UnsupportedError(who, "takes a type of neurons", got=neuron_type)
        if self.populations:
            raise ConfigurationError(
                who,
                "comes before all populations",
                todo="or give each Population its n_synapse_cores",
            )
        if n_synapse_cores is not None:
            read_planning(who, neuron_type, {"n_synapse_cores": n_synapse_cores})
        self.synapse_cores[neuron_type] = n_synapse_cores

    def set_allow_delay_extensions(self, neuron_type: Any, allow_delay_extensions: bool) -> None:
        """Accepted; delays past a core's slots take an extension."""

    def num_processes(self) -> int:
        """Return 1."""
        return 1

    def rank(self) -> int:
        """Return 0."""
        return 0

    def name(self) -> str:
        """Return the name of the simulator."""
        return "neurodeploy emulator of sPyNNaker 7.4.1"

    def list_standard_models(self) -> list[str]:
        """Return the names of the cell types."""
        return list(CELL_TYPES)


__all__ = ["OtherCalls"]
