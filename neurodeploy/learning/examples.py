"""What a learner is shown: words from a command, or samples of each class from data."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurodeploy.describe import Model
from neurodeploy.detectors.words import Bits, parse_word
from neurodeploy.errors import InputError
from neurodeploy.inputs import Samples, read

#: Class of words without a name.
UNNAMED = "pattern"


def parse_patterns(
    texts: Sequence[str], n_bits: int, option: str = "--patterns"
) -> dict[str, Bits]:
    """Read `[CLASS=]WORD,WORD...` texts, one for each class.

    >>> {name: words.tolist() for name, words in parse_patterns(["a=6,1"], 3).items()}
    {'a': [[1, 1, 0], [0, 0, 1]]}
    """
    found: dict[str, Bits] = {}
    for text in texts:
        name, separator, words = text.rpartition("=")
        name = name if separator else UNNAMED
        if name in found or not words.strip(", ") or (separator and not name):
            raise InputError(option, "not understood", got=text, limit="CLASS=WORD,WORD,...")
        rows = [parse_word(word, n_bits) for word in words.split(",") if word.strip()]
        found[name] = np.stack(rows)
    return found


def examples(
    model: Model, data: Path, labels: Path | None, shown: int, seed: int
) -> dict[str, Bits]:
    """Return a few samples of each class.

    Parameters
    ----------
    model : Model
        Of a learner; its input says how samples become bits.
    data : Path
        An npz with x and y, or a capture.
    labels : Path or None
        CSV with the labels of a capture's packets; its classes are those that are learned.
    shown : int
        Distinct samples of each class, if there are so many.
    seed : int
        Which samples.

    Returns
    -------
    patterns : dict of class name to (n, n_bits) uint8 array
    """
    classes = _classes(labels) if labels is not None else model.classes
    samples = read(replace(model, classes=classes), data, labels)
    if samples.y is None:
        todo = "give --labels" if model.packets is not None else "put class numbers into y"
        raise InputError(str(data), "has no labels", todo=todo)
    names = classes if labels is not None else tuple(map(str, range(int(samples.y.max()) + 1)))
    return pick(bits_of_samples(model, samples), samples.y, names, shown, seed)


def pick(
    words: Bits, labels: NDArray[np.int64], names: Sequence[str], shown: int, seed: int
) -> dict[str, Bits]:
    """Return distinct words of each class, drawn at random, in the order of the data.

    Parameters
    ----------
    words : (n, n_bits) uint8 array
    labels : (n,) int array
        -1 for none.
    names : sequence of str
        Class names.
    shown : int
    seed : int
    """
    rng = np.random.default_rng(seed)
    found = {}
    for k, name in enumerate(names):
        own = words[labels == k]
        if len(own):
            _, first = np.unique(own, axis=0, return_index=True)
            drawn = rng.permutation(np.sort(first))[:shown]
            found[name] = own[np.sort(drawn)]
    if not found:
        raise InputError("labels", "name no sample")
    return found


def bits_of_samples(model: Model, samples: Samples) -> Bits:
    """Return samples as words, by the threshold of the model's encoder."""
    encoder = model.encoder
    flat = samples.x.reshape(len(samples), -1)
    return (flat > encoder.threshold * encoder.scale).astype(np.uint8)


def _classes(labels: Path) -> tuple[str, ...]:
    """Return the class names in a CSV of labels, in the order of the alphabet."""
    try:
        with Path(labels).open(newline="", encoding="utf-8-sig") as file:
            rows = [_named(row) for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error) as err:
        raise InputError(str(labels), "cannot be read", got=err) from err
    return tuple(sorted({name for name in rows if name}))


def _named(row: Mapping[str, str | None]) -> str:
    values = {key.strip().lower(): value for key, value in row.items() if isinstance(key, str)}
    return (values.get("label") or "").strip()


__all__ = ["UNNAMED", "bits_of_samples", "examples", "parse_patterns", "pick"]
