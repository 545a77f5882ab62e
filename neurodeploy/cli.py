"""The command line: parses, calls the library, prints; the only place that does."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neurodeploy.errors import InputError, NeurodeployError

if TYPE_CHECKING:
    from neurodeploy.checking import Check
    from neurodeploy.describe import Model
    from neurodeploy.results import Report

DONE, FAILED_CHECK, INTERRUPTED = 0, 1, 130
#: Rows of a table that are printed; all are in the files.
ROWS = 40

Command = Callable[..., Any]


def _model_options(command: Command) -> Command:
    """Add MODEL and the facts that a bare .nir file lacks."""
    for option in (
        click.option("--readout", help="For a bare .nir: spike_count, membrane_sum, ..."),
        click.option("--encoder", help="For a bare .nir: KIND:STEPS, such as rate:16."),
        click.option("--reset", help="For a bare .nir: hard or hard_delayed."),
        click.option("--dt", type=float, help="For a bare .nir: step, in the source's unit."),
        click.option("--source", help="For a bare .nir: the framework that wrote it."),
        click.option(
            "--weight-scale",
            multiple=True,
            metavar="HOW",
            help="calibrated (default), safe, or POPULATION=EXC,INH in nA; may repeat.",
        ),
        click.argument("model"),
    ):
        command = option(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="neurodeploy")
def cli() -> None:
    """Trained spiking networks on SpiNNaker: compile, emulate bit for bit, run, report."""


@cli.command()
@_model_options
@click.option("--data", type=click.Path(path_type=Path), help="npz (x, y) or pcap/pcapng.")
@click.option("--labels", type=click.Path(path_type=Path), help="CSV with a capture's labels.")
@click.option("--target", default="emulator", show_default=True)
@click.option("--engine", help="Engine inside the target, such as cython.")
@click.option("--limit", type=click.IntRange(min=1), help="Run the first N samples only.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the report.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--min-accuracy", type=float, help="Exit with 1 below this.")
@click.option("--min-agreement", type=float, help="Exit with 1 below this.")
def deploy(model: str, as_json: bool, **options: Any) -> int:
    """Compile MODEL, run its data or yours, classify and report."""
    from neurodeploy import Interrupted, WeightScale, inputs
    from neurodeploy import deploy as run
    from neurodeploy.deployment import shipped_samples
    from neurodeploy.report import write
    from neurodeploy.report.files import writable

    loaded = _load(model, options)
    if options["labels"] and not options["data"]:
        raise InputError("--labels", "needs the capture it belongs to", todo="give --data as well")
    samples = (
        inputs.read(loaded, options["data"], options["labels"])
        if options["data"]
        else shipped_samples(loaded)
    )
    samples = samples.first(options["limit"] or len(samples))
    folder = writable(options["out"] or Path("runs") / f"{loaded.name}-{options['target']}")
    interrupted = False
    try:
        with _progress(f"{loaded.name} on {options['target']}") as progress:
            report = run(
                loaded,
                samples,
                target=options["target"],
                engine=options["engine"],
                weight_scale=WeightScale.parse(options["weight_scale"]),
                progress=progress,
            )
    except Interrupted as stop:
        report, interrupted = stop.report, True
    report = write(report, folder)
    _show(report, as_json)
    if interrupted:
        kept = f"{report.n_samples} of {report.planned} samples kept in {folder}"
        click.echo(f"neurodeploy: interrupted; {kept}", err=True)
        return INTERRUPTED
    return _judge(report, options["min_accuracy"], options["min_agreement"])


@cli.command()
@_model_options
@click.option("--target", default="emulator", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def check(model: str, target: str, as_json: bool, **options: Any) -> int:
    """Say what MODEL needs of the machine; exit 1 if it does not fit."""
    from neurodeploy import WeightScale
    from neurodeploy import check as run

    scale = WeightScale.parse(options["weight_scale"])
    found = run(_load(model, options), target, weight_scale=scale)
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=1))
    else:
        for line in _check_lines(found):
            click.echo(line)
    return DONE if found.fits else FAILED_CHECK


@cli.command("compile")
@_model_options
@click.option("--target", default="emulator", show_default=True)
@click.option("--script", type=click.Path(path_type=Path), help="Write a PyNN script instead.")
def compile_(model: str, target: str, script: Path | None, **options: Any) -> int:
    """Show MODEL as lowered, or write it as a standalone PyNN script."""
    from neurodeploy import WeightScale
    from neurodeploy import compile as run
    from neurodeploy.emit.script import write_script
    from neurodeploy.ir.show import show

    loaded = _load(model, options)
    compiled = run(loaded, target, weight_scale=WeightScale.parse(options["weight_scale"]))
    if script is None:
        click.echo(show(compiled.network), nl=False)
    else:
        for path in write_script(compiled, script):
            click.echo(path)
    return DONE


@cli.command()
def targets() -> int:
    """Say which targets can run here and what the others lack."""
    from neurodeploy.runtime.registry import find, names

    click.echo("ideal       ready     the trained network in float (engines: numpy)")
    for name in names():
        try:
            backend = find(name)
            missing, spec = backend.missing(), backend.target()
        except NeurodeployError as err:
            click.echo(f"{name:<11} missing   {err}")
            continue
        state = "ready" if missing is None else "missing"
        text = missing or f"{spec.emulates} (engines: {', '.join(spec.engines)})"
        click.echo(f"{name:<11} {state:<9} {text}")
    return DONE


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; default those of the process.
    """
    args = list(sys.argv[1:] if argv is None else argv) or ["--help"]
    try:
        code = cli.main(args=args, prog_name="neurodeploy", standalone_mode=False)
    except NeurodeployError as err:
        click.echo(f"neurodeploy: {err}", err=True)
        return err.exit_code
    except click.ClickException as err:
        context = getattr(err, "ctx", None)
        hint = f" See {context.command_path} --help." if context else ""
        click.echo(f"neurodeploy: {err.format_message()}{hint}", err=True)
        return InputError.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("neurodeploy: interrupted; no report was written", err=True)
        return INTERRUPTED
    return code if isinstance(code, int) else DONE


def _load(model: str, options: dict[str, Any]) -> Model:
    from neurodeploy import load

    facts = ("dt", "reset", "source", "encoder", "readout")
    return load(model, **{key: options[key] for key in facts})


@contextmanager
def _progress(title: str) -> Iterator[Callable[[float], None] | None]:
    """Show a bar on a terminal; elsewhere stay silent."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=1.0)
        yield lambda share: bar.update(task, completed=share)


def _check_lines(found: Check) -> Iterator[str]:
    """Yield what each population needs, and everything that does not fit."""
    for pop in found.populations:
        shift = "" if pop.ring_shift is None else f"  ring shift {pop.ring_shift}"
        yield (
            f"{pop.name:<16} {pop.cell:<18} {pop.neurons:>6} neurons  {pop.cores:>3} cores  "
            f"{pop.synapses:>8} synapses{shift}"
        )
    lowered = [pop for pop in found.populations if pop.ring_shift is not None]
    if lowered:
        # The fullest core is the one that has to fit a chip.
        most = max(lowered, key=lambda pop: pop.synaptic_bytes)
        yield f"SDRAM            {most.synaptic_bytes / 1024:.0f} KiB on a core of {most.name}"
    if found.time_scale_factor is not None:
        busiest = max(found.events_per_tick, key=lambda name: found.events_per_tick[name])
        events = found.events_per_tick[busiest]
        yield f"busiest core     {events} synaptic events in a tick ({busiest}, sample data)"
        yield f"real time        a board needs time scale factor {found.time_scale_factor}"
    for violation in found.violations:
        yield f"does not fit: {violation}"
    yield "fits" if found.fits else f"does not fit: {len(found.violations)} violations"


def _judge(report: Report, min_accuracy: float | None, min_agreement: float | None) -> int:
    code = DONE
    for name, got, least in (
        ("accuracy", report.accuracy, min_accuracy),
        ("agreement", report.agreement, min_agreement),
    ):
        if least is not None and (got is None or got < least):
            said = "unknown" if got is None else f"{got:.4f}"
            click.echo(f"neurodeploy: {name} {said} is below {least:g}", err=True)
            code = FAILED_CHECK
    return code


def _show(report: Report, as_json: bool) -> None:
    if as_json:
        from neurodeploy.report import document

        click.echo(json.dumps(document(report), allow_nan=False))
        return
    for line in _lines(report):
        click.echo(line)


def _lines(report: Report) -> Iterator[str]:
    """Yield the report as plain text that fits 80 columns."""
    if report.groups is not None:
        yield from _group_lines(report)
    if report.confusion is not None:
        yield from _confusion_lines(report)
    yield ""
    if report.accuracy is not None and report.balanced_accuracy is not None:
        yield f"accuracy    {report.accuracy:.4f}   balanced {report.balanced_accuracy:.4f}"
    if report.agreement is not None:
        yield f"agreement   {report.agreement:.4f}   of decisions with ideal"
    decisions = report.decisions
    planned = f" of {report.planned} (interrupted)" if report.interrupted else ""
    said = f"undecided {decisions.undecided}, tied {decisions.ties}"
    yield f"samples     {report.n_samples}{planned}   {said}"
    yield f"arithmetic  {report.emulates} (target {report.target}, engine {report.engine})"
    spent = ", ".join(f"{name} {seconds:.2f}" for name, seconds in report.timing_s.items())
    yield f"time in s   {spent}"
    for warning in report.warnings:
        yield f"warning     {warning}"
    yield f"report      {report.path}"


def _group_lines(report: Report) -> Iterator[str]:
    groups = report.groups
    if groups is None:
        return
    yield f"{groups.name}s, {len(groups.predictions)} by vote:"
    names = [*report.classes, "undecided"]
    for k in range(min(ROWS, len(groups.predictions))):
        who = " ".join(str(column[k]) for column in groups.columns.values())
        label = groups.labels[k]
        truth = "" if label < 0 else f" (label {names[label]})"
        yield f"  {who}: {names[groups.predictions[k]]}{truth}"
    if len(groups.predictions) > ROWS:
        yield f"  ... and {len(groups.predictions) - ROWS} more, all in {groups.name}s.csv"
    from neurodeploy.metrics import accuracy

    right = accuracy(groups.predictions, groups.labels)
    if right is not None:
        yield f"vote per {groups.name}: accuracy {right:.4f}"


def _confusion_lines(report: Report) -> Iterator[str]:
    """Yield each label with what it was taken for, most frequent first."""
    if report.confusion is None:
        return
    yield "confusion (label: what its samples were taken for):"
    names = [*report.classes, "undecided"]
    for label, row in zip(report.classes, report.confusion, strict=True):
        if row.sum():
            order = [k for k in (-row).argsort(kind="stable") if row[k]]
            said = ", ".join(f"{row[k]} as {names[k]}" for k in order[:5])
            more = f", {len(order) - 5} others" if len(order) > 5 else ""
            yield f"  {label}: {said}{more}"
