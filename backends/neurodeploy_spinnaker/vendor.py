"""What imports sPyNNaker: this file and `vendor_spalloc.py` alone."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

#: Packages that log, each under its own name.
LOGGERS = (
    "pacman",
    "spalloc_client",
    "spinn_front_end_common",
    "spinn_machine",
    "spinn_utilities",
    "spinnman",
    "spynnaker",
)


def pynn() -> Any:
    """Return the module pyNN.spiNNaker; the first call takes two seconds."""
    return import_module("pyNN.spiNNaker")


def is_open() -> bool:
    """Return whether a simulation is set up in this process."""
    return bool(_view().is_setup())


def database() -> Path:
    """Return the path of the database of the last run."""
    holder = import_module("spinn_utilities.config_holder")
    return Path(holder.get_report_path("path_data_database"))


def close() -> None:
    """Give up what a failed `end` has left behind, so that another session can be set up."""
    if _view().is_shutdown():
        return
    simulator = getattr(import_module("spynnaker.pyNN"), "__simulator", None)
    if simulator is not None:
        # It frees allotted boards before anything else.
        simulator._shutdown()


def forget() -> None:
    """Take back what sPyNNaker would do when the process ends: print and write once more."""
    adapter = import_module("spinn_utilities.log").FormatAdapter
    adapter.set_log_store(None)
    adapter._pop_not_stored_messages()
    writer = import_module("spinn_utilities.data.utils_data_writer").UtilsDataWriter
    atexit.unregister(writer.write_errored_file)


def redact_store(redacted: Callable[[str], str]) -> None:
    """Let sPyNNaker's database of log messages hold redacted texts; after each set-up."""
    stores = import_module("spinn_front_end_common.interface.provenance")

    class Store(stores.LogStoreDB):  # type: ignore[misc,name-defined]
        """Messages as they may be kept."""

        def store_log(self, level: int, message: str, timestamp: Any = None) -> None:
            """Keep one message."""
            super().store_log(level, redacted(message), timestamp)

    import_module("spinn_utilities.log").FormatAdapter.set_log_store(Store())


@contextmanager
def sources_mended() -> Iterator[None]:
    """Let spike sources be silent, and be given other times between runs.

    sPyNNaker 7.4.1 looks for the busiest time of a source that never spikes, such as a blank
    sample, and fails. It also fails on times for each neuron once the network is mapped: it
    indexes a list by an array. And the space for spikes on the board keeps the size that the
    first times asked for, so that denser ones are sent wrongly, in silence: after a reset, new
    times therefore map the network anew.
    """
    module: Any = import_module("spynnaker.pyNN.models.spike_source.spike_source_array_vertex")
    vertex, convert = module.SpikeSourceArrayVertex, module._send_buffer_times
    give, check = vertex.set_parameter_values, vertex._check_spike_density
    view = import_module("spinn_front_end_common.data").FecDataView

    def converted(times: Any, step_us: float) -> Any:
        found = convert(times, step_us)
        if not isinstance(found, list):
            return found
        by_neuron = np.empty(len(found), dtype=object)
        for k, ticks in enumerate(found):
            by_neuron[k] = ticks
        return by_neuron

    def given(self: Any, *args: Any, **more: Any) -> None:
        give(self, *args, **more)
        if view.is_reset_last():
            view.set_requires_mapping()

    def checked(self: Any, times: Any) -> None:
        if any(np.size(one) for one in np.atleast_1d(np.asarray(times, dtype=object))):
            check(self, times)

    module._send_buffer_times, vertex.set_parameter_values = converted, given
    vertex._check_spike_density = checked
    try:
        yield
    finally:
        module._send_buffer_times, vertex.set_parameter_values = convert, give
        vertex._check_spike_density = check


@contextmanager
def lost_boards_left() -> Iterator[None]:
    """Let sPyNNaker ask a board that does not answer for nothing more.

    After an error sPyNNaker 7.4.1 reads what every chip says of itself. From a board that is
    lost that takes more than ten minutes of waiting, while a server keeps it allotted.
    """
    base: Any = import_module("spinn_front_end_common.interface.abstract_spinnaker_base")
    made = base.AbstractSpinnakerBase
    recover = made._recover_from_error

    def recovered(self: Any, error: Exception) -> None:
        if not is_silence(error):
            recover(self, error)

    made._recover_from_error = recovered
    try:
        yield
    finally:
        made._recover_from_error = recover


def is_silence(error: BaseException) -> bool:
    """Return whether one of the vendor's errors, or one inside it, is that a board is silent."""
    silent: Any = import_module("spinnman.exceptions")
    kinds = (silent.SpinnmanTimeoutException, silent.SpinnmanIOException)
    if isinstance(error, silent.SpinnmanGroupedProcessException):
        # Those inside are in its text alone.
        return any(kind.__name__ in str(error) for kind in kinds)
    return isinstance(error, kinds) or isinstance(getattr(error, "exception", None), kinds)


@contextmanager
def bars_silenced(told: Callable[[str, int, int], None]) -> Iterator[None]:
    """Tell of sPyNNaker's progress bars instead of drawing them on stderr.

    Parameters
    ----------
    told : callable
        Gets a bar's title, how much is done and of how much.
    """
    bar = import_module("spinn_utilities.progress_bar").ProgressBar

    def moved(self: Any, *_: object) -> None:
        told(self._string, self._currently_completed, self._number_of_things)

    drawing = ("_print_overwritten_line", "_print_distance_indicator")
    moving = ("_print_progress", "_print_progress_done")
    before = {name: bar.__dict__[name] for name in (*drawing, *moving)}
    for name in drawing:
        setattr(bar, name, lambda self, *_: None)
    for name in moving:
        setattr(bar, name, moved)
    try:
        yield
    finally:
        for name, method in before.items():
            setattr(bar, name, method)


def _view() -> Any:
    return import_module("spinn_utilities.data").UtilsDataView


__all__ = [
    "LOGGERS",
    "bars_silenced",
    "close",
    "database",
    "forget",
    "is_open",
    "is_silence",
    "lost_boards_left",
    "pynn",
    "redact_store",
]
