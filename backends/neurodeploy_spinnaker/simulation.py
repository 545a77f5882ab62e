"""What a session yields: pyNN.spiNNaker, with runs that are judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from neurodeploy.api import BackendFailure, Finding
from neurodeploy_spinnaker import provenance
from neurodeploy_spinnaker.faults import translated
from neurodeploy_spinnaker.provenance import Provenance


class Simulation:
    """The module pyNN.spiNNaker, set up; `run` also reads what the machine says of itself.

    Parameters
    ----------
    module : module
        Every name that is not here is the module's.
    database : callable or None
        Gives the path of the last run's database; None where nothing runs.
    allow_loss : bool
        Whether a run with losses counts.
    log : str
        Where the vendor's log is.
    known : callable
        Gives what the machine knows of a failure, or None.
    """

    engine_used = "sPyNNaker"

    def __init__(
        self,
        module: Any,
        *,
        database: Callable[[], Path] | None,
        allow_loss: bool,
        log: str,
        known: Callable[[], BackendFailure | None] = lambda: None,
    ) -> None:
        self._module, self._database = module, database
        self._allow_loss, self._log, self._known = allow_loss, log, known
        # Counters run on until the network is mapped anew, which is in another folder.
        self._seen: dict[Path, Provenance] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    @property
    def mapped_only(self) -> bool:
        """Whether runs only map the network."""
        return self._database is None

    @property
    def provenance(self) -> Mapping[str, int]:
        """Counters over all runs of the session."""
        return provenance.total([seen.counters for seen in self._seen.values()])

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the machine and sPyNNaker reported of all runs of the session."""
        losses = [finding for seen in self._seen.values() for finding in seen.losses]
        remarks = [finding for seen in self._seen.values() for finding in seen.remarks]
        return (*losses, *dict.fromkeys(remarks))

    def run(self, simtime_ms: float, callbacks: Any = None) -> float:
        """Run and judge.

        Parameters
        ----------
        simtime_ms : float
        callbacks : list, optional
            As PyNN has them.

        Returns
        -------
        time_ms : float

        Raises
        ------
        BackendFailure
            If the vendor or the machine fails, or the run lost spikes and that is not allowed.
        KeyboardInterrupt
            On Ctrl-C; sPyNNaker itself would end the process.
        """
        return self._judged(lambda: self._module.run(simtime_ms, callbacks))

    def run_until(self, tstop_ms: float) -> float:
        """Run up to a time of the simulation and judge; raises what `run` raises."""
        return self._judged(lambda: self._module.run_until(tstop_ms))

    run_for = run

    def run_forever(self) -> float:
        """Run until another thread asks for a stop, and judge; raises what `run` raises."""

        def run() -> float:
            self._module.external_devices.run_forever()
            return float(self._module.get_current_time())

        return self._judged(run)

    def _judged(self, run: Callable[[], float]) -> float:
        with translated(self._log, self._known):
            try:
                time_ms = run()
            except SystemExit as err:
                raise KeyboardInterrupt from err
            if self._database is None:
                return float(time_ms)
            path = self._database()
            seen = self._seen[path.parent] = provenance.read(path)
        seen.require(self._allow_loss)
        return float(time_ms)


__all__ = ["Simulation"]
