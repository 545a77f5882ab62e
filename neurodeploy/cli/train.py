"""`neurodeploy train`: learn spatial patterns on a target and write a deployable model."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neurodeploy.cli.codes import DONE
from neurodeploy.cli.machine_options import machine_from, machine_options
from neurodeploy.cli.options import progress_bar
from neurodeploy.errors import InputError, ModelError

if TYPE_CHECKING:
    from neurodeploy.describe import Model
    from neurodeploy.learning import Training


@click.command()
@click.argument("model")
@click.option(
    "--patterns",
    multiple=True,
    metavar="[CLASS=]WORD,...",
    help="Words to learn, as numbers or bits; once for each class.",
)
@click.option(
    "--forget", multiple=True, metavar="[CLASS=]WORD,...", help="Words to forget; see --further."
)
@click.option("--further", is_flag=True, help="Go on from what MODEL has learned.")
@click.option("--bits", type=click.IntRange(min=1), help="Bits of a word, if not the model's.")
@click.option(
    "--data", type=click.Path(path_type=Path), help="npz (x, y) or capture to learn from."
)
@click.option("--labels", type=click.Path(path_type=Path), help="CSV with a capture's labels.")
@click.option(
    "--shown",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Samples of --data that each class is shown.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Which samples are shown.")
@click.option(
    "--similarity",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Accept words that differ from a trained one in so many bits.",
)
@click.option(
    "--max-factor",
    type=click.FloatRange(min=0, min_open=True),
    default=1000.0,
    show_default=True,
    help="Where homeostasis stops.",
)
@click.option("--target", default="emulator", show_default=True)
@click.option("--engine", help="Engine inside the target, such as cython.")
@machine_options
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the trained model.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def train(model: str, as_json: bool, **options: Any) -> int:
    """Teach MODEL words or samples, balance it, and write a model that `deploy` takes."""
    from neurodeploy import load
    from neurodeploy.learning import Place, learned_of, write_model
    from neurodeploy.learning import train as run
    from neurodeploy.learning.examples import parse_patterns

    loaded = load(model)
    if loaded.spatial is None:
        raise ModelError(loaded.name, "is not a learner", limit='kind = "stdp-spatial"')
    if sum(map(bool, (options["patterns"] or options["forget"], options["data"]))) != 1:
        raise InputError("train", "needs words or samples", limit="either --patterns or --data")
    if options["cassette"]:
        raise InputError("--cassette", "is for deploy", todo="record a run of the trained model")
    further = options["further"] or bool(options["forget"])
    if further and options["bits"]:
        raise InputError("--bits", "does not go with --further and --forget")
    n_bits = options["bits"] or loaded.spatial.n_bits
    spatial = replace(loaded.spatial, n_bits=n_bits, learned=None)
    patterns = _wanted(loaded, n_bits, options)
    out = options["out"] or Path("runs") / f"{loaded.name}-trained"
    with _unlogged(), progress_bar(f"{loaded.name} on {options['target']}") as progress:
        training = run(
            spatial,
            patterns,
            before=learned_of(loaded) if further else None,
            forget=parse_patterns(options["forget"], n_bits, "--forget"),
            target=Place(options["target"], options["engine"], progress, machine_from(options)),
            similarity=options["similarity"],
            most=options["max_factor"],
        )
    folder = write_model(training, out, loaded)
    document = training.document() | {"model": str(folder), "name": loaded.name}
    if as_json:
        click.echo(json.dumps(document, allow_nan=False))
        return DONE
    for line in _lines(training, document):
        click.echo(line)
    return DONE


@contextmanager
def _unlogged() -> Iterator[None]:
    """Keep logs off the screen: homeostasis tries factors that are known to be too large."""
    handler = logging.NullHandler()
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)


def _wanted(model: Model, n_bits: int, options: dict[str, Any]) -> dict[str, Any]:
    """Return the words of each class."""
    from neurodeploy.learning.examples import examples, parse_patterns

    if not options["data"]:
        return dict(parse_patterns(options["patterns"], n_bits))
    data, labels = options["data"], options["labels"]
    return dict(examples(model, data, labels, options["shown"], options["seed"]))


def _lines(training: Training, document: dict[str, Any]) -> Iterator[str]:
    """Yield the training as plain text that fits 80 columns."""
    for one in document["detectors"]:
        factor = "none" if one["factor"] is None else f"{one['factor']:.5f}"
        ideal = one["closed_form"]
        exact = "none" if ideal["factor"] is None else f"{ideal['factor']:.5f}"
        yield f"{one['class']}: {len(one['patterns'])} words, factor {factor} (closed form {exact})"
        if training.spatial.n_bits <= 32:
            yield f"  words      {', '.join(map(str, one['patterns']))}"
            yield f"  weights 1  {' '.join(f'{w:g}' for w in one['weights_1'])}"
            yield f"  weights 0  {' '.join(f'{w:g}' for w in one['weights_0'])}"
        yield f"  accepts {ideal['accepted']} words by the closed form"
    for warning in document["warnings"]:
        yield f"warning    {warning}"
    spent = ", ".join(f"{name} {seconds:.2f}" for name, seconds in document["timing_s"].items())
    yield f"time in s  {spent}"
    yield f"arithmetic {document['emulates']} (target {document['target']})"
    yield f"model      {document['model']}"


__all__ = ["train"]
