"""Execute a plan on Brian2.

The network is always the same few objects under fixed names (`cells`, `sources`, `syn_in`,
`syn_rec`), whatever the populations were: compiled code depends on names, so a second
network finds it in the cache. One tick is 1 ms of Brian2's time, whatever it is of the
user's; Brian2 never sees a physical quantity.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from neurodeploy.api import BackendFailure, TargetError
from neurodeploy_brian2.brian2_device import brian2_device
from neurodeploy_brian2.functions import LANE, SEEN, STATE, TICK, brian_functions
from neurodeploy_brian2.lanes import Lanes, lay_out, unfold_sources
from neurodeploy_brian2.plan import WATCHED, Cells, Ints, Outcome, Plan, Progress, Wires

_CONSTANTS = tuple(field.name for field in fields(Cells))
_LARGEST_SUM = 1 << 31
_REPORT_PERIOD_S = 0.2


@dataclass(frozen=True)
class Network:
    """The Brian2 objects of one run; what a plan does not need is None."""

    cells: Any
    objects: tuple[Any, ...]
    spikes: Any
    monitors: dict[str, Any]


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
    if plan.cells.n == 0 or plan.n_ticks == 0:
        return _nothing(plan)
    unfolded = unfold_sources(plan)
    _check_sums(unfolded)
    if engine == "cpp_standalone" and n_lanes is None:
        n_lanes = 1  # a compiled tick costs next to nothing, copies of the network do
    lanes = lay_out(unfolded, n_lanes)
    with brian2_device(engine) as device:
        network = _build(device.brian2, unfolded, lanes, device.light_code)
        device.run(network.objects, lanes.n_ticks, _report(network, progress))
        return _collect(network, unfolded, lanes)


def _nothing(plan: Plan) -> Outcome:
    none = np.zeros(0, dtype=np.int64)
    watched = {
        name: np.zeros((plan.n_ticks, len(which)), dtype=np.int32)
        for name, which in plan.record.items()
    }
    return Outcome(none, none, watched, np.zeros((plan.cells.n, 2), dtype=np.int64))


def _check_sums(plan: Plan) -> None:
    """Refuse what would spill from one half of the packed ring buffer into the other."""
    for inhibitory in (False, True):
        total = np.zeros(plan.cells.n)
        for wires in (plan.from_sources, plan.recurrent):
            mine = wires.inhibitory == inhibitory
            total += np.bincount(wires.post[mine], wires.weight[mine], minlength=plan.cells.n)
        if total.max() >= _LARGEST_SUM:
            raise TargetError(
                f"neuron {int(total.argmax())} of the network",
                "could receive more in one tick than the emulator can add up",
                got=f"{int(total.max())} stored weight units",
                limit=f"below {_LARGEST_SUM}",
                todo="give it fewer connections or fewer coincident input spikes",
            )


def _build(brian2: Any, plan: Plan, lanes: Lanes, light_code: Any) -> Network:
    clock = brian2.Clock(1 * brian2.ms, name="ticks")
    functions = brian_functions(brian2)
    cells = _cells(brian2, plan.cells, lanes, clock, functions)
    tick = cells.run_regularly(TICK, clock=clock, when="groups", name="tick")
    cells.thresholder["spike"].codeobj_class = light_code
    objects = [cells, tick]
    if plan.from_sources.n:
        sources = _sources(brian2, plan, lanes, clock)
        objects += [sources, _synapses(brian2, sources, cells, plan.from_sources, lanes, "syn_in")]
    if plan.recurrent.n:
        objects.append(_synapses(brian2, cells, cells, plan.recurrent, lanes, "syn_rec"))
    spikes = None
    if plan.record_spikes:
        spikes = brian2.SpikeMonitor(cells, name="spikes", codeobj_class=light_code)
        objects.append(spikes)
    monitors = {
        name: brian2.StateMonitor(
            cells,
            seen,
            record=_over_lanes(plan.record[name], plan.cells.n, lanes.n),
            clock=clock,
            when="end",
            codeobj_class=light_code,
            name=f"watch_{seen}",
        )
        for name, seen in zip(WATCHED, SEEN, strict=True)
        if len(plan.record.get(name, ()))
    }
    return Network(cells, (*objects, *monitors.values()), spikes, monitors)


def _cells(brian2: Any, cells: Cells, lanes: Lanes, clock: Any, functions: Any) -> Any:
    names = (*STATE, *SEEN, *_CONSTANTS, *LANE)
    shared = {"stride": lanes.stride, "period": lanes.period}
    group = brian2.NeuronGroup(
        cells.n * lanes.n,
        "\n".join(
            f"{name} : integer" + (" (constant, shared)" if name in shared else "")
            for name in names
        ),
        threshold="fired > 0",
        clock=clock,
        dtype=dict.fromkeys(names, np.int64),
        namespace=functions,
        name="cells",
    )
    for name in _CONSTANTS:
        group.variables[name].set_value(np.tile(getattr(cells, name), lanes.n))
    group.variables["end"].set_value(np.repeat(lanes.ends(), cells.n))
    for name, value in shared.items():
        group.variables[name].set_value(value)
    return group


def _sources(brian2: Any, plan: Plan, lanes: Lanes, clock: Any) -> Any:
    lane, tick = lanes.place(plan.spike_tick)
    return brian2.SpikeGeneratorGroup(
        plan.n_sources * lanes.n,
        lane * plan.n_sources + plan.spike_source,
        tick * brian2.ms,
        clock=clock,
        name="sources",
    )


def _synapses(brian2: Any, pre: Any, post: Any, wires: Wires, lanes: Lanes, name: str) -> Any:
    """Connect every lane with itself; an inhibitory weight goes to the sum's upper half."""
    group = brian2.Synapses(
        pre,
        post,
        "weight : integer (constant)",
        on_pre="ring_post += weight",
        dtype={"weight": np.int64},
        clock=pre.clock,
        namespace={},
        name=name,
    )
    order = np.lexsort((wires.post, wires.pre))
    group.connect(
        i=_over_lanes(wires.pre[order], len(pre) // lanes.n, lanes.n),
        j=_over_lanes(wires.post[order], len(post) // lanes.n, lanes.n),
    )
    packed = wires.weight << np.where(wires.inhibitory, 32, 0)
    group.variables["weight"].set_value(np.tile(packed[order], lanes.n))
    # Brian2 delivers a spike after the update of the tick it is due in: one tick early here
    # makes it input of the right one.
    delay = (wires.delay_ticks[order] - 1) * 1e-3
    group.pre.variables["delay"].set_value(np.tile(delay, lanes.n))
    return group


def _over_lanes(index: Ints, size: int, n_lanes: int) -> Ints:
    lane = np.arange(n_lanes, dtype=np.int64)[:, np.newaxis]
    return (lane * size + index).reshape(-1)


def _report(network: Network, progress: Progress | None) -> Any:
    """Return Brian2's report function, which also sees to it that all code was compiled."""

    def report(_elapsed: Any, done: float, _start: Any, _duration: Any) -> None:
        if done == 0.0:
            _check_compiled(network)
        if progress is not None:
            progress(float(done))

    return report


def _check_compiled(network: Network) -> None:
    """Refuse code that Brian2 could not compile: it would leave it out without a word."""
    for owner in network.objects:
        for code in owner.code_objects:
            if code.compiled_code.get("run") is None:
                raise BackendFailure(
                    f"Brian2 code object {code.name}",
                    "was not compiled, and Brian2 would leave it out of the run",
                    todo="use the engine numpy",
                )


def _collect(network: Network, plan: Plan, lanes: Lanes) -> Outcome:
    n = plan.cells.n
    watched = {
        name: np.zeros((plan.n_ticks, len(which)), dtype=np.int32)
        for name, which in plan.record.items()
    }
    for name, monitor in network.monitors.items():
        watched[name] = _unfold(monitor, SEEN[WATCHED.index(name)], plan, lanes)
    tick, index = _spikes(network, plan, lanes)
    full = [
        np.asarray(network.cells.variables[name].get_value()).reshape(lanes.n, n).sum(axis=0)
        for name in ("full_exc", "full_inh")
    ]
    return Outcome(tick, index, watched, np.stack(full, axis=1))


def _spikes(network: Network, plan: Plan, lanes: Lanes) -> tuple[Ints, Ints]:
    if network.spikes is None:
        none = np.zeros(0, dtype=np.int64)
        return none, none
    number = np.asarray(network.spikes.variables["i"].get_value(), dtype=np.int64)
    times_s = np.asarray(network.spikes.variables["t"].get_value())
    lane, index = np.divmod(number, plan.cells.n)
    tick = lanes.restore(lane, np.rint(times_s * 1e3).astype(np.int64))
    order = np.lexsort((tick, index))
    return tick[order], index[order]


def _unfold(monitor: Any, seen: str, plan: Plan, lanes: Lanes) -> Any:
    """Put a lane-wise recording back on the axis of the run, (n_ticks, r) int32 array."""
    values = np.asarray(monitor.variables[seen].get_value())
    turns = lanes.n_ticks // lanes.stride
    values = values.reshape(turns, lanes.stride, lanes.n, -1)[:, : lanes.period]
    values = values.transpose(0, 2, 1, 3).reshape(turns * lanes.n * lanes.period, -1)
    return values[: plan.n_ticks].astype(np.int32)


__all__ = ["execute"]
