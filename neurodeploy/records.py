"""Spikes and recordings: frozen arrays with units in their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Spikes:
    """Spikes of one population over a batch of samples.

    Parameters
    ----------
    population : str
    sample, step, index : (m,) int array
        Sample, step within the sample (of the population's own layer) and neuron; sorted by
        sample, then step, then neuron.
    timestep_ms : float
    """

    population: str
    sample: Ints
    step: Ints
    index: Ints
    timestep_ms: float

    @staticmethod
    def sorted(
        population: str, sample: Ints, step: Ints, index: Ints, timestep_ms: float
    ) -> Spikes:
        """Return the spikes in their canonical order."""
        order = np.lexsort((index, step, sample))
        return Spikes(population, sample[order], step[order], index[order], timestep_ms)

    @property
    def times_ms(self) -> NDArray[np.float64]:
        """Times within the sample, (m,) float array in ms."""
        return np.asarray(self.step * self.timestep_ms, dtype=np.float64)

    @property
    def total(self) -> int:
        """Number of spikes."""
        return int(self.index.size)

    def of_sample(self, sample: int) -> tuple[Ints, Ints]:
        """Return (step, index) of one sample."""
        first, last = np.searchsorted(self.sample, [sample, sample + 1])
        return self.step[first:last], self.index[first:last]


@dataclass(frozen=True)
class Finding:
    """Something that a run reports.

    Parameters
    ----------
    kind : str
    who : str
        A population or projection.
    count, of : int
        How many, of how many.
    detail : str
        Of what, and what happened to it.
    todo : str
        What to do about it.
    adds : bool
        Whether counts of several runs add up; else they say the same each time.
    """

    kind: str
    who: str
    count: int
    of: int
    detail: str
    todo: str = ""
    adds: bool = False

    def __str__(self) -> str:
        text = f"{self.who}: {self.count} of {self.of} {self.detail}"
        return text + (f"; {self.todo}" if self.todo else "")


@dataclass(frozen=True, eq=False)
class Recording:
    """What a target returns for a batch.

    Parameters
    ----------
    n_samples : int
    spikes : mapping of population name to Spikes
    membrane : (n_samples, steps, size) float array or None
        Membrane of the output after each step, in trained units; None where not read.
    saturations : mapping of population name to int
        Ticks in which a ring buffer of a neuron was full.
    timing_s : mapping of str to float
        Seconds spent to `build` and to `run`.
    engine : str
        What ran inside the target; empty if it did not say.
    findings : tuple of Finding
        What the target reported.
    provenance : mapping of str to int
        Counters that a machine kept of the run, by its own names.
    """

    n_samples: int
    spikes: Mapping[str, Spikes]
    membrane: NDArray[np.float64] | None = None
    saturations: Mapping[str, int] = field(default_factory=dict)
    timing_s: Mapping[str, float] = field(default_factory=dict)
    engine: str = ""
    findings: tuple[Finding, ...] = ()
    provenance: Mapping[str, int] = field(default_factory=dict)

    def first(self, n: int) -> Recording:
        """Return the recording of the first n samples."""
        spikes = {}
        for name, s in self.spikes.items():
            end = int(np.searchsorted(s.sample, n))
            spikes[name] = replace(s, sample=s.sample[:end], step=s.step[:end], index=s.index[:end])
        membrane = None if self.membrane is None else self.membrane[:n]
        return replace(self, n_samples=n, spikes=spikes, membrane=membrane)


def concatenate(parts: Sequence[Recording]) -> Recording:
    """Join recordings of consecutive batches of the same network into one."""
    offsets = np.cumsum([0, *(p.n_samples for p in parts)])
    spikes = {
        name: Spikes(
            name,
            np.concatenate(
                [p.spikes[name].sample + o for p, o in zip(parts, offsets, strict=False)]
            ),
            np.concatenate([p.spikes[name].step for p in parts]),
            np.concatenate([p.spikes[name].index for p in parts]),
            first.timestep_ms,
        )
        for name, first in parts[0].spikes.items()
    }
    membranes = [p.membrane for p in parts if p.membrane is not None]
    saturations: dict[str, int] = {}
    for part in parts:
        for name, count in part.saturations.items():
            saturations[name] = saturations.get(name, 0) + count
    return Recording(
        int(offsets[-1]),
        spikes,
        np.concatenate(membranes) if membranes else None,
        saturations,
        engine=parts[0].engine,
        findings=_merged([finding for part in parts for finding in part.findings]),
        provenance=_counted([part.provenance for part in parts]),
    )


def _counted(parts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """Return counters over all parts: sums, or the largest of what is named a maximum."""
    total: dict[str, int] = {}
    for part in parts:
        for name, count in part.items():
            known = total.get(name, 0)
            total[name] = max(known, count) if name.lower().startswith("max") else known + count
    return total


def _merged(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return one finding for each kind, owner and what it says."""
    made: dict[tuple[str, str, str], Finding] = {}
    for one in findings:
        key = one.kind, one.who, "" if one.adds else one.detail
        known = made.setdefault(key, one)
        if one.adds and known is not one:
            made[key] = replace(known, count=known.count + one.count, of=known.of + one.of)
    return tuple(made.values())
