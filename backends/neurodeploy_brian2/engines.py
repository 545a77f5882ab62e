"""Which engine runs a plan: the C kernel where it can, Brian2 else."""

from __future__ import annotations

from neurodeploy.api import TargetError
from neurodeploy_brian2 import brian2_engine, kernel
from neurodeploy_brian2.plan import Outcome, Plan
from neurodeploy_brian2.plan_parts import Progress

ENGINES = ("auto", "kernel", "numpy", "cython", "cpp_standalone")
"""`auto` is the kernel if it was built and takes the network, else `numpy`."""


def choose(plan: Plan, engine: str) -> str:
    """Return the engine that runs a plan.

    Parameters
    ----------
    plan : Plan
    engine : str
        One of `ENGINES`.

    Raises
    ------
    TargetError
        If the kernel was asked for and cannot run the plan.
    """
    if engine == "auto":
        return "kernel" if kernel.available() and _accepts(plan) else "numpy"
    if engine == "kernel" and kernel.available() and not _accepts(plan):
        raise TargetError(
            "engine kernel",
            "does not run this network",
            limit="IF_curr_exp and IF_curr_delta, static synapses, one update a tick, "
            "no synapse cores",
            todo="use the engine auto",
        )
    return engine


def _accepts(plan: Plan) -> bool:
    return plan.split is None and kernel.accepts(plan)


def execute(plan: Plan, engine: str, *, progress: Progress | None = None) -> Outcome:
    """Run a plan on the engine that `choose` returned."""
    if engine == "kernel":
        return kernel.execute(plan, progress=progress)
    return brian2_engine.execute(plan, engine, progress=progress)


__all__ = ["ENGINES", "choose", "execute"]
