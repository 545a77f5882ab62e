"""The steps as Brian2 functions.

A value wider than 32 bits is only ever an argument, never one of Brian2's own temporaries.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from neurodeploy_brian2.chance_steps import CHANCE_STEPS
from neurodeploy_brian2.overflow_steps import OVERFLOW_STEPS
from neurodeploy_brian2.plan_parts import Ints, Waves
from neurodeploy_brian2.split_steps import SPLIT_STEPS
from neurodeploy_brian2.steps import STEPS


def brian_functions(brian2: Any) -> dict[str, Any]:
    """Return the user functions of a tick, by name.

    Parameters
    ----------
    brian2 : module
        Passed in, because this package imports Brian2 only while a session runs.
    """
    made = {}
    for name, step in {**STEPS, **CHANCE_STEPS, **OVERFLOW_STEPS, **SPLIT_STEPS}.items():
        function = _function(brian2, step.python, step.n_arguments)
        function.implementations.add_implementation("cpp", step.c_text(name), name=name)
        function.implementations.add_implementation("cython", step.cython_text(name), name=name)
        made[name] = function
    return made


def wave_function(brian2: Any, waves: Waves) -> Any:
    """Return `nd_wave(phase, step, wave)`, which looks up a current; past the end it is 0."""
    _, n_ticks, n_steps = waves.values.shape
    table = np.ascontiguousarray(waves.values, dtype=np.int64)

    def look_up(phase: Any, step: Any, wave: Any) -> Any:
        return table[wave, phase, min(step, n_steps - 1)] if phase < n_ticks else 0 * wave

    function = _function(brian2, look_up, 3)
    memory = {"_nd_waves": table.reshape(-1)}
    index = f"(wave * {n_ticks} + phase) * {n_steps} + step"
    function.implementations.add_implementation(
        "cpp",
        "static inline int64_t nd_wave(int64_t phase, int64_t step, int64_t wave) "
        f"{{ return phase < {n_ticks} ? _namespace_nd_waves[{index}] : 0; }}",
        name="nd_wave",
        namespace=memory,
    )
    function.implementations.add_implementation(
        "cython",
        "cdef long long nd_wave(long long phase, long long step, long long wave):\n"
        "    global _namespace_nd_waves\n"
        f"    if phase < {n_ticks}:\n"
        f"        return _namespace_nd_waves[{index}]\n"
        "    return 0\n",
        name="nd_wave",
        namespace=memory,
    )
    return function


def draw_function(brian2: Any, words: Ints, first: int) -> Any:
    """Return `nd_draw(number)`, which looks up what a core draws; past the end it is 0.

    Parameters
    ----------
    brian2 : module
    words : (n,) int64 array
    first : int
        Number of the first word.
    """
    table = np.ascontiguousarray(words, dtype=np.int64)

    def look_up(number: Any) -> Any:
        index = number - first
        return np.where(index < len(table), table[np.minimum(index, len(table) - 1)], 0)

    function = _function(brian2, look_up, 1)
    memory = {"_nd_draws": table}
    function.implementations.add_implementation(
        "cpp",
        "static inline int64_t nd_draw(int64_t number) { return "
        f"number < {first + len(table)} ? _namespace_nd_draws[number - {first}] : 0; }}",
        name="nd_draw",
        namespace=memory,
    )
    function.implementations.add_implementation(
        "cython",
        "cdef long long nd_draw(long long number):\n"
        "    global _namespace_nd_draws\n"
        f"    if number < {first + len(table)}:\n"
        f"        return _namespace_nd_draws[number - {first}]\n"
        "    return 0\n",
        name="nd_draw",
        namespace=memory,
    )
    return function


def _function(brian2: Any, python: Any, n_arguments: int) -> Any:
    function = brian2.Function(
        python,
        arg_units=[1] * n_arguments,
        return_unit=1,
        arg_types=["any"] * n_arguments,
        return_type="integer",
    )
    # The default NumPy form checks units by printing whole arrays on every call.
    function.implementations.add_numpy_implementation(python, discard_units=True)
    return function


__all__ = ["brian_functions", "draw_function", "wave_function"]
