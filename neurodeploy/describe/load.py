"""Load a model folder (model.toml + graph.nir) or a bare .nir file."""

from __future__ import annotations

import hashlib
import math
import tomllib
from pathlib import Path
from typing import Any, cast, get_args

import nir
import numpy as np

from neurodeploy.describe.model import Expected, Model, PacketInput, SampleFiles
from neurodeploy.describe.spatial import Spatial, read_spatial
from neurodeploy.describe.table import Table
from neurodeploy.encode import ENCODERS, Encoder
from neurodeploy.errors import ModelError
from neurodeploy.importer import SOURCES, Timing, read_graph
from neurodeploy.packets import Ports

SCHEMA = 1


def load(
    path: str | Path,
    *,
    dt: float | None = None,
    reset: str | None = None,
    source: str | None = None,
    encoder: str | None = None,
    readout: str | None = None,
) -> Model:
    """Load a model.

    Parameters
    ----------
    path : str or Path
        A folder with model.toml, the name of a folder under ./models, or a .nir file.
    dt : float, optional
        Step of the trained network in the source's time unit; with the other options, what
        a bare .nir file lacks. They may not be given for a folder, which has them.
    reset : {"hard", "hard_delayed", "subtract", "subtract_delayed"}, optional
    source : str, optional
        Framework that wrote the file, a key of `neurodeploy.importer.SOURCES`.
    encoder : str, optional
        `KIND` or `KIND:STEPS`, KIND a key of `neurodeploy.encode.ENCODERS`.
    readout : str, optional
        A key of `neurodeploy.readout.READOUTS`.

    Returns
    -------
    model : Model

    Raises
    ------
    ModelError
        If the model is missing, malformed or lacks facts.
    """
    given = {"dt": dt, "reset": reset, "source": source, "encoder": encoder, "readout": readout}
    place = _find(Path(path))
    if place.is_dir():
        extra = [f"--{k}" for k, v in given.items() if v is not None]
        if extra:
            raise ModelError(
                str(path), "is a model folder, which has these facts", got=", ".join(extra)
            )
        return _load_folder(place)
    return _load_bare(place, given)


def _find(path: Path) -> Path:
    for place in (path, Path("models") / path):
        if (place / "model.toml").is_file() or place.is_file():
            return place
    if path.is_dir():
        raise ModelError(str(path), "holds no model.toml", todo="see docs/model-folder.md")
    here = sorted(p.parent.name for p in Path("models").glob("*/model.toml"))
    known = f"; models here: {', '.join(here)}" if here else ""
    raise ModelError(str(path), "no such model", todo=f"give a folder or a .nir file{known}")


def _load_bare(path: Path, given: dict[str, Any]) -> Model:
    missing = [f"--{k}" for k in ("source", "dt", "reset", "encoder", "readout") if not given[k]]
    if missing:
        raise ModelError(
            path.name,
            "a bare NIR file does not say how it was trained; missing",
            got=" ".join(missing),
            todo=f"give them, with --source one of {', '.join(SOURCES)} (docs/model-folder.md)",
        )
    kind, _, steps = given["encoder"].partition(":")
    counted = steps.isdecimal() and int(steps) > 0
    if kind not in ENCODERS or not (counted or (steps == "" and kind == "events")):
        raise ModelError(
            "--encoder",
            "not understood",
            got=given["encoder"],
            limit=f"KIND:STEPS with KIND one of {', '.join(ENCODERS)}",
        )
    return Model(
        name=path.stem,
        graph=read_graph(path),
        timing=_checked(Timing(given["dt"], given["source"], given["reset"]), path.name),
        encoder=Encoder(kind, int(steps or 0)),
        readout=given["readout"],
    )


def _load_folder(folder: Path) -> Model:
    path = folder / "model.toml"
    where = f"{folder.name}/model.toml"
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
        raise ModelError(where, "is not TOML", got=err) from err
    top = Table(where, raw)
    schema = top.take("schema", int)
    if schema != SCHEMA:
        raise ModelError(where, "unknown schema", got=schema, limit=SCHEMA)
    spatial = read_spatial(top)
    graph, timing = _graph(top, folder, spatial)
    encoder, packets = _input(top)
    readout = _need(top, "readout")
    kind, classes = readout.take("kind", str), readout.strings("classes")
    readout.done()
    model = Model(
        name=top.take("name", str, folder.name),
        graph=graph,
        timing=_checked(timing, where),
        encoder=encoder,
        readout=kind,
        classes=classes,
        packets=packets,
        files=_files(top, folder),
        expected=_expected(top),
        provenance=_free(top, "provenance"),
        folder=folder,
        spatial=spatial,
    )
    top.done()
    return model


def _graph(top: Table, folder: Path, spatial: Spatial | None) -> tuple[nir.NIRGraph, Timing]:
    """Read the graph; a learner that was never trained has none yet."""
    if spatial is not None and spatial.learned is None and top.table("graph") is None:
        shape = np.array([spatial.n_bits])
        ends = nir.Input(input_type={"input": shape}), nir.Output(output_type={"output": shape})
        return nir.NIRGraph.from_list(*ends), Timing(1e-3, "nir", "hard", "s")
    table = _need(top, "graph")
    path = table.file("file", folder)
    if path is None:
        raise ModelError(f"{folder.name}/model.toml [graph]", "missing key", limit="file = str")
    timing = Timing(
        dt=table.take("dt", float),
        source=table.take("source", str),
        reset_kind=table.take("reset", str),
        time_unit=table.take("time_unit", str),
    )
    expected = table.take("sha256", str)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != expected:
        raise ModelError(
            f"{folder.name}/{path.name}",
            "is not the file that model.toml names",
            got=f"sha256 {found[:12]}...",
            limit=f"{expected[:12]}...",
            todo="restore the file, or write its sha256 into model.toml",
        )
    table.done()
    return read_graph(path), timing


def _input(top: Table) -> tuple[Encoder, PacketInput | None]:
    table = _need(top, "input")
    encoder = Encoder(
        kind=table.take("encoder", str),
        steps=table.take("steps", int),
        scale=table.take("scale", float, 1.0),
        threshold=table.take("threshold", float, 0.5),
    )
    inner = table.table("packets")
    packets = None
    if inner is not None:
        packets = PacketInput(_ports(inner.take("ports", str)))
        inner.done()
    table.done()
    if encoder.kind not in ENCODERS:
        raise ModelError("encoder", "unknown", got=encoder.kind, limit=" | ".join(ENCODERS))
    if encoder.steps < 1 or encoder.scale <= 0:
        raise ModelError("[input]", "steps and scale must be above 0", got=encoder)
    return encoder, packets


def _ports(text: str) -> Ports:
    for choice in get_args(Ports):
        if text == choice:
            return cast(Ports, choice)
    raise ModelError(
        "[input.packets] ports", "unknown", got=text, limit=" | ".join(get_args(Ports))
    )


def _files(top: Table, folder: Path) -> SampleFiles:
    table = top.table("sample")
    if table is None:
        return SampleFiles()
    files = SampleFiles(
        table.file("data", folder), table.file("labels", folder), table.file("calibration", folder)
    )
    table.done()
    return files


def _expected(top: Table) -> dict[str, Expected]:
    table = top.table("expected")
    found = {}
    for target, inner in (table.tables() if table else {}).items():
        agreement = inner.take("agreement", float, -1.0)
        found[target] = Expected(
            inner.take("accuracy", float),
            inner.take("tolerance", float, 0.0),
            None if agreement < 0 else agreement,
        )
        inner.done()
    return found


def _free(top: Table, key: str) -> dict[str, str]:
    table = top.table(key)
    return table.texts() if table else {}


def _need(top: Table, key: str) -> Table:
    table = top.table(key, required=True)
    if table is None:
        raise ModelError(key, "missing table")
    return table


def _checked(timing: Timing, where: str) -> Timing:
    """Return the timing if its source, unit and reset are known and dt is above 0."""
    if not 0 < timing.dt < math.inf:
        raise ModelError(where, "dt must be above 0 and finite", got=timing.dt)
    timing.ms(timing.dt)
    _ = timing.convention, timing.reset
    return timing
