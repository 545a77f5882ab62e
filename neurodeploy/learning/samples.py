"""What a learner is deployed on: all words, or a user's data, and what ought to fire."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from neurodeploy.describe import Model
from neurodeploy.detectors.detection import Detection
from neurodeploy.detectors.lowering import trained_facts
from neurodeploy.detectors.words import (
    ALL_BITS,
    NUMBER_BITS,
    Bits,
    all_words,
    distances,
    from_text,
    shown,
)
from neurodeploy.inputs import Samples
from neurodeploy.readout import Decisions
from neurodeploy.target.ideal import IDEAL
from neurodeploy.target.spec import TargetSpec

Bools = NDArray[np.bool_]
#: Words that are drawn beside the trained ones and their neighbours, for words too long to
#: run all; a fixed seed draws the same ones every time.
DRAWN, SEED = 1000, 6
WORD = "word"


def all_samples(model: Model) -> Samples:
    """Return what a learner of words is tried on without data.

    All words of up to 16 bits; of longer ones those trained, every word at distance 1 of them,
    and a thousand drawn at random.
    """
    learned = trained_facts(model)
    n_bits = model.spatial.n_bits if model.spatial is not None else 0
    if n_bits <= ALL_BITS:
        return with_words(model, Samples(all_words(n_bits), name="all words"))
    trained = from_text([w for row in learned.patterns for w in row], n_bits)
    flips = np.eye(n_bits, dtype=np.uint8)
    near = (trained[:, None] ^ flips[None]).reshape(-1, n_bits)
    drawn = np.random.default_rng(SEED).integers(0, 2, (DRAWN, n_bits), dtype=np.uint8)
    words = np.unique(np.concatenate([trained, near, drawn]), axis=0)
    return with_words(model, Samples(words, name="trained words, neighbours and others"))


def with_words(model: Model, samples: Samples) -> Samples:
    """Return samples with a column that names their words, if words are short."""
    spatial = model.spatial
    if spatial is not None:
        trained_facts(model)
    if spatial is None or model.packets is not None or spatial.n_bits > NUMBER_BITS:
        return samples
    if samples.x.ndim != 2 or samples.x.shape[1] != spatial.n_bits or WORD in samples.columns:
        return samples
    return replace(samples, columns={WORD: shown(bits_of(model, samples)), **samples.columns})


def bits_of(model: Model, samples: Samples) -> Bits:
    """Return samples as words, (n, n_bits) uint8 array."""
    encoder = model.encoder
    return (samples.x > encoder.threshold * encoder.scale).astype(np.uint8)


def detection(
    model: Model, samples: Samples, decisions: Decisions, ideal: Decisions | None
) -> Detection:
    """Return what detectors said beside what they ought to say.

    By the labels where there are any, a sample without one being left out; else the words
    that a class was trained with, or that differ in no more bits than its similarity, ought to
    fire and no others.
    """
    learned = trained_facts(model)
    n_classes = len(learned.patterns)
    known = np.ones(len(samples), dtype=bool)
    if samples.y is not None:
        known = samples.y >= 0
        wanted = samples.y[:, None] == np.arange(n_classes)
    else:
        words = bits_of(model, samples)
        wanted = np.stack(
            [_near(words, row, learned.similarity) for row in learned.patterns], axis=1
        )
    return Detection(
        classes=model.classes or tuple(str(k) for k in range(n_classes)),
        fired=decisions.scores > 0,
        wanted=wanted,
        known=known,
        words=samples.columns.get(WORD) if WORD in samples.columns else None,
        ideal=None if ideal is None else ideal.scores > 0,
    )


def remarks(model: Model, target: TargetSpec) -> list[str]:
    """Return what a user should know of running a learner there."""
    learned = None if model.spatial is None else model.spatial.learned
    if learned is None or not target.fixed_point or learned.target != IDEAL.name:
        return []
    where = f"it was balanced on {IDEAL.name} and runs on {target.name}"
    return [f"{where}: rounded weights can leave its words below the threshold; train it there"]


def _near(words: Bits, patterns: tuple[str, ...], similarity: int) -> Bools:
    trained = from_text(patterns, words.shape[1])
    return np.asarray(distances(words, trained).min(axis=1) <= similarity)


__all__ = ["all_samples", "bits_of", "detection", "remarks", "with_words"]
