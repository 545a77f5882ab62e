"""Execute a plan on Brian2."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurodeploy.api import BackendFailure, TargetError
from neurodeploy_brian2.brian2_build import Network, again, build
from neurodeploy_brian2.brian2_device import brian2_device
from neurodeploy_brian2.carry import left_pending, unfold_sources, with_pending
from neurodeploy_brian2.kinds import KINDS, SEEN
from neurodeploy_brian2.lanes import Lanes, lay_out
from neurodeploy_brian2.plan import Outcome, Plan, State
from neurodeploy_brian2.plan_parts import MAX_RECEPTORS, WATCHED, Ints, Progress
from neurodeploy_brian2.plan_plastic import Sent
from neurodeploy_brian2.plastic_build import (
    PlasticNetwork,
    build_plastic,
    join_pending,
    plastic_now,
    weights_now,
)

_LARGEST_SUM = 1 << 31
_LARGEST_WEIGHT = (1 << 16) - 1


def execute(
    plan: Plan,
    engine: str = "numpy",
    *,
    progress: Progress | None = None,
    n_lanes: int | None = None,
) -> Outcome:
    """Run a plan and return what it asked to record.

    Parameters
    ----------
    plan : Plan
    engine : {'numpy', 'cython', 'cpp_standalone'}
        Brian2's way of running code.
    progress : callable or None
        Called with the share done.
    n_lanes : int or None
        Overrides how many samples run side by side.

    Raises
    ------
    TargetError
        If a neuron could receive more in one tick than the engine's sums can hold.
    BackendUnavailable
        If the engine needs a C++ compiler and there is none.
    BackendFailure
        If Brian2 fails, or skips code it could not compile.
    """
    if plan.n == 0 or plan.n_ticks == 0:
        return _nothing(plan)
    if plan.plastic and plan.sample_ticks is not None:
        raise TargetError(
            "plastic synapses",
            "do not go with a run in samples, each of which would start from the same weights",
            todo="run without sample_ticks",
        )
    unfolded = unfold_sources(with_pending(plan))
    _check_sums(unfolded)
    if engine == "cpp_standalone" and n_lanes is None:
        n_lanes = 1  # a compiled tick costs next to nothing, copies of the network do
    lanes = lay_out(unfolded, n_lanes)
    with brian2_device(engine) as device:
        network = build(device.brian2, unfolded, lanes, device.light_code)
        plastic = build_plastic(device.brian2, plan, network.cells)
        objects = (*network.objects, *plastic.objects)
        device.run(objects, lanes.n_ticks, _report(objects, progress))
        return _collect(network, plastic, plan, lanes)


def _nothing(plan: Plan) -> Outcome:
    none = np.zeros(0, dtype=np.int64)
    watched = {
        name: np.zeros((plan.n_ticks, len(which)), dtype=np.int32)
        for name, which in plan.record.items()
    }
    state = State(tuple(group.state for group in plan.groups), plan.pending, plan.plastic)
    full = np.zeros((plan.n, MAX_RECEPTORS), dtype=np.int64)
    weights = tuple(one.wires.weight for one in plan.plastic)
    kept = state if plan.keep_state else None
    return Outcome(none, none, watched, full, kept, weights, np.zeros(plan.n, dtype=np.int64))


def _check_sums(plan: Plan) -> None:
    """Refuse what would spill from one half of a packed ring buffer into the other."""
    for receptor in range(plan.n_buffers):
        total = np.zeros(plan.n)
        packets = 1 + len(again(plan))
        for wires, times in ((plan.from_sources, 1), (plan.recurrent, packets)):
            mine = wires.receptor == receptor
            total += times * np.bincount(wires.post[mine], wires.weight[mine], minlength=plan.n)
        for one in plan.plastic:
            mine, wires = one.wires.receptor == receptor, one.wires
            times = int(plan.spike_times.max(initial=1)) if one.from_sources else packets
            total += _LARGEST_WEIGHT * times * np.bincount(wires.post[mine], minlength=plan.n)
        if total.max() >= _LARGEST_SUM:
            raise TargetError(
                f"neuron {int(total.argmax())} of the network",
                "could receive more in one tick than the emulator can add up",
                got=f"{int(total.max())} stored weight units",
                limit=f"below {_LARGEST_SUM}",
                todo="give it fewer connections or fewer coincident input spikes",
            )


def _report(objects: tuple[Any, ...], progress: Progress | None) -> Any:
    """Return Brian2's report function, which also sees to it that all code was compiled."""

    def report(_elapsed: Any, done: float, _start: Any, _duration: Any) -> None:
        if done == 0.0:
            _check_compiled(objects)
        if progress is not None:
            progress(float(done))

    return report


def _check_compiled(objects: tuple[Any, ...]) -> None:
    """Refuse code that Brian2 could not compile: it would leave it out without a word."""
    for owner in objects:
        for code in owner.code_objects:
            if code.compiled_code.get("run") is None:
                raise BackendFailure(
                    f"Brian2 code object {code.name}",
                    "was not compiled, and Brian2 would leave it out of the run",
                    todo="use the engine numpy",
                )


def _collect(network: Network, plastic: PlasticNetwork, plan: Plan, lanes: Lanes) -> Outcome:
    watched = {
        name: np.zeros((plan.n_ticks, len(which)), dtype=np.int32)
        for name, which in plan.record.items()
    }
    for name, monitor in network.monitors.items():
        watched[name] = _unfold(monitor, SEEN[WATCHED.index(name)], plan, lanes)
    tick, index = _spikes(network, network.spikes, lanes)
    state = _state(network, plastic, plan, lanes) if plan.keep_state else None
    full = _saturated(network, plan, lanes)
    weights, wrapped = weights_now(plastic, plan), _total(network, "wrapped", plan, lanes)
    spilt = None if plan.split is None else _total(network, "spilt", plan, lanes)
    return Outcome(tick, index, watched, full, state, weights, wrapped, spilt)


def _saturated(network: Network, plan: Plan, lanes: Lanes) -> Ints:
    full = np.zeros((plan.n, MAX_RECEPTORS), dtype=np.int64)
    for r in range(MAX_RECEPTORS):
        full[:, r] = _total(network, f"full_{r}", plan, lanes)
    return full


def _total(network: Network, name: str, plan: Plan, lanes: Lanes) -> Ints:
    """Return a counter of each neuron over all lanes; one that was not needed is 0."""
    if name not in network.cells.variables:
        return np.zeros(plan.n, dtype=np.int64)
    place = network.layout.copies(np.arange(plan.n))
    total: Ints = _value(network, name)[place].reshape(lanes.n, -1).sum(axis=0)
    return total


def _state(network: Network, plastic: PlasticNetwork, plan: Plan, lanes: Lanes) -> State:
    """Return how the neurons were left; a run with samples has no such thing."""
    monitors = (network.spikes, *network.repeats.values())
    packets = [_spikes(network, monitor, lanes) for monitor in monitors]
    tick, index = (np.concatenate(column) for column in zip(*packets, strict=True))
    groups = tuple(
        {name: _value(network, name)[span] for name in KINDS[group.kind].state}
        for group, span in zip(plan.groups, network.layout.spans(), strict=True)
    )
    pending = join_pending([left_pending(plan, tick, index), plastic.pending(plan.n_ticks)])
    fired = Sent(tick, index, np.ones_like(tick))
    return State(groups, pending, plastic_now(plastic, plan, fired))


def _value(network: Network, name: str) -> Ints:
    return np.array(network.cells.variables[name].get_value(), dtype=np.int64)


def _spikes(network: Network, monitor: Any, lanes: Lanes) -> tuple[Ints, Ints]:
    if monitor is None:
        none = np.zeros(0, dtype=np.int64)
        return none, none
    place = np.asarray(monitor.variables["i"].get_value(), dtype=np.int64)
    times_s = np.asarray(monitor.variables["t"].get_value())
    lane, index = network.layout.split(place)
    tick = lanes.restore(lane, np.rint(times_s * 1e3).astype(np.int64))
    order = np.lexsort((tick, index))
    return tick[order], index[order]


def _unfold(monitor: Any, seen: str, plan: Plan, lanes: Lanes) -> Any:
    """Put a lane-wise recording back on the axis of the run, (n_ticks, r) int32 array."""
    values = np.asarray(monitor.variables[seen].get_value())
    stride = lanes.stride or lanes.period
    turns = lanes.n_ticks // stride
    values = values.reshape(turns, stride, lanes.n, -1)[:, : lanes.period]
    values = values.transpose(0, 2, 1, 3).reshape(turns * lanes.n * lanes.period, -1)
    return values[: plan.n_ticks].astype(np.int32)


__all__ = ["execute"]
