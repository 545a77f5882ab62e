"""Start a compiled network on a target that runs it live."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from neurodeploy.compiler import Compiled
from neurodeploy.emit.pynn import emit
from neurodeploy.errors import BackendUnavailable, TargetError
from neurodeploy.planning import Pace
from neurodeploy.runtime.arrangement import arrange
from neurodeploy.runtime.backend import SessionOptions
from neurodeploy.runtime.emitted import never_spikes
from neurodeploy.runtime.live import LiveBackend, LiveSession
from neurodeploy.runtime.options import RunOptions
from neurodeploy.runtime.presenter import Presenter
from neurodeploy.runtime.registry import find
from neurodeploy.schedule import schedule


@contextmanager
def presenting(
    compiled: Compiled, steps: int, options: RunOptions, pace: Pace | None = None
) -> Iterator[tuple[Presenter, LiveSession]]:
    """Start a network on its target and give what shows it samples.

    Parameters
    ----------
    compiled : Compiled
    steps : int
        Of a sample.
    options : RunOptions
    pace : Pace, optional
        How slowly a machine has to run.

    Raises
    ------
    TargetError
        If the target, or the network on it, cannot run live.
    """
    target, pace = compiled.target, pace or Pace()
    backend = find(target.name) if target.fixed_point else None
    if not isinstance(backend, LiveBackend):
        raise TargetError(
            f"target {target.name}",
            "does not run live",
            limit="emulator, virtual or spinnaker",
        )
    reason = backend.missing()
    if reason is not None:
        raise BackendUnavailable(f"target {target.name}", reason)
    plan = schedule(compiled.network, steps)
    arrangement = arrange(compiled.network, plan, target, options.presentation)
    if arrangement.per_run is not None:
        raise TargetError(
            f"target {target.name}",
            "cannot run this network live: samples would need a reset between them, as no gap "
            "is proved to keep them apart",
            todo="use --target emulator",
        )
    net = arrangement.net
    session_options = SessionOptions(
        net.timestep_ms,
        engine=options.engine,
        strict=options.strict,
        machine=options.machine,
        time_scale_factor=pace.time_scale_factor,
    )
    with backend.live(session_options) as session:
        handles = emit(
            net,
            session.sim,
            lambda pop, label: session.source(pop.size, label),
            per_core=pace.per_core,
        )
        session.start(handles, net.output, membrane=never_spikes(net.population(net.output)))
        yield Presenter(session, net, arrangement.plan, restored=arrangement.restored), session


__all__ = ["presenting"]
