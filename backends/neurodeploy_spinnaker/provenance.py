"""What sPyNNaker's database says of a run, and whether the run counts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from neurodeploy.api import BackendFailure, Finding

_SLOWER = "raise the time scale factor, or put fewer neurons on a core"
_ROUTES = "raise the time scale factor, or spread the load over more chips"


@dataclass(frozen=True)
class Counter:
    """One of the vendor's counters that says that spikes were lost or came late.

    Parameters
    ----------
    name : str
        As the database names it.
    detail : str
        What was counted.
    todo : str
    most : int
        The largest value that is no loss.
    """

    name: str
    detail: str
    todo: str = _SLOWER
    most: int = 0


#: Per core, as sPyNNaker 7.4.1 writes them and calls each suspicious above `most`
#: (population_machine_vertex.py, population_machine_synapses_provenance.py,
#: population_synapses_machine_vertex_common.py, delay_extension_machine_vertex.py and
#: provides_provenance_data_from_machine_impl.py of its release).
CORE_LOSSES = (
    Counter("Number_of_late_spikes", "packets came late for their tick"),
    Counter("Skipped synapses", "synapses were skipped: the spike came later than their delay"),
    Counter("Times_the_input_buffer_lost_packets", "times the input buffer lost packets"),
    Counter("Times_the_background_queue_overloaded", "times the background queue overflowed"),
    Counter("Max_backgrounds_queued", "background tasks were queued at once", most=1),
    Counter("Timer tick overruns", "ticks were overrun"),
    Counter("Times_the_timer_tic_over_ran", "ticks were overrun"),
    Counter("Max_number_of_times_timer_tic_over_ran", "ticks fallen behind at most"),
    Counter(
        "Times_the_transmission_of_spikes_overran", "times sending spikes was blocked", _ROUTES
    ),
    Counter("Times_the_callback_queue_was_overloaded", "times the callback queue overflowed"),
    Counter("Times_the_dma_queue_was_overloaded", "times the DMA queue overflowed"),
    Counter("Times_the_user_queue_was_overloaded", "times the user queue overflowed"),
    Counter("Times_the_transfer_did_not_complete_in_time", "transfers of inputs overran a tick"),
    Counter("Times_a_time_step_was_skipped", "ticks without synaptic processing"),
    Counter("saturation_count", "packets dropped: over 255 spikes of a neuron in a tick"),
    Counter("lost_packets_without_payload", "live packets were lost"),
    Counter("lost_packets_with_payload", "live packets were lost"),
    Counter("Late_packets", "injected packets came too late"),
)
#: Late packets are made up for by the delays of the synapses of a core that counts those it
#: skipped, as long as it skips none, unless it was told to drop late packets.
_LATE, _SKIPPED = "Number_of_late_spikes", "Skipped synapses"
_TOLD_TO_DROP = "dropped from the input buffer, because they arrived too late"
#: Per router; sPyNNaker puts the phase it was read in before each name.
ROUTER_LOSSES = (
    Counter("Missed_For_Reinjection", "dropped packets were never sent again", _ROUTES),
    Counter("Reinjection_Overflows", "dropped packets did not fit the queue to resend", _ROUTES),
    Counter("Dropped_Multicast_Packets_via_local_transmission", "packets had no route"),
)
#: What a router dropped, and what became of it.
_DROPPED = "Dropped_Multicast_Packets"
_CARED_FOR = (
    "Received_For_Reinjection",
    "Missed_For_Reinjection",
    "Reinjection_Overflows",
    "Reinjected",
    "Dumped_from_a_processor",
    "Dumped_from_a_Link",
)
#: Counters of the extra monitors run on, those of the router start again with each part of a run.
_RUN_ON = {*_CARED_FOR}
_PHASE = "Run"


@dataclass(frozen=True)
class Provenance:
    """The counters of a run.

    Parameters
    ----------
    counters : mapping of str to int
        Each counter over all cores or routers: the sum, or the largest of a maximum.
    losses : tuple of Finding
        What makes a run not count; `who` is the core.
    remarks : tuple of Finding
        What else sPyNNaker reported.
    n_cores : int
        Cores that reported.
    """

    counters: Mapping[str, int]
    losses: tuple[Finding, ...]
    remarks: tuple[Finding, ...]
    n_cores: int

    def require(self, allow_loss: bool) -> None:
        """Refuse a run that lost spikes, or of which nothing is known.

        Parameters
        ----------
        allow_loss : bool
            Whether a run with losses counts.

        Raises
        ------
        BackendFailure
            Naming every counter with its total.
        """
        if self.n_cores == 0:
            raise BackendFailure(
                "provenance", "no core reported, so nothing tells whether the run counts"
            )
        if self.losses and not allow_loss:
            raise BackendFailure(
                "run",
                "does not count: the machine lost or delayed spikes",
                got=_totals(self.losses),
                todo=f"{_remedies(self.losses)}; or give --allow-loss",
            )


def read(database: Path) -> Provenance:
    """Read the provenance of a run.

    Parameters
    ----------
    database : Path
        `data.sqlite3` of the run.

    Raises
    ------
    BackendFailure
        If it is missing or not a database of the vendor.
    """
    try:
        with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as db:
            cores = _core_values(db)
            routers = _router_values(db)
            missing = _count(db, "SELECT count(*) FROM recording_data WHERE missing_data = 1")
            messages = [str(text) for (text,) in db.execute("SELECT message FROM reports")]
    except sqlite3.Error as err:
        raise BackendFailure("provenance", "cannot be read", got=f"{database}: {err}") from err
    texts = [" ".join(text.split()) for text in dict.fromkeys(messages)]
    harmless = {} if any(_TOLD_TO_DROP in text for text in texts) else _harmless(cores)
    losses = (
        *_core_losses({key: n for key, n in cores.items() if key not in harmless}),
        *_router_losses(routers),
        *_recording_losses(missing),
    )
    counters = _summed(cores) | _summed(routers)
    named = {who for who, _ in cores}
    remarks = (*_made_up_for(harmless), *_remarks(texts))
    return Provenance(counters, losses, remarks, len(named))


_Values = dict[tuple[str, str], int]


def _core_values(db: sqlite3.Connection) -> _Values:
    """Return each counter of each core; a run in parts has the running total more than once."""
    rows = db.execute(
        "SELECT coalesce(core_name, ''), x, y, p, description, max(the_value)"
        " FROM core_provenance_view GROUP BY x, y, p, description ORDER BY x, y, p"
    )
    return {(_core(n, x, y, p), str(what)): int(value) for n, x, y, p, what, value in rows}


def _core(name: str, x: int, y: int, p: int) -> str:
    place = f"core {x},{y},{p}"
    return f"{name} ({place})" if name else place


def _router_values(db: sqlite3.Connection) -> _Values:
    """Return each counter of each router while the network ran, without the phase's name."""
    rows = db.execute(
        "SELECT x, y, description, sum(the_value), max(the_value) FROM router_provenance"
        " GROUP BY x, y, description ORDER BY x, y"
    )
    found = {}
    for x, y, what, total, largest in rows:
        if str(what).startswith(_PHASE):
            name = str(what).removeprefix(_PHASE)
            found[f"router {x},{y}", name] = int(largest if name in _RUN_ON else total)
    return found


def _count(db: sqlite3.Connection, query: str) -> int:
    return int(db.execute(query).fetchone()[0])


def _harmless(cores: _Values) -> _Values:
    """Return the late packets that did no harm: those of cores that skipped no synapse."""
    return {
        (who, name): value
        for (who, name), value in cores.items()
        if name == _LATE and value > 0 and cores.get((who, _SKIPPED)) == 0
    }


def _made_up_for(harmless: _Values) -> Iterator[Finding]:
    detail = "packets came late, and no synapse was skipped: delays made up for it"
    for (who, name), value in harmless.items():
        yield Finding(f"late: {name}", who, value, value, detail, _SLOWER, True)


def _core_losses(cores: _Values) -> Iterator[Finding]:
    for counter in CORE_LOSSES:
        for (who, name), value in cores.items():
            if name == counter.name and value > counter.most:
                yield _finding(who, value, counter)


def _router_losses(routers: _Values) -> Iterator[Finding]:
    for counter in ROUTER_LOSSES:
        for (who, name), value in routers.items():
            if name == counter.name and value > counter.most:
                yield _finding(who, value, counter)
    for (who, name), dropped in routers.items():
        lost = dropped - sum(routers.get((who, what), 0) for what in _CARED_FOR)
        if name == _DROPPED and lost > 0:
            yield _finding(who, lost, Counter(_DROPPED, "packets were dropped", _ROUTES))


def _recording_losses(missing: int) -> Iterator[Finding]:
    if missing:
        todo = "run fewer samples at once, or record less"
        counter = Counter("missing_data", "recordings have gaps: their buffers overflowed", todo)
        yield _finding("recordings", missing, counter)


def _finding(who: str, value: int, counter: Counter) -> Finding:
    return Finding(f"loss: {counter.name}", who, value, value, counter.detail, counter.todo, True)


def _remarks(texts: list[str]) -> tuple[Finding, ...]:
    """Return what the vendor reported."""
    return tuple(Finding("provenance", "sPyNNaker", 1, 1, text) for text in texts)


def _summed(values: _Values) -> dict[str, int]:
    """Return each counter over all its owners."""
    return total([{name: value} for (_, name), value in values.items()])


def total(parts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """Return counters over all parts: sums, or the largest of what is a peak."""
    found: dict[str, int] = {}
    for part in parts:
        for name, value in part.items():
            known = found.get(name, 0)
            found[name] = max(known, value) if _is_peak(name) else known + value
    return found


def _totals(losses: tuple[Finding, ...]) -> str:
    """Return each counter with its total, and where the largest of all was."""
    texts = []
    for kind in dict.fromkeys(loss.kind for loss in losses):
        counts = [loss.count for loss in losses if loss.kind == kind]
        name = kind.removeprefix("loss: ")
        texts.append(f"{name} {max(counts) if _is_peak(name) else sum(counts)}")
    worst = max(losses, key=lambda loss: loss.count)
    return f"{', '.join(texts)}; most on {worst.who}"


def _is_peak(name: str) -> bool:
    """Return whether a counter holds the largest value met instead of a number of times."""
    return name.lower().startswith("max")


def _remedies(losses: tuple[Finding, ...]) -> str:
    return "; ".join(dict.fromkeys(loss.todo for loss in losses if loss.todo))


__all__ = ["CORE_LOSSES", "ROUTER_LOSSES", "Counter", "Provenance", "read", "total"]
