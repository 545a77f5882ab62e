"""`neurodeploy deploy`: compile, run, classify, report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neurodeploy.cli.codes import DONE, FAILED_CHECK, INTERRUPTED
from neurodeploy.cli.live import live_options, refuse_alone, run_live
from neurodeploy.cli.machine_options import machine_from, machine_options
from neurodeploy.cli.options import load_model, model_options, progress_bar
from neurodeploy.cli.shown import show_report
from neurodeploy.errors import InputError

if TYPE_CHECKING:
    from neurodeploy.describe import Model
    from neurodeploy.inputs import Samples
    from neurodeploy.results import Report


@click.command()
@model_options
@machine_options
@live_options
@click.option("--data", type=click.Path(path_type=Path), help="npz (x, y) or pcap/pcapng.")
@click.option("--labels", type=click.Path(path_type=Path), help="CSV with a capture's labels.")
@click.option("--target", default="emulator", show_default=True)
@click.option("--engine", help="Engine inside the target, such as cython.")
@click.option("--limit", type=click.IntRange(min=1), help="Run the first N samples only.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the report.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option(
    "--presentation",
    type=click.Choice(["auto", "restored", "apart", "reset"]),
    default="auto",
    help="How samples follow each other.",
)
@click.option(
    "--replicas",
    default="1",
    metavar="N|auto",
    callback=lambda _context, _option, text: _replicas(text),
    help="Networks side by side; auto: as many as the machine holds.",
)
@click.option("--resume", is_flag=True, help="Go on where a run into the same --out broke off.")
@click.option("--strict", is_flag=True, help="Saturation, lost weights and the like are errors.")
@click.option("--min-accuracy", type=float, help="Exit with 1 below this.")
@click.option("--min-agreement", type=float, help="Exit with 1 below this.")
def deploy(model: str, as_json: bool, **options: Any) -> int:
    """Compile MODEL, run its data or yours, classify and report."""
    from neurodeploy import Interrupted, WeightScale
    from neurodeploy import deploy as run
    from neurodeploy.deployment import target_spec
    from neurodeploy.presentation import Presentation
    from neurodeploy.report import write
    from neurodeploy.report.files import file_stem, writable

    loaded = load_model(model, options)
    if options["live"]:
        return _live(loaded, as_json, options)
    refuse_alone(options)
    samples = _samples(loaded, options)
    named = f"{loaded.name}-{file_stem(options['target'])}"
    folder = writable(options["out"] or Path("runs") / named)
    if options["cassette"]:
        writable(options["cassette"].parent, "--cassette")
    # A laptop runs again what a board takes long for.
    keep = options["resume"] or not target_spec(options["target"]).restores_state
    interrupted = False
    try:
        with progress_bar(f"{loaded.name} on {options['target']}") as progress:
            report = run(
                loaded,
                samples,
                target=options["target"],
                engine=options["engine"],
                weight_scale=WeightScale.parse(options["weight_scale"]),
                progress=progress,
                machine=machine_from(options, folder / "spynnaker"),
                cassette=options["cassette"],
                presentation=Presentation(options["presentation"], options["replicas"]),
                journal=folder / "batches" if keep else None,
                resume=options["resume"],
                strict=options["strict"],
            )
    except Interrupted as stop:
        report, interrupted = stop.report, True
    report = write(report, folder)
    show_report(report, as_json)
    if interrupted:
        kept = f"{report.n_samples} of {report.planned} samples kept in {folder}"
        click.echo(f"neurodeploy: interrupted; {kept}", err=True)
        return INTERRUPTED
    return _judge(report, options["min_accuracy"], options["min_agreement"])


def _samples(model: Model, options: dict[str, Any]) -> Samples:
    """Return the samples that were asked for, or those that ship with the model."""
    from neurodeploy import inputs
    from neurodeploy.deployment import shipped_samples

    if options["labels"] and not options["data"]:
        raise InputError("--labels", "needs the capture it belongs to", todo="give --data as well")
    if options["data"]:
        samples = inputs.read(model, options["data"], options["labels"])
    else:
        samples = shipped_samples(model)
    return samples.first(options["limit"] or len(samples))


def _live(model: Model, as_json: bool, options: dict[str, Any]) -> int:
    """Decide packets as they come, each on a line of its own; report at the end."""
    from neurodeploy.report import write
    from neurodeploy.report.files import file_stem, writable

    named = f"{model.name}-{file_stem(options['target'])}-live"
    folder = writable(options["out"] or Path("runs") / named)
    # With --json, stdout holds nothing but the document.
    ended = run_live(model, folder, options, lambda line: click.echo(line, err=as_json))
    report = write(ended.report, folder)
    show_report(report, as_json)
    if ended.failure is not None:
        raise ended.failure
    if ended.interrupted:
        n = f"{report.n_samples} packet" + ("" if report.n_samples == 1 else "s")
        click.echo(f"neurodeploy: stopped; {n} in {folder}", err=True)
        return INTERRUPTED
    return _judge(report, options["min_accuracy"], options["min_agreement"])


def _replicas(text: str) -> int | None:
    """Return a number of replicas, or None for as many as fit."""
    if text == "auto":
        return None
    if not text.isdecimal() or int(text) < 1:
        raise InputError(
            "--replicas", "is no number of networks", got=text, limit="1 or more, or auto"
        )
    return int(text)


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


__all__ = ["deploy"]
