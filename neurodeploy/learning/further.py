"""Go on from what a model has learned: further words in the running network, and forgetting."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from neurodeploy.describe import Model, Spatial
from neurodeploy.detectors.graph import receptor_weights
from neurodeploy.detectors.lowering import trained_facts
from neurodeploy.detectors.words import Bits, from_text, shown, to_text
from neurodeploy.errors import InputError
from neurodeploy.importer import import_graph
from neurodeploy.learning.balancing import Unbalanced
from neurodeploy.learning.sessions import Place, teach


def learned_of(model: Model) -> dict[str, Unbalanced]:
    """Return what each class of a trained model has learned.

    Raises
    ------
    ModelError
        If it has learned nothing, or its graph is another network.
    """
    facts = trained_facts(model)
    exc, _ = receptor_weights(import_graph(model.graph, model.timing, model.name))
    found = {}
    for name, row, words, factor in zip(
        model.classes, exc, facts.patterns, facts.factors, strict=True
    ):
        if factor is None:
            raise InputError(
                name, "has no factor, so its weights are not in the model", todo="train it anew"
            )
        one, zero = np.split(row / factor, 2)
        found[name] = Unbalanced(from_text(words, one.size), one, zero)
    return found


def learn_further(
    place: Place,
    spatial: Spatial,
    before: Mapping[str, Unbalanced],
    patterns: Mapping[str, Bits],
    forget: Mapping[str, Bits],
) -> dict[str, Unbalanced]:
    """Show classes further words, one after the other in one network, then forget others.

    Parameters
    ----------
    place : Place
    spatial : Spatial
    before : mapping of class name to Unbalanced
    patterns, forget : mapping of class name to (n, n_bits) uint8 array

    Returns
    -------
    after : dict of class name to Unbalanced
    """
    after = dict(before)
    for name, words in patterns.items():
        after[name] = _taught(place, spatial, after.get(name), words, forget=False)
    for name, words in forget.items():
        if name not in after:
            raise InputError("--forget", "no such class", got=name, limit=", ".join(after))
        after[name] = _taught(place, spatial, after[name], words, forget=True)
    return after


def _taught(
    place: Place, spatial: Spatial, before: Unbalanced | None, words: Bits, *, forget: bool
) -> Unbalanced:
    start = None if before is None else (before.weights_1[None], before.weights_0[None])
    old = words[:0] if before is None else before.trained
    trained = _without(old, words) if forget else np.concatenate([old, words])
    one, zero = teach(
        place, words[None], spatial.rule, spatial.lesson, initial=start, forget=forget
    )
    return Unbalanced(trained, one[0], zero[0])


def _without(trained: Bits, words: Bits) -> Bits:
    """Return the trained words without one occurrence of each of the others."""
    left = list(to_text(trained))
    for text, word in zip(to_text(words), shown(words), strict=True):
        if text not in left:
            raise InputError("--forget", "was not learned", got=word)
        left.remove(text)
    if not left:
        raise InputError("--forget", "leaves a class without words", todo="train the others anew")
    return from_text(left, trained.shape[1])


__all__ = ["learn_further", "learned_of"]
