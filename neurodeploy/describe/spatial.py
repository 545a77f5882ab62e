"""The description of a learner of spatial patterns: `kind = "stdp-spatial"` in model.toml."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from neurodeploy.describe.table import Table
from neurodeploy.errors import ModelError
from neurodeploy.packets import Ports, feature_names

KIND = "stdp-spatial"
#: Bits of a word, at most: the training network's input must fit the 16-bit ring buffers.
MOST_BITS = 1000


@dataclass(frozen=True)
class Rule:
    """Nearest-pair STDP with additive weights, in sPyNNaker's sense.

    sPyNNaker does not multiply A_plus and A_minus by w_max. With A_minus below 0 a spike of
    the target before one of the source strengthens the synapse, too.

    Parameters
    ----------
    tau_plus_ms, tau_minus_ms : float
    A_plus, A_minus : float
        Change of a weight in nA by a pair without distance.
    w_max_nA : float
    """

    tau_plus_ms: float = 5.0
    tau_minus_ms: float = 5.0
    A_plus: float = 1.0
    A_minus: float = -1.0
    w_max_nA: float = 20.0


@dataclass(frozen=True)
class Lesson:
    """When the sources of a training network send, in ms since its start.

    Parameters
    ----------
    one_ms, zero_ms : tuple of float
        Sources of a bit that is 1, and of one that is 0.
    teacher_ms, save_ms : float
        The spike that makes the output fire, and the one that has all weights written back.
    length_ms : float
    """

    one_ms: tuple[float, ...] = (1.0, 26.0, 56.0)
    zero_ms: tuple[float, ...] = (6.0, 36.0, 59.0)
    teacher_ms: float = 29.0
    save_ms: float = 65.0
    length_ms: float = 75.0


@dataclass(frozen=True)
class Learned:
    """What training has left in a model.

    Parameters
    ----------
    target, emulates : str
        Where it was trained, and whose arithmetic that is.
    patterns : tuple of tuple of str
        Words that each class was trained with, as bits, the first bit first.
    factors : tuple of float or None
        What each class's weights are multiplied by; None where no factor makes it fire.
    similarity : int
        Bits by which a word may differ from a trained one and still be accepted.
    ring_shifts : (int, int) or None
        Ring-buffer shifts that the detectors were balanced with; None for sPyNNaker's own.
    """

    target: str
    emulates: str
    patterns: tuple[tuple[str, ...], ...]
    factors: tuple[float | None, ...]
    similarity: int = 0
    ring_shifts: tuple[int, int] | None = None


@dataclass(frozen=True)
class Spatial:
    """A learner of spatial patterns, and what it has learned.

    Parameters
    ----------
    n_bits : int
        Bits of a word.
    rule : Rule
    lesson : Lesson
    features : tuple of str
        For packets: patterns (`tcp_flags_*`) of the features that are bits; empty for all.
    learned : Learned or None
        None before it is trained.
    """

    n_bits: int
    rule: Rule = field(default_factory=Rule)
    lesson: Lesson = field(default_factory=Lesson)
    features: tuple[str, ...] = ()
    learned: Learned | None = None


def read_spatial(top: Table) -> Spatial | None:
    """Read the tables of a learner; None for a model of another kind.

    Raises
    ------
    ModelError
        If the kind is unknown or a value is out of its range.
    """
    kind = top.take("kind", str, "")
    if kind == "":
        return None
    if kind != KIND:
        raise ModelError("model.toml", "unknown kind of model", got=kind, limit=KIND)
    table = top.table("learning", required=True)
    if table is None:
        raise ModelError("model.toml", "missing table", limit="[learning]")
    rule, lesson = Rule(), Lesson()
    found = Spatial(
        n_bits=table.take("bits", int),
        rule=Rule(**{name: table.take(name, float, getattr(rule, name)) for name in vars(rule)}),
        lesson=Lesson(
            one_ms=table.numbers("one_ms", lesson.one_ms),
            zero_ms=table.numbers("zero_ms", lesson.zero_ms),
            **{
                name: table.take(name, float, getattr(lesson, name))
                for name in ("teacher_ms", "save_ms", "length_ms")
            },
        ),
        features=table.strings("features"),
        learned=_learned(top),
    )
    table.done()
    return check_spatial(found)


def chosen_columns(spatial: Spatial, ports: Ports) -> NDArray[np.intp]:
    """Return which features of a packet are the bits of a word, (n_bits,) int array.

    Raises
    ------
    ModelError
        If the learner names features that no packet has, or another number of bits.
    """
    names = feature_names(ports=ports)
    chosen = np.full(len(names), not spatial.features)
    for wanted in spatial.features:
        hits = np.array([fnmatchcase(name, wanted) for name in names])
        if not hits.any():
            raise ModelError("[learning] features", "no such feature", got=wanted)
        chosen |= hits
    if np.count_nonzero(chosen) != spatial.n_bits:
        raise ModelError(
            "[learning] bits",
            "are not as many as the chosen features",
            got=spatial.n_bits,
            limit=np.count_nonzero(chosen),
        )
    return np.flatnonzero(chosen)


def _learned(top: Table) -> Learned | None:
    table = top.table("learned")
    if table is None:
        return None
    rows = table.take("patterns", list)
    if not all(isinstance(row, list) and all(isinstance(w, str) for w in row) for row in rows):
        raise ModelError("[learned] patterns", "must hold lists of words as bits")
    factors, shifts = table.numbers("factors", ()), table.numbers("ring_shifts", ())
    if len(shifts) not in (0, 2) or not all(0 <= s < 32 and s == int(s) for s in shifts):
        raise ModelError(
            "[learned] ring_shifts", "not understood", got=shifts, limit="two of 0..31"
        )
    found = Learned(
        target=table.take("target", str),
        emulates=table.take("emulates", str),
        patterns=tuple(tuple(row) for row in rows),
        # TOML has no null, and 0 is no factor.
        factors=tuple(value or None for value in factors),
        similarity=table.take("similarity", int, 0),
        ring_shifts=(int(shifts[0]), int(shifts[1])) if shifts else None,
    )
    table.done()
    return found


def check_spatial(spatial: Spatial) -> Spatial:
    """Return the learner if its numbers can be used.

    Raises
    ------
    ModelError
        Naming the first that cannot.
    """
    rule, lesson = spatial.rule, spatial.lesson
    if not 1 <= spatial.n_bits <= MOST_BITS:
        raise ModelError(
            "[learning] bits", "out of range", got=spatial.n_bits, limit=f"1 to {MOST_BITS}"
        )
    for name in ("tau_plus_ms", "tau_minus_ms", "w_max_nA"):
        value = getattr(rule, name)
        if not 0 < value < math.inf:
            raise ModelError(f"[learning] {name}", "must be above 0 and finite", got=value)
    times = (*lesson.one_ms, *lesson.zero_ms, lesson.teacher_ms, lesson.save_ms)
    if not all(0 <= time < lesson.length_ms for time in times):
        raise ModelError(
            "[learning]", "spikes must lie within the lesson", limit=f"0 to {lesson.length_ms} ms"
        )
    if spatial.learned is not None:
        _check_learned(spatial.learned, spatial.n_bits)
    return spatial


def _check_learned(learned: Learned, n_bits: int) -> None:
    if len(learned.factors) != len(learned.patterns) or not learned.patterns:
        raise ModelError(
            "[learned] factors",
            "one a class",
            got=len(learned.factors),
            limit=len(learned.patterns),
        )
    for word in (w for row in learned.patterns for w in row):
        if len(word) != n_bits or set(word) - set("01"):
            raise ModelError("[learned] patterns", "no word", got=word, limit=f"{n_bits} bits")


__all__ = [
    "KIND",
    "MOST_BITS",
    "Learned",
    "Lesson",
    "Rule",
    "Spatial",
    "check_spatial",
    "chosen_columns",
    "read_spatial",
]
