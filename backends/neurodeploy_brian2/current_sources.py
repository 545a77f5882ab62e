"""Current sources as a script describes them; what they give is computed as cores do.

sPyNNaker converts times to ticks when a source is made, and not when they are set later: a
`start` or `stop` set with `set_parameters` counts in ticks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from neurodeploy.api import TargetError
from neurodeploy.target.fixed_point import encode_s1615
from neurodeploy_brian2.errors import ConfigurationError, WrongTypeError
from neurodeploy_brian2.machine import current_sources as machine
from neurodeploy_brian2.machine.kiss64 import host_seed


class CurrentSource:
    """A current that neurons receive beside their synapses."""

    times: ClassVar[tuple[str, ...]] = ("start", "stop", "times")

    def __init__(self, **parameters: Any) -> None:
        self._given: dict[str, Any] = {
            name: _number(type(self).__name__, name, v) for name, v in parameters.items()
        }
        self._in_ticks: set[str] = set()

    def inject_into(self, cells: Any) -> None:
        """Feed neurons: a population, a view, or a list of cells."""
        if isinstance(cells, list | tuple):
            for cell in cells:
                cell.inject(self)
        else:
            cells.inject(self)

    def set_parameters(self, **parameters: Any) -> None:
        """Change parameters; times are in ticks from then on."""
        for name, value in parameters.items():
            if name not in self._given:
                raise ConfigurationError(
                    type(self).__name__, f"has no parameter {name}", limit=", ".join(self._given)
                )
            self._given[name] = _number(type(self).__name__, name, value)
            self._in_ticks.add(name)

    def get_parameters(self) -> dict[str, Any]:
        """Return the parameters, as they were given."""
        return dict(self._given)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The parameters, as they were given."""
        return self._given

    def check(self, timestep_us: int) -> None:
        """Refuse what the machine's numbers cannot hold, or the timestep rules out."""
        for name, values in self._given.items():
            for value in () if name in self.times else np.atleast_1d(values):
                try:
                    encode_s1615(float(value))
                except OverflowError as err:
                    raise TargetError(
                        f"{type(self).__name__}.{name}", "does not fit S16.15", got=value
                    ) from err
        self.on_core(timestep_us)

    def on_core(self, timestep_us: int) -> Any:
        """Return what a core is told, a description of `machine.current_sources`."""
        raise NotImplementedError

    def window(self, timestep_us: int) -> machine.Window:
        """Return the ticks in which it is on."""
        start, stop = (
            int(value) if name in self._in_ticks else machine.ticks_of(value, timestep_us)
            for name, value in ((name, self._given[name]) for name in ("start", "stop"))
        )
        return machine.Window(start, stop)


class DCSource(CurrentSource):
    """One current from `start` to `stop`; without a `stop` it never flows, as on the board."""

    def __init__(self, amplitude: float = 0.0, start: float = 0.0, stop: float = 0.0) -> None:
        super().__init__(amplitude=amplitude, start=start, stop=stop)

    def on_core(self, timestep_us: int) -> Any:
        """Return what a core is told."""
        return machine.Direct(self._given["amplitude"], self.window(timestep_us))


class ACSource(CurrentSource):
    """A sine; the board takes `frequency` per tick, so it is only right at 1 ms."""

    def __init__(
        self,
        start: float = 0.0,
        stop: float = 0.0,
        amplitude: float = 0.0,
        offset: float = 0.0,
        frequency: float = 0.0,
        phase: float = 0.0,
    ) -> None:
        super().__init__(
            start=start,
            stop=stop,
            amplitude=amplitude,
            offset=offset,
            frequency=frequency,
            phase=phase,
        )

    def on_core(self, timestep_us: int) -> Any:
        """Return what a core is told."""
        given = self._given
        return machine.Alternating(
            given["amplitude"],
            given["offset"],
            given["frequency"],
            given["phase"],
            self.window(timestep_us),
        )


class StepCurrentSource(CurrentSource):
    """Currents that follow each other."""

    def __init__(self, times: Sequence[float] = (), amplitudes: Sequence[float] = ()) -> None:
        super().__init__()
        self._given = {
            "times": _list("times", times),
            "amplitudes": _list("amplitudes", amplitudes),
        }
        self._check_lengths()

    def set_parameters(self, **parameters: Any) -> None:
        """Change times (ms) and amplitudes (nA)."""
        for name, value in parameters.items():
            if name not in self._given:
                raise ConfigurationError(
                    "StepCurrentSource", f"has no parameter {name}", limit="times, amplitudes"
                )
            self._given[name] = _list(name, value)
        self._check_lengths()

    def on_core(self, timestep_us: int) -> Any:
        """Return what a core is told."""
        ticks = tuple(machine.ticks_of(time, timestep_us) for time in self._given["times"])
        return machine.Steps(ticks, tuple(self._given["amplitudes"]))

    def _check_lengths(self) -> None:
        counts = [len(values) for values in self._given.values()]
        if counts[0] != counts[1]:
            raise ConfigurationError(
                "StepCurrentSource", "needs as many times as amplitudes", got=counts
            )


class NoisyCurrentSource(CurrentSource):
    """White noise from `start` to `stop`, new in every tick."""

    def __init__(
        self,
        mean: float = 0.0,
        stdev: float = 0.0,
        start: float = 0.0,
        stop: float = 0.0,
        dt: float = 1.0,
        rng: Any = None,
    ) -> None:
        super().__init__(mean=mean, stdev=stdev, start=start, stop=stop, dt=dt)
        self._seed = host_seed(np.random.RandomState())

    def on_core(self, timestep_us: int) -> Any:
        """Return what a core is told; a `dt` that is not the timestep is refused."""
        if self._given["dt"] != 1 / (1000.0 / timestep_us):
            raise ConfigurationError(
                "NoisyCurrentSource",
                "dt must be the timestep",
                got=f"{self._given['dt']} ms",
                limit=f"{timestep_us / 1000.0} ms",
            )
        given = self._given
        return machine.Noisy(given["mean"], given["stdev"], self._seed, self.window(timestep_us))


def _number(who: str, name: str, value: Any) -> float:
    if not isinstance(value, int | float | np.number):
        raise WrongTypeError(f"{who}.{name}", "is no number", got=repr(value))
    if not math.isfinite(value):
        raise TargetError(f"{who}.{name}", "is not finite", got=value)
    return value  # type: ignore[return-value]


def _list(name: str, values: Any) -> list[float]:
    if not isinstance(values, Sequence | np.ndarray):
        raise WrongTypeError(f"StepCurrentSource.{name}", "is no list", got=repr(values))
    return [_number("StepCurrentSource", name, value) for value in values]


__all__ = ["ACSource", "CurrentSource", "DCSource", "NoisyCurrentSource", "StepCurrentSource"]
