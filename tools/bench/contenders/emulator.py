"""The emulator's own engines, which must all give the same spikes."""

from __future__ import annotations

from neurodeploy_brian2 import brian2_engine, kernel
from neurodeploy_brian2.plan import Outcome
from tools.bench.contenders.ready import NotRun, Result, Run, Watch, checksum
from tools.bench.networks import Bench, plan_of


def on_kernel(bench: Bench, n_threads: int, *, sorts: bool = False) -> Run:
    """Return the C kernel; a run is everything from the plan to the sorted spikes.

    Parameters
    ----------
    bench : Bench
    n_threads : int
    sorts : bool
        Whether each run sorts the synapses anew, else only the first, as other engines do.
    """
    if not kernel.available():
        raise NotRun("the C kernel was not built")
    plan = plan_of(bench)

    def run() -> Result:
        if sorts:
            kernel.forget()
        watch = Watch()
        outcome = kernel.execute(plan, n_threads=n_threads)
        return _result(outcome, *watch.read())

    return run


def on_brian2(bench: Bench, target: str) -> Run:
    """Return one of Brian2's targets; a run is Brian2's own, without building its code."""
    plan = plan_of(bench)

    def run() -> Result:
        clock = _Clock(target)
        outcome = brian2_engine.execute(plan, target, progress=clock)
        return _result(outcome, clock.seconds, clock.cpu_s)

    return run


class _Clock:
    """Time from the first tick to the last, as the engine's progress says."""

    def __init__(self, target: str) -> None:
        self._standalone = target == "cpp_standalone"
        self._watch = Watch()
        self.seconds = 0.0
        self.cpu_s: float | None = None

    def __call__(self, share: float) -> None:
        if share == 0.0:
            self._watch = Watch()
        self.seconds, self.cpu_s = self._watch.read()
        if self._standalone and share == 1.0:
            import brian2

            # The program is compiled in between; it says itself how long its loop took.
            self.seconds, self.cpu_s = float(brian2.get_device()._last_run_time), None


def _result(outcome: Outcome, seconds: float, cpu_s: float | None) -> Result:
    spikes = outcome.spike_tick, outcome.spike_index
    return Result(seconds, cpu_s, len(outcome.spike_tick), checksum(*spikes))


__all__ = ["on_brian2", "on_kernel"]
