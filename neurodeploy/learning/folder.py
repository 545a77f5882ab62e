"""Write a training as a model folder: graph.nir and model.toml."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import nir

from neurodeploy.describe import Model
from neurodeploy.describe.spatial import KIND, Lesson, Rule, Spatial
from neurodeploy.detectors.graph import DT, RESET, SOURCE, TIME_UNIT, to_graph
from neurodeploy.detectors.words import to_text
from neurodeploy.errors import InputError
from neurodeploy.learning.trainer import Training

#: Steps of a sample: a detector answers in the first or never.
STEPS = 2


def write_model(training: Training, folder: Path, like: Model) -> Path:
    """Write a deployable model.

    Parameters
    ----------
    training : Training
    folder : Path
        Created if it is missing; what an earlier training left there is replaced.
    like : Model
        The model that was trained: its name, input and provenance are kept.

    Returns
    -------
    folder : Path
    """
    folder = Path(folder)
    graph = folder / "graph.nir"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        nir.write(graph, to_graph(training.detectors))
        sha256 = hashlib.sha256(graph.read_bytes()).hexdigest()
        text = "\n".join(_lines(training, like, folder, sha256)) + "\n"
        (folder / "model.toml").write_text(text, encoding="utf-8")
    except OSError as err:
        raise InputError(str(folder), "cannot be written", got=err.strerror) from err
    return folder


def _lines(training: Training, like: Model, folder: Path, sha256: str) -> Iterator[str]:
    yield from _entries({"schema": 1, "name": like.name, "kind": KIND})
    yield from _table("graph", {
        "file": "graph.nir", "sha256": sha256, "source": SOURCE, "time_unit": TIME_UNIT,
        "dt": DT, "reset": RESET,
    })  # fmt: skip
    yield from _table("input", {
        "encoder": "complement", "steps": STEPS, "scale": like.encoder.scale,
        "threshold": like.encoder.threshold,
    })  # fmt: skip
    if like.packets is not None:
        yield from _table("input.packets", {"ports": like.packets.ports})
    yield from _table("readout", {"kind": "spike_count", "classes": list(training.classes)})
    yield from _table("learning", _learning(training.spatial))
    yield from _table("learned", _learned(training))
    if like.folder is not None and folder.resolve() == like.folder.resolve():
        # A model that is trained in its own folder keeps the data that ship with it, and what
        # it is held to.
        files = {k: path.name for k, path in vars(like.files).items() if path is not None}
        yield from _table("sample", files)
        for target, bound in like.expected.items():
            facts = {key: value for key, value in vars(bound).items() if value is not None}
            yield from _table(f"expected.{target}", facts)
    spec = training.place.spec()
    trained_with = f"neurodeploy train on {spec.name} ({spec.emulates})"
    yield from _table("provenance", {**like.provenance, "trained_with": trained_with})


def _learning(spatial: Spatial) -> dict[str, Any]:
    """Return what differs from the published rule and times."""
    entries: dict[str, Any] = {"bits": spatial.n_bits}
    for own, usual in ((spatial.rule, Rule()), (spatial.lesson, Lesson())):
        changed = {k: v for k, v in vars(own).items() if v != getattr(usual, k)}
        entries |= {k: list(v) if isinstance(v, tuple) else v for k, v in changed.items()}
    return entries | ({"features": list(spatial.features)} if spatial.features else {})


def _learned(training: Training) -> dict[str, Any]:
    spec = training.place.spec()
    entries: dict[str, Any] = {
        "target": spec.name,
        "emulates": spec.emulates,
        "patterns": [list(to_text(one.trained)) for one in training.learned],
        "factors": [factor or 0.0 for factor in training.factors],
        "similarity": training.similarity,
    }
    return entries | ({"ring_shifts": list(training.shifts)} if training.shifts else {})


def _table(name: str, entries: Mapping[str, Any]) -> Iterator[str]:
    if entries:
        yield ""
        yield f"[{name}]"
        yield from _entries(entries)


def _entries(entries: Mapping[str, Any]) -> Iterator[str]:
    # Numbers, strings and lists of them are the same in JSON and in TOML.
    for key, value in entries.items():
        yield f"{key} = {json.dumps(value, ensure_ascii=False)}"


__all__ = ["STEPS", "write_model"]
