"""The emulator as a backend of the compiler."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator
from importlib import metadata

from neurodeploy.api import BackendUnavailable, InputError, SessionOptions, TargetSpec
from neurodeploy_brian2.engines import ENGINES
from neurodeploy_brian2.simulator import Simulator
from neurodeploy_brian2.stepping import LiveEmulator

_NEEDS = ("brian2", "neo")


class BrianBackend:
    """SpiNNaker's fixed-point arithmetic on Brian2."""

    name = "emulator"

    def target(self) -> TargetSpec:
        """Return what the emulator can do."""
        return TargetSpec(
            name=self.name,
            emulates="sPyNNaker 7.4.1",
            fixed_point=True,
            restores_state=True,
            engines=ENGINES,
        )

    def missing(self) -> str | None:
        """Return why the emulator cannot run here and what to install, or None."""
        for name in _NEEDS:
            if importlib.util.find_spec(name) is None:
                return f"{name} is not installed; try: pip install {name}"
        versions = [
            tuple(int(part) for part in metadata.version(name).split(".")[:2])
            for name in ("brian2", "numpy")
        ]
        if versions[0] < (2, 10) and versions[1] >= (2, 4):
            return "Brian2 before 2.10 does not import with NumPy 2.4; try: pip install 'numpy<2.4'"
        return None

    @contextlib.contextmanager
    def session(self, options: SessionOptions) -> Iterator[Simulator]:
        """Yield a simulator with an empty network, set up for the options."""
        reason = self.missing()
        if reason is not None:
            raise BackendUnavailable(f"target {self.name}", reason)
        if options.engine is not None and options.engine not in ENGINES:
            raise InputError(
                f"engine of target {self.name}",
                "unknown",
                got=options.engine,
                limit=" | ".join(ENGINES),
            )
        simulator = Simulator(options)
        try:
            yield simulator
        finally:
            simulator.end()

    @contextlib.contextmanager
    def live(self, options: SessionOptions) -> Iterator[LiveEmulator]:
        """Yield a simulator whose network is fed tick by tick, on a clock of its own."""
        with self.session(options) as simulator:
            emulator = LiveEmulator(simulator)
            yield emulator
            emulator.close()


__all__ = ["BrianBackend"]
