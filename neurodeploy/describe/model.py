"""Model: a trained graph and all that the graph does not say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import nir

from neurodeploy.describe.spatial import Spatial
from neurodeploy.encode import Encoder
from neurodeploy.importer.sources import Timing
from neurodeploy.packets import Ports


@dataclass(frozen=True)
class PacketInput:
    """How packets become features.

    Parameters
    ----------
    ports : {"none", "service"}
        Whether the service port (the lower one) is among the features.
    """

    ports: Ports


@dataclass(frozen=True)
class SampleFiles:
    """Data that ships with a model.

    Parameters
    ----------
    data : Path or None
        What `deploy` runs when no data is given.
    labels : Path or None
        Labels of `data`, for a capture.
    calibration : Path or None
        Data whose largest inputs decide the weight scale; never scored.
    """

    data: Path | None = None
    labels: Path | None = None
    calibration: Path | None = None


@dataclass(frozen=True)
class Expected:
    """What a target is held to on the sample data.

    Parameters
    ----------
    accuracy : float
    tolerance : float
    agreement : float or None
        Least share of decisions equal to `ideal`'s.
    """

    accuracy: float
    tolerance: float = 0.0
    agreement: float | None = None


@dataclass(frozen=True, eq=False)
class Model:
    """A trained network with its facts.

    Parameters
    ----------
    name : str
    graph : nir.NIRGraph
    timing : Timing
        dt, source framework, kind of reset.
    encoder : Encoder
    readout : str
        Key of `neurodeploy.readout.READOUTS`.
    classes : tuple of str
        Empty if the model does not name them.
    packets : PacketInput or None
        Set if samples are packets.
    files : SampleFiles
    expected : mapping of target name to Expected
    provenance : mapping of str to str
    folder : Path or None
    spatial : Spatial or None
        Set if the model is a learner of spatial patterns, `kind = "stdp-spatial"`.
    """

    name: str
    graph: nir.NIRGraph
    timing: Timing
    encoder: Encoder
    readout: str
    classes: tuple[str, ...] = ()
    packets: PacketInput | None = None
    files: SampleFiles = SampleFiles()
    expected: Mapping[str, Expected] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    spatial: Spatial | None = None

    def __repr__(self) -> str:
        return f"<Model {self.name}: {len(self.graph.nodes)} nodes, {len(self.classes)} classes>"
