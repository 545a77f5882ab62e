"""Plastic synapses as Brian2 functions with a memory.

The arrays are in the functions' namespaces under fixed names, so all functions of a run see
the same ones, on every engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from neurodeploy_brian2.plan_plastic import Sent
from neurodeploy_brian2.plastic import change
from neurodeploy_brian2.plastic_c import TEXT
from neurodeploy_brian2.plastic_history import dose, remember
from neurodeploy_brian2.plastic_memory import Ints, Memory


def change_function(brian2: Any, name: tuple[str, int], memory: Memory, ring: Ints) -> Any:
    """Return `<name>(tick, synapse, times)`, the weight after spikes of the source.

    Parameters
    ----------
    brian2 : module
    name : (str, int)
        Of the function, and the number of the memory.
    memory : Memory
    ring : int64 array
    """

    def update(tick: Any, synapse: Any, times: Any) -> Any:
        synapse = np.asarray(synapse)
        return change(memory, ring, int(tick), synapse, np.broadcast_to(times, synapse.shape))

    own = f"_nd_memory_{name[1]}"
    arrays = {own: memory.cells, "_nd_ring": ring}
    call = f"nd_change(_namespace{own}, _namespace_nd_ring, tick, synapse, times)"
    return _function(brian2, name[0], "tick synapse times", update, call, arrays)


def played(n: int, sent: Sent) -> Ints:
    """Return what sources send, as a `play_function` takes it.

    Returns
    -------
    table : (2 + 2 * s,) int64 array
        n sources, s, tick * n + source in order, then how many times each.
    """
    key = sent.tick * n + sent.pre
    order = np.argsort(key)
    return np.concatenate([[n, len(key)], key[order], sent.times[order]]).astype(np.int64)


def play_function(
    brian2: Any, name: tuple[str, int], memory: Memory, ring: Ints, table: Ints
) -> Any:
    """Return `<name>(tick, synapse, source)`, which looks up how often a source spikes.

    Parameters
    ----------
    brian2 : module
    name : (str, int)
        Of the function, and the number of the memory.
    memory : Memory
    ring : int64 array
    table : int64 array
        As `played` returns it.
    """

    def update(tick: Any, synapse: Any, source: Any) -> Any:
        synapse = np.asarray(synapse)
        times = _times(table, int(tick), np.broadcast_to(source, synapse.shape))
        return change(memory, ring, int(tick), synapse, times)

    own, sent = f"_nd_memory_{name[1]}", f"_nd_sent_of_{name[0]}"
    arrays = {own: memory.cells, "_nd_ring": ring, sent: table}
    times = f"nd_sent(_namespace{sent}, tick, source)"
    call = f"nd_change(_namespace{own}, _namespace_nd_ring, tick, synapse, {times})"
    return _function(brian2, name[0], "tick synapse source", update, call, arrays)


def dose_function(
    brian2: Any, name: tuple[str, int], memory: Memory, brought: Ints, table: Ints | None
) -> Any:
    """Return `<name>(tick, synapse, who)`, which writes dopamine or changes into histories.

    Parameters
    ----------
    brian2 : module
    name : (str, int)
        Of the function, and the number of the memory.
    memory : Memory
    brought : (3 * n,) int64 array
        The history's row of each synapse, then what it brings, then for whom.
    table : int64 array or None
        As `played` returns it: `who` is a source. Without it, `who` is how often one spikes.
    """
    row, amount, of = np.split(brought, 3)

    def bring(tick: Any, synapse: Any, who: Any) -> Any:
        synapse = np.asarray(synapse)
        times = np.broadcast_to(who, synapse.shape)
        if table is not None:
            times = _times(table, int(tick), times)
        each = np.repeat(synapse, times)
        dose(memory, int(tick), row[each], amount[each], of[each])
        return times

    own, doses = f"_nd_memory_{name[1]}", f"_nd_doses_of_{name[0]}"
    arrays = {own: memory.cells, doses: brought}
    times = "who"
    if table is not None:
        sent = f"_nd_sent_of_{name[0]}"
        arrays[sent] = table
        times = f"nd_sent(_namespace{sent}, tick, who)"
    call = (
        f"nd_dose(_namespace{own}, tick, _namespace{doses}[synapse], "
        f"_namespace{doses}[{len(row)} + synapse], "
        f"_namespace{doses}[{2 * len(row)} + synapse], {times})"
    )
    return _function(brian2, name[0], "tick synapse who", bring, call, arrays)


def _times(table: Ints, tick: int, source: Any) -> Ints:
    """Return how often sources spike in a tick in which they do."""
    n, n_keys = int(table[0]), int(table[1])
    key, counts = table[2 : 2 + n_keys], table[2 + n_keys :]
    times: Ints = counts[np.searchsorted(key, tick * n + np.asarray(source))]
    return times


def remember_function(brian2: Any, k: int, memory: Memory) -> Any:
    """Return `nd_remember_<k>(tick, cell, times)`, which adds spikes to histories."""

    def add(tick: Any, cell: Any, times: Any) -> Any:
        remember(memory, int(tick), np.asarray(cell), np.asarray(times))
        return times

    arrays = {f"_nd_memory_{k}": memory.cells}
    call = f"nd_remember(_namespace_nd_memory_{k}, tick, cell, times)"
    return _function(brian2, f"nd_remember_{k}", "tick cell times", add, call, arrays)


def take_function(brian2: Any, memory: Memory, ring: Ints) -> Any:
    """Return `nd_take(tick, cell, pair, sum)`, the sum and what plastic synapses add to it."""
    n_slots, n_cells = memory.number("n_slots"), memory.number("n_cells")
    slots = ring.reshape(-1, n_slots, n_cells)

    def take(tick: Any, cell: Any, pair: Any, total: Any) -> Any:
        due = slots[int(pair), int(tick) % n_slots]
        total = total + due[cell]
        due[cell] = 0
        return total

    arrays = {"_nd_memory_0": memory.cells, "_nd_ring": ring}
    call = "total + nd_take_entry(_namespace_nd_memory_0, _namespace_nd_ring, tick, cell, pair)"
    return _function(brian2, "nd_take", "tick cell pair total", take, call, arrays)


def keep_function(brian2: Any, k: int, held: Ints) -> Any:
    """Return `nd_keep_<k>(tick, cell, times)`, which notes spikes for a delay extension.

    Parameters
    ----------
    brian2 : module
    k : int
    held : (2 + n_slots * n,) int64 array
        n_slots, n, then how often each neuron spiked in each of the last ticks.
    """
    n_slots, n = int(held[0]), int(held[1])

    def keep(tick: Any, cell: Any, times: Any) -> Any:
        held[2 + int(tick) % n_slots * n + np.asarray(cell)] = times
        return times

    call = f"nd_keep(_namespace_nd_held_{k}, tick, cell, times)"
    arrays = {f"_nd_held_{k}": held}
    return _function(brian2, f"nd_keep_{k}", "tick cell times", keep, call, arrays)


def due_function(brian2: Any, k: int, held: Ints) -> Any:
    """Return `nd_due_<k>(tick, cell, wait)`, how often a neuron spiked so many ticks ago."""
    n_slots, n = int(held[0]), int(held[1])

    def due(tick: Any, cell: Any, wait: Any) -> Any:
        return held[2 + (int(tick) - np.asarray(wait)) % n_slots * n + np.asarray(cell)]

    call = f"nd_due(_namespace_nd_held_{k}, tick, cell, wait)"
    arrays = {f"_nd_held_{k}": held}
    return _function(brian2, f"nd_due_{k}", "tick cell wait", due, call, arrays)


def _function(
    brian2: Any, name: str, arguments: str, python: Any, call: str, arrays: Mapping[str, Ints]
) -> Any:
    names = arguments.split()
    function = brian2.Function(
        python,
        arg_units=[1] * len(names),
        return_unit=1,
        arg_types=["any"] * len(names),
        return_type="integer",
        stateless=False,
    )
    # The default NumPy form checks units by printing whole arrays on every call.
    function.implementations.add_numpy_implementation(python, discard_units=True)
    c_arguments = ", ".join(f"int64_t {argument}" for argument in names)
    function.implementations.add_implementation(
        "cpp",
        f"{TEXT}\nstatic inline int64_t {name}({c_arguments}) {{ return {call}; }}",
        name=name,
        namespace=dict(arrays),
    )
    function.implementations.add_implementation(
        "cython", _cython(name, names, call, arrays), name=name, namespace=dict(arrays)
    )
    return function


def _cython(name: str, arguments: list[str], call: str, arrays: Mapping[str, Ints]) -> str:
    """Return Cython that includes the C text, and a function that passes the arrays."""
    shown = ", ".join(f"long long {argument}" for argument in arguments)
    text = "".join(f"    {line}\n" for line in TEXT.splitlines())
    names = ", ".join(f"_namespace{array}" for array in arrays)
    return (
        f'cdef extern from *:\n    """\n    #include <stdint.h>\n{text}    """\n'
        f"{_PROTOTYPES}"
        f"cdef long long {name}({shown}):\n"
        f"    global {names}\n"
        f"    return {call}\n"
    )


_PROTOTYPES = """\
    long long nd_change(int64_t *m, int64_t *ring, long long tick, long long y, long long times)
    long long nd_remember(int64_t *m, long long tick, long long cell, long long times)
    long long nd_take_entry(
        int64_t *m, int64_t *ring, long long tick, long long cell, long long pair)
    long long nd_sent(int64_t *sent, long long tick, long long source)
    long long nd_dose(
        int64_t *m, long long tick, long long row, long long amount, long long of,
        long long times)
    long long nd_keep(int64_t *held, long long tick, long long cell, long long times)
    long long nd_due(int64_t *held, long long tick, long long cell, long long wait)
"""

__all__ = [
    "change_function",
    "dose_function",
    "due_function",
    "keep_function",
    "play_function",
    "played",
    "remember_function",
    "take_function",
]
