"""Build the Brian2 objects of a plan.

They are always the same few under fixed names (`cells`, `sources`, `syn_in`, `syn_rec`),
whatever the populations were: compiled code depends on names, so a second network finds it
in the cache. All neurons are one group; each kind of neuron is a part of it with a tick of
its own. One tick is 1 ms of Brian2's time, whatever it is of the user's; Brian2 never sees a
physical quantity.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurodeploy_brian2.core_draws import core_draws
from neurodeploy_brian2.functions import brian_functions, draw_function, wave_function
from neurodeploy_brian2.kinds import KINDS, SEEN, rings
from neurodeploy_brian2.lanes import Lanes, Layout
from neurodeploy_brian2.overflow import input_may_wrap, is_usual, largest_waves, may_wrap
from neurodeploy_brian2.plan import Plan
from neurodeploy_brian2.plan_parts import WATCHED, Ints, Wires
from neurodeploy_brian2.split_build import split_objects, split_variables

_LANE = ("end", "stride", "period")
_SHARED = ("stride", "period", "usual")


@dataclass(frozen=True)
class Network:
    """The Brian2 objects of one run; what a plan does not need is None."""

    layout: Layout
    cells: Any
    objects: tuple[Any, ...]
    spikes: Any
    repeats: dict[str, Any]
    monitors: dict[str, Any]


def build(brian2: Any, plan: Plan, lanes: Lanes, light_code: Any) -> Network:
    """Return the objects of a plan whose sources spike at most once a tick.

    Parameters
    ----------
    brian2 : module
    plan : Plan
    lanes : Lanes
    light_code : type or None
        Code class of thresholds and monitors.
    """
    clock = brian2.Clock(1 * brian2.ms, name="ticks")
    layout = Layout(tuple(group.n for group in plan.groups), lanes.n)
    cells = _cells(brian2, plan, lanes, layout, clock)
    for thresholder in cells.thresholder.values():
        thresholder.codeobj_class = light_code
    objects = [cells, *_ticks(cells, plan, layout, clock)]
    objects += split_objects(brian2, plan, cells, layout)
    if plan.from_sources.n:
        sources = _sources(brian2, plan, lanes, clock)
        from_layout = Layout((plan.n_sources,), lanes.n)
        ends = (sources, from_layout), (cells, layout)
        objects += [sources, *_synapses(brian2, *ends, plan.from_sources, "syn_in")]
    if plan.recurrent.n:
        ends = (cells, layout), (cells, layout)
        objects += _synapses(brian2, *ends, plan.recurrent, "syn_rec")
        for event in again(plan):
            objects += _synapses(brian2, *ends, plan.recurrent, f"syn_{event}", event)
    spikes, repeats = None, {}
    if plan.record_spikes or plan.keep_state:
        spikes = brian2.SpikeMonitor(cells, name="spikes", codeobj_class=light_code)
        repeats = {event: _repeats(brian2, cells, event, light_code) for event in again(plan)}
        objects += [spikes, *repeats.values()]
    monitors = dict(_monitors(brian2, cells, plan, layout, light_code))
    return Network(layout, cells, (*objects, *monitors.values()), spikes, repeats, monitors)


def again(plan: Plan) -> tuple[str, ...]:
    """Return the events of a neuron that sends its second, third ... packet in a tick."""
    n_steps = max((group.n_steps for group in plan.groups), default=1)
    return tuple(f"again_{k}" for k in range(1, n_steps))


def _repeats(brian2: Any, cells: Any, event: str, light_code: Any) -> Any:
    return brian2.EventMonitor(cells, event, name=f"repeats_{event}", codeobj_class=light_code)


def _variables(plan: Plan) -> tuple[str, ...]:
    """Return the variables of all kinds of neurons, each once."""
    names: dict[str, None] = dict.fromkeys((*_LANE, *SEEN, "fired", "wave"))
    if any(may_wrap(plan)):
        names |= dict.fromkeys(("wrapped", "usual"))
    for group in plan.groups:
        kind = KINDS[group.kind]
        full = (f"full_{r}" for r in range(len(kind.receptors)))
        init = (f"{name}_init" for name in kind.state)
        names |= dict.fromkeys(
            (*rings(len(kind.receptors)), *full, *kind.state, *init, *kind.constants)
        )
    return tuple(names | dict.fromkeys(split_variables(plan)))


def _cells(brian2: Any, plan: Plan, lanes: Lanes, layout: Layout, clock: Any) -> Any:
    functions = brian_functions(brian2)
    if plan.waves is not None:
        functions["nd_wave"] = wave_function(brian2, plan.waves)
    if any(KINDS[group.kind].draws for group in plan.groups):
        functions["nd_draw"] = draw_function(brian2, *core_draws(plan))
    names = _variables(plan)
    group = brian2.NeuronGroup(
        layout.n,
        "\n".join(
            f"{name} : integer" + (" (constant, shared)" if name in _SHARED else "")
            for name in names
        ),
        threshold="fired > 0",
        events={event: f"fired > {event.split('_')[1]}" for event in again(plan)},
        clock=clock,
        dtype=dict.fromkeys(names, np.int64),
        namespace=functions,
        name="cells",
    )
    group.variables["stride"].set_value(lanes.stride)
    group.variables["period"].set_value(lanes.period)
    if "usual" in names:
        group.variables["usual"].set_value(int(is_usual(plan)))
    for name, value in _values(plan, lanes, layout).items():
        group.variables[name].set_value(value)
    return group


def _values(plan: Plan, lanes: Lanes, layout: Layout) -> dict[str, Ints]:
    """Return what the variables of the neurons start from, (layout.n,) int64 arrays."""
    values: dict[str, Ints] = {}

    def put(name: str, span: slice, value: Ints) -> None:
        column = values.setdefault(name, np.zeros(layout.n, dtype=np.int64))
        column[span] = np.tile(value, lanes.n)

    for group, span in zip(plan.groups, layout.spans(), strict=True):
        for name, value in group.constants.items():
            put(name, span, value)
        for name, value in group.state.items():
            put(name, span, value)
            put(f"{name}_init", span, value)
        put("end", span, np.zeros(group.n, dtype=np.int64))
        values["end"][span] = np.repeat(lanes.ends(), group.n)
    if plan.waves is not None:
        values["wave"] = np.zeros(layout.n, dtype=np.int64)
        values["wave"][layout.copies(np.arange(plan.n))] = np.tile(plan.waves.of, lanes.n)
    for ring, which in _first_input(plan).items():
        values[ring] = which
    return values


def _first_input(plan: Plan) -> dict[str, Ints]:
    """Return the ring buffers as they are before tick 0 of a run that goes on."""
    made: dict[str, Ints] = {}
    for post, receptor, amount in zip(
        plan.pending.post, plan.pending.receptor, plan.pending.amount, strict=True
    ):
        ring = made.setdefault(f"ring_{receptor // 2}", np.zeros(plan.n, dtype=np.int64))
        ring[post] += amount << (32 * (receptor % 2))
    return made


def _ticks(cells: Any, plan: Plan, layout: Layout, clock: Any) -> list[Any]:
    ticks = []
    counted, waves = may_wrap(plan), largest_waves(plan)
    for k, (group, span) in enumerate(zip(plan.groups, layout.spans(), strict=True)):
        part = cells if len(plan.groups) == 1 else cells[span]
        first = sum(one.n for one in plan.groups[:k])
        inputs = counted[k] and input_may_wrap(group, waves[first : first + group.n])
        where = "all" if inputs else "membrane" * counted[k]
        text = KINDS[group.kind].tick(
            group.n_steps,
            waves=plan.waves is not None,
            counted=where,
            gathered=plan.split is not None,
        )
        ticks.append(part.run_regularly(text, clock=clock, when="groups", name=f"tick_{k}"))
    return ticks


def _sources(brian2: Any, plan: Plan, lanes: Lanes, clock: Any) -> Any:
    lane, tick = lanes.place(plan.spike_tick)
    return brian2.SpikeGeneratorGroup(
        plan.n_sources * lanes.n,
        lane * plan.n_sources + plan.spike_source,
        tick * brian2.ms,
        clock=clock,
        name="sources",
    )


def _synapses(
    brian2: Any,
    pre: tuple[Any, Layout],
    post: tuple[Any, Layout],
    wires: Wires,
    name: str,
    event: str = "spike",
) -> Iterable[Any]:
    """Connect every lane with itself, for each pair of ring buffers."""
    for pair in np.unique(wires.receptor // 2):
        mine = wires.receptor // 2 == pair
        chosen = Wires(**{key: value[mine] for key, value in vars(wires).items()})
        full_name = f"{name}_{pair}" if pair else name
        yield _synapses_of_pair(brian2, pre, post, chosen, full_name, event)


def _synapses_of_pair(
    brian2: Any,
    pre: tuple[Any, Layout],
    post: tuple[Any, Layout],
    wires: Wires,
    name: str,
    event: str,
) -> Any:
    """Connect to two ring buffers; weights of the second go to the sum's upper half."""
    pair = int(wires.receptor[0] // 2)
    group = brian2.Synapses(
        pre[0],
        post[0],
        "weight : integer (constant)",
        on_pre=f"ring_{pair}_post += weight",
        on_event={"pre": event},
        dtype={"weight": np.int64},
        clock=pre[0].clock,
        namespace={},
        name=name,
    )
    n_lanes = post[1].n_lanes
    order = np.lexsort((wires.post, wires.pre))
    group.connect(i=pre[1].copies(wires.pre[order]), j=post[1].copies(wires.post[order]))
    packed = wires.weight << np.where(wires.receptor % 2, 32, 0)
    group.variables["weight"].set_value(np.tile(packed[order], n_lanes))
    # Brian2 delivers a spike after the update of the tick it is due in: one tick early here
    # makes it input of the right one.
    delay = (wires.delay_ticks[order] - 1) * 1e-3
    group.pre.variables["delay"].set_value(np.tile(delay, n_lanes))
    return group


def _monitors(
    brian2: Any, cells: Any, plan: Plan, layout: Layout, light_code: Any
) -> Iterable[tuple[str, Any]]:
    for name, seen in zip(WATCHED, SEEN, strict=True):
        if len(plan.record.get(name, ())):
            yield (
                name,
                brian2.StateMonitor(
                    cells,
                    seen,
                    record=layout.copies(plan.record[name]),
                    clock=cells.clock,
                    when="end",
                    codeobj_class=light_code,
                    name=f"watch_{name}",
                ),
            )


__all__ = ["Network", "build"]
