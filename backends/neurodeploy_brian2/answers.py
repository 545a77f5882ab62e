"""What the populations and projections of a network ask their simulator for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from neurodeploy_brian2.change_mapping import change_amounts
from neurodeploy_brian2.delays import read_delays
from neurodeploy_brian2.draws import Draws
from neurodeploy_brian2.errors import ConfigurationError
from neurodeploy_brian2.linking import Link
from neurodeploy_brian2.mapping import Network, ring_shifts
from neurodeploy_brian2.plastic_mapping import DOSE_SHIFT
from neurodeploy_brian2.plasticity import MODULATORS
from neurodeploy_brian2.poisson import PoissonType
from neurodeploy_brian2.population import Population as Neurons
from neurodeploy_brian2.projection import Projection as Synapses
from neurodeploy_brian2.recording import Results
from neurodeploy_brian2.synapse_cores import is_direct

if TYPE_CHECKING:
    from neurodeploy_brian2.running import Running


class Answers:
    """A network's answers; `Simulator` has what they are made from."""

    populations: list[Neurons]
    projections: list[Synapses]
    timestep_us: int
    _running: Running
    _draws: Draws
    _ended: bool

    @property
    def timestep_ms(self) -> float:
        """Length of a tick."""
        return self.timestep_us / 1000.0

    @property
    def has_run(self) -> bool:
        """Whether it has run since the last reset."""
        return self._running.has_run

    @property
    def has_run_ever(self) -> bool:
        """Whether it has run at all."""
        return self._running.has_run_ever

    def must_be_alive(self, what: str) -> None:
        """Raise an error if the simulation has ended."""
        if self._ended:
            raise ConfigurationError(
                what, "the simulation has ended", todo="call setup() for a new network"
            )

    def changed(self, what: str) -> None:
        """Note that the network is another than the one that runs."""
        self._running.changed(what)

    def on_set(self, population: Neurons) -> None:
        """Note that parameters were set."""
        self._running.must_allow_pieces(f"{population.label}.set")

    def set_state(
        self, population: Neurons, name: str, indices: Sequence[int], values: list[float]
    ) -> None:
        """Set state of the network that runs."""
        self._running.set_state(population, name, indices, values)

    def state(self, population: Neurons, name: str, indices: Sequence[int]) -> list[float]:
        """Return state of the network that runs."""
        return self._running.state(population, name, indices)

    def results(self, population: Neurons) -> list[Results]:
        """Return the recordings of a population, one for each reset and the last."""
        return self._running.results(population)

    def clear(self, population: Neurons, names: Iterable[str]) -> None:
        """Forget recordings of a population so far."""
        self._running.clear(population, names)

    def draw_spikes(self, population: Neurons, n_ticks: int, first_tick: int) -> Any:
        """Return what a Poisson population sends next."""
        return self._running.draw_spikes(population, n_ticks, first_tick)

    def rates_changed(self, population: Neurons) -> None:
        """Note that rates of a Poisson population were set."""
        self._running.rates_changed(population)

    def draw_parameters(
        self, population: Neurons, every: Mapping[str, Any], *, by_host: bool
    ) -> bool:
        """Draw what is random among a population's parameters; return whether cores did.

        Between runs the host does.
        """
        return self._draws.parameters(population, every, by_host=by_host or self.has_run)

    def drawn(self, projection: Synapses) -> Any:
        """Return the connections of a projection that cores draw."""
        return self._draws.connections(projection)

    def scales(self, target: Neurons) -> dict[str, float]:
        """Return steps of a stored weight to a unit of weight, by receptor."""
        shifts = ring_shifts(self.network(), target)
        factor = target.celltype.weight_factor
        receptors = zip(target.celltype.receptors, shifts, strict=True)
        doses = dict.fromkeys(MODULATORS, 2.0 ** (15 - DOSE_SHIFT))
        return doses | {name: 2.0 ** (15 - shift) * factor for name, shift in receptors}

    def held(self, link: Link) -> dict[str, Any]:
        """Return connections as the machine holds them: indices, weights and delays (ms)."""
        factor = link.post.celltype.weight_factor
        shift = ring_shifts(self.network(), link.post)[link.receptor]
        if link.projection.is_modulator:  # stored as amounts, but read as weights
            stored = link.connections.stored(DOSE_SHIFT, 1.0)
        elif link.projection.is_changer:
            stored = change_amounts(link, shift)
        else:
            stored = self._running.stored(link, shift, factor)
        return {
            "source": link.connections.pre,
            "target": link.connections.post,
            "weight": stored / (2.0 ** (15 - shift) * factor),
            "delay": read_delays(self.network(), link) * self.timestep_ms,
        }

    def fed_directly(self, source: Any) -> Any:
        """Return the population that Poisson sources feed without packets, or None."""
        if not isinstance(source.celltype, PoissonType):
            return None
        network: Any = self.network()
        links = (link for link in network.projections if link.pre is source)
        return next((link.post for link in links if is_direct(network, link)), None)

    def network(self) -> Network:
        """Return populations and what joins them, for the mapping."""
        links: Any = tuple(link for one in self.projections for link in one.links())
        return Network(tuple(self.populations), links, self.timestep_us)


__all__ = ["Answers"]
