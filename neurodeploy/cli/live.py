"""`neurodeploy deploy --live`: packets as they come, a line each, and a report at the end."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neurodeploy.cli.machine_options import machine_from
from neurodeploy.errors import InputError, NeurodeployError

if TYPE_CHECKING:
    from neurodeploy.decided import LiveDecision
    from neurodeploy.deciding import Live
    from neurodeploy.describe import Model
    from neurodeploy.packets import Arrivals, Capture
    from neurodeploy.results import Report

Command = Callable[..., Any]
#: Options of `deploy` that mean nothing to packets that are still to come.
_NOT_LIVE = ("data", "resume", "cassette")
_ONLY_LIVE = ("speed", "duration", "confidence")


@dataclass(frozen=True)
class Ended:
    """How a live deployment ended.

    Parameters
    ----------
    report : Report
        Of what was decided until then.
    interrupted : bool
        By Ctrl-C.
    failure : NeurodeployError or None
        Of the machine or the interface, or what makes the run one that does not count.
    """

    report: Report
    interrupted: bool
    failure: NeurodeployError | None


def live_options(command: Command) -> Command:
    """Add the options of a live deployment."""
    for option in (
        click.option(
            "--confidence",
            metavar="HOW",
            help="Live: decide when `certain` (default), at a lead of MARGIN, or at the `end`.",
        ),
        click.option(
            "--duration",
            type=click.FloatRange(min=0, min_open=True),
            metavar="SECONDS",
            help="Live: stop listening after this.",
        ),
        click.option(
            "--speed",
            type=click.FloatRange(min=0, min_open=True),
            metavar="FACTOR",
            help="Live, of a file: so many times as fast as captured.",
        ),
        click.option(
            "--live",
            metavar="SOURCE",
            help="Decide packets as they come: an interface, or a capture replayed.",
        ),
    ):
        command = option(command)
    return command


def refuse_alone(options: dict[str, Any]) -> None:
    """Refuse options of a live deployment where there is none."""
    for name in _ONLY_LIVE:
        if options[name] is not None:
            raise InputError(f"--{name}", "is for --live", todo="give --live SOURCE as well")


def run_live(
    model: Model, folder: Path, options: dict[str, Any], say: Callable[[str], None]
) -> Ended:
    """Decide packets until there are no more, or Ctrl-C.

    Parameters
    ----------
    model : Model
    folder : Path
        Of the report, writable.
    options : dict
        Parameters of `deploy`.
    say : callable
        Gets one line a packet.

    Returns
    -------
    ended : Ended

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C before anything was decided.
    """
    from neurodeploy import Confidence, WeightScale, live, packets
    from neurodeploy.presentation import Presentation
    from neurodeploy.runtime.options import RunOptions

    _refuse(options)
    confidence = Confidence.parse(options["confidence"] or "certain")
    labels = _labels(model, options)
    run = RunOptions(
        engine=options["engine"],
        machine=machine_from(options, folder / "spynnaker"),
        presentation=Presentation(options["presentation"]),
        strict=options["strict"],
    )
    scale = WeightScale.parse(options["weight_scale"])
    speed, duration_s = options["speed"] or 1.0, options["duration"] or math.inf
    deployed, interrupted, failure, lost = None, False, None, 0
    with packets.opened(options["live"], speed, duration_s) as arrivals:
        try:
            with live(
                model, options["target"], confidence=confidence, weight_scale=scale, options=run
            ) as deployed:
                interrupted = _follow(deployed, arrivals, options["limit"], say)
        except NeurodeployError as err:
            failure = err
        lost = arrivals.lost()
    if deployed is None or not deployed.n_decided:
        if failure is not None:
            raise failure
        if interrupted:
            raise KeyboardInterrupt
        raise InputError(f"--live {options['live']}", "no packet came", todo="wait for longer")
    return Ended(deployed.report(labels, lost=lost), interrupted, failure)


def _refuse(options: dict[str, Any]) -> None:
    for name in _NOT_LIVE:
        if options[name]:
            raise InputError(f"--{name}", "does not go with --live", todo="leave one of them out")
    if options["replicas"] != 1:
        raise InputError("--replicas", "does not go with --live", todo="leave it out")


def _follow(
    deployed: Live, arrivals: Arrivals, limit: int | None, say: Callable[[str], None]
) -> bool:
    """Say every decision; return whether Ctrl-C ended it."""
    try:
        for decision in deployed.decisions(arrivals, limit):
            say(_line(decision))
    except KeyboardInterrupt:
        return True
    return False


def _line(said: LiveDecision) -> str:
    src, sport, dst, dport, proto = said.ends
    ends = (f"{src} {sport}".strip(), f"{dst} {dport}".strip())
    flow = f"{ends[0]} > {ends[1]} {proto}" if proto else "not IP"
    name = said.name or "undecided"
    tied = " (tied)" if said.tied else ""
    steps = f"{said.steps} step" + ("" if said.steps == 1 else "s")
    times = f"{steps}, {said.network_ms:g} ms; {said.wall_ms:.1f} ms after it came"
    return f"{said.number:>6}  {flow}: {name}{tied}  [{times}]"


def _labels(model: Model, options: dict[str, Any]) -> Callable[[Capture], Any] | None:
    """Return what gives packets their labels; a bad file is refused before the first packet."""
    path: Path | None = options["labels"]
    if path is None:
        return None
    from neurodeploy import packets

    source = Path(options["live"])
    if source.is_file():
        every = packets.read_labels(path, packets.read(source), model.classes)
        return lambda capture: every[: len(capture)]
    if not path.is_file():
        raise InputError(str(path), "cannot be read", limit="a CSV with labels")
    return lambda capture: _labels_at_last(path, capture, model)


def _labels_at_last(path: Path, capture: Capture, model: Model) -> Any:
    """Return the labels of what came, or None: a bad label does not cost what was decided."""
    from neurodeploy import packets

    try:
        return packets.read_labels(path, capture, model.classes)
    except InputError as err:
        click.echo(f"neurodeploy: {err}; reported without labels", err=True)
        return None


__all__ = ["live_options", "refuse_alone", "run_live"]
