"""The emulator as a PyNN module: `import neurodeploy_brian2.pynn as sim`.

As with any PyNN module there is one current network in the process; `setup` starts it.
Whoever wants several at once makes `Simulator` objects instead. `Population` and
`Projection` are classes, so that a script can ask `isinstance`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np

from neurodeploy_brian2 import extra_models
from neurodeploy_brian2.cells import (
    IF_cond_exp,
    IF_curr_alpha,
    IF_curr_delta,
    IF_curr_exp,
    Izhikevich,
    SpikeSourceArray,
)
from neurodeploy_brian2.connectors import (
    AllToAllConnector,
    ArrayConnector,
    ConvolutionConnector,
    CSAConnector,
    DistanceDependentProbabilityConnector,
    FixedNumberPostConnector,
    FixedNumberPreConnector,
    FixedProbabilityConnector,
    FixedTotalNumberConnector,
    FromFileConnector,
    FromListConnector,
    IndexBasedProbabilityConnector,
    KernelConnector,
    OneToOneConnector,
    PoolDenseConnector,
    SmallWorldConnector,
)
from neurodeploy_brian2.current_sources import (
    ACSource,
    DCSource,
    NoisyCurrentSource,
    StepCurrentSource,
)
from neurodeploy_brian2.errors import ConfigurationError, RefusedError, UnsupportedError
from neurodeploy_brian2.neurons import Neurons as PopulationBase
from neurodeploy_brian2.other_synapses import Convolution, PoolDense
from neurodeploy_brian2.plasticity import (
    StaticSynapse,
    STDPMechanism,
    StructuralMechanismStatic,
    StructuralMechanismSTDP,
)
from neurodeploy_brian2.poisson import (
    SpikeSourcePoisson,
)
from neurodeploy_brian2.population import Population as _Population
from neurodeploy_brian2.projection import Projection as _Projection
from neurodeploy_brian2.randomness import (
    NumpyRNG,
    RandomDistribution,
)
from neurodeploy_brian2.rules import (
    AdditiveWeightDependence,
    DistanceDependentFormation,
    LastNeuronSelection,
    MultiplicativeWeightDependence,
    RandomByWeightElimination,
    RandomSelection,
    SpikePairRule,
)
from neurodeploy_brian2.simulator import Simulator
from neurodeploy_brian2.space import (
    Cuboid,
    Grid2D,
    Grid3D,
    Line,
    RandomStructure,
    Space,
    Sphere,
    distance,
)
from neurodeploy_brian2.views import (
    Assembly,
    IDMixin,
    PopulationView,
)

logger = logging.getLogger(__name__)

DEFAULT_TIMESTEP_MS = 0.1
"""PyNN's, and so sPyNNaker's, though the board is made for 1 ms."""

AUTO_TIMESTEP_MS = 1.0

_current: list[Simulator] = []


def setup(
    timestep: float | str | None = None,
    min_delay: float | str | None = "auto",
    max_delay: float | str | None = None,
    **extra: Any,
) -> int:
    """Start an empty network; see `Simulator.setup`. `auto` is a timestep of 1 ms."""
    if timestep is None:
        logger.warning("no timestep given, so it is PyNN's %s ms", DEFAULT_TIMESTEP_MS)
        timestep = DEFAULT_TIMESTEP_MS
    simulator = Simulator()
    chosen: Any = AUTO_TIMESTEP_MS if timestep == "auto" else timestep
    simulator.setup(chosen, min_delay, max_delay, **extra)
    _current[:] = [simulator]
    return 0


def current(what: str = "sim") -> Simulator:
    """Return the network that `setup` started."""
    if not _current:
        raise ConfigurationError(what, "there is no network yet", todo="call setup() first")
    return _current[0]


class _MadeHere(type):
    """A class whose call makes an object of the current network."""

    made: type
    call: str

    def __call__(cls, *arguments: Any, **options: Any) -> Any:
        return getattr(current(cls.call), cls.call)(*arguments, **options)

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, cls.made)


class Population(metaclass=_MadeHere):
    """A group of neurons of one type; see `population.Population`."""

    made = _Population
    call = "Population"

    @staticmethod
    def create(cellclass: Any, cellparams: Any = None, n: int = 1) -> Any:
        """Return a population."""
        return current("Population").create(cellclass, cellparams, n)


class Projection(metaclass=_MadeHere):
    """The connections from one population to another; see `projection.Projection`."""

    made = _Projection
    call = "Projection"


SpiNNakerProjection = Projection


def _forward(name: str) -> Callable[..., Any]:
    """Return a function that calls a method of the current network."""

    def call(*arguments: Any, **options: Any) -> Any:
        return getattr(current(name), name)(*arguments, **options)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = getattr(Simulator, name).__doc__
    return call


connect = _forward("connect")
create = _forward("create")
get_current_time = _forward("get_current_time")
get_min_delay = _forward("get_min_delay")
get_time_step = _forward("get_time_step")
initialize = _forward("initialize")
list_standard_models = _forward("list_standard_models")
name = _forward("name")
num_processes = _forward("num_processes")
rank = _forward("rank")
record = _forward("record")
reset = _forward("reset")
run = _forward("run")
run_for = run
run_until = _forward("run_until")
set_allow_delay_extensions = _forward("set_allow_delay_extensions")
set_number_of_neurons_per_core = _forward("set_number_of_neurons_per_core")
set_number_of_synapse_cores = _forward("set_number_of_synapse_cores")


def end(compatible_output: Any = True) -> None:
    """End the simulation; recordings stay readable, those with a file are written."""
    if not _current:
        logger.error("end() before setup() is ignored")
        return
    _current[0].end(compatible_output)


def get_max_delay() -> float:
    """Refused, as by sPyNNaker."""
    raise RefusedError("get_max_delay", "sPyNNaker has no longest delay")


def NativeRNG(seed_value: Any) -> None:  # noqa: N802 - PyNN's name
    """Seed NumPy's global generator, as sPyNNaker does."""
    np.random.seed(seed_value)


__all__ = [
    "ACSource",
    "AdditiveWeightDependence",
    "AllToAllConnector",
    "ArrayConnector",
    "Assembly",
    "CSAConnector",
    "Convolution",
    "ConvolutionConnector",
    "Cuboid",
    "DCSource",
    "DistanceDependentFormation",
    "DistanceDependentProbabilityConnector",
    "FixedNumberPostConnector",
    "FixedNumberPreConnector",
    "FixedProbabilityConnector",
    "FixedTotalNumberConnector",
    "FromFileConnector",
    "FromListConnector",
    "Grid2D",
    "Grid3D",
    "IDMixin",
    "IF_cond_exp",
    "IF_curr_alpha",
    "IF_curr_delta",
    "IF_curr_exp",
    "IndexBasedProbabilityConnector",
    "Izhikevich",
    "KernelConnector",
    "LastNeuronSelection",
    "Line",
    "MultiplicativeWeightDependence",
    "NativeRNG",
    "NoisyCurrentSource",
    "NumpyRNG",
    "OneToOneConnector",
    "PoolDense",
    "PoolDenseConnector",
    "Population",
    "PopulationBase",
    "PopulationView",
    "Projection",
    "RandomByWeightElimination",
    "RandomDistribution",
    "RandomSelection",
    "RandomStructure",
    "STDPMechanism",
    "SmallWorldConnector",
    "Space",
    "Sphere",
    "SpiNNakerProjection",
    "SpikePairRule",
    "SpikeSourceArray",
    "SpikeSourcePoisson",
    "StaticSynapse",
    "StepCurrentSource",
    "StructuralMechanismSTDP",
    "StructuralMechanismStatic",
    "connect",
    "create",
    "distance",
    "end",
    "extra_models",
    "get_current_time",
    "get_max_delay",
    "get_min_delay",
    "get_time_step",
    "initialize",
    "list_standard_models",
    "name",
    "num_processes",
    "rank",
    "record",
    "reset",
    "run",
    "run_for",
    "run_until",
    "set_allow_delay_extensions",
    "set_number_of_neurons_per_core",
    "set_number_of_synapse_cores",
    "setup",
]


def __getattr__(name: str) -> Any:
    """Return `findings`, what the last run reports; refuse the rest of PyNN by name."""
    if name.startswith("__"):
        raise AttributeError(name)
    if name == "findings":
        return current("findings").findings
    raise UnsupportedError(name, "the emulator does not support this part of PyNN")
