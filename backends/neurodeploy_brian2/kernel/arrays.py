"""A plan as the C structures of kernel.h."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurodeploy.api import BackendFailure
from neurodeploy.target.fixed_point import ONE
from neurodeploy_brian2.overflow import largest_waves, may_wrap
from neurodeploy_brian2.plan import Plan
from neurodeploy_brian2.plan_parts import Cells, Ints, Wires

# In the order of kernel.h: the name there, and ours.
_STARTS = (("v_start", "v"), ("hold_start", "hold"), ("exc_start", "syn_0"), ("inh_start", "syn_1"))
_CONSTANTS = (
    ("offset", "i_offset"),
    ("shift_exc", "shift_0"),
    ("shift_inh", "shift_1"),
    ("init_exc", "init_0"),
    ("init_inh", "init_1"),
    ("decay_exc", "decay_0"),
    ("decay_inh", "decay_1"),
    ("factor", "factor"),
    ("resistance", "resistance"),
    ("leak", "leak"),
    ("v_rest", "v_rest"),
    ("v_reset", "v_reset"),
    ("v_thresh", "v_thresh"),
    ("refractory", "refractory_ticks"),
)
RECORDED = ("v", "gsyn_exc", "gsyn_inh")
"""What the kernel can record, in the order of kernel.h."""

_EXACT = 1 << 32
_V_BITS = 30  # V_BITS of net.h
_MAX_SHIFT = 15
"""With it, a ring buffer that is full is still below 2 ** 31."""
_VARYING = frozenset({"i_offset"})
_TODO = "use the engine numpy"
_STEPS = (True, False, True, False, True, False)
"""Of packing, in the order of kernel.h: whether threads share the work."""

Each = Callable[[Callable[[int], Any], int], list[Any]]


def one_after_the_other(function: Callable[[int], Any], n: int) -> list[Any]:
    """Call a function with 0 to n - 1 and return what it returns."""
    return [function(number) for number in range(n)]


class Memory:
    """C structures, and the arrays that they point to, kept alive together.

    Parameters
    ----------
    ffi : FFI
    """

    def __init__(self, ffi: Any) -> None:
        self.ffi = ffi
        self._kept: list[Any] = []

    def new(self, kind: str, **members: Any) -> Any:
        """Return a structure whose arrays live as long as this object."""
        made = self.ffi.new(kind)
        for name, value in members.items():
            setattr(made, name, value)
        self._kept.append(made)
        return made

    def array(self, kind: str, values: NDArray[Any], dtype: Any) -> Any:
        """Return a C array of values; bits beyond 32 are dropped for 32-bit types."""
        held = np.ascontiguousarray(values.astype(dtype, copy=False))
        self._kept.append(held)
        return self.ffi.from_buffer(f"{kind}[]", held, require_writable=False)

    def wires(self, wires: Wires, first_row: int) -> dict[str, Any]:
        """Return the members of an `nd_wires`."""
        columns = {
            name: self.array("int64_t", getattr(wires, key), np.int64)
            for name, key in (
                ("pre", "pre"),
                ("post", "post"),
                ("weight", "weight"),
                ("delay", "delay_ticks"),
                ("receptor", "receptor"),
            )
        }
        return {"n": wires.n, "first_row": first_row, **columns}


def make_net(
    lib: Any,
    memory: Memory,
    plan: Plan,
    n_slots: int,
    n_parts: int = 1,
    each: Each = one_after_the_other,
) -> Any:
    """Return the synapses of a plan in rows.

    Parameters
    ----------
    lib : module
    memory : Memory
        Needed no longer than this call.
    plan : Plan
    n_slots : int
        Of a ring buffer.
    n_parts : int
        Into how many parts the work is cut.
    each : callable
        Calls a function with each of so many numbers, in threads or not.
    """
    sets = memory.ffi.new("nd_wires[2]")
    for k, (wires, first_row) in enumerate(
        ((plan.from_sources, 0), (plan.recurrent, plan.n_sources))
    ):
        for name, value in memory.wires(wires, first_row).items():
            setattr(sets[k], name, value)
    packing = lib.nd_packing_new(plan.n_sources, plan.n, n_slots, 2, sets, n_parts)
    if packing == memory.ffi.NULL:
        raise BackendFailure("C kernel", "ran out of memory", todo=_TODO)
    packing = memory.ffi.gc(packing, lib.nd_packing_free)
    for step, is_shared in enumerate(_STEPS):
        done = partial(lib.nd_packing_do, packing, step)
        if any(each(done, n_parts if is_shared else 1)):
            wrong = lib.nd_packing_wrong(packing)
            why = "ran out of memory" if wrong < 0 else f"cannot take synapse {wrong}"
            raise BackendFailure("C kernel", why, todo=_TODO)
    net = lib.nd_packing_take(packing)
    return memory.ffi.gc(net, lib.nd_net_free, lib.nd_net_bytes(net))


def make_cells(memory: Memory, plan: Plan) -> Any:
    """Return the neurons of a plan."""
    spans = _spans(plan)
    held = memory.ffi.new("nd_span[]", spans)
    memory._kept.append(held)
    columns = {c_name: _column(plan.groups, "state", ours) for c_name, ours in _STARTS}
    columns |= {c_name: _column(plan.groups, "constants", ours) for c_name, ours in _CONSTANTS}
    return memory.new(
        "nd_cells *",
        n=plan.n,
        n_spans=len(spans),
        spans=held,
        **{name: memory.array("int32_t", value, np.int32) for name, value in columns.items()},
    )


def make_task(memory: Memory, plan: Plan, n_slots: int, watched: dict[str, Any]) -> Any:
    """Return what comes into a plan and where recordings go."""
    begin = np.searchsorted(plan.spike_tick, np.arange(plan.n_ticks + 1))
    task = memory.new(
        "nd_task *",
        n_ticks=plan.n_ticks,
        period=plan.period_ticks,
        begin=memory.array("int64_t", begin, np.int64),
        source=memory.array("int32_t", plan.spike_source, np.int32),
        keep_spikes=int(plan.record_spikes),
    )
    if np.any(plan.spike_times != 1):
        task.times = memory.array("int32_t", plan.spike_times, np.int32)
    if plan.waves is not None:
        task.wave = memory.array("int32_t", plan.waves.values[:, : plan.period_ticks, 0], np.int32)
        task.wave_of = memory.array("int32_t", plan.waves.of, np.int32)
    if len(plan.pending.tick):
        task.pending = memory.array("uint32_t", _pending(plan, n_slots), np.uint32)
    for k, name in enumerate(RECORDED):
        which = plan.record.get(name, np.zeros(0, dtype=np.int64))
        task.n_seen[k] = len(which)
        task.which[k] = memory.array("int64_t", which, np.int64)
        task.seen[k] = memory.ffi.from_buffer("int32_t[]", watched[name], require_writable=True)
    return task


def _pending(plan: Plan, n_slots: int) -> NDArray[np.uint32]:
    """Return what is due, (n_slots, 2, n); sums stop where more makes no difference."""
    made = np.zeros((n_slots, 2, plan.n), dtype=np.int64)
    due = plan.pending
    np.add.at(made, (due.tick, due.receptor, due.post), due.amount)
    return np.minimum(made, 0x10000).astype(np.uint32)


def _spans(plan: Plan) -> list[tuple[int, ...]]:
    """Return stretches of neurons that are all of one kind and, if long, all alike."""
    spans: list[tuple[int, ...]] = []
    waves, starts = largest_waves(plan), plan.starts()
    for group, first, wild in zip(plan.groups, starts, may_wrap(plan), strict=False):
        room = _room(group, waves[first : first + group.n])
        for low, high in _stretches(group):
            delta, alike = _nature(group, low, high)
            bits = int(room[low:high].min()) if alike and not delta else 0
            spans.append((first + low, first + high, delta, alike, int(not wild), bits))
    return spans


def _room(group: Cells, wave: NDArray[np.float64]) -> Ints:
    """Return how many bits synapses may have so that the target of v has `_V_BITS`; 0 is none."""
    constants = group.constants
    offset = np.abs(constants["i_offset"]) + wave
    shift = np.maximum(constants["shift_0"], constants["shift_1"])
    target = 2.0**_V_BITS - np.abs(constants["v_rest"]) - 2.0
    most = target * ONE / np.maximum(np.abs(constants["resistance"]), 1) - offset - 1.0
    bits = np.floor(np.log2(np.clip(most, 1.0, 2.0 ** (_V_BITS - 1))))
    odd = (offset >= 2.0 ** (_V_BITS - 1)) | (shift > _MAX_SHIFT)
    found: Ints = np.where(odd, 0, bits).astype(np.int64)
    return found


def _stretches(group: Cells) -> list[tuple[int, int]]:
    """Cut a group where exponential and delta synapses meet, or its constants change."""
    rows = [column for name, column in group.constants.items() if name not in _VARYING]
    change = np.zeros(max(group.n - 1, 0), dtype=bool)
    for column in rows:
        change |= np.diff(column) != 0
    delta = _is_delta(group)
    if np.count_nonzero(change) > group.n // 64:  # as many stretches as neurons help no one
        change = np.diff(delta) != 0
    cuts = [0, *(np.flatnonzero(change) + 1).tolist(), group.n]
    return list(zip(cuts[:-1], cuts[1:], strict=True))


def _nature(group: Cells, low: int, high: int) -> tuple[int, int]:
    """Return whether a stretch has delta synapses, and whether its neurons are alike."""
    alike = all(
        np.all(column[low:high] == column[low])
        for name, column in group.constants.items()
        if name not in _VARYING
    )
    return int(_is_delta(group)[low]), int(alike)


def _is_delta(group: Cells) -> NDArray[np.int8]:
    flags: NDArray[np.int8] = (group.constants["init_0"] == _EXACT).astype(np.int8)
    return flags


def _column(groups: tuple[Cells, ...], part: str, name: str) -> Ints:
    """Return one value a neuron; 32 bits of what has no sign are kept as they are."""
    column = np.concatenate([getattr(group, part)[name] for group in groups])
    low: Ints = (column & 0xFFFFFFFF).astype(np.uint32).view(np.int32).astype(np.int64)
    return low


__all__ = [
    "RECORDED",
    "Each",
    "Memory",
    "make_cells",
    "make_net",
    "make_task",
    "one_after_the_other",
]
